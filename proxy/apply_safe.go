package proxy

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

var (
	actions   = []string{"text", "html", "attr", "class", "style", "image", "link", "hide", "show", "insert", "move", "remove", "css", "js", "redirect"}
	positions = []string{"before", "after", "first", "last"}
	// untouchable elements run what they hold, or write attributes of others.
	untouchable = regexp.MustCompile(`(?i)^(script|style|template|set|animate.*)$`)
	// active elements in HTML run or load code, or change what addresses mean.
	active = regexp.MustCompile(`(?i)^(script|style|template|iframe|frame|frameset|object|embed|applet|base|meta|link|set|animate.*|portal|fencedframe)$`)
	// unsafeAttribute names run code, or are the slots of other actions.
	unsafeAttribute = regexp.MustCompile(`(?i)^(on.*|srcdoc|http-equiv|style|class|data-smp.*)$`)
	attributeName   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_:.-]*$`)
	codeAddress     = regexp.MustCompile(`(?i)^(java|vb)script:`)
)

// runsCode says whether an attribute's value is an address that runs code. Browsers skip blanks and control characters in it.
func runsCode(value string) bool {
	return codeAddress.MatchString(strings.Map(func(r rune) rune {
		if r <= ' ' {
			return -1
		}
		return r
	}, value))
}

// safe says whether a change is one at all and cannot run code. Whatever publishing let through is refused here again.
func (c Change) safe() bool {
	switch c.Action {
	case "text":
		return c.Value != nil
	case "html":
		return c.Value != nil && Harmless(*c.Value)
	case "insert":
		return c.Value != nil && slices.Contains(positions, c.Position) && Harmless(*c.Value)
	case "move":
		return c.Value != nil && slices.Contains(positions, c.Position)
	case "attr":
		return attributeName.MatchString(c.Name) && !unsafeAttribute.MatchString(c.Name) && !runsCode(c.value())
	case "image", "link":
		return c.Value != nil && !runsCode(*c.Value)
	}
	return true
}

// Harmless says whether HTML, as a change may put it on a page, holds nothing that runs or loads code.
func Harmless(text string) bool { return harmless(fragment(text)) }

func harmless(nodes []*html.Node) bool {
	for _, n := range nodes {
		if !harmlessNode(n) {
			return false
		}
		for c := range n.Descendants() {
			if !harmlessNode(c) {
				return false
			}
		}
	}
	return true
}

func harmlessNode(n *html.Node) bool {
	if n.Type != html.ElementNode {
		return true
	}
	return !active.MatchString(n.Data) && !slices.ContainsFunc(n.Attr, func(a html.Attribute) bool {
		return strings.HasPrefix(strings.ToLower(a.Key), "on") || strings.EqualFold(a.Key, "srcdoc") || runsCode(a.Val)
	})
}

// takes says whether an element can take the change.
func (c Change) takes(n *html.Node) bool {
	if untouchable.MatchString(n.Data) {
		return false
	}
	switch c.Action {
	case "text":
		_, ok := textOf(n)
		return ok && !slices.Contains(rawElements, n.Data) && !slices.Contains(voidElements, n.Data)
	case "html":
		return holds(n) && n.Data != "body"
	case "image":
		return imageAttribute(n) != ""
	case "link":
		return n.Data == "a" || n.Data == "area"
	case "insert":
		return holds(place{n, c.Position}.parent())
	case "move":
		return !slices.Contains([]string{"html", "head", "body"}, n.Data)
	}
	return true
}
