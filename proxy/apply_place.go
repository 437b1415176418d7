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

// placement is what a change has put somewhere for one of its elements.
type placement struct {
	of    *html.Node
	nodes []*html.Node // that were inserted
}

// move is where an element is by the last change that moves it, and the comment that stands where the page has it.
type move struct {
	by      *edit
	comment *html.Node
	parent  *html.Node
}

// place puts what a change inserts or moves in its place, and takes back what is for an element that has gone.
func (a *application) place(e *edit) {
	for _, p := range slices.Clone(e.placed) {
		if !slices.Contains(e.claimed, p.of) {
			a.unplace(e, p.of)
		}
	}
	for _, n := range e.claimed {
		switch {
		case !a.connected(n):
		case e.Action == "insert":
			a.insert(e, n)
		case e.Action == "move":
			a.move(e, n)
		}
	}
}

// note returns the placement of a change for one of its elements.
func (e *edit) note(n *html.Node) *placement {
	for _, p := range e.placed {
		if p.of == n {
			return p
		}
	}
	p := &placement{of: n}
	e.placed = append(e.placed, p)
	return p
}

func (a *application) insert(e *edit, anchor *html.Node) {
	p := e.note(anchor)
	if p.nodes != nil && !slices.ContainsFunc(p.nodes, func(n *html.Node) bool { return !a.connected(n) }) {
		return
	}
	remove(p.nodes...)
	p.nodes = fragment(e.value())
	for _, c := range p.nodes {
		a.made[c] = e.order
		if c.Type == html.ElementNode {
			setAttribute(c, "data-smp", &e.mark)
		}
	}
	a.put(place{anchor, e.Position}, p.nodes)
}

// move takes an element to its target, where no later change has it, and leaves a comment where the page has it.
func (a *application) move(e *edit, n *html.Node) {
	m, known := a.moved[n]
	stays := known && n.Parent == m.parent
	if stays && m.by.order >= e.order {
		e.note(n)
		if m.by == e && !a.connected(m.comment) {
			a.unplace(e, n)
		}
		return
	}
	to, ok := a.target(e, n)
	if !ok {
		return
	}
	if known && !stays {
		remove(m.comment)
	}
	if !stays {
		m.comment = &html.Node{Type: html.CommentNode, Data: placeholder}
		n.Parent.InsertBefore(m.comment, n)
	}
	e.note(n)
	a.moved[n] = move{e, m.comment, to.parent()}
	remove(n)
	a.put(to, []*html.Node{n})
}

// target is where a change moves an element to: the first place that is not inside it.
func (a *application) target(e *edit, n *html.Node) (place, bool) {
	to, err := ParseSelector(e.value())
	if err != nil {
		return place{}, false
	}
	for _, target := range cascadia.QueryAll(a.page, to) {
		if p := (place{target, e.Position}); !within(target, n) && a.before(target, e.order) && holds(p.parent()) {
			return p, true
		}
	}
	return place{}, false
}

// unplace takes back what a change has put somewhere for an element. A moved one goes back to its comment, or with what it belongs to
// where that has gone.
func (a *application) unplace(e *edit, n *html.Node) {
	remove(e.note(n).nodes...)
	e.placed = slices.DeleteFunc(e.placed, func(p *placement) bool { return p.of == n })
	m, moved := a.moved[n]
	if !moved || m.by != e {
		return
	}
	delete(a.moved, n)
	switch {
	case n.Parent != m.parent || within(m.comment, n):
		remove(m.comment)
	case !a.connected(m.comment):
		remove(n)
	default:
		remove(n)
		m.comment.Parent.InsertBefore(n, m.comment)
		remove(m.comment)
	}
}

func remove(nodes ...*html.Node) {
	for _, n := range nodes {
		if n.Parent != nil {
			n.Parent.RemoveChild(n)
		}
	}
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
