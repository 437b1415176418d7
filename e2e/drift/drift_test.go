//go:build e2e

package drift_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/samplit/samplit/proxy"
)

// picked are the tags of what people change.
var picked = []string{"h1", "h2", "h3", "h4", "h5", "a", "button", "img", "input", "p"}

// structural is the selector that editors fall back on: places alone. Drift sends it astray.
func structural(n *html.Node) string {
	if n.Data == "body" {
		return "body"
	}
	place := 1
	for s := n.PrevSibling; s != nil; s = s.PrevSibling {
		if s.Type == html.ElementNode && s.Data == n.Data {
			place++
		}
	}
	return fmt.Sprintf("%s > %s:nth-of-type(%d)", structural(n.Parent), n.Data, place)
}

// drifts are what happens to pages between the day a test is built and the day it is seen.
var drifts = map[string]func(*drifter){
	"classes renamed":    (*drifter).renameClasses,
	"copy edited":        (*drifter).editCopy,
	"elements wrapped":   (*drifter).wrap,
	"sections reordered": (*drifter).reorder,
	"banners inserted":   (*drifter).insert,
	"blocks repeated":    (*drifter).duplicate,
	"a redesign":         (*drifter).redesign,
}

// TestScenario15Drift edits what people edit on each page, lets the page drift, and looks where the edits land: on their element, on none,
// never on another.
func TestScenario15Drift(t *testing.T) {
	t.Parallel()
	for name, drift := range drifts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sum tally
			for i, p := range pages {
				sum.add(look(t, p, drift, uint64(i)))
			}
			t.Logf("%d edits: %d found, %d of them by the selector, %d missed, %d on a wrong element", sum.all, sum.found, sum.found-sum.healed, sum.missed, sum.wrong)
			if sum.wrong > 0 {
				t.Errorf("%d edits landed on a wrong element, want none", sum.wrong)
			}
			if share := float64(sum.found) / float64(sum.all); share < 0.95 {
				t.Errorf("%.1f %% were found, want at least 95", 100*share)
			}
		})
	}
}

type tally struct{ all, found, healed, missed, wrong int }

func (a *tally) add(b tally) {
	a.all, a.found, a.healed, a.missed, a.wrong = a.all+b.all, a.found+b.found, a.healed+b.healed, a.missed+b.missed, a.wrong+b.wrong
}

// look makes an edit of every element worth one, drifts the page and follows the edits.
func look(t *testing.T, p page, drift func(*drifter), seed uint64) (sum tally) {
	text := p.text(t)
	before, after := parse(t, text), parse(t, text)
	was, is := elements(before), elements(after)
	d := &drifter{r: rand.New(rand.NewPCG(202, seed)), page: after}
	drift(d)
	for i, n := range was {
		if !slices.Contains(picked, n.Data) {
			continue
		}
		twice := slices.ContainsFunc(d.repeated, func(block *html.Node) bool { return within(is[i], block) })
		print := proxy.NewFingerprint(before, n)
		mark := "found"
		c := proxy.Change{ID: "c1", Selector: structural(n), Fingerprint: &print, Action: "attr", Name: "data-edit", Value: &mark}
		state := proxy.Apply(after, proxy.ChangeList{Seed: "x", Changes: []proxy.Change{c}}).States[0][0]
		if !twice {
			sum.all++
		}
		switch landed := marked(after); {
		case landed == nil && state == proxy.Missed:
			sum.missed++
		case landed == is[i] && twice:
		case landed == is[i]:
			sum.found++
			if state == proxy.Healed {
				sum.healed++
			}
		default:
			sum.wrong++
			t.Logf("%s: %+v landed on %s", p, print, describe(landed))
		}
	}
	return sum
}

func within(n, block *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if n == block {
			return true
		}
	}
	return false
}

func describe(n *html.Node) string {
	var out strings.Builder
	if n != nil {
		html.Render(&out, n)
	}
	return out.String()
}

// marked returns the element that an edit landed on, and unmarks it.
func marked(doc *html.Node) *html.Node {
	for n := range doc.Descendants() {
		for i, a := range n.Attr {
			if a.Key == "data-edit" {
				n.Attr = slices.Delete(n.Attr, i, i+1)
				return n
			}
		}
	}
	return nil
}
