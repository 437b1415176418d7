package proxy

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html"
)

// Fingerprint is what an element looked like when it was picked, in terms that outlive a redesign better than a selector does. The
// snippet and the editor make and read it by the same rules (static/src/fingerprint).
type Fingerprint struct {
	Tag        string            `json:"tag"`
	Text       string            `json:"text,omitempty" doc:"Its first words"`
	Attributes map[string]string `json:"attributes,omitempty" doc:"Those that name it or what it leads to"`
	Classes    []string          `json:"classes,omitempty"`
	Path       []string          `json:"path,omitempty" doc:"Tags, ids and classes of the elements around it"`
	Before     string            `json:"before,omitempty" doc:"The text before it"`
	After      string            `json:"after,omitempty" doc:"The text after it"`
	Heading    string            `json:"heading,omitempty" doc:"The heading above it"`
	Twins      int               `json:"twins,omitempty" doc:"How many elements of the page were like it, itself included; 0 is 1"`
	Ordinal    int               `json:"ordinal,omitempty" doc:"Which of them it was, from 0"`
}

const (
	textWords = 16 // of an element
	nearWords = 8  // of the texts around it
	pathDepth = 4

	// likeness from which an element may be the one: less is enough where the selector leads to it.
	likeEnough    = 0.55
	likeEnoughHit = 0.4
	// twinMargin is how much less than the best an element may be like the fingerprint and still be mistaken for it.
	twinMargin = 0.1
)

// telling attributes name an element or what it leads to; kinds only say what sort it is.
var (
	telling = []string{"id", "name", "for", "href", "src", "action", "alt", "aria-label", "placeholder", "data-testid", "data-test", "data-cy"}
	kinds   = []string{"type", "role", "title"}
)

var (
	generated = regexp.MustCompile(`(?i)\d{3}|[0-9a-f]{8}|:`) // in an id
	assetHash = regexp.MustCompile(`(?i)[.-][0-9a-f]{6,}(\.\w+)$`)
	headings  = []string{"h1", "h2", "h3", "h4", "h5", "h6"}
	unread    = []string{"script", "style", "noscript"} // whose text nobody sees
)

// NewFingerprint describes an element of a page.
func NewFingerprint(page, n *html.Node) Fingerprint {
	f := describe(n)
	twins := f.twins(elementsNamed(page, f.Tag))
	f.Twins, f.Ordinal = len(twins), slices.Index(twins, n)
	return f
}

func describe(n *html.Node) Fingerprint {
	f := Fingerprint{Tag: n.Data, Text: firstWords(textContent(n), textWords), Attributes: stableAttributes(n), Classes: tokens(attributeOf(n, "class"))}
	f.Path = pathOf(n)
	if t := textBefore(n); t != nil {
		f.Before = firstWords(t.Data, nearWords)
	}
	if t := textAfter(n); t != nil {
		f.After = firstWords(t.Data, nearWords)
	}
	if h := headingBefore(n); h != nil {
		f.Heading = firstWords(textContent(h), nearWords)
	}
	return f
}

func attributeOf(n *html.Node, name string) string {
	value, _ := attribute(n, name)
	return value
}

func stableAttributes(n *html.Node) map[string]string {
	out := map[string]string{}
	for _, name := range slices.Concat(telling, kinds) {
		if value := stable(name, attributeOf(n, name)); value != "" {
			out[name] = value
		}
	}
	return out
}

// stable is the part of an attribute's value that a new release of the page is likely to keep.
func stable(name, value string) string {
	switch name {
	case "id":
		if generated.MatchString(value) {
			return ""
		}
	case "href", "src", "action":
		if i := strings.IndexByte(value, '?'); i >= 0 {
			value = value[:i]
		}
		value = assetHash.ReplaceAllString(value, "$1")
	}
	if len(value) > 200 {
		return ""
	}
	return value
}

// words are the runs of letters and digits in a text, in small letters.
func words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
}

func firstWords(text string, n int) string {
	all := words(text)
	return strings.Join(all[:min(n, len(all))], " ")
}

func textContent(n *html.Node) string {
	var out strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			out.WriteString(n.Data)
		}
		if n.Type == html.ElementNode && n.Data == "template" {
			return
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
	}
	walk(n)
	return out.String()
}

// pathOf are the tags, ids and classes of the nearest elements around n, below body.
func pathOf(n *html.Node) (out []string) {
	add := func(token string) {
		if !slices.Contains(out, token) {
			out = append(out, token)
		}
	}
	depth := 0
	for p := n.Parent; p != nil && p.Type == html.ElementNode && p.Data != "body" && p.Data != "html" && depth < pathDepth; p = p.Parent {
		depth++
		add(p.Data)
		if id := stable("id", attributeOf(p, "id")); id != "" {
			add("#" + id)
		}
		for _, class := range tokens(attributeOf(p, "class")) {
			add("." + class)
		}
	}
	return out
}

// textBefore is the nearest text before an element that somebody reads.
func textBefore(n *html.Node) *html.Node {
	for n = previous(n); n != nil; n = previous(n) {
		if readable(n) {
			return n
		}
	}
	return nil
}

func textAfter(n *html.Node) *html.Node {
	for n = nextOutside(n); n != nil; n = next(n) {
		if readable(n) {
			return n
		}
	}
	return nil
}

func headingBefore(n *html.Node) *html.Node {
	for p := previous(n); p != nil; p = previous(p) {
		if p.Type == html.ElementNode && slices.Contains(headings, p.Data) && !within(n, p) && !inTemplate(p) {
			return p
		}
	}
	return nil
}

func readable(n *html.Node) bool {
	return n.Type == html.TextNode && !slices.Contains(unread, n.Parent.Data) && !inTemplate(n) && len(words(n.Data)) > 0
}

func inTemplate(n *html.Node) bool {
	for n = n.Parent; n != nil; n = n.Parent {
		if n.Type == html.ElementNode && n.Data == "template" {
			return true
		}
	}
	return false
}

// previous is the node before n in the order of the document, its ancestors included.
func previous(n *html.Node) *html.Node {
	if n.PrevSibling == nil {
		return n.Parent
	}
	for n = n.PrevSibling; n.LastChild != nil; {
		n = n.LastChild
	}
	return n
}

func next(n *html.Node) *html.Node {
	if n.FirstChild != nil {
		return n.FirstChild
	}
	return nextOutside(n)
}

func nextOutside(n *html.Node) *html.Node {
	for n != nil && n.NextSibling == nil {
		n = n.Parent
	}
	if n == nil {
		return nil
	}
	return n.NextSibling
}

func elementsNamed(page *html.Node, tag string) (out []*html.Node) {
	for n := range page.Descendants() {
		if n.Type == html.ElementNode && n.Data == tag && !inTemplate(n) {
			out = append(out, n)
		}
	}
	return out
}

// recognise finds the one element that a change was made for. A selector that leads to an element unlike it, or to several, is no
// match; where more than one element might be the one, none is.
func (a *application) recognise(e *edit, hits []*html.Node) (n *html.Node, healed bool) {
	twins := e.Fingerprint.twins(a.open(e, elementsNamed(a.page, e.Fingerprint.Tag)))
	switch {
	case len(twins) == 0:
		return nil, false
	case len(twins) == 1:
		n = twins[0]
	case len(twins) == e.Fingerprint.Twins && e.Fingerprint.Ordinal < len(twins):
		n = twins[e.Fingerprint.Ordinal]
	default:
		return nil, false
	}
	healed = !slices.Contains(hits, n)
	enough := likeEnough
	if !healed {
		enough = likeEnoughHit
	}
	if e.Fingerprint.likeness(n) < enough || !e.Fingerprint.vouched(n) {
		return nil, false
	}
	return n, healed
}

// vouched says whether something tells an element from another of the same sort and place: its words, what it is named or leads to,
// or everything around it. Else the element may have gone and this be the one that came for it.
func (f Fingerprint) vouched(n *html.Node) bool {
	d := describe(n)
	if f.Text != "" && alike(words(f.Text), words(d.Text)) >= 0.5 {
		return true
	}
	for _, name := range telling {
		if v, ok := f.Attributes[name]; ok && len(v) > 1 && v == d.Attributes[name] {
			return true
		}
	}
	return f.Before == d.Before && f.After == d.After && f.Heading == d.Heading
}

// twins are the elements most like the fingerprint, in the order of the page: the best and whatever is hardly less like it.
func (f Fingerprint) twins(nodes []*html.Node) (out []*html.Node) {
	best := 0.0
	scores := make([]float64, len(nodes))
	for i, n := range nodes {
		scores[i] = f.likeness(n)
		best = max(best, scores[i])
	}
	for i, n := range nodes {
		if best > 0 && scores[i] >= best-twinMargin {
			out = append(out, n)
		}
	}
	return out
}

// likeness is the weighted share, 0 to 1, of what a fingerprint says that is true of an element.
func (f Fingerprint) likeness(n *html.Node) float64 {
	d := describe(n)
	got, all := 0.0, 0.0
	count := func(weight, share float64) {
		all += weight
		got += weight * share
	}
	switch {
	case f.Text != "":
		count(4, alike(words(f.Text), words(d.Text)))
	case d.Text == "":
		count(1, 1)
	default:
		count(1, 0)
	}
	for _, name := range telling {
		if v, ok := f.Attributes[name]; ok {
			count(3, equal(v, d.Attributes[name]))
		}
	}
	for _, name := range kinds {
		if v, ok := f.Attributes[name]; ok {
			count(1, equal(v, d.Attributes[name]))
		}
	}
	for _, feature := range []struct {
		weight    float64
		was, have []string
	}{
		{2, f.Classes, d.Classes}, {2, f.Path, d.Path},
		{1.5, words(f.Heading), words(d.Heading)}, {1.5, words(f.Before), words(d.Before)}, {1.5, words(f.After), words(d.After)},
	} {
		if len(feature.was) > 0 {
			count(feature.weight, alike(feature.was, feature.have))
		}
	}
	return got / all
}

func equal(a, b string) float64 {
	if a == b {
		return 1
	}
	return 0
}

// alike is Dice's coefficient of two lists: twice what they share over the sum of their lengths.
func alike(a, b []string) float64 {
	shared := 0
	for _, s := range a {
		if slices.Contains(b, s) {
			shared++
		}
	}
	return min(1, 2*float64(shared)/float64(len(a)+len(b)))
}
