package stats

import "math"

// Days returns how many days it takes until each of arms arms has perArm
// visitors, when perDay visitors enter the test in all and have visitors are in
// already: max(0, arms·perArm - have)/perDay, to be rounded up. ok is false
// without traffic.
func Days(perArm, arms, have, perDay float64) (days float64, ok bool) {
	if !(perArm >= 0 && arms >= 1 && have >= 0) || !positive(perDay) {
		return 0, false
	}
	days = math.Max(0, arms*perArm-have) / perDay
	if !finite(days) {
		return 0, false
	}
	return days, true
}

// SequentialSampleSize returns the visitors per arm with which the always-valid
// test tuned for that many has the power against a difference diff, given the
// variance of one visitor's outcome in each arm: the n at which
//
//	|diff| / √((v_a + v_b)/n) = M(2n) + z_power,
//
// where M(2n) is the multiplier of AsymptoticCS at its own planned size. At α =
// 0.05 and power 0.8 that is 1.9 times the visitors of one look at the end; a clear
// winner is found much earlier.
func SequentialSampleSize(diff, varA, varB, power, alpha float64) (n float64, ok bool) {
	if !finite(diff, varA, varB) || diff == 0 || !(varA >= 0 && varB >= 0 && varA+varB > 0) || !plannable(power, alpha) {
		return 0, false
	}
	// At the size it is tuned for, nρ² and with it M depend on alpha alone.
	planned := 1.0
	width := csMultiplier(planned, Rho(planned, alpha), alpha) + NormalQuantile(power)
	n = width / diff * width / diff * (varA + varB)
	if !positive(n) {
		return 0, false
	}
	return n, true
}
