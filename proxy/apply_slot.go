package proxy

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// Slots of an element are named by attribute; these are the others. A class has the slot "." and its name.
const (
	textSlot = ""
	htmlSlot = "<"
)

// wish is what a slot is to hold: nil is no such attribute, no such class.
type wish struct {
	slot  string
	value *string
	by    *edit
}

// wishes are those of all changes, by element, the later one in the place of the earlier.
type wishes struct {
	elements []*html.Node
	of       map[*html.Node][]wish
}

func (a *application) wishes() *wishes {
	w := &wishes{of: map[*html.Node][]wish{}}
	for _, e := range a.edits {
		for _, n := range e.claimed {
			w.add(n, e)
		}
	}
	return w
}

// add notes what a change wants of one of its elements.
func (w *wishes) add(n *html.Node, e *edit) {
	switch e.Action {
	case "text":
		w.put(n, wish{textSlot, e.Value, e})
	case "html":
		w.put(n, wish{htmlSlot, e.Value, e})
		// What was said of the text before is about a text that is gone.
		w.of[n] = slices.DeleteFunc(w.of[n], func(s wish) bool { return s.slot == textSlot })
	case "attr":
		w.put(n, wish{attributeSlot(n, e.Name), e.Value, e})
	case "link":
		w.put(n, wish{"href", e.Value, e})
	case "image":
		w.image(n, e)
	case "class":
		for _, token := range tokens(e.value()) {
			w.put(n, wish{"." + token, e.class(), e})
		}
	case "show":
		w.put(n, wish{"hidden", nil, e})
	}
	if name := e.marker(); name != "" {
		w.put(n, wish{name, new(string), e})
	}
}

func (w *wishes) put(n *html.Node, s wish) {
	if _, known := w.of[n]; !known {
		w.elements = append(w.elements, n)
	}
	kept := slices.DeleteFunc(w.of[n], func(other wish) bool { return other.slot == s.slot })
	w.of[n] = append(kept, s)
}

// class is what the slots of a class change hold: a value, which says nothing, for one to have.
func (c Change) class() *string {
	if c.Name == "remove" {
		return nil
	}
	return new(string)
}

// otherSources are the attributes by which browsers and scripts that load images late find another image than src.
var otherSources = []string{"srcset", "sizes", "data-src", "data-srcset", "data-lazy", "data-lazy-src", "data-lazy-srcset", "data-original"}

// image shows an address and nothing else in an element, whatever other sources it has. Its size stays.
func (w *wishes) image(n *html.Node, e *edit) {
	w.put(n, wish{imageAttribute(n), e.Value, e})
	if n.Data == "image" {
		w.put(n, wish{"xlink:href", nil, e})
	}
	if n.Data != "img" {
		return
	}
	for _, name := range otherSources {
		w.put(n, wish{name, nil, e})
	}
	if n.Parent == nil || n.Parent.Data != "picture" {
		return
	}
	for source := range n.Parent.ChildNodes() {
		if source.Type == html.ElementNode && source.Data == "source" {
			w.put(source, wish{"srcset", nil, e})
			w.put(source, wish{"data-srcset", nil, e})
		}
	}
}

// imageAttribute holds the address of the image that an element shows; "" where it shows none.
func imageAttribute(n *html.Node) string {
	switch kind, _ := attribute(n, "type"); {
	case n.Data == "img", n.Data == "input" && strings.EqualFold(kind, "image"):
		return "src"
	case n.Data == "video":
		return "poster"
	case n.Data == "image" && n.Namespace == "svg":
		return "href"
	}
	return ""
}

// attributeSlot is the name of an attribute as the element has it: HTML does not tell capitals apart.
func attributeSlot(n *html.Node, name string) string {
	if n.Namespace == "" {
		return strings.ToLower(name)
	}
	return name
}

// fill writes what an element is to hold: HTML before the text in it.
func (a *application) fill(n *html.Node, slots []wish) {
	for _, s := range slots {
		if s.slot == htmlSlot {
			a.fillHTML(n, s.by)
		}
	}
	for _, s := range slots {
		switch {
		case s.slot == textSlot:
			a.setText(n, *s.value)
		case s.slot == htmlSlot:
		case s.slot[0] == '.':
			setClass(n, s.slot[1:], s.value != nil)
		default:
			setAttribute(n, s.slot, s.value)
		}
	}
}

// textOf is the node that carries the text of an element: the first that is not blank. Where there is none any text will do, but only
// in an element without element children, whose markup is not ours to replace.
func textOf(n *html.Node) (text *html.Node, ok bool) {
	elements := false
	for c := range n.ChildNodes() {
		switch {
		case c.Type == html.TextNode && strings.Trim(c.Data, blanks) != "":
			return c, true
		case c.Type == html.TextNode && text == nil:
			text = c
		case c.Type == html.ElementNode:
			elements = true
		}
	}
	return text, !elements
}

// blanks are what JavaScript calls white space.
const blanks = "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"

// setText writes the text of an element, again into the same node: another change may have put text before it.
func (a *application) setText(n *html.Node, value string) {
	text := a.texts[n]
	if text == nil || text.Parent != n {
		var ok bool
		if text, ok = textOf(n); !ok {
			return
		}
		if text == nil {
			text = &html.Node{Type: html.TextNode}
			n.AppendChild(text)
		}
		a.texts[n] = text
	}
	text.Data = value
}

func qualified(a html.Attribute) string {
	if a.Namespace == "" {
		return a.Key
	}
	return a.Namespace + ":" + a.Key
}

func attribute(n *html.Node, name string) (value string, ok bool) {
	for _, a := range n.Attr {
		if qualified(a) == name {
			return a.Val, true
		}
	}
	return "", false
}

func setAttribute(n *html.Node, name string, value *string) {
	if value == nil {
		n.Attr = slices.DeleteFunc(n.Attr, func(a html.Attribute) bool { return qualified(a) == name })
		return
	}
	for i := range n.Attr {
		if qualified(n.Attr[i]) == name {
			n.Attr[i].Val = *value
			return
		}
	}
	n.Attr = append(n.Attr, html.Attribute{Key: name, Val: *value})
}

// setClass adds a class or takes it away, and leaves an attribute that needs neither as it is.
func setClass(n *html.Node, class string, wanted bool) {
	value, _ := attribute(n, "class")
	classes := tokens(value)
	if slices.Contains(classes, class) == wanted {
		return
	}
	if wanted {
		classes = append(classes, class)
	} else {
		classes = slices.DeleteFunc(classes, func(c string) bool { return c == class })
	}
	joined := strings.Join(classes, " ")
	setAttribute(n, "class", &joined)
}

// tokens are those of a list of classes, each once.
func tokens(list string) (out []string) {
	for _, token := range strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune("\t\n\f\r ", r) }) {
		if !slices.Contains(out, token) {
			out = append(out, token)
		}
	}
	return out
}
