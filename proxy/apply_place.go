package proxy

import (
	"slices"
	"strings"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// placeholder is the text of the comment that a moved element leaves behind, so that it can be brought back.
const placeholder = "smp"

// place is one of the four places at an element.
type place struct {
	anchor   *html.Node
	position string
}

// parent is the element whose child is put at the place.
func (p place) parent() *html.Node {
	if p.position == "before" || p.position == "after" {
		return p.anchor.Parent
	}
	return p.anchor
}

// fragment parses HTML as it would stand in any element, with the rows and cells of tables at the top where they are written so.
func fragment(text string) []*html.Node {
	nodes, err := html.ParseFragment(strings.NewReader(text), &html.Node{Type: html.ElementNode, Data: "template", DataAtom: atom.Template})
	if err != nil { // nested deeper than the parser goes
		return nil
	}
	return nodes
}

// fillHTML puts the HTML of a change in the place of what an element holds, once.
func (a *application) fillHTML(n *html.Node, e *edit) {
	if a.filled[n] == e {
		return
	}
	a.filled[n] = e
	for n.FirstChild != nil {
		n.RemoveChild(n.FirstChild)
	}
	for _, c := range fragment(e.value()) {
		a.made[c] = e.order
		n.AppendChild(c)
	}
}

// place inserts or moves for those elements of a change where it has not been done.
func (a *application) place(e *edit) {
	for _, n := range e.claimed {
		if e.placed[n] || !a.connected(n) {
			continue
		}
		switch e.Action {
		case "insert":
			e.placed[n] = true
			a.insert(e, n)
		case "move":
			e.placed[n] = a.move(e, n)
		}
	}
}

func (a *application) insert(e *edit, anchor *html.Node) {
	nodes := fragment(e.value())
	for _, c := range nodes {
		a.made[c] = e.order
		if c.Type == html.ElementNode {
			setAttribute(c, "data-smp", &e.mark)
		}
	}
	a.put(place{anchor, e.Position}, nodes)
}

// move takes an element to the first target that is not inside it, and leaves a comment where it was.
func (a *application) move(e *edit, n *html.Node) bool {
	to, err := ParseSelector(e.value())
	if err != nil {
		return false
	}
	for _, target := range cascadia.QueryAll(a.page, to) {
		p := place{target, e.Position}
		if within(target, n) || !a.before(target, e.order) || !holds(p.parent()) {
			continue
		}
		n.Parent.InsertBefore(&html.Node{Type: html.CommentNode, Data: placeholder}, n)
		n.Parent.RemoveChild(n)
		a.put(p, []*html.Node{n})
		return true
	}
	return false
}

// put places nodes in their order, behind those that were put there before.
func (a *application) put(p place, nodes []*html.Node) {
	if len(nodes) == 0 {
		return
	}
	parent := p.parent()
	var next *html.Node
	switch tail := a.tails[p]; {
	case p.position == "before":
		next = p.anchor
	case tail != nil && tail.Parent == parent && p.position != "last":
		next = tail.NextSibling
	case p.position == "after":
		next = p.anchor.NextSibling
	case p.position == "first":
		next = p.anchor.FirstChild
	}
	for _, n := range nodes {
		parent.InsertBefore(n, next)
	}
	a.tails[p] = nodes[len(nodes)-1]
}

func within(n, outer *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if n == outer {
			return true
		}
	}
	return false
}

var (
	voidElements = []string{"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
	// rawElements hold text that is no text of the page.
	rawElements = []string{"script", "style", "template", "noscript", "iframe", "noembed", "noframes", "plaintext", "xmp"}
	// plainElements hold text alone, or what only a parser may put there.
	plainElements = []string{"html", "head", "title", "textarea", "select", "option", "optgroup", "datalist", "frameset", "colgroup"}
)

// holds says whether elements may be put in an element.
func holds(n *html.Node) bool {
	return n != nil && n.Type == html.ElementNode && n.Namespace == "" && !slices.Contains(voidElements, n.Data) && !slices.Contains(rawElements, n.Data) && !slices.Contains(plainElements, n.Data)
}
