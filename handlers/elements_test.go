package handlers

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/samplit/samplit/engine"
	"github.com/samplit/samplit/engine/stats"
)

// threeElements are elements with two, two and three variants.
func threeElements(mode string, over members) members {
	out := members{"mode": mode, "variants": nil, "url": "", "elements": []members{
		{"key": "headline", "name": "Headline", "selector": "h1", "variants": []members{
			{"key": "o", "name": "Original", "is_control": true}, {"key": "b", "name": "Short", "changes": []members{{"action": "text", "value": "Buy"}}}}},
		{"key": "button", "name": "Button", "selector": "#buy", "variants": []members{
			{"key": "o", "name": "Original", "is_control": true}, {"key": "b", "name": "Urgent", "changes": []members{{"action": "text", "value": "Now"}}}}},
		{"key": "photo", "name": "Photo", "selector": ".hero img", "variants": []members{
			{"key": "o", "name": "Original", "is_control": true}, {"key": "b", "name": "People", "changes": []members{{"action": "attr", "name": "alt", "value": "People"}}},
			{"key": "c", "name": "None", "changes": []members{{"action": "hide"}}}}}}}
	maps.Copy(out, over)
	return out
}

// cells assigns visitors by the tracker and returns the variants of headline, button and photo that each saw.
func (r *rulesBundle) cells(key string, visitors int) (cells [][3]string) {
	r.b.t.Helper()
	queue, mu, wg := make(chan string), sync.Mutex{}, sync.WaitGroup{}
	for range 32 {
		wg.Go(func() {
			for v := range queue {
				out := r.assign(key, v, nil)
				var cell [3]string
				for _, a := range out["assignments"].([]any) {
					part := a.(members)
					cell[slices.Index([]string{"headline", "button", "photo"}, part["element"].(string))] = part["variant"].(string)
				}
				mu.Lock()
				cells = append(cells, cell)
				mu.Unlock()
			}
		})
	}
	for i := range visitors {
		queue <- fmt.Sprintf("%s-%d", key, i)
	}
	close(queue)
	wg.Wait()
	return cells
}

// independent is the p-value of a chi-square test of two factors, and of the balance of their pairs.
func independent(cells [][3]string, a, b int) (p float64) {
	pairs, first, second := map[[2]string]float64{}, map[string]float64{}, map[string]float64{}
	for _, c := range cells {
		pairs[[2]string{c[a], c[b]}]++
		first[c[a]]++
		second[c[b]]++
	}
	chi, n := 0.0, float64(len(cells))
	for x := range first {
		for y := range second {
			want := first[x] * second[y] / n
			have := pairs[[2]string{x, y}]
			chi += (have - want) * (have - want) / want
		}
	}
	return stats.ChiSquareTail(chi, float64((len(first)-1)*(len(second)-1)))
}

func TestElementsAreSplitEvenlyAndIndependently(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"independent", "factorial"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			r := newRulesBundle(t)
			x := r.experiment(threeElements(mode, members{"key": mode}))
			r.status(x, members{"status": "running"}, http.StatusOK)
			r.refresh()
			cells := r.cells(mode, 1800)
			observed, even := map[[3]string]float64{}, slices.Repeat([]float64{1}, 12)
			for _, c := range cells {
				observed[c]++
			}
			if p, _, _ := stats.SRM(slices.Collect(maps.Values(observed)), even); len(observed) != 12 || p < 0.001 {
				t.Errorf("%d cells, p %.5f of an even split: %v", len(observed), p, observed)
			}
			for _, pair := range [][2]int{{0, 1}, {0, 2}, {1, 2}} {
				if p := independent(cells, pair[0], pair[1]); p < 0.001 {
					t.Errorf("elements %v depend on each other, p %.5f", pair, p)
				}
			}
			_, results := r.call(http.MethodGet, "/analytics/experiments/"+x["id"].(string), nil, http.StatusOK)
			elements := results["elements"].([]any)
			for _, e := range elements {
				total := 0.0
				for _, v := range e.(members)["variants"].([]any) {
					total += v.(members)["visitors"].(float64)
				}
				if total != 1800 {
					t.Errorf("element %v has %v visitors", e.(members)["key"], total)
				}
			}
			if combinations, _ := results["combinations"].([]any); len(elements) != 3 || mode == "factorial" && len(combinations) != 12 || mode == "independent" && combinations != nil {
				t.Errorf("%d elements, %d combinations", len(elements), len(combinations))
			}
		})
	}
}

func TestExcludedPairsAreNeverServed(t *testing.T) {
	t.Parallel()
	r := newRulesBundle(t)
	x := r.experiment(threeElements("factorial", members{"key": "pairs", "excluded_pairs": []members{{"headline": "b", "photo": "c"}}}))
	if diff := cmp.Diff([]any{members{"headline": "b", "photo": "c"}}, x["excluded_pairs"]); diff != "" {
		t.Errorf("answered (-want +got):\n%s", diff)
	}
	r.status(x, members{"status": "running"}, http.StatusOK)
	r.refresh()
	seen := map[[3]string]int{}
	for _, c := range r.cells("pairs", 1000) {
		seen[c]++
	}
	if len(seen) != 10 || seen[[3]string{"b", "o", "c"}]+seen[[3]string{"b", "b", "c"}] > 0 {
		t.Errorf("cells %v", seen)
	}
	split := r.config("pairs")["splits"].([]any)[0].(members)
	arms := split["arms"].([]any)
	if len(arms) != 10 || slices.Contains(arms, any("b.o.c")) || len(split["changes"].([]any)) != 10 {
		t.Errorf("the snippet is told of %v", arms)
	}
	token, _ := r.preview(x, members{"force": members{"headline": "b"}})
	for force, want := range map[string]int{"b.b.b": http.StatusOK, "b.o.c": http.StatusUnprocessableEntity, "b.b": http.StatusUnprocessableEntity} {
		if status, out := r.forced("pairs", token, force); status != want {
			t.Errorf("preview of %s: %d %v", force, status, out)
		}
	}
}

// Every door chooses alike, and what they show is the changes of all elements.
func TestEveryDoorServesElements(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"independent", "factorial"} {
		r := newRulesBundle(t)
		x := r.experiment(threeElements(mode, members{"key": mode}))
		r.refresh()
		token, _ := r.preview(x, members{"force": members{"headline": "b", "photo": "c"}})
		_, out := r.forced(mode, token, nil)
		if got := selectors(out); !slices.Equal(got, []string{"h1", ".hero img"}) {
			t.Errorf("%s: preview of a draft changes %v", mode, got)
		}
		r.status(x, members{"status": "running"}, http.StatusOK)
		r.refresh()
		config := r.config(mode)["splits"].([]any)
		for i := range 30 {
			visitor := fmt.Sprint("v", i)
			out := r.assign(mode, visitor, nil)
			for n, s := range config {
				split := s.(members)
				var weights engine.Weights
				for _, w := range split["weights"].([]any) {
					weights = append(weights, int(w.(float64)))
				}
				chosen := split["arms"].([]any)[engine.Choose(engine.Hash(split["seed"].(string), visitor), weights.Cumulative())]
				element, _ := split["key"].(string) // the browser is not told an empty one
				flag := engine.Seed(mode, element)
				assigned := out["assignments"].([]any)[n].(members)["arm"]
				got := r.post(flagsPath+"/"+flag, members{"context": members{"targetingKey": visitor}})["value"]
				if chosen != assigned || got != assigned {
					t.Fatalf("%s %s: snippet %v, assign %v, flag %v", flag, visitor, chosen, assigned, got)
				}
			}
			changed := 0
			for _, a := range out["assignments"].([]any) {
				if a.(members)["variant"] != "o" {
					changed++
				}
			}
			if len(selectors(out)) != changed {
				t.Fatalf("%s: %v changes %v", mode, out["assignments"], selectors(out))
			}
		}
		winner := members{"button": "b", "photo": "b"}
		y := r.status(x, members{"status": "completed", "winner": winner}, http.StatusOK)
		r.refresh()
		if out := r.assign(mode, "late", nil); out["winner"] != true || !slices.Equal(selectors(out), []string{"#buy", ".hero img"}) {
			t.Errorf("%s: the winner %v shows %v", mode, y["winner"], out)
		}
	}
}

func selectors(answer members) (out []string) {
	for _, c := range answer["changes"].([]any) {
		out = append(out, c.(members)["selector"].(string))
	}
	return out
}

// A conversion counts once for every element, and learning splits learn each by itself.
func TestElementsLearn(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"independent", "factorial"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.program.token = h.key
			body := threeElements(mode, members{"key": mode, "allocator": "thompson", "goals": []members{{"key": "buy", "name": "Bought", "primary": true, "type": "custom"}}})
			x := h.experiment(body)
			h.status(x, members{"status": "running"}, http.StatusOK)
			h.look()
			var events []members
			for i := range 1500 {
				v := fmt.Sprint("v", i)
				out := h.track("assign", members{"experiment": mode, "visitor_id": v}, http.StatusOK)
				urgent := slices.ContainsFunc(out["assignments"].([]any), func(a any) bool {
					part := a.(members)
					return part["element"] == "button" && part["variant"] == "b"
				})
				if n := i % 10; n == 0 || urgent && n < 4 {
					events = append(events, members{"id": "e" + v, "type": "conversion", "visitor_id": v, "goal": "buy"})
				}
			}
			for part := range slices.Chunk(events, 400) {
				h.track("events", members{"events": part}, http.StatusOK)
			}
			if _, err := h.learner.Visit(t.Context()); err != nil {
				t.Fatal(err)
			}
			_, y := h.call(http.MethodGet, "/experiments/"+x["id"].(string), nil, http.StatusOK)
			urgent := 0.0
			for _, e := range y["epochs"].([]any) {
				epoch := e.(members)
				if epoch["epoch"] != 2.0 || mode == "independent" && epoch["split"] != "button" {
					continue
				}
				for arm, w := range epoch["weights"].(members) {
					if arm == "b" || strings.Split(arm+"..", ".")[1] == "b" {
						urgent += w.(float64)
					}
				}
			}
			if urgent < .6 {
				t.Errorf("the button that sells gets %.2f of the visitors: %v", urgent, y["epochs"])
			}
			h.recount()
		})
	}
}
