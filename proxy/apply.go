package proxy

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
)

// Change is one change of a page. The snippet applies the same lists by the same rules (static/src/snippet/change), and both are held
// to static/src/testdata/changes.json.
type Change struct {
	ID string `json:"id"`
	// Selector says which elements; css, js and redirect have none.
	Selector    string       `json:"selector,omitempty"`
	Fingerprint *Fingerprint `json:"fingerprint,omitempty" doc:"What the element looked like when it was picked. With it the change heals when the page moves, and never touches another element"`
	Action      string       `json:"action" enum:"text,html,attr,class,style,image,link,hide,show,insert,move,remove,css,js,redirect"`
	// Name is the attribute or the CSS property; add or remove for classes.
	Name string `json:"name,omitempty" doc:"The attribute or the CSS property; add or remove for action class"`
	// Value is nil where there is none; an attribute without one is removed.
	Value    *string `json:"value,omitempty" doc:"Text, HTML, address, classes …; for move the selector of where to; an attribute without a value is removed"`
	Position string  `json:"position,omitempty" enum:"before,after,first,last" doc:"Of insert and move: outside the element or inside it"`
	When     string  `json:"when,omitempty" enum:"parse,ready,hydrated" doc:"As soon as the element is there (default), once the page is read, or once its framework has taken it over"`
	Scope    *Scope  `json:"scope,omitempty"`
	Limit    int     `json:"limit,omitempty" minimum:"0" doc:"At most so many elements, in the order of the page; 0 is all"`
}

// Scope narrows a change to some pages of its experiment, or to windows of a width.
type Scope struct {
	URL      string `json:"url,omitempty" doc:"Page pattern"`
	MinWidth int    `json:"min_width,omitempty" minimum:"0" maximum:"10000"`
	MaxWidth int    `json:"max_width,omitempty" minimum:"0" maximum:"10000"`
}

// ChangeList is the change list of one variant. Seed names the split that it belongs to, and so tells changes of one id apart.
type ChangeList struct {
	Seed    string
	Changes []Change
}

// ParseChanges reads a change list as configurations hold it.
func ParseChanges(data []byte) (list []Change, err error) {
	err = json.Unmarshal(data, &list)
	return list, err
}

// Deferred says whether only a browser can apply c: scripts, what must wait for a framework, what depends on the width of the window
// and is no rule of a style sheet, and going elsewhere.
func (c Change) Deferred() bool {
	narrow := c.Scope != nil && (c.Scope.MinWidth > 0 || c.Scope.MaxWidth > 0)
	return c.Action == "js" || c.Action == "redirect" || c.When == "hydrated" || narrow && c.Action != "css" && !c.styles()
}

// styles says whether a change is nothing but rules of a style sheet.
func (c Change) styles() bool {
	return c.Action == "style" || c.Action == "hide" || c.Action == "show" || c.Action == "remove"
}

func (c Change) value() string {
	if c.Value == nil {
		return ""
	}
	return *c.Value
}

// State is what became of a change on a page.
type State string

const (
	Found   State = "found"   // its selector led to the element
	Healed  State = "healed"  // only the fingerprint did
	Missed  State = "missed"  // no element, more than one that it might be, or none that can take the change
	Refused State = "refused" // it could run code, or is no change at all
	Left    State = "left"    // to the browser, see Deferred
)

// Applied is what Apply did: the rules that the page's style sheet is to get, and the state of every change, list by list.
type Applied struct {
	Rules  []Rule
	States [][]State
}

// maxPasses bounds how often changes look at what other changes have made of the page.
const maxPasses = 4

// Apply changes a parsed page. In one pass every change first finds its elements and then all are written, the later one prevailing
// where two want the same; passes follow until none finds anything new. An element that a change made can be taken by later changes
// only, so that nothing goes on for ever. The style sheet is left to the caller: see Applied.Sheet.
func Apply(page *html.Node, lists ...ChangeList) Applied {
	a := newApplication(page, lists)
	fresh := true
	for pass := 0; fresh && pass < maxPasses; pass++ {
		fresh = a.claim()
		a.write()
	}
	return a.result(lists)
}

// application is one run of Apply.
type application struct {
	page  *html.Node
	edits []*edit
	// made says by which edit a node was made.
	made   map[*html.Node]int
	filled map[*html.Node]*edit      // whose HTML an element holds
	texts  map[*html.Node]*html.Node // the node that carries the text of an element
	moved  map[*html.Node]move
	tails  map[place]*html.Node // the last node that was put at a place: the next goes behind it
}

// edit is a change with the elements it has taken.
type edit struct {
	Change
	order    int
	mark     string
	selector cascadia.SelectorGroup
	state    State
	claimed  []*html.Node
	placed   []*placement
}

func newApplication(page *html.Node, lists []ChangeList) *application {
	a := &application{page: page, made: map[*html.Node]int{}, filled: map[*html.Node]*edit{}, texts: map[*html.Node]*html.Node{}, moved: map[*html.Node]move{}, tails: map[place]*html.Node{}}
	for _, list := range lists {
		a.add(list)
	}
	return a
}

// add takes a list up. One with a selector that is none, or an action that is none, is broken and left out as a whole: half an
// experiment is worse than none.
func (a *application) add(list ChangeList) {
	first, broken := len(a.edits), false
	for _, c := range list.Changes {
		e := &edit{Change: c, order: len(a.edits), mark: mark(list.Seed, c.ID), state: Missed}
		a.edits = append(a.edits, e)
		switch {
		case c.Deferred():
			e.state = Left
		case !slices.Contains(actions, c.Action):
			broken = true
		case !c.safe():
			e.state = Refused
		case c.Action == "css":
			e.state = Found
		default:
			var err error
			e.selector, err = ParseSelector(c.Selector)
			broken = broken || err != nil
		}
	}
	if broken {
		for _, e := range a.edits[first:] {
			e.state, e.selector = Refused, nil
		}
	}
}

// mark names a change on the page: in the attribute that its style rules and inserted elements carry.
func mark(seed, id string) string {
	return strings.ToLower(strings.ReplaceAll(seed, "/", "--") + "--" + id)
}

// claim lets every change take its elements and says whether any took a new one. What another change has emptied the page of is taken
// no more.
func (a *application) claim() bool {
	fresh := false
	for _, e := range a.edits {
		if e.selector == nil {
			continue
		}
		e.claimed = slices.DeleteFunc(e.claimed, func(n *html.Node) bool { return !a.connected(n) })
		held := len(e.claimed)
		for _, n := range a.resolve(e) {
			if (e.Limit == 0 || len(e.claimed) < e.Limit) && !slices.Contains(e.claimed[:held], n) {
				e.claimed = append(e.claimed, n)
			}
		}
		fresh = fresh || len(e.claimed) > held
	}
	return fresh
}

// resolve finds the elements that a change is about as the page is now.
func (a *application) resolve(e *edit) []*html.Node {
	hits := a.open(e, cascadia.QueryAll(a.page, e.selector))
	if e.Fingerprint == nil {
		if len(hits) > 0 {
			e.state = Found
		}
		return hits
	}
	if len(e.claimed) > 0 {
		return nil
	}
	n, healed := a.recognise(e, hits)
	switch {
	case n == nil:
		return nil
	case healed:
		e.state = Healed
	default:
		e.state = Found
	}
	return []*html.Node{n}
}

// open leaves out what a change may not touch.
func (a *application) open(e *edit, nodes []*html.Node) (out []*html.Node) {
	for _, n := range nodes {
		if a.before(n, e.order) && e.takes(n) {
			out = append(out, n)
		}
	}
	return out
}

// before says whether a node is the page's own or was made by an edit before order, and is on the page itself rather than in a
// template.
func (a *application) before(n *html.Node, order int) bool {
	for ; n != nil; n = n.Parent {
		if by, ok := a.made[n]; ok && by >= order {
			return false
		}
		if n.Parent != nil && n.Parent.Type == html.ElementNode && n.Parent.Data == "template" {
			return false
		}
	}
	return true
}

func (a *application) connected(n *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if n == a.page {
			return true
		}
	}
	return false
}

// write brings the page to what the changes want of it: first what elements hold, then what goes to another place.
func (a *application) write() {
	w := a.wishes()
	for _, n := range w.elements {
		if a.connected(n) {
			a.fill(n, w.of[n])
		}
	}
	for _, e := range a.edits {
		a.place(e)
	}
}

// outcome is the state of a change in the end: one that puts nothing anywhere, or whose elements can no longer take it, has missed.
func (e *edit) outcome() State {
	places := e.Action == "insert" || e.Action == "move"
	switch {
	case e.state == Refused || e.state == Left:
		return e.state
	case places && len(e.placed) == 0, len(e.claimed) > 0 && !slices.ContainsFunc(e.claimed, e.takes):
		return Missed
	}
	return e.state
}

func (a *application) result(lists []ChangeList) Applied {
	out := Applied{Rules: a.rules()}
	at := 0
	for _, list := range lists {
		states := make([]State, len(list.Changes))
		for i := range states {
			states[i] = a.edits[at].outcome()
			at++
		}
		out.States = append(out.States, states)
	}
	return out
}

// Matches says whether a page holds an element that some change of a list is about, whoever is to make it. It changes nothing.
func Matches(page *html.Node, list []Change) bool {
	for _, c := range list {
		if c.Selector == "" {
			return true // it is about the page
		}
		c.When, c.Scope = "", nil
		a := newApplication(page, []ChangeList{{Changes: []Change{c}}})
		if e := a.edits[0]; e.selector != nil && len(a.resolve(e)) > 0 {
			return true
		}
	}
	return false
}
