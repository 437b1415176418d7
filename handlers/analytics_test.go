package handlers

import (
	"encoding/json"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/samplit/samplit/engine/stats"
	"github.com/samplit/samplit/services"
)

func (o owner) overview(query string) (out services.Overview) {
	o.browser.b.t.Helper()
	a, _ := o.call(http.MethodGet, "/analytics/overview"+query, nil, http.StatusOK)
	if err := json.Unmarshal([]byte(a.body), &out); err != nil {
		o.browser.b.t.Fatal(err)
	}
	return out
}

// Every number is about the period and the site asked for.
func TestOverviewHonoursPeriodAndSite(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite().withKey()
	first := o.site
	if doc := b.want(o.get("/analytics"), http.StatusOK).doc(t); doc.Find(".empty a[href='/experiments/new']").Length() != 1 || doc.Find(".totals").Length() != 0 {
		t.Error("an account without tests is shown numbers")
	}
	b.clock.set(b.clock.Now().Add(-20 * 24 * time.Hour))
	old, x := o.running(members{"name": "Old"})
	b.visits(x, 0, 200, b.clock.Now(), map[string]int{"buy": 20, "read": 90})
	b.visits(x, 1, 210, b.clock.Now(), map[string]int{"buy": 21})
	b.clock.advance(5 * 24 * time.Hour)
	o.call(http.MethodPatch, "/experiments/"+old+"/status", members{"status": "completed"}, http.StatusOK)
	b.clock.advance(13 * 24 * time.Hour)
	other := o.withSite()
	_, x = other.running(members{"name": "New"})
	b.visits(x, 0, 100, b.clock.Now(), map[string]int{"buy": 10})
	b.clock.advance(2 * 24 * time.Hour)

	for query, want := range map[string]services.Overview{
		"?days=7":                                {Visitors: 100, Conversions: 10, Started: 1},
		"?days=30":                               {Visitors: 510, Conversions: 51, Started: 2, Ended: 1, Undecided: 1},
		"?days=0":                                {Visitors: 510, Conversions: 51, Started: 2, Ended: 1, Undecided: 1},
		"?days=90&installation_id=" + other.site: {Visitors: 100, Conversions: 10, Started: 1},
		"?days=7&installation_id=" + first:       {},
	} {
		got := o.overview(query)
		sum := int64(0)
		for _, p := range got.Trend {
			sum += p.Visitors
		}
		if got.Visitors != want.Visitors || got.Conversions != want.Conversions || got.Started != want.Started || got.Ended != want.Ended || got.Undecided != want.Undecided || sum != want.Visitors {
			t.Errorf("%s: got %+v, want %+v", query, got, want)
		}
	}
	if got := o.overview("?days=7"); len(got.Trend) != 7 || got.Trend[4].Visitors != 100 {
		t.Errorf("trend of a week: %+v", got.Trend)
	}
	doc := b.want(o.get("/analytics?days=7&site="+other.site), http.StatusOK).doc(t)
	if got := doc.Find(".totals dd strong").First().Text(); got != "100" {
		t.Errorf("the page says %q visitors", got)
	}
	if rows := doc.Find(".twin tbody tr").Length(); rows != 7 {
		t.Errorf("the table has %d days", rows)
	}
	b.want(o.get("/analytics?days=zebra&site=x"), http.StatusOK)
	o.call(http.MethodGet, "/analytics/overview?days=8", nil, http.StatusUnprocessableEntity)
	if got := b.owner().overview("?days=0"); got.Visitors != 0 || got.Started != 0 {
		t.Errorf("another account sees %+v", got)
	}
}

// What shipped variants brought is corrected by what effects are like in general, once there are five of them.
func TestOverviewCorrectsForLuck(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite().withKey()
	o.ended(nil, "b", [2]int{1000, 100}, [2]int{1000, 160})
	few := o.overview("").Shipped
	if few.Count != 1 || few.Measured != 1 || few.Observed == nil || math.Abs(*few.Observed-0.6) > 1e-9 || few.Shrunken != nil || few.Needed != 5 {
		t.Fatalf("of one experiment: %+v", few)
	}
	if text := o.get("/analytics").doc(t).Find("section[aria-labelledby=shipped]").Text(); !strings.Contains(text, "it takes 5") || strings.Contains(text, "Most likely true") {
		t.Errorf("the page claims %q", text)
	}
	counts := []int{100, 103, 98, 95}
	estimates := []stats.Estimate{logRatio(100, 160)}
	for _, n := range counts {
		o.ended(nil, "", [2]int{1000, 100}, [2]int{1000, n})
		estimates = append(estimates, logRatio(100, n))
	}
	got := o.overview("")
	want := stats.PopulationOf(estimates).Sum(estimates[:1])
	s := got.Shipped
	if s.Basis != 5 || s.Shrunken == nil || math.Abs(s.Shrunken.Mean-math.Expm1(want.Mean)) > 0.005 || s.Shrunken.Mean >= *s.Observed || s.Shrunken.Low > s.Shrunken.Mean {
		t.Errorf("got %+v %+v, want about %v", s, s.Shrunken, math.Expm1(want.Mean))
	}
	if got.Won != 1 || got.Decided != got.Won+got.Lost+got.Flat || got.WinRate == nil || got.WinRate.Low >= got.WinRate.Value || got.MedianDays == nil {
		t.Errorf("decided: %+v", got)
	}
	if text := o.get("/analytics?days=0").doc(t).Find("section[aria-labelledby=shipped]").Text(); !strings.Contains(text, "Most likely true") || !strings.Contains(text, "lucky") {
		t.Errorf("the page says %q", text)
	}
}

// logRatio is ln(b/a) of rates over 1,000 visitors each, as judging estimates it: with two visitors of each kind more in the variance.
func logRatio(a, b int) stats.Estimate {
	variance := func(n int) float64 {
		p, mean := float64(n+2)/1004, float64(n)/1000
		return p * (1 - p) / 1000 / mean / mean
	}
	return stats.Estimate{Mean: math.Log(float64(b) / float64(a)), Variance: variance(a) + variance(b)}
}
