package handlers

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/samplit/samplit/services"
)

// fair is an experiment whose two variants are the same, or not: then it is there to show that the test sees what there is to see.
type fair struct {
	id, key string
	rates   [2]float64 // of the control and of b
	rng     *rand.Rand
	claims  string // the verdict that first said that there is a difference
	ends    string // the newest verdict
}

// fairPerDay is how many visitors an experiment has, in both arms together.
const fairPerDay = 80

// fairTests experiments without a difference are judged on so many days, half of them with a fixed split and half learning.
var fairTests, fairDays = 24, 12

// Experiments without a difference, sent and judged as programs do it: a visitor after the other is assigned and converts by HTTP,
// somebody looks at the verdict every day, and at most one experiment in twenty ever says that there is a difference.
func TestNoDifferenceIsSeldomFound(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	claims, ends := 0, map[string]int{}
	t.Run("houses", func(t *testing.T) {
		for _, allocator := range []string{"sequential", "thompson"} {
			t.Run(allocator, func(t *testing.T) {
				t.Parallel()
				for _, x := range newHouse(t).judgeFair(allocator, fairTests/2) {
					mu.Lock()
					ends[allocator+" "+x.ends]++
					if x.claims != "" {
						claims++
						t.Logf("%s claims %s", x.key, x.claims)
					}
					mu.Unlock()
				}
			})
		}
	})
	t.Logf("%d of %d claim a difference; at the end %v", claims, fairTests, ends)
	if most := max(fairTests/20, 2); claims > most {
		t.Errorf("%d of %d experiments without a difference claim one, want at most %d", claims, fairTests, most)
	}
}

// judgeFair lets n experiments without a difference run their days, beside one with a difference that must be found.
func (h *house) judgeFair(allocator string, n int) []*fair {
	t := h.testBundle.t
	t.Helper()
	h.program.token = h.key
	var all []*fair
	for i := range n + 1 {
		rate := []float64{.05, .1, .2, .4}[i%4]
		x := &fair{key: fmt.Sprintf("%s-%d", allocator, i), rates: [2]float64{rate, rate}, rng: rand.New(rand.NewPCG(uint64(i), 28))}
		if i == n {
			x.rates = [2]float64{.1, .3}
		}
		x.id = h.run(members{"key": x.key, "name": x.key, "allocator": allocator, "variants": twoArms(), "goals": []members{{"key": "buy", "name": "Buy", "type": "custom", "primary": true}}})
		all = append(all, x)
	}
	for day := range fairDays {
		for half := range 2 { // between which smart traffic learns
			each(all, func(x *fair) { h.visitFair(x, day*2+half) })
			h.clock.advance(time.Minute)
			if _, err := h.learner.Visit(t.Context()); err != nil {
				t.Fatal(err)
			}
			h.look()
			h.clock.advance(12*time.Hour - time.Minute)
		}
		each(all, h.lookAt)
		if t.Failed() {
			t.FailNow()
		}
	}
	if x := all[n]; !strings.HasPrefix(x.claims, "ship b") {
		t.Errorf("a lift of 200 %% is judged %q", x.claims)
	}
	return all[:n]
}

// each calls fn for all at once; those that fail mark the test.
func each(all []*fair, fn func(*fair)) {
	var wg sync.WaitGroup
	for _, x := range all {
		wg.Go(func() { fn(x) })
	}
	wg.Wait()
}

// visitFair brings the visitors of half a day.
func (h *house) visitFair(x *fair, half int) {
	for i := range fairPerDay / 2 {
		ok := h.visit(x, fmt.Sprintf("%s-%d-%d", x.key, half, i), func(arm string) bool {
			rate := x.rates[0]
			if arm == "b" {
				rate = x.rates[1]
			}
			return x.rng.Float64() < rate
		})
		if !ok {
			return
		}
	}
}

// visit assigns a visitor, who then converts or not.
func (h *house) visit(x *fair, visitor string, buys func(arm string) bool) bool {
	var given struct {
		Assigned, Stored bool
		Variant          struct{ Key string }
	}
	if !h.post(x, "assign", members{"experiment": x.key, "visitor_id": visitor}, &given) || !given.Assigned || !given.Stored {
		h.testBundle.t.Errorf("%s is given %+v", visitor, given)
		return false
	}
	if !buys(given.Variant.Key) {
		return true
	}
	var taken struct{ Accepted bool }
	if !h.post(x, "convert", members{"experiment": x.key, "goal": "buy", "visitor_id": visitor, "event_id": visitor}, &taken) || !taken.Accepted {
		h.testBundle.t.Errorf("the conversion of %s is answered %+v", visitor, taken)
		return false
	}
	return true
}

// post sends to the tracker and reads the answer; unlike track it may be called by any goroutine.
func (h *house) post(x *fair, path string, body members, out any) bool {
	body["installation_token"] = h.site
	sent, err := json.Marshal(body)
	if err != nil {
		h.testBundle.t.Error(err)
		return false
	}
	w := httptest.NewRecorder()
	h.nodes[0].h.ServeHTTP(w, httptest.NewRequestWithContext(h.testBundle.t.Context(), http.MethodPost, "/api/v1/tracker/"+path, strings.NewReader(string(sent))))
	return h.read(x, w, out)
}

func (h *house) read(x *fair, w *httptest.ResponseRecorder, out any) bool {
	raw, err := io.ReadAll(w.Body)
	if err == nil {
		err = json.Unmarshal(raw, out)
	}
	if err != nil || w.Code != http.StatusOK {
		h.testBundle.t.Errorf("%s: answered %d, %v: %s", x.key, w.Code, err, raw)
		return false
	}
	return true
}

// lookAt reads the verdict of the day as a program does.
func (h *house) lookAt(x *fair) {
	r := httptest.NewRequestWithContext(h.testBundle.t.Context(), http.MethodGet, "/api/v1/analytics/experiments/"+x.id, nil)
	r.Host = "localhost:8080"
	r.Header.Set("Authorization", "Bearer "+h.key)
	w := httptest.NewRecorder()
	h.e.ServeHTTP(w, r)
	var got services.Results
	if !h.read(x, w, &got) {
		return
	}
	v := got.Verdict
	x.ends = v.Action + " " + v.Reason
	if differs := v.Action == "ship" || v.Reason == "control_is_best" || got.Sequential.Decided; differs && x.claims == "" {
		x.claims = fmt.Sprintf("%s %s %s after %d days", v.Action, v.Variant, v.Reason, len(got.Timeline)/2)
	}
}
