package handlers

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/samplit/samplit/locale"
	"github.com/samplit/samplit/services"
)

// kinds are experiments of all sorts, by key.
func kinds() map[string]members {
	revenue := []members{{"key": "buy", "name": "Sales", "type": "revenue", "primary": true, "config": members{"currency": "EUR"}}}
	uneven := []members{{"key": "control", "name": "Original", "is_control": true, "weight": 3}, {"key": "b", "name": "Bolder", "weight": 1}}
	elements := func(mode string) members {
		return threeElements(mode, members{"goals": threeGoals()[:1]})
	}
	return map[string]members{
		"fixed":         {},
		"uneven":        {"variants": uneven},
		"four":          {"variants": manyArms(4)},
		"goals":         {"goals": threeGoals()},
		"sales":         {"goals": revenue},
		"smart":         {"allocator": "thompson"},
		"fast":          {"allocator": "thompson", "strategy": "fast_learning", "variants": manyArms(3)},
		"smart-sales":   {"allocator": "thompson", "goals": revenue},
		"explore":       {"allocator": "explore", "allocator_params": members{"policy": "ucb1"}},
		"independent":   elements("independent"),
		"combinations":  elements("factorial"),
		"smart-several": {"mode": "independent", "allocator": "thompson", "variants": nil, "elements": threeElements("", nil)["elements"], "goals": threeGoals()[:1]},
	}
}

// Seeded experiments of all kinds, sent by HTTP: the page, the API and the file give the same numbers to the last printed digit.
func TestSameNumbersOfEveryKind(t *testing.T) {
	t.Parallel()
	l := newLived(t)
	var all []*fair
	for key, over := range kinds() {
		body := members{"key": key, "name": key, "variants": twoArms(), "goals": threeGoals()[:1]}
		maps.Copy(body, over)
		maps.DeleteFunc(body, func(_ string, v any) bool { return v == nil })
		all = append(all, &fair{key: key, id: l.run(body), rng: rand.New(rand.NewPCG(uint64(len(key)), 3))})
	}
	for part := range 2 {
		each(all, func(x *fair) { l.visitSome(x, part, kinds()[x.key]) })
		l.clock.advance(time.Hour)
		if _, err := l.learner.Visit(t.Context()); err != nil {
			t.Fatal(err)
		}
		l.look()
	}
	for _, x := range all {
		t.Run(x.key, func(t *testing.T) { l.same(t, x) })
	}
}

// visitSome brings visitors who reach the goals of an experiment; the better the later their variant.
func (l lived) visitSome(x *fair, part int, over members) {
	goals, _ := over["goals"].([]members)
	for i := range 350 {
		visitor := fmt.Sprintf("%s-%d-%d", x.key, part, i)
		var given struct{ Variant struct{ Key string } }
		if !l.post(x, "assign", members{"experiment": x.key, "visitor_id": visitor}, &given) {
			return
		}
		for _, goal := range append([]members{{"key": "buy"}}, goals[min(len(goals), 1):]...) {
			rate := .15
			if given.Variant.Key == "b" || given.Variant.Key == "v2" {
				rate = .3
			}
			if x.rng.Float64() >= rate {
				continue
			}
			sent := members{"experiment": x.key, "goal": goal["key"], "visitor_id": visitor, "event_id": visitor + goal["key"].(string)}
			if strings.Contains(x.key, "sales") {
				sent["value"] = float64(x.rng.IntN(9000)) / 100
			}
			if !l.post(x, "convert", sent, &struct{}{}) {
				return
			}
		}
	}
}

// same compares everything that is said about an experiment.
func (l lived) same(t *testing.T, x *fair) {
	ctx := locale.With(t.Context(), locale.English)
	api := l.fromAPI(t, x, "")
	if learns := kinds()[x.key]["allocator"] != nil; learns != (len(api.Epochs) > max(len(api.Elements), 1)) {
		t.Errorf("%d epochs of an experiment that learns: %v", len(api.Epochs), learns)
	}
	rows, err := csv.NewReader(strings.NewReader(l.house.want(l.owner.get("/experiments/"+x.id+"/export/csv"), http.StatusOK).body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var want []services.ResultRow
	for _, r := range append([]services.Results{api}, l.otherGoals(t, x, api)...) {
		want = append(want, r.Rows()...)
	}
	file := table(t, rows)
	if len(file) != len(want) {
		t.Fatalf("the file has %d rows, the API %d", len(file), len(want))
	}
	for i, row := range want {
		sameRow(t, file[i], row)
	}
	page := l.house.want(l.owner.get("/experiments/"+x.id), http.StatusOK).doc(t)
	if got := page.Find(".statement").Text(); got != api.Verdict.Headline {
		t.Errorf("the page says %q, the API %q", got, api.Verdict.Headline)
	}
	if len(api.Elements) == 0 {
		showsAll(ctx, t, api, page.Selection, api.Variants)
	}
	for _, e := range api.Elements {
		showsAll(ctx, t, api, page.Find("section[aria-labelledby='element-"+e.Key+"']"), e.Variants)
	}
}

func (l lived) fromAPI(t *testing.T, x *fair, goal string) (r services.Results) {
	t.Helper()
	reply, _ := l.call(http.MethodGet, "/analytics/experiments/"+x.id+"?goal="+goal, nil, http.StatusOK)
	if err := json.Unmarshal([]byte(reply.body), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func (l lived) otherGoals(t *testing.T, x *fair, api services.Results) (out []services.Results) {
	t.Helper()
	for _, g := range api.Goals {
		out = append(out, l.fromAPI(t, x, g.Key))
	}
	return out
}

// sameRow compares a row of the file with the fields of the API's, by their columns.
func sameRow(t *testing.T, file map[string]string, row services.ResultRow) {
	t.Helper()
	v := reflect.ValueOf(row)
	for i := range v.NumField() {
		column, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("parquet"), ",")
		got, field := file[column], v.Field(i)
		if field.Kind() == reflect.Pointer {
			if field.IsNil() {
				if got != "" {
					t.Errorf("%s %s: the file has %s %q, the API none", row.Goal, row.Variant, column, got)
				}
				continue
			}
			field = field.Elem()
		}
		same := got == fmt.Sprint(field.Interface())
		if field.Kind() == reflect.Float64 {
			n, err := strconv.ParseFloat(got, 64)
			same = err == nil && n == field.Float()
		}
		if !same {
			t.Errorf("%s %s: the file has %s %q, the API %v", row.Goal, row.Variant, column, got, field.Interface())
		}
	}
}

// partsOf are what a row of the page must show of a variant.
func partsOf(ctx context.Context, r services.Results, v services.VariantResult, enough bool) []string {
	parts := []string{locale.Int(ctx, v.Visitors), locale.Percent(ctx, v.Rate, 2), locale.T(ctx, "results.conversions", "Count", v.Conversions)}
	if m := v.Revenue; m != nil {
		parts = append(parts, locale.Money(ctx, m.PerVisitor, r.Currency), locale.T(ctx, "results.between", "Low", locale.Fixed(ctx, m.Interval.Low, 2), "High", locale.Fixed(ctx, m.Interval.High, 2)))
	}
	if v.Lift != nil && !v.IsControl {
		parts = append(parts, locale.Uplift(ctx, v.Lift.Mean), locale.T(ctx, "results.between", "Low", locale.Uplift(ctx, v.Lift.Low), "High", locale.Uplift(ctx, v.Lift.High)))
	}
	if enough && v.ProbBeatsControl != nil {
		parts = append(parts, locale.Chance(ctx, *v.ProbBeatsControl))
	}
	return append(parts, locale.Percent(ctx, v.WeightNow, 0))
}

// showsAll compares the rows of a part of the page with variants.
func showsAll(ctx context.Context, t *testing.T, r services.Results, part *goquery.Selection, variants []services.VariantResult) {
	t.Helper()
	enough := part.Find("td.chance-cell").Length() > 0
	rows := part.Find(".rows-variants tbody tr[id^=row-]")
	if rows.Length() != len(variants) {
		t.Errorf("the page has %d rows for %d variants", rows.Length(), len(variants))
		return
	}
	for i, v := range variants {
		shows(t, rows.Eq(i), partsOf(ctx, r, v, enough))
	}
}

func shows(t *testing.T, row *goquery.Selection, parts []string) {
	t.Helper()
	rest := strings.Join(strings.Fields(printed(row)), "")
	for _, part := range parts {
		_, after, found := strings.Cut(rest, strings.Join(strings.Fields(part), ""))
		if !found {
			t.Errorf("%s: the page lacks %q in %q", row.AttrOr("id", "no row"), part, printed(row))
			return
		}
		rest = after
	}
}
