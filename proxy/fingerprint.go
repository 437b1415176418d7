package proxy

import (
	"maps"
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
	Inner      []string          `json:"inner,omitempty" doc:"Tags and classes of the elements in it"`
	Path       []string          `json:"path,omitempty" doc:"Tags, ids and classes of the elements around it"`
	Unit       string            `json:"unit,omitempty" doc:"The id and the first words of what it is a part of"`
	Before     string            `json:"before,omitempty" doc:"The text before it"`
	After      string            `json:"after,omitempty" doc:"The text after it"`
	Heading    string            `json:"heading,omitempty" doc:"The heading above it"`
	Twins      int               `json:"twins,omitempty" doc:"How many elements of the page held the same, itself included; 0 is 1"`
	Units      int               `json:"units,omitempty" doc:"How many of them were part of something that said the same; 0 is 1"`
	Rival      int               `json:"rival,omitempty" doc:"How like it the most similar other element was, in percent"`
	Peers      int               `json:"peers,omitempty" doc:"How many elements of its tag the page had"`
	Place      int               `json:"place,omitempty" doc:"Which of them it was, from 0"`
}

const (
	textWords = 16 // of an element
	unitWords = 24 // of what it is a part of
	nearWords = 8  // of the texts around it
	pathDepth = 4
	innerMost = 12 // tags and classes in it

	// likeness from which an element may be the one: less is enough where the selector leads to it, and still less where nothing moved.
	likeEnough       = 0.55
	likeEnoughHit    = 0.4
	likeEnoughStayed = 0.3
	// rivalMargin is how much more like the fingerprint an element must be than any other was when it was made.
	rivalMargin = 0.05
	// margin is how much less than the best another element must be like the fingerprint, so as not to be mistaken for it.
	margin = 0.1
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
	peers := describeAll(elementsNamed(page, n.Data))
	f := describe(n).Fingerprint
	same := f.same(peers)
	f.Twins, f.Units, f.Peers = len(same), len(f.alone(same)), len(peers)
	f.Place = slices.IndexFunc(peers, func(d described) bool { return d.node == n })
	for _, d := range peers {
		if d.node != n {
			f.Rival = max(f.Rival, int(100*f.likeness(d)))
		}
	}
	return f
}

// described is an element with a fingerprint that knows of no others.
type described struct {
	node *html.Node
	Fingerprint
}

func describeAll(nodes []*html.Node) []described {
	out := make([]described, len(nodes))
	for i, n := range nodes {
		out[i] = describe(n)
	}
	return out
}

func describe(n *html.Node) described {
	f := Fingerprint{Tag: n.Data, Attributes: stableAttributes(n), Classes: tokens(attributeOf(n, "class")), Inner: innerOf(n), Path: pathOf(n)}
	text := words(textContent(n))
	f.Text, f.Unit = first(text, textWords), unitOf(n, len(text))
	if t := textBefore(n); t != nil {
		f.Before = first(words(t.Data), nearWords)
	}
	if t := textAfter(n); t != nil {
		f.After = first(words(t.Data), nearWords)
	}
	if h := headingBefore(n); h != nil {
		f.Heading = first(words(textContent(h)), nearWords)
	}
	return described{n, f}
}

// unitOf are the id of the nearest element around n that has one, and the first words of the nearest that says more than n does.
func unitOf(n *html.Node, own int) string {
	var id, text []string
	for p := n.Parent; p != nil && p.Type == html.ElementNode && (len(id) == 0 || text == nil); p = p.Parent {
		if len(id) == 0 {
			id = words(stable("id", attributeOf(p, "id")))
		}
		if text == nil {
			if all := words(textContent(p)); len(all) > own {
				text = all
			}
		}
	}
	return first(slices.Concat(id, text), unitWords)
}

// innerOf are the tags and classes of the elements in n.
func innerOf(n *html.Node) (out []string) {
	for c := range n.Descendants() {
		if c.Type != html.ElementNode || inTemplate(c) {
			continue
		}
		out = append(out, c.Data)
		for _, class := range tokens(attributeOf(c, "class")) {
			out = append(out, "."+class)
		}
		if len(out) >= innerMost {
			return out[:innerMost]
		}
	}
	return out
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

func first(words []string, n int) string { return strings.Join(words[:min(n, len(words))], " ") }

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
	n = e.Fingerprint.find(describeAll(a.open(e, elementsNamed(a.page, e.Fingerprint.Tag))), hits)
	return n, n != nil && !slices.Contains(hits, n)
}

// find decides which of some elements a fingerprint is of, nil for none. What an element holds says most: as long as only one holds what
// the fingerprint says, the page around it may change as it likes.
func (f Fingerprint) find(peers []described, hits []*html.Node) *html.Node {
	hit := func(d described) bool { return slices.Contains(hits, d.node) }
	same := f.same(peers)
	switch {
	case len(same) == 0:
		return f.changed(peers, hit)
	case len(same) == 1 && f.Twins <= 1:
		return same[0].node
	}
	return f.among(same, peers, hit)
}

// among tells an element from others that hold the same: by what it is a part of, or by its place where none of its tag came or went.
func (f Fingerprint) among(same, peers []described, hit func(described) bool) *html.Node {
	alone, enough := f.alone(same), 1
	if len(same) != max(1, f.Twins) {
		enough = 4
	}
	if len(alone) == 1 && f.Units <= 1 && f.around(alone[0]) >= enough {
		return alone[0].node
	}
	d := f.stayed(peers)
	if d == nil || len(same) > f.Twins {
		return nil
	}
	if n := f.around(*d); n >= 3 || n == 2 && hit(*d) {
		return d.node
	}
	return nil
}

// alone are the elements that are part of something that says what it did.
func (f Fingerprint) alone(same []described) (out []described) {
	for _, d := range same {
		if alike(words(f.Unit), words(d.Unit)) == 1 {
			out = append(out, d)
		}
	}
	return out
}

// stayed is the element at the place of old, nil unless as many of its tag are on the page as then.
func (f Fingerprint) stayed(peers []described) *described {
	if len(peers) != f.Peers || f.Place >= len(peers) {
		return nil
	}
	return &peers[f.Place]
}

// changed finds an element that no longer holds what it did: the one at its place, else the one most like it, if it is more like it than
// any other ever was.
func (f Fingerprint) changed(peers []described, hit func(described) bool) *html.Node {
	if d := f.stayed(peers); d != nil && hit(*d) && f.likeness(*d) >= likeEnoughStayed && f.vouched(*d, peers, 1) {
		return d.node
	}
	d, ok := f.best(peers)
	if !ok || !f.vouched(d, peers, 2) {
		return nil
	}
	enough := likeEnough
	if hit(d) {
		enough = likeEnoughHit
	}
	if score := f.likeness(d); score < enough || score < float64(f.Rival)/100+rivalMargin {
		return nil
	}
	return d.node
}

// same are the elements that hold what the fingerprint says.
func (f Fingerprint) same(peers []described) (out []described) {
	named := slices.ContainsFunc(telling, func(name string) bool { return len(f.Attributes[name]) > 2 })
	for _, d := range peers {
		if d.Text == f.Text && maps.Equal(d.Attributes, f.Attributes) && (f.Text != "" || named || alike(d.Inner, f.Inner) == 1) {
			out = append(out, d)
		}
	}
	return out
}

// best is the element most like the fingerprint, if no other comes near it.
func (f Fingerprint) best(among []described) (best described, ok bool) {
	most, next := 0.0, 0.0
	for _, d := range among {
		switch score := f.likeness(d); {
		case score > most:
			best, most, next = d, score, most
		default:
			next = max(next, score)
		}
	}
	return best, most > 0 && most-next > margin
}

// around counts what is around an element as it was: the texts beside it, the heading, what it is a part of.
func (f Fingerprint) around(d described) (n int) {
	for _, same := range []bool{f.Before == d.Before, f.After == d.After, f.Heading == d.Heading, alike(words(f.Unit), words(d.Unit)) >= 0.8} {
		if same {
			n++
		}
	}
	return n
}

// vouched says whether something tells an element from another of the same sort and place: its words, what it alone is named or leads to,
// or what is around it. Else the element may have gone and this be the one that came for it. One of another name is another one.
func (f Fingerprint) vouched(d described, peers []described, around int) bool {
	alone := false
	for _, name := range telling {
		was, is := f.Attributes[name], d.Attributes[name]
		if was != "" && is != "" && was != is && name != "href" && name != "src" {
			return false
		}
		alone = alone || was != "" && was == is && !slices.ContainsFunc(peers, func(o described) bool { return o.node != d.node && o.Attributes[name] == is })
	}
	return alone || f.Text != "" && alike(words(f.Text), words(d.Text)) >= 0.5 || f.around(d) >= around
}

// likeness is the weighted share, 0 to 1, of what a fingerprint says that is true of an element.
func (f Fingerprint) likeness(d described) float64 {
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
		{2, f.Classes, d.Classes}, {1.5, f.Inner, d.Inner}, {2, f.Path, d.Path}, {2, words(f.Unit), words(d.Unit)},
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

// alike is Dice's coefficient of two lists: twice what they share over the sum of their lengths; 1 of two empty ones.
func alike(a, b []string) float64 {
	if len(a)+len(b) == 0 {
		return 1
	}
	shared := 0
	for _, s := range a {
		if slices.Contains(b, s) {
			shared++
		}
	}
	return min(1, 2*float64(shared)/float64(len(a)+len(b)))
}
