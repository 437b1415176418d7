//go:build e2e

package drift_test

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"golang.org/x/net/html"
)

// drifter changes a page as its owners do, and leaves the elements of before in it.
type drifter struct {
	r    *rand.Rand
	page *html.Node
	// repeated are the blocks that are on the page twice: nobody can tell which of the two an edit was of.
	repeated []*html.Node
}

func (d *drifter) some(share float64) bool { return d.r.Float64() < share }

// sample are elements of the page, each with that chance.
func (d *drifter) sample(share float64, fits func(*html.Node) bool) (out []*html.Node) {
	for _, n := range elements(d.page) {
		if fits(n) && d.some(share) {
			out = append(out, n)
		}
	}
	return out
}

// renameClasses gives half of all classes another name, as a new build of the style sheet does.
func (d *drifter) renameClasses() {
	names := map[string]string{}
	for _, n := range elements(d.page) {
		for i, a := range n.Attr {
			if a.Key != "class" {
				continue
			}
			tokens := strings.Fields(a.Val)
			for j, token := range tokens {
				if _, known := names[token]; !known {
					names[token] = token
					if d.some(0.5) {
						names[token] = fmt.Sprintf("css-%06x", d.r.IntN(1<<24))
					}
				}
				tokens[j] = names[token]
			}
			n.Attr[i].Val = strings.Join(tokens, " ")
		}
	}
}

var newWords = strings.Fields("fresh ideas for every season with free returns and a team that answers within the hour since nobody likes to wait")

// editCopy rewrites a third of the texts.
func (d *drifter) editCopy() { d.edit(0.33) }

// edit rewrites a share of the texts: most in part, some altogether.
func (d *drifter) edit(share float64) {
	for n := range d.page.Descendants() {
		if n.Type != html.TextNode || strings.TrimSpace(n.Data) == "" || !under(n, "body") || n.Parent.Data == "script" || n.Parent.Data == "style" || !d.some(share) {
			continue
		}
		words, most := strings.Fields(n.Data), 0.3
		if d.some(0.2) {
			most = 1
		}
		for i := range words {
			if d.some(most) {
				words[i] = newWords[d.r.IntN(len(newWords))]
			}
		}
		n.Data = strings.Join(words, " ")
	}
}

func block(n *html.Node) bool {
	return strings.Contains(" div section article ul li header footer main nav aside form p h1 h2 h3 img a button ", " "+n.Data+" ")
}

func (d *drifter) wrap() {
	for _, n := range d.sample(0.1, block) {
		if n.Parent.Data == "ul" || n.Parent.Data == "ol" || n.Data == "li" {
			continue
		}
		outer := &html.Node{Type: html.ElementNode, Data: "div", Attr: []html.Attribute{{Key: "class", Val: "layout-cell"}}}
		n.Parent.InsertBefore(outer, n)
		n.Parent.RemoveChild(n)
		outer.AppendChild(n)
	}
}

// reorder shuffles the children of some elements.
func (d *drifter) reorder() {
	for _, n := range d.sample(0.2, block) {
		var children []*html.Node
		for n.FirstChild != nil {
			children = append(children, n.FirstChild)
			n.RemoveChild(n.FirstChild)
		}
		d.r.Shuffle(len(children), func(i, j int) { children[i], children[j] = children[j], children[i] })
		for _, c := range children {
			n.AppendChild(c)
		}
	}
}

func (d *drifter) insert() {
	for _, n := range d.sample(0.01, block) {
		tag := n.Data
		if tag == "img" {
			tag = "p"
		}
		added := &html.Node{Type: html.ElementNode, Data: tag, Attr: []html.Attribute{{Key: "class", Val: "promo"}, {Key: "href", Val: "/sale"}}}
		added.AppendChild(&html.Node{Type: html.TextNode, Data: "Winter sale, only this week"})
		n.Parent.InsertBefore(added, n)
	}
}

// duplicate repeats a few blocks, before or behind themselves.
func (d *drifter) duplicate() {
	for _, n := range d.sample(0.01, block) {
		next := n
		if d.some(0.5) {
			next = n.NextSibling
		}
		n.Parent.InsertBefore(clone(n), next)
		d.repeated = append(d.repeated, n)
	}
}

func clone(n *html.Node) *html.Node {
	out := &html.Node{Type: n.Type, DataAtom: n.DataAtom, Data: n.Data, Namespace: n.Namespace, Attr: append([]html.Attribute{}, n.Attr...)}
	for c := range n.ChildNodes() {
		out.AppendChild(clone(c))
	}
	return out
}

// redesign is some of everything but repetition.
func (d *drifter) redesign() {
	d.renameClasses()
	d.insert()
	d.wrap()
	d.edit(0.1)
}
