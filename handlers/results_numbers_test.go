package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
	"github.com/samplit/samplit/locale"
	"github.com/samplit/samplit/services"
)

// seeded is an experiment with the visitors and conversions of its arms, day by day.
type seeded struct {
	name string
	over members
	days [][][2]int // [day][arm]{visitors, conversions}
}

func manyArms(n int) (arms []members) {
	for i := range n {
		arms = append(arms, members{"key": fmt.Sprint("v", i), "name": fmt.Sprint("Version ", i), "is_control": i == 0})
	}
	return arms
}

func seeds() []seeded {
	uneven := []members{{"key": "control", "name": "Original", "is_control": true, "weight": 3}, {"key": "b", "name": "Bolder", "weight": 1}}
	var twenty [][2]int
	for i := range 20 {
		twenty = append(twenty, [2]int{120, 8 + i%5})
	}
	return []seeded{
		{"a winner", nil, [][][2]int{{{600, 60}, {610, 120}}}},
		{"undecided", nil, [][][2]int{{{700, 70}, {690, 80}}}},
		{"a loser", nil, [][][2]int{{{900, 200}, {905, 90}}}},
		{"early", nil, [][][2]int{{{40, 3}, {38, 4}}}},
		{"without conversions", nil, [][][2]int{{{300, 0}, {301, 0}}}},
		{"badly split", nil, [][][2]int{{{900, 90}, {500, 60}}}},
		{"an uneven split", members{"variants": uneven}, [][][2]int{{{900, 90}, {301, 45}}}},
		{"four variants", members{"variants": manyArms(4)}, [][][2]int{{{300, 30}, {305, 33}, {310, 61}, {302, 20}}}},
		{"twenty variants", members{"variants": manyArms(20)}, [][][2]int{twenty}},
		{"smart traffic before it moves", members{"allocator": "thompson"}, [][][2]int{{{220, 30}, {230, 41}}}},
	}
}

// The page, the API and the judgement of a file say the same numbers to the last printed digit.
func TestSameNumbersEverywhere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	for _, s := range seeds() {
		over := members{"goals": threeGoals()[:1]}
		for k, v := range s.over {
			over[k] = v
		}
		id, x := o.running(over)
		var file strings.Builder
		file.WriteString("variant,visitors,conversions\n")
		for arm, c := range s.days[0] {
			b.visits(x, arm, c[0], b.clock.Now(), map[string]int{"buy": c[1]})
		}
		page := b.want(o.get("/experiments/"+id), http.StatusOK).doc(t)
		reply, _ := o.call(http.MethodGet, "/analytics/experiments/"+id, nil, http.StatusOK)
		var api services.Results
		if err := json.Unmarshal([]byte(reply.body), &api); err != nil {
			t.Fatal(err)
		}
		for arm, c := range s.days[0] {
			fmt.Fprintf(&file, "%s,%d,%d\n", api.Variants[arm].Key, c[0], c[1])
		}
		ctx := locale.With(t.Context(), locale.English)
		tally, err := services.ReadTally(ctx, strings.NewReader(file.String()), "", 1000)
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		var ratios []float64
		if s.name == "an uneven split" {
			ratios = []float64{3, 1}
		}
		judged, err := tally.Results(ctx, ratios)
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		for i, v := range api.Variants {
			row := page.Find("#row-" + v.Key)
			cells := printed(row)
			fromAPI, fromFile := cellsOf(ctx, v, judged.Progress.Enough), cellsOf(ctx, judged.Variants[i], judged.Progress.Enough)
			if strings.ReplaceAll(cells, " ", "") != strings.ReplaceAll(fromAPI, " ", "") {
				t.Errorf("%s, %s: the page says\n%s\nthe API\n%s", s.name, v.Key, cells, fromAPI)
			}
			learns := v.Lift != nil && v.Lift.Estimator != "difference" // which a file knows nothing of
			if fromAPI != fromFile && !learns {
				t.Errorf("%s, %s: the API says\n%s\nthe file\n%s", s.name, v.Key, fromAPI, fromFile)
			}
		}
		if api.Verdict.Action != judged.Verdict.Action || api.Verdict.Reason != judged.Verdict.Reason {
			t.Errorf("%s: the API says %+v, the file %+v", s.name, api.Verdict, judged.Verdict)
		}
	}
}

// printed are the words of a row's cells with numbers.
func printed(row *goquery.Selection) string {
	var out []string
	row.Find("td.num, td.lift-cell").Each(func(_ int, s *goquery.Selection) { out = append(out, strings.Join(strings.Fields(s.Text()), " ")) })
	return strings.Join(out, " | ")
}

// cellsOf writes a row's numbers as the page does.
func cellsOf(ctx context.Context, v services.VariantResult, enough bool) string {
	out := []string{locale.Int(ctx, v.Visitors), locale.Percent(ctx, v.Rate, 2) + " " + locale.T(ctx, "results.conversions", "Count", v.Conversions)}
	switch {
	case v.IsControl:
		out = append(out, "baseline")
	case v.Lift == nil:
		out = append(out, "–")
	default:
		out = append(out, locale.Uplift(ctx, v.Lift.Mean)+" "+locale.T(ctx, "results.between", "Low", locale.Uplift(ctx, v.Lift.Low), "High", locale.Uplift(ctx, v.Lift.High)))
	}
	if enough {
		chance := "–"
		if v.ProbBeatsControl != nil {
			chance = locale.Chance(ctx, *v.ProbBeatsControl)
		}
		out = append(out, chance, locale.Fixed(ctx, 1000*v.ExpectedLoss, 1)+" conversions")
	}
	return strings.Join(append(out, locale.Percent(ctx, v.WeightNow, 0)), " | ")
}

// Pages ask the database a fixed number of times, however much there is to show.
func TestPagesAskTheDatabaseSeldom(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	d, err := db.Open(t.Context(), db.Config{URL: dbtest.Clone(t), Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Trace: func(string) { asked.Add(1) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	b := setupWith(t, bundleOptions{db: d})
	o := b.owner().withSite()
	id, x := o.running(members{"variants": manyArms(20)})
	for arm := range 20 {
		b.visits(x, arm, 110, b.clock.Now(), map[string]int{"buy": 12, "read": 30, "stay": 60})
	}
	o.get("/experiments/" + id) // stores its looks
	for path, most := range map[string]int64{"/experiments/" + id: mostStatements, "/experiments/" + id + "?goal=read": mostStatements, "/experiments/" + id + "/numbers/v3": mostStatements, "/home": 12} {
		o.get(path)
		asked.Store(0)
		page := b.want(o.get(path), http.StatusOK)
		if n := asked.Load(); n > most {
			t.Errorf("%s asks %d times, want at most %d", path, n, most)
		}
		if size := len(page.body); size > 100_000 {
			t.Errorf("%s has %d bytes", path, size)
		}
	}
}

// Names of 255 characters in both directions of text, many variants and a goal that nobody reaches are shown like any others.
func TestResultsOfOddExperiments(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	long, arabic := strings.Repeat("W", 255), strings.Repeat("مرحبا", 51)
	arms := manyArms(20)
	arms[1]["name"], arms[2]["name"] = long, arabic
	id, x := o.running(members{"name": arabic, "variants": arms})
	for arm := range 20 {
		b.visits(x, arm, 105, b.clock.Now(), nil)
	}
	for _, query := range []string{"", "?goal=stay", "?from=" + url.QueryEscape("'; DROP TABLE users --"), "?from=2026-02-30&to=\xff"} {
		doc := b.want(o.get("/experiments/"+id+query), http.StatusOK).doc(t)
		if n := doc.Find(".rows-variants tr[id^=row-]").Length(); n != 20 {
			t.Errorf("%q: %d rows", query, n)
		}
		if got := doc.Find("h1").Text(); got != arabic {
			t.Errorf("%q: named %q", query, got)
		}
		if strings.Contains(doc.Text(), "NaN") || strings.Contains(doc.Text(), "Inf") {
			t.Errorf("%q: shows a number that is none", query)
		}
		if rows := doc.Find(".rows-goals tbody tr").Length(); rows != 2 {
			t.Errorf("%q: %d rows of goals", query, rows)
		}
	}
}

// Home says what tests brought in the days asked for, with the range; a losing variant is told.
func TestHomeSaysWhatTestsBrought(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	if n := o.get("/home").doc(t).Find(".gains").Length(); n != 0 {
		t.Error("an account without visitors has an impact")
	}
	_, x := o.running(members{"variants": manyArms(3)})
	b.visits(x, 0, 400, b.clock.Now(), map[string]int{"buy": 80})
	b.visits(x, 1, 400, b.clock.Now(), map[string]int{"buy": 90})
	b.visits(x, 2, 400, b.clock.Now(), map[string]int{"buy": 20})
	doc := o.get("/home?days=7").doc(t)
	if got := strings.Join(strings.Fields(doc.Find(".gains").Text()), " "); !strings.HasPrefix(got, "−50 conversions−") {
		t.Errorf("gains %q, want 110 - 800·80/400 = −50", got)
	}
	if got := doc.Find(".switch [aria-current]").Text(); got != "7 days" {
		t.Errorf("days %q", got)
	}
	if doc.Find(".task-losing").Length() != 1 {
		t.Errorf("tasks: %s", doc.Find(".tasks").Text())
	}
	if got := o.get("/home?days=zebra").doc(t).Find(".switch [aria-current]").Text(); got != "30 days" {
		t.Errorf("other days %q", got)
	}
	if n := b.owner().get("/home").doc(t).Find(".gains").Length(); n != 0 {
		t.Error("another account has an impact")
	}
}

// mostStatements is what a results page may ask.
const mostStatements = 11
