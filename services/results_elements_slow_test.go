//go:build slow

package services

import "testing"

// TestElementsStaySilentIn200Tests is the promise: in 95 of 100 A/A tests that are looked at every day for two weeks nothing is claimed.
func TestElementsStaySilentIn200Tests(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{ModeIndependent, ModeFactorial} {
		got := silentRuns(t, mode, 200, 14, 3000)
		t.Logf("%s: silent in %d of 200", mode, got)
		if got < 190 {
			t.Errorf("%s: silent in %d of 200 tests, want 190", mode, got)
		}
	}
}
