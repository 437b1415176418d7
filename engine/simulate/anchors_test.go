package simulate

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The published anchors are means over simulated runs with their standard errors. testdata holds the scenario of each,
// named by its id and, where it has several policies, by the policy.

// anchor is a line of the published table.
type anchor struct {
	ID, Fn string
	In     struct {
		T    int
		Case string
	}
	Out json.RawMessage
}

// anchors returns those of a function, and fails without any.
func anchors(t *testing.T, fn string) []anchor {
	t.Helper()
	raw, err := os.ReadFile("../stats/testdata/vectors/simulation_anchors.json")
	if err != nil {
		t.Fatal(err)
	}
	var table struct{ Vectors []anchor }
	if err := json.Unmarshal(raw, &table); err != nil {
		t.Fatal(err)
	}
	var found []anchor
	for _, a := range table.Vectors {
		if a.Fn == fn {
			found = append(found, a)
		}
	}
	if len(found) == 0 {
		t.Fatalf("no anchors of %s", fn)
	}
	return found
}

func (a anchor) out(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal(a.Out, into); err != nil {
		t.Fatalf("%s: %v", a.ID, err)
	}
}

// load reads a scenario of testdata.
func load[S any](t *testing.T, name string) S {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s, err := Decode(file)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return any(s).(S)
}

// play runs a scenario.
func play[A any](t *testing.T, s Scenario) A {
	t.Helper()
	a, err := s.Run(t.Context(), Options{Limit: 1e5})
	if err != nil {
		t.Fatal(err)
	}
	return a.(A)
}

// runs is how many runs a test does of those in the scenario.
func runs(inFile, quick int) int {
	if full {
		return inFile
	}
	return quick
}

// same fails unless two simulated means are within four combined standard errors.
func same(t *testing.T, what string, got, want Mean) {
	t.Helper()
	if !(math.Abs(got.Mean-want.Mean) <= 4*math.Hypot(got.SE, want.SE)) {
		t.Errorf("%s: got %.5g ± %.2g, want %.5g ± %.2g", what, got.Mean, got.SE, want.Mean, want.SE)
	}
}

// sameShare is same for shares of n and m runs, with the standard errors at what both together say.
func sameShare(t *testing.T, what string, got float64, n int, want float64, m int) {
	t.Helper()
	p := (got*float64(n) + want*float64(m)) / float64(n+m)
	se := math.Sqrt(p * (1 - p) * (1/float64(n) + 1/float64(m)))
	if !(math.Abs(got-want) <= 4*se+1e-12) {
		t.Errorf("%s: got %.4f of %d, want %.4f of %d", what, got, n, want, m)
	}
}

// published is a mean without a standard error of its own: that of n runs, if they spread like the m of got.
func published(mean float64, n int, got Mean, m int) Mean {
	return Mean{mean, got.SE * math.Sqrt(float64(m)/float64(n))}
}

func TestAnchorsOfScott(t *testing.T) {
	t.Parallel()
	for _, a := range anchors(t, "sim_scott") {
		t.Run(a.ID, func(t *testing.T) {
			t.Parallel()
			var want struct {
				Days   Mean    `json:"mean_days"`
				Saved  Mean    `json:"conv_saved"`
				Right  float64 `json:"frac_right_arm"`
				Longer float64 `json:"frac_longer_than_classical"`
				Reps   int
			}
			a.out(t, &want)
			s := load[*Bandit](t, a.ID)
			s.Runs = runs(s.Runs, 300)
			got := play[BanditAnswer](t, s)
			same(t, "days", got.Periods, want.Days)
			same(t, "conversions saved", *got.Saved, want.Saved)
			sameShare(t, "right arm", got.Right, s.Runs, want.Right, want.Reps)
			sameShare(t, "longer than classical", *got.Longer, s.Runs, want.Longer, want.Reps)
			// Which rule ended them is not compared: there, chances were counted from 1,000 draws a day, and such noise
			// reaches 95 % sooner than the integral does.
		})
	}
}

func TestAnchorsOfSixArms(t *testing.T) {
	t.Parallel()
	for _, a := range anchors(t, "sim_scott6_rule") {
		t.Run(a.ID, func(t *testing.T) {
			t.Parallel()
			var want struct {
				Days  Mean    `json:"mean_days"`
				Saved float64 `json:"conv_saved"`
				Best  float64 `json:"frac_picked_best"`
				Reps  int
			}
			a.out(t, &want)
			s := load[*Bandit](t, a.ID)
			s.Runs = runs(s.Runs, 12)
			got := play[BanditAnswer](t, s)
			same(t, "days", got.Periods, want.Days)
			same(t, "conversions saved", *got.Saved, published(want.Saved, want.Reps, *got.Saved, s.Runs))
			sameShare(t, "picked the best", got.Right, s.Runs, want.Best, want.Reps)
		})
	}
}

func TestAnchorsOfRegret(t *testing.T) {
	t.Parallel()
	for _, a := range append(anchors(t, "sim_regret"), anchors(t, "sim_regret_batch_floor")...) {
		t.Run(a.ID, func(t *testing.T) {
			t.Parallel()
			var want struct {
				Regret map[string]Mean `json:"regret_mean_se"`
			}
			a.out(t, &want)
			s := load[*Bandit](t, a.ID)
			s.Runs = runs(s.Runs, 400_000/a.In.T)
			got := play[BanditAnswer](t, s)
			for at, w := range want.Regret {
				same(t, at, got.Regret[at], w)
			}
		})
	}
}

// TestAnchorsOfSwitching: the best of three arms changes three times.
func TestAnchorsOfSwitching(t *testing.T) {
	t.Parallel()
	for _, a := range anchors(t, "sim_policy_comparison") {
		if a.In.Case != "switching" {
			continue
		}
		var want struct {
			Regret map[string]Mean `json:"regret_mean_se"`
		}
		a.out(t, &want)
		for policy, w := range want.Regret {
			t.Run(policy, func(t *testing.T) {
				t.Parallel()
				s := load[*Bandit](t, a.ID+"."+strings.NewReplacer(".", "", "_", "-").Replace(policy))
				s.Runs = runs(s.Runs, 100)
				same(t, policy, play[BanditAnswer](t, s).Regret["10000"], w)
			})
		}
	}
}

// TestAnchorsOfEqualBandits: two equal arms, and how often the chance to be best calls a winner all the same.
func TestAnchorsOfEqualBandits(t *testing.T) {
	t.Parallel()
	for _, a := range anchors(t, "sim_policy_extra") {
		if !strings.HasPrefix(a.In.Case, "aa_bandit") {
			continue
		}
		t.Run(a.ID, func(t *testing.T) {
			t.Parallel()
			var want struct {
				Winner float64 `json:"declared_winner"`
				Tie    float64 `json:"stopped_pvr"`
				Days   float64 `json:"mean_days"`
			}
			a.out(t, &want)
			s := load[*Bandit](t, a.ID)
			s.Runs = runs(s.Runs, 200)
			got := play[BanditAnswer](t, s)
			const reps = 1000 // the shares have three decimals
			sameShare(t, "declared a winner", got.Stopped[ruleProbBest], s.Runs, want.Winner, reps)
			sameShare(t, "stopped by value remaining", got.Stopped[ruleValueRemaining], s.Runs, want.Tie, reps)
			same(t, "days", got.Periods, published(want.Days, reps, got.Periods, s.Runs))
		})
	}
}

func TestAnchorsOfPeeking(t *testing.T) {
	t.Parallel()
	names := map[string]string{"bayes_loss_lt_0.5pct_rel_declare_variant": "bayes_loss"}
	for _, a := range anchors(t, "sim_aa_peeking") {
		t.Run(a.In.Case, func(t *testing.T) {
			t.Parallel()
			var want struct {
				Rules map[string]json.RawMessage `json:"reject_rate_and_mean_n_at_stop"`
				Reps  int
			}
			a.out(t, &want)
			s := load[*Peeking](t, a.ID)
			quick := 4000
			if s.Looks == 0 {
				quick = 150
			}
			s.Runs = runs(s.Runs, quick)
			got := play[PeekingAnswer](t, s)
			for name, raw := range want.Rules {
				var w [2]float64
				if err := json.Unmarshal(raw, &w); err != nil { // z_fixed_final is a rate alone
					w[1] = float64(s.PerArm)
					if err := json.Unmarshal(raw, &w[0]); err != nil {
						t.Fatal(err)
					}
				}
				rule := name
				if renamed, ok := names[name]; ok {
					rule = renamed
				}
				g, ok := got.Rules[rule]
				if !ok {
					t.Fatalf("no rule %s in %v", rule, got.Rules)
				}
				sameShare(t, name, g.Decided, s.Runs, w[0], want.Reps)
				same(t, name+" visitors", g.Visitors, published(w[1], want.Reps, g.Visitors, s.Runs))
			}
		})
	}
}

// measured is how the table of anchors writes the accuracy of estimators, by arm or of one contrast.
type measured[T any] struct {
	Bias, Coverage, RMSE, Width T
	MissLow                     T `json:"miss_low"`
	MissHigh                    T `json:"miss_high"`
}

func TestAnchorsOfInference(t *testing.T) {
	t.Parallel()
	for _, a := range anchors(t, "sim_adaptive_inference") {
		t.Run(a.ID, func(t *testing.T) {
			t.Parallel()
			var want struct {
				Arms     map[string]measured[[]float64]
				Contrast map[string]measured[float64] `json:"contrast_last_minus_first"`
				Reps     int
			}
			a.out(t, &want)
			s := load[*Inference](t, a.ID)
			s.Runs = runs(s.Runs, 300)
			got := play[InferenceAnswer](t, s)
			check := func(what string, g Accuracy, w measured[float64]) {
				same(t, what+" bias", g.Bias, published(w.Bias, want.Reps, g.Bias, s.Runs))
				same(t, what+" width", g.Width, published(w.Width, want.Reps, g.Width, s.Runs))
				sameShare(t, what+" coverage", g.Coverage, s.Runs, w.Coverage, want.Reps)
				sameShare(t, what+" misses low", g.MissLow, s.Runs, w.MissLow, want.Reps)
				sameShare(t, what+" misses high", g.MissHigh, s.Runs, w.MissHigh, want.Reps)
			}
			for name, w := range want.Arms {
				for i := range w.Bias {
					check(name, got.Arms[name][i], measured[float64]{
						Bias: w.Bias[i], Coverage: w.Coverage[i], Width: w.Width[i], MissLow: w.MissLow[i], MissHigh: w.MissHigh[i],
					})
				}
			}
			for name, w := range want.Contrast {
				w.MissLow, w.MissHigh = got.Contrast[name].MissLow, got.Contrast[name].MissHigh // not published
				check("contrast "+name, got.Contrast[name], w)
			}
		})
	}
}

// TestEveryAnchor: an anchor has a scenario, or its setting was not published in full and its claim is tested.
func TestEveryAnchor(t *testing.T) {
	t.Parallel()
	claimed := map[string]string{
		"sim_policy_comparison.004": "rates and visits of the delays are not given; TestDelay",
		"sim_policy_comparison.006": "step rates of the funnel are not given; TestFunnelOfInteractingSteps",
		"sim_policy_extra.001":      "step rates of the funnel are not given; TestFunnelOfIndependentSteps",
		"sim_policy_extra.002":      "step rates of the funnel are not given; TestFunnelOfIndependentSteps",
	}
	for _, fn := range []string{"sim_scott", "sim_scott6_rule", "sim_regret", "sim_regret_batch_floor", "sim_aa_peeking", "sim_adaptive_inference", "sim_policy_comparison", "sim_policy_extra"} {
		for _, a := range anchors(t, fn) {
			files, err := filepath.Glob(filepath.Join("testdata", a.ID+".*"))
			if err != nil {
				t.Fatal(err)
			}
			if (len(files) > 0) == (claimed[a.ID] != "") {
				t.Errorf("%s: %d scenarios, %q", a.ID, len(files), claimed[a.ID])
			}
		}
	}
}
