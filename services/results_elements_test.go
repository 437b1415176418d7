package services

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine"
	"github.com/samplit/samplit/locale"
)

// crowdOf are the counts of a day's visitors to an experiment with elements of 2, 2 and 3 variants; rate is what a combination brings.
type crowdOf struct {
	x     Experiment
	r     *rand.Rand
	cells []db.ResultCellsRow
}

func newCrowd(t *testing.T, mode string, seed uint64) *crowdOf {
	t.Helper()
	var in ExperimentInput
	text := page(mode, `,"name":"Three","installation_id":"`+uuid.NewString()+`","goals":[{"key":"buy","primary":true,"type":"custom"}]`)
	if err := json.Unmarshal([]byte(text), &in); err != nil {
		t.Fatal(err)
	}
	d, wrong := in.validate("")
	if wrong.err() != nil {
		t.Fatal(wrong.err())
	}
	started := time.Unix(0, 0)
	c := &crowdOf{x: Experiment{Definition: d, Status: Running, StartedAt: &started, PlannedPerArm: defaultPlanned}, r: rand.New(rand.NewPCG(seed, 1))}
	weights, err := d.firstWeights()
	if err != nil {
		t.Fatal(err)
	}
	for i, split := range d.splits() {
		e := Epoch{Split: split.key, Number: 1, Weights: map[string]float64{}}
		for arm, key := range split.keys() {
			e.Weights[key] = float64(weights[i][arm]) / engine.Buckets
		}
		c.x.Epochs = append(c.x.Epochs, e)
	}
	return c
}

// day brings visitors, each to one variant of every element.
func (c *crowdOf) day(day, visitors int, rate func(levels []int) float64) {
	splits := c.x.splits()
	rows := map[[2]int]*db.ResultCellsRow{}
	for range visitors {
		levels := []int{c.r.IntN(2), c.r.IntN(2), c.r.IntN(3)}
		converts := c.r.Float64() < rate(levels)
		for i, split := range splits {
			own := make([]int, len(split.elements))
			for j, e := range split.elements {
				own[j] = levels[e]
			}
			arm := slices.IndexFunc(split.arms, func(a plannedArm) bool { return slices.Equal(a.levels, own) })
			row := rows[[2]int{i, arm}]
			if row == nil {
				row = &db.ResultCellsRow{Split: int16(i), Epoch: 1, Arm: int16(arm), Day: time.Unix(int64(day)*86400, 0)}
				rows[[2]int{i, arm}] = row
			}
			row.Visitors++
			if converts {
				row.Converters++
			}
		}
	}
	for _, row := range rows {
		c.cells = append(c.cells, *row)
	}
}

func (c *crowdOf) results(day int, looks []db.LooksRow) Results {
	r := analyze(c.x, c.x.Primary(), counts{c.cells, looks}, time.Unix(int64(day+1)*86400, 0))
	r.speak(locale.With(context.Background(), locale.English))
	return r
}

// planted makes the second button and the third photo better, each by a fifth and together by more.
func planted(levels []int) float64 {
	rate := 0.10
	if levels[1] == 1 {
		rate *= 1.2
	}
	if levels[2] == 2 {
		rate *= 1.2
	}
	if levels[1] == 1 && levels[2] == 2 {
		rate *= 1.25
	}
	return rate
}

func TestCombinationsNameTheWinner(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, ModeFactorial, 1)
	for day := range 5 {
		c.day(day, 24_000, planted)
	}
	r := c.results(5, nil)
	if best := r.BestCombination(); r.Verdict.Action != "ship" || !strings.HasSuffix(r.Verdict.Variant, ".b.c") || !strings.HasSuffix(best.Key, ".b.c") {
		t.Errorf("verdict %+v, best %+v, want a combination of the second button and the third photo", r.Verdict, best)
	}
	for _, v := range r.Combinations {
		if strings.HasSuffix(v.Key, ".b.c") && !(v.Lift != nil && v.Lift.Low < .8 && v.Lift.High > .8 && v.Lift.Low > .5 && *v.ProbBeatsControl > .99) {
			t.Errorf("%s: got %+v, want a lift of 80 %%", v.Key, v.Lift)
		}
	}
	for e, row := range map[int]int{1: 1, 2: 2} {
		if v := r.Elements[e].Variants[row]; !(v.Lift != nil && v.Lift.Low > 0) || v.ProbBest < .9 || v.Visitors < 30_000 {
			t.Errorf("element %d: got %+v", e, v)
		}
	}
	if v := r.Elements[0].Variants[1]; v.Lift == nil || v.Lift.Low > 0 || v.Lift.High < 0 {
		t.Errorf("headline: got %+v, want no effect", v.Lift)
	}
	if len(r.Interactions) != 1 || r.Interactions[0].Variants != [2]string{"b", "c"} || r.Interactions[0].Elements != [2]string{"button", "photo"} || r.Interactions[0].Lift.Low <= 0 {
		t.Errorf("interactions %+v", r.Interactions)
	}
}

func TestElementsAreJudgedSeparately(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, ModeIndependent, 2)
	for day := range 5 {
		c.day(day, 8000, planted)
	}
	r := c.results(5, nil)
	actions := []string{r.Elements[0].Verdict.Action, r.Elements[1].Verdict.Action, r.Elements[2].Verdict.Action}
	if actions[0] == "ship" || actions[1] != "ship" || actions[2] != "ship" || r.Elements[2].Verdict.Variant != "c" {
		t.Fatalf("got %v", actions)
	}
	if !strings.Contains(r.Verdict.Headline, "“b” for Button, “c” for Photo") || r.Visitors() != 40_000 {
		t.Errorf("headline %q, %d visitors", r.Verdict.Headline, r.Visitors())
	}
	if actions[0] == "keep_running" && (r.Verdict.Action != "keep_running" || r.Verdict.Variant != "") {
		t.Errorf("verdict %+v, want to wait for the headline", r.Verdict)
	}
	for range 12 { // until the headline is known to change nothing
		c.day(6, 60_000, planted)
	}
	if r = c.results(7, nil); r.Verdict.Action != "ship" || r.Verdict.Variant != "o.b.c" {
		t.Errorf("verdict %+v, want the original headline with the better button and photo", r.Verdict)
	}
}

// silentRuns counts the A/A tests, looked at every day, in which nothing is ever claimed.
func silentRuns(t *testing.T, mode string, runs, days, visitors int) (silent int) {
	for run := range runs {
		c, quiet := newCrowd(t, mode, uint64(100+run)), true
		var looks []db.LooksRow
		for day := range days {
			c.day(day, visitors, func([]int) float64 { return 0.1 })
			r := c.results(day, looks)
			looks = nil
			for _, part := range r.judged() {
				quiet = quiet && part.Verdict.Action != "ship" && part.Verdict.Reason != engine.ReasonControlBest
				for arm, p := range part.looks {
					looks = append(looks, db.LooksRow{Split: part.split, Arm: int16(arm), P: p})
				}
			}
		}
		if quiet {
			silent++
		}
	}
	return silent
}

func TestElementsStaySilentWithoutADifference(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{ModeIndependent, ModeFactorial} {
		if got := silentRuns(t, mode, 20, 4, 3000); got < 18 {
			t.Errorf("%s: silent in %d of 20 tests", mode, got)
		}
	}
}

// Every sentence has its words in both languages.
func TestElementsSpeak(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, ModeIndependent, 3)
	c.day(0, 4000, planted)
	for _, lang := range []string{"en", "es"} {
		r := c.results(1, nil)
		ctx := locale.With(context.Background(), lang)
		for _, actions := range [][]string{{"keep_running", "keep_running", "keep_running"}, {"ship", "keep_running", "stop"}, {"ship", "stop", "ship"}, {"stop", "stop", "stop"}} {
			for i, action := range actions {
				r.Elements[i].Verdict.Action, r.Elements[i].Verdict.Variant = action, "b"
			}
			if text := r.elementsHeadline(ctx); strings.HasPrefix(text, "headline.") || strings.Contains(text, "<no value>") {
				t.Errorf("%s %v: %q", lang, actions, text)
			}
		}
	}
	if got := fmt.Sprint(c.x.ArmName("b.o.c"), c.x.ArmName("zebra")); got != "b + o + c"+"zebra" {
		t.Errorf("names: %s", got)
	}
}
