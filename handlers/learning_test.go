package handlers

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/samplit/samplit/db/dbtest"
)

// ways are all allocators with their strategies and policies, and whether they learn.
var ways = map[string]struct {
	body   members
	learns bool
}{
	"sequential":             {members{"allocator": "sequential"}, false},
	"thompson":               {members{"allocator": "thompson"}, true},
	"thompson adaptive":      {members{"allocator": "thompson", "strategy": "adaptive", "allocator_params": members{"floor": 0.05, "discount": 0.99}}, true},
	"thompson fast_learning": {members{"allocator": "thompson", "strategy": "fast_learning", "allocator_params": members{"top_two": 0.8}}, true},
	"thompson of orders":     {members{"allocator": "thompson", "allocator_params": members{"value_model": "orders"}}, true},
	"explore":                {members{"allocator": "explore"}, true},
	"explore epsilon":        {members{"allocator": "explore", "allocator_params": members{"policy": "epsilon", "epsilon": 0.2, "decay": 0.01}}, true},
	"explore ucb1":           {members{"allocator": "explore", "allocator_params": members{"policy": "ucb1"}}, true},
	"explore kl_ucb":         {members{"allocator": "explore", "allocator_params": members{"policy": "kl_ucb"}}, true},
}

// replays are the ways whose log is played again; the engine's own tests replay all of them.
var replays = map[string]int{"thompson": 1, "explore ucb1": 1}

// playLog sends the same visits every time: batches of visitors, of whom 10 % of the control and 40 % of b buy, b for more. The learner
// looks after each batch, and at the next day the visits go on.
func (h *house) playLog(revenue bool) {
	t := h.testBundle.t
	t.Helper()
	r := rand.New(rand.NewPCG(7, 7))
	for batch := range 3 {
		var events []members
		for i := range 120 {
			v := fmt.Sprintf("v%d-%d", batch, i)
			arm := h.buyer(v)
			p, worth := .1, 20.0
			if arm == "b" {
				p, worth = .4, 30
			}
			if r.Float64() < p {
				e := members{"id": "e-" + v, "type": "conversion", "visitor_id": v, "goal": "buy"}
				if revenue {
					e["value"], e["order"] = worth+float64(r.IntN(10)), "o-"+v
				}
				events = append(events, e)
			}
		}
		h.clock.advance(time.Minute)
		h.track("events", members{"events": events}, http.StatusOK)
		if _, err := h.learner.Visit(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.look()
		h.clock.advance(12 * time.Hour)
	}
}

// learnt are the weights of all epochs and the digests of the counts they were decided from.
func (h *house) learnt() []string {
	h.testBundle.t.Helper()
	return append(dbtest.Texts(h.testBundle.t, h.url(""), "SELECT epoch || ' ' || weights::text || ' ' || reason FROM epochs ORDER BY experiment_id, epoch"),
		dbtest.Texts(h.testBundle.t, h.url(""), "SELECT payload ->> 'counts' FROM audit_entries WHERE action = 'epoch.opened' ORDER BY seq")...)
}

// Every pair of allocator and strategy is launched, learns and is judged, for conversions and for revenue; and the same log gives the
// same weights, to the last bit.
func TestEveryWayLearnsAndIsJudged(t *testing.T) {
	t.Parallel()
	for _, name := range slices.Sorted(maps.Keys(ways)) {
		for _, revenue := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " revenue ", revenue), func(t *testing.T) {
				t.Parallel()
				var before []string
				for range 1 + replays[name] {
					h := newHouse(t)
					h.program.token = h.key
					h.clock.set(time.Date(2026, time.November, 1, 9, 0, 0, 0, time.UTC))
					way := ways[name]
					body := maps.Clone(way.body)
					maps.Copy(body, buying())
					if revenue {
						body["goals"] = []members{{"key": "buy", "name": "Buy", "type": "revenue", "primary": true, "config": members{"currency": "EUR"}}}
					}
					id := h.run(body)
					h.playLog(revenue)
					h.recount()
					epochs := h.learnt()
					if learnt := len(epochs) > 1; learnt != way.learns {
						t.Errorf("%d epochs and digests of a way that learns: %v", len(epochs), way.learns)
					}
					if diff := cmp.Diff(before, epochs); before != nil && diff != "" {
						t.Errorf("the same log taught something else (-first +second):\n%s", diff)
					}
					h.judged(id, way.learns, revenue)
					before = epochs
				}
			})
		}
	}
}

// judged checks the answer of the API.
func (h *house) judged(id string, learns, revenue bool) {
	t := h.testBundle.t
	t.Helper()
	all, v := h.results(id, "buy")
	if learns && !(v["b"]["weight_now"].(float64) > .6) {
		t.Errorf("the better variant gets %v", v["b"]["weight_now"])
	}
	verdict := all["verdict"].(members)
	if verdict["headline"] == "" || verdict["rule"] == "" || all["srm"].(members)["ok"] != true {
		t.Errorf("verdict %v, srm %v", verdict, all["srm"])
	}
	if p := v["b"]["prob_beats_control"].(float64); p < .95 {
		t.Errorf("b beats the control with %v", p)
	}
	lift, _ := v["b"]["lift"].(members)
	want := map[bool]string{true: "aipw", false: "stratified"}[learns]
	if lift == nil || lift["mean"].(float64) <= 0 || lift["estimator"] != want {
		t.Errorf("lift %v, want one by %s", lift, want)
	}
	if revenue != (all["currency"] == "EUR") || revenue != (v["b"]["revenue"] != nil) {
		t.Errorf("revenue %v: currency %v, %v", revenue, all["currency"], v["b"]["revenue"])
	}
}

// A change of state is honoured by every node at its next look, which it takes each second and when it is notified.
func TestEveryNodeHonoursPauseAndEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.join()
	h.join()
	id := h.run(buying())
	ask := func(visitor string) (out []string) {
		for _, n := range h.nodes {
			a := n.track(h.site, "assign", members{"experiment": "shop", "visitor_id": visitor}, http.StatusOK)
			if a["assigned"] == true {
				out = append(out, a["variant"].(members)["key"].(string))
			} else {
				out = append(out, a["reason"].(string))
			}
		}
		return out
	}
	first := ask("old")
	if first[0] != first[1] || first[1] != first[2] {
		t.Fatalf("three nodes gave one visitor %v", first)
	}
	h.setStatus(id, "paused")
	if got := ask("new"); strings.Join(got, " ") != "not_running not_running not_running" {
		t.Errorf("paused, a new visitor gets %v", got)
	}
	if got := ask("old"); !slices.Equal(got, first) {
		t.Errorf("paused, an old visitor gets %v, had %v", got, first)
	}
	h.setStatus(id, "running")
	if got := ask("newer"); got[0] == "not_running" || got[0] != got[2] {
		t.Errorf("running again: %v", got)
	}
	h.call(http.MethodPatch, "/experiments/"+id+"/status", members{"status": "completed", "winner": "b"}, http.StatusOK)
	h.look()
	if got := ask("late"); strings.Join(got, " ") != "b b b" {
		t.Errorf("completed with a winner: %v", got)
	}
	h.track("convert", members{"visitor_id": "old", "event_id": "1"}, http.StatusUnprocessableEntity) // no running experiment has the goal
	h.track("convert", members{"visitor_id": "old", "event_id": "1", "experiment": "shop"}, http.StatusOK)
	if n := h.stored("state = 4"); n != "1" {
		t.Errorf("%s conversions stand as after the end, want 1", n)
	}
	if _, v := h.results(id, "buy"); v["b"]["conversions"] != 0.0 || v["control"]["conversions"] != 0.0 {
		t.Error("a conversion counted after the end")
	}
}
