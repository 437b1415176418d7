package simulate

import (
	"math"
	"testing"
)

// atMost fails when a share of runs exceeds p by four standard errors.
func atMost(t *testing.T, what string, got, p float64, runs int) {
	t.Helper()
	if got > p+4*math.Sqrt(p*(1-p)/float64(runs)) {
		t.Errorf("%s: got %.4f of %d, want at most %.4f", what, got, runs, p)
	}
}

// TestCalibration: two equal arms looked at on 28 days are told apart in no more than 5 % of the tests, intervals cover in
// 93 % or more, and the test of the split raises an alarm in no more than 1 %.
func TestCalibration(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"aa_fixed", "aa_bandit"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := load[*Verdict](t, name)
			s.Runs = runs(s.Runs, 100)
			got := play[VerdictAnswer](t, s)
			atMost(t, "false decisions", got.False, 0.05, s.Runs)
			atMost(t, "wrong verdicts", got.Wrong, 0.05, s.Runs)
			atMost(t, "intervals that miss", 1-got.Coverage, 0.07, s.Runs)
			atMost(t, "alarms about the split", got.SRM, 0.01, s.Runs)
			sameShare(t, "fixed horizon", got.FixedHorizon, s.Runs, 0.05, math.MaxInt32)
			if got.Decided != got.False {
				t.Errorf("of equal arms every decision is false, got %+v", got)
			}
		})
	}
}

// TestPriceOfLooking: a clear difference is found by all, a small one by a fixed horizon first, by a fixed split under
// daily looks next, and by a learning split, which starves the control, last.
func TestPriceOfLooking(t *testing.T) {
	t.Parallel()
	s := load[*Verdict](t, "aa_fixed")
	s.Rates, s.Runs = []float64{0.05, 0.0575}, runs(1000, 100)
	fixed := play[VerdictAnswer](t, s)
	s.Allocator = "thompson"
	learning := play[VerdictAnswer](t, s)
	if !(fixed.FixedHorizon > fixed.Decided && fixed.Decided > learning.Decided && learning.Decided > 0.05) {
		t.Errorf("decided %v at a fixed horizon, %v under daily looks, %v learning", fixed.FixedHorizon, fixed.Decided, learning.Decided)
	}
	atMost(t, "decided the wrong way round", fixed.False+learning.False, 0.01, s.Runs)
}
