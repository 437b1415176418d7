package services

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/locale"
)

func (d desk) analytics() *Analytics {
	return NewAnalytics(d.db, time.Now, slog.New(slog.DiscardHandler))
}

// crowd brings visitors to an arm at a moment; the first of them reach the primary goal.
func (d desk) crowd(t *testing.T, x Experiment, arm, visitors, conversions int, at time.Time) {
	t.Helper()
	b := db.Batch{Now: at}
	epoch := int32(len(x.Epochs))
	for i := range visitors {
		visitor := fmt.Sprintf("%s-%d-%d-%d", x.ID, arm, at.UnixNano(), i)
		b.Assignments = append(b.Assignments, db.NewAssignment{Account: d.by.Account, Experiment: x.ID, Visitor: visitor, Arm: int16(arm), Epoch: epoch,
			Propensity: .5, At: at, Exposed: true, Door: db.DoorAssign, Counted: true})
		if i < conversions {
			b.Events = append(b.Events, db.NewEvent{Account: d.by.Account, ID: uuid.Must(uuid.NewV7()), Day: at.UTC().Truncate(24 * time.Hour), Kind: db.KindConversion,
				Installation: d.site.ID, Experiment: x.ID, Goal: x.Primary().ID, Window: 7, Visitor: visitor, Occurred: at.Add(time.Second), Received: at.Add(time.Second)})
		}
	}
	for len(b.Assignments) > 0 || len(b.Events) > 0 {
		n, m := min(len(b.Assignments), 2000), 0
		if len(b.Assignments) == 0 {
			m = min(len(b.Events), 2000)
		}
		if _, err := d.db.Apply(t.Context(), db.Batch{Now: at, Assignments: b.Assignments[:n], Events: b.Events[:m]}); err != nil {
			t.Fatal(err)
		}
		b.Assignments, b.Events = b.Assignments[n:], b.Events[m:]
	}
}

func (d desk) results(t *testing.T, x Experiment, lang string) Results {
	t.Helper()
	r, err := d.analytics().Results(locale.With(t.Context(), lang), d.by, x.ID.String(), "")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestResultsOfADraftAreEmpty(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	x := d.draft(t, `{"variants":[{"key":"control","is_control":true,"weight":1},{"key":"b","weight":3}]}`)
	r := d.results(t, x, "en")
	if r.Verdict.Action != "keep_running" || r.Verdict.Headline != "Not started yet." || len(r.Timeline) != 0 || r.State() != VerdictLearning {
		t.Errorf("got %+v", r.Verdict)
	}
	if b := r.Variants[1]; b.WeightNow != .75 || b.Visitors != 0 || b.Rate != 0 || b.ProbBest != .5 || b.Lift != nil {
		t.Errorf("got %+v", b)
	}
	body, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(body), `"timeline":[]`) || !strings.Contains(string(body), `"epochs":[]`) {
		t.Errorf("got %s, %v", body, err)
	}
}

func TestResults(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	x := d.in(t, Running, `{"goals":[{"key":"buy","primary":true,"type":"custom"},{"key":"look","type":"custom"}]}`)
	now := time.Now().UTC()
	yesterday := now.AddDate(0, 0, -1)
	d.crowd(t, x, 0, 400, 40, yesterday)
	d.crowd(t, x, 1, 400, 70, yesterday)
	d.crowd(t, x, 0, 100, 10, now)
	d.crowd(t, x, 1, 110, 30, now)
	r := d.results(t, x, "en")
	if r.Visitors() != 1010 || r.Variants[0].Visitors != 500 || r.Variants[1].Conversions != 100 || r.Variants[1].Rate != 100.0/510 {
		t.Errorf("counts %+v", r.Variants)
	}
	if r.Verdict.Action != "ship" || r.Verdict.Variant != "b" || r.Verdict.Rule != "sequential" || r.State() != VerdictWinner || !r.Sequential.Decided || r.Sequential.Variant != "b" {
		t.Errorf("verdict %+v %+v", r.Verdict, r.Sequential)
	}
	if want := "Bolder gets "; !strings.HasPrefix(r.Verdict.Headline, want) || strings.Contains(r.Verdict.Headline, "100 in 100") {
		t.Errorf("headline %q", r.Verdict.Headline)
	}
	day := func(at time.Time) string { return at.Format(time.DateOnly) }
	want := []DayResult{{Day: day(yesterday), Variant: "control", Visitors: 400, Conversions: 40}, {Day: day(yesterday), Variant: "b", Visitors: 400, Conversions: 70},
		{Day: day(now), Variant: "control", Visitors: 100, Conversions: 10}, {Day: day(now), Variant: "b", Visitors: 110, Conversions: 30}}
	if diff := cmp.Diff(want, r.Timeline); diff != "" {
		t.Errorf("timeline (-want +got):\n%s", diff)
	}
	if r.Excluded["bot"] != 0 || r.Crossovers != 0 || !r.SRM.OK || len(r.Epochs) != 1 || r.Epochs[0].Weights["b"] != .5 {
		t.Errorf("got %+v", r)
	}
	if es := d.results(t, x, "es"); !strings.Contains(es.Verdict.Headline, "conversiones") || es.Verdict.Reason != r.Verdict.Reason {
		t.Errorf("Spanish %q", es.Verdict.Headline)
	}
	look, err := d.analytics().Results(t.Context(), d.by, x.ID.String(), "look")
	if err != nil || look.Goal != "look" || look.Variants[1].Conversions != 0 || look.Visitors() != 1010 || look.Verdict.Reason != "few_conversions" {
		t.Errorf("other goal %+v, %v", look, err)
	}
	if _, err := d.analytics().Results(t.Context(), d.by, x.ID.String(), "nothing"); fields(t, err)["goal"] != "unknown" {
		t.Errorf("unknown goal: %v", err)
	}
	done, err := d.SetStatus(t.Context(), d.by, x.ID.String(), StatusChange{To: Completed, Winner: ptr("b")})
	if err != nil {
		t.Fatal(err)
	}
	if r := d.results(t, done, "en"); r.Verdict.Headline != "Bolder is now shown to everyone." || r.Variants[1].Conversions != 100 {
		t.Errorf("completed: %+v", r.Verdict)
	}
}

func TestTheSmallestPIsKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	x := d.in(t, Running, `{}`)
	d.crowd(t, x, 0, 300, 30, time.Now())
	d.crowd(t, x, 1, 300, 70, time.Now())
	first := d.results(t, x, "en")
	d.crowd(t, x, 1, 200, 0, time.Now().Add(time.Millisecond))
	second := d.results(t, x, "en")
	if !(first.Sequential.P < 1) || second.Sequential.P != first.Sequential.P {
		t.Errorf("p was %v and is %v after a worse look, want the same", first.Sequential.P, second.Sequential.P)
	}
}

func TestMismatchReplacesTheHeadline(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	x := d.in(t, Running, `{}`)
	d.crowd(t, x, 0, 900, 90, time.Now())
	d.crowd(t, x, 1, 600, 100, time.Now())
	r := d.results(t, x, "en")
	if r.Verdict.Action != "fix" || r.State() != VerdictFix || r.SRM.OK || !strings.HasPrefix(r.Verdict.Headline, "Do not trust") {
		t.Errorf("got %+v %+v", r.Verdict, r.SRM)
	}
	if got, want := r.Why(locale.With(t.Context(), "en")), "900 visitors and should have got about 750"; !strings.Contains(got, want) {
		t.Errorf("why: got %q, want %q in it", got, want)
	}
}

func TestResultsOfAnotherAccountAreMissing(t *testing.T) {
	t.Parallel()
	d, other := newDesk(t), newDesk(t)
	x := d.in(t, Running, `{}`)
	for _, id := range []string{x.ID.String(), uuid.NewString(), "x"} {
		if _, err := other.analytics().Results(t.Context(), other.by, id, ""); Code(err) != CodeNotFound {
			t.Errorf("%s: got %v", id, err)
		}
	}
	summaries, err := other.analytics().Summaries(t.Context(), other.by, []Experiment{x})
	if err != nil || summaries[x.ID].Results.Visitors() != 0 {
		t.Errorf("summaries %+v, %v", summaries, err)
	}
}

func TestSummariesAgreeWithResults(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	x, y := d.in(t, Running, `{"name":"X"}`), d.in(t, Running, `{"name":"Y","allocator":"thompson"}`)
	d.crowd(t, x, 0, 200, 20, time.Now())
	d.crowd(t, x, 1, 200, 45, time.Now())
	d.crowd(t, y, 1, 3, 1, time.Now().AddDate(0, 0, -2))
	list, err := d.List(t.Context(), d.by, ExperimentFilter{})
	if err != nil {
		t.Fatal(err)
	}
	ctx := locale.With(t.Context(), "en")
	summaries, err := d.analytics().Summaries(ctx, d.by, list.Items)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []Experiment{x, y} {
		full, got := d.results(t, one, "en"), summaries[one.ID].Results
		got.Verdict.DaysLeft, full.Verdict.DaysLeft = nil, nil // follows the moment of the look
		if diff := cmp.Diff(full.Variants, got.Variants); diff != "" {
			t.Errorf("%s variants (-results +summary):\n%s", one.Name, diff)
		}
		if diff := cmp.Diff(full.Verdict, got.Verdict); diff != "" {
			t.Errorf("%s verdict (-results +summary):\n%s", one.Name, diff)
		}
	}
	if diff := cmp.Diff([]int{3, 0, 0}, summaries[y.ID].Trend); diff != "" {
		t.Errorf("trend (-want +got):\n%s", diff)
	}
}

func TestFinalNumbersAreRememberedByAccount(t *testing.T) {
	t.Parallel()
	d, other := newDesk(t), newDesk(t)
	x := d.in(t, Running, `{}`)
	d.crowd(t, x, 1, 5, 1, time.Now())
	if _, err := d.SetStatus(t.Context(), d.by, x.ID.String(), StatusChange{To: Completed}); err != nil {
		t.Fatal(err)
	}
	list, err := d.List(t.Context(), d.by, ExperimentFilter{})
	if err != nil {
		t.Fatal(err)
	}
	later := func() time.Time { return time.Now().Add(time.Hour) }
	a := NewAnalytics(d.db, later, slog.New(slog.DiscardHandler))
	for range 2 {
		s, err := a.Summaries(locale.With(t.Context(), "es"), d.by, list.Items)
		if got := s[x.ID].Results; err != nil || got.Visitors() != 5 || got.Verdict.Headline != "Terminado. Ya nadie ve ningún cambio." {
			t.Errorf("got %d visitors, %q, %v", got.Visitors(), got.Verdict.Headline, err)
		}
	}
	if a.ended.EstimatedSize() != 1 {
		t.Errorf("%d remembered, want 1", a.ended.EstimatedSize())
	}
	if s, err := a.Summaries(t.Context(), other.by, list.Items); err != nil || s[x.ID].Results.Visitors() != 0 {
		t.Errorf("another account got %d visitors, %v", s[x.ID].Results.Visitors(), err)
	}
}

// Every reason has its sentences in both languages, whatever the numbers are.
func TestEveryVerdictSpeaks(t *testing.T) {
	t.Parallel()
	lift := &Lift{Mean: .12, Low: .03, High: .2, Estimator: "difference"}
	for _, reason := range []string{"sample_ratio_mismatch", "missing_events", "no_variants", "no_visitors", "few_visitors", "few_conversions", "undecided",
		"better_than_control", "control_is_best", "practically_equal", "not_better_by_margin", "out_of_reach"} {
		for _, rule := range []string{"srm", "events", "minimum_data", "sequential", "equivalence", "horizon"} {
			for _, l := range []*Lift{nil, lift} {
				for status := range moves {
					r := Results{Status: status, Verdict: Verdict{Reason: reason, Rule: rule, Variant: "b"}, Expected: []float64{10, 10}, Variants: []VariantResult{
						{Key: "control", Name: "Original", Visitors: 10, Rate: .1, ProbBest: .1}, {Key: "b", Name: "<b>{{.X}}</b>", Visitors: 12, Lift: l, ProbBest: .9, ProbBeatsControl: ptr(1.0)}}}
					for _, lang := range []string{"en", "es"} {
						ctx := locale.With(context.Background(), lang)
						checks := []string{r.headline(ctx), r.Why(ctx), r.RuleText(ctx)}
						for _, h := range r.Health(ctx) {
							checks = append(checks, h.Detail)
						}
						for i, text := range checks {
							spoken := strings.ReplaceAll(text, "{{.X}}", "")
							if i == 0 && text == "" || strings.Contains(spoken, "{{") || strings.Contains(text, "<no value>") || !strings.Contains(text+" ", " ") ||
								strings.HasPrefix(text, "headline.") || strings.HasPrefix(text, "reason.") || strings.HasPrefix(text, "rule.") || strings.HasPrefix(text, "health.") {
								t.Errorf("%s %s %s %s [%d]: %q", status, reason, rule, lang, i, text)
							}
							if strings.Contains(text, "100 in 100") || strings.Contains(text, "100 de cada 100") {
								t.Errorf("%s %s: claims certainty: %q", status, reason, text)
							}
						}
					}
				}
			}
		}
	}
}

func TestResultsSayWhatWasNotCounted(t *testing.T) {
	t.Parallel()
	r := Results{Excluded: map[string]int64{botKind: 1, excludedAddress: 12, excludedParameter: 3, "rejected": 5}}
	for lang, want := range map[string]string{
		locale.English: "One request of a bot was not counted. 15 requests were left out by your exclusions. By what: address 12, parameter of the page’s address 3.",
		locale.Spanish: "Según: dirección 12, parámetro de la dirección 3.",
	} {
		if got := r.filteredHealth(locale.With(t.Context(), lang)).Detail; !strings.HasSuffix(got, want) {
			t.Errorf("%s: got %q", lang, got)
		}
	}
	none := Results{Excluded: map[string]int64{botKind: 0}}
	if got := none.filteredHealth(locale.With(t.Context(), locale.English)).Detail; strings.Contains(got, "By what") {
		t.Errorf("nothing left out: got %q", got)
	}
}
