package handlers

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	binary "github.com/samplit/samplit/e2e/program"
	"github.com/samplit/samplit/locale"
	"github.com/samplit/samplit/services"
)

// owned is an experiment whose visitors its owner writes down too.
type owned struct {
	over     members
	visitors int
	rates    [2]float64 // how many reach each goal, of the variant "b" and of the others
	lost     bool       // a third of those with variant "b" never see it
	weights  []float64
	action   string // what has to be said of it, where that is sure
	notes    []note
}

// note is what a visitor brought, in cents, by the goals that they reached.
type note struct {
	visitor, variant string
	cents            map[string]int64
}

// plainArms are a control and others that are named as their keys are: b, c, …
func plainArms(others ...float64) []members {
	arms := []members{{"key": "control", "name": "control", "is_control": true, "weight": 1}}
	for i, weight := range others {
		key := string(rune('b' + i))
		arms = append(arms, members{"key": key, "name": key, "weight": weight})
	}
	return arms
}

// ownedKinds are experiments that a file of visitors can tell whole: with a fixed split.
func ownedKinds() map[string]*owned {
	better, equal := [2]float64{.25, .15}, [2]float64{.3, .3}
	revenue := []members{{"key": "buy", "name": "Sales", "type": "revenue", "primary": true, "config": members{"currency": "EUR"}}}
	six := plainArms(1, 1, 1, 1, 1)
	return map[string]*owned{
		"better":    {visitors: 900, rates: better},
		"worse":     {visitors: 900, rates: [2]float64{.2, .4}},
		"equal":     {visitors: 900, rates: equal},
		"early":     {visitors: 60, rates: better, action: "keep_running"},
		"quiet":     {visitors: 500},
		"lost":      {visitors: 900, rates: better, lost: true, action: "fix"},
		"uneven":    {visitors: 900, rates: better, over: members{"variants": plainArms(.5)}, weights: []float64{2, 1}},
		"six":       {visitors: 1500, rates: better, over: members{"variants": six}},
		"goals":     {visitors: 700, rates: better, over: members{"goals": threeGoals()}},
		"sales":     {visitors: 900, rates: better, over: members{"goals": revenue}},
		"sales-six": {visitors: 1200, rates: equal, over: members{"goals": revenue, "variants": six}},
	}
}

func (o *owned) goals() []members {
	if goals, ok := o.over["goals"].([]members); ok {
		return goals
	}
	return threeGoals()[:1]
}

func (o *owned) rate(variant string) float64 {
	if variant == "b" {
		return o.rates[0]
	}
	return o.rates[1]
}

// Visitors come by HTTP and are written down beside: the page, the API, the exported file and what the program's `analyze` says of the
// notes are the same numbers to the last printed digit.
func TestAnalyzeSaysWhatThePageSays(t *testing.T) {
	t.Parallel()
	l, p, kinds := newLived(t), binary.New(t), ownedKinds()
	var all []*fair
	for _, key := range slices.Sorted(maps.Keys(kinds)) {
		body := members{"key": key, "name": key, "variants": plainArms(1), "goals": kinds[key].goals()}
		maps.Copy(body, kinds[key].over)
		all = append(all, &fair{key: key, id: l.run(body), rng: rand.New(rand.NewPCG(uint64(len(key)), 5))})
	}
	each(all, func(x *fair) { l.come(x, kinds[x.key]) })
	for _, x := range all {
		t.Run(x.key, func(t *testing.T) { l.sameAnalyses(t, p, x, kinds[x.key]) })
	}
}

// come brings the visitors of an experiment.
func (l lived) come(x *fair, o *owned) {
	lost := everyNth(map[string]int{"b": 3})
	for i := range o.visitors {
		visitor := fmt.Sprint(x.key, "-", i)
		asked := func(expose bool) members {
			return members{"experiment": x.key, "visitor_id": visitor, "expose": expose}
		}
		var given struct{ Variant struct{ Key string } }
		if !l.post(x, "assign", asked(!o.lost), &given) {
			return
		}
		if o.lost && (lost(given.Variant.Key) || !l.post(x, "assign", asked(true), &given)) {
			continue
		}
		n := note{visitor, given.Variant.Key, map[string]int64{}}
		for _, goal := range o.goals() {
			key := goal["key"].(string)
			if x.rng.Float64() >= o.rate(n.variant) {
				continue
			}
			sent := members{"experiment": x.key, "goal": key, "visitor_id": visitor, "event_id": visitor + key}
			if goal["type"] == "revenue" {
				n.cents[key] = x.rng.Int64N(9000)
				sent["value"] = float64(n.cents[key]) / 100
			} else {
				n.cents[key] = 0
			}
			if !l.post(x, "convert", sent, &struct{}{}) {
				return
			}
		}
		o.notes = append(o.notes, n)
	}
}

// sameAnalyses compares all that is said about an experiment.
func (l lived) sameAnalyses(t *testing.T, p *binary.Program, x *fair, o *owned) {
	ctx := locale.With(t.Context(), locale.English)
	rows, err := csv.NewReader(strings.NewReader(l.house.want(l.owner.get("/experiments/"+x.id+"/export/csv"), http.StatusOK).body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	file := table(t, rows)
	for _, goal := range o.goals() {
		key := goal["key"].(string)
		api := l.fromAPI(t, x, key)
		page := l.house.want(l.owner.get("/experiments/"+x.id+"?goal="+key), http.StatusOK).doc(t)
		showsAll(ctx, t, api, page.Selection, api.Variants)
		for i, row := range api.Rows() {
			sameRow(t, file[i], row)
		}
		file = file[len(api.Variants):]
		args := []string{"--control", api.Variants[0].Name}
		for _, w := range o.weights {
			args = append(args, fmt.Sprint("--weights=", w))
		}
		money := goal["type"] == "revenue"
		if money {
			args = append(args, "--revenue", "EUR")
		}
		counts, visitors := written(t, o.counts(key, api.Variants, money)), written(t, o.visits(key, api.Variants, money))
		judged, code := p.Output(append([]string{"analyze", counts, "--json"}, args...)...)
		sameJSON(t, api, judged, goal["primary"] == true)
		said, too := p.Output(append([]string{"analyze", visitors}, args...)...)
		saysAll(ctx, t, api, said, goal["primary"] == true)
		if code != 0 || too != 0 || api.Visitors() != int64(len(o.notes)) || o.action != "" && api.Verdict.Action != o.action {
			t.Errorf("%s: exit codes %d and %d, %d visitors, want %d; %s, want %q", key, code, too, api.Visitors(), len(o.notes), api.Verdict.Action, o.action)
		}
	}
	if len(file) != 0 {
		t.Errorf("the file has %d rows more: %v", len(file), file)
	}
}

func written(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "file.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// counts is a file of the notes' sums about a goal, a row for each variant.
func (o *owned) counts(goal string, variants []services.VariantResult, money bool) string {
	var out strings.Builder
	out.WriteString("variant,visitors,conversions" + map[bool]string{true: ",revenue,revenue_sq"}[money] + "\n")
	for _, v := range variants {
		var visitors, conversions, sum, squares int64
		for _, n := range o.notes {
			if n.variant != v.Key {
				continue
			}
			visitors++
			if cents, ok := n.cents[goal]; ok {
				conversions, sum, squares = conversions+1, sum+cents, squares+cents*cents
			}
		}
		fmt.Fprintf(&out, "%s,%d,%d", v.Name, visitors, conversions)
		if money {
			fmt.Fprintf(&out, ",%d.%02d,%d.%04d", sum/100, sum%100, squares/10000, squares%10000)
		}
		out.WriteByte('\n')
	}
	return out.String()
}

// visits is a file of the notes, a row for each visitor, by variant.
func (o *owned) visits(goal string, variants []services.VariantResult, money bool) string {
	var out strings.Builder
	out.WriteString("visitor_id,variant,converted" + map[bool]string{true: ",value"}[money] + "\n")
	for _, v := range variants {
		for _, n := range o.notes {
			if n.variant != v.Key {
				continue
			}
			cents, ok := n.cents[goal]
			fmt.Fprintf(&out, "%s,%s,%t", n.visitor, v.Name, ok)
			if money {
				fmt.Fprintf(&out, ",%d.%02d", cents/100, cents%100)
			}
			out.WriteByte('\n')
		}
	}
	return out.String()
}

// sameJSON compares each number that `analyze --json` gives with that of the API, digit by digit.
func sameJSON(t *testing.T, api services.Results, printed string, verdict bool) {
	t.Helper()
	var judged services.Results
	if err := json.Unmarshal([]byte(printed), &judged); err != nil {
		t.Fatalf("analyze printed %q: %v", printed, err)
	}
	for i := range judged.Variants {
		if m := api.Variants[i].Revenue; m != nil {
			m.Capped = nil // needs the dearest visitors one by one
		}
	}
	if diff := cmp.Diff(api.Variants, judged.Variants); diff != "" {
		t.Errorf("%s: the API (-) and analyze (+):\n%s", api.Goal, diff)
	}
	if api.SRM != judged.SRM || api.Sequential != judged.Sequential {
		t.Errorf("%s: the API says %+v, %+v, analyze %+v, %+v", api.Goal, api.SRM, api.Sequential, judged.SRM, judged.Sequential)
	}
	if a, b := api.Verdict, judged.Verdict; verdict && (a.Action != b.Action || a.Reason != b.Reason || a.Headline != b.Headline) {
		t.Errorf("%s: the API says %+v, analyze %+v", api.Goal, a, b)
	}
}

// saysAll looks for what the page shows in what `analyze` prints.
func saysAll(ctx context.Context, t *testing.T, api services.Results, said string, verdict bool) {
	t.Helper()
	if verdict && !strings.Contains(said, api.Verdict.Headline) {
		t.Errorf("the page says %q, analyze\n%s", api.Verdict.Headline, said)
	}
	lines := strings.Split(said, "\n")
	for _, v := range api.Variants {
		at := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, v.Name+"  ") })
		if at < 0 {
			t.Errorf("analyze has no line of %s in\n%s", v.Name, said)
			continue
		}
		for _, part := range spoken(ctx, v, api.Progress.Enough) {
			if !strings.Contains(lines[at], part) {
				t.Errorf("%s: analyze lacks %q in %q", v.Key, part, lines[at])
			}
		}
	}
}

// spoken are the numbers of a variant as the page prints them, without the words around them.
func spoken(ctx context.Context, v services.VariantResult, enough bool) []string {
	between := func(low, high string) string { return locale.T(ctx, "results.between", "Low", low, "High", high) }
	parts := []string{locale.Int(ctx, v.Visitors), locale.Int(ctx, v.Conversions), locale.Percent(ctx, v.Rate, 2)}
	if v.Lift != nil && !v.IsControl {
		parts = append(parts, locale.Uplift(ctx, v.Lift.Mean), between(locale.Uplift(ctx, v.Lift.Low), locale.Uplift(ctx, v.Lift.High)))
	}
	if m := v.Revenue; m != nil {
		parts = append(parts, locale.Fixed(ctx, m.PerVisitor, 2), between(locale.Fixed(ctx, m.Interval.Low, 2), locale.Fixed(ctx, m.Interval.High, 2)))
	}
	if enough && v.ProbBeatsControl != nil {
		parts = append(parts, locale.Chance(ctx, *v.ProbBeatsControl), locale.Fixed(ctx, 1000*v.ExpectedLoss, 1))
	}
	return parts
}
