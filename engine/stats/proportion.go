package stats

import "math"

// TwoProportion tests p_b - p_a with the pooled z-test,
//
//	z = (p_b - p_a)/√(p(1-p)(1/n_a + 1/n_b)),  p = (x_a + x_b)/(n_a + n_b),
//
// which is Pearson's chi-square of the 2×2 table. Low and High are Newcombe's
// interval and SE the unpooled standard error √(V_a + V_b), so that the interval
// is not the inverse of the test. Unknown rates are neutral; when nobody or
// everybody converted, z is 0 and P is 1.
func TwoProportion(a, b Rate, level float64) Comparison {
	ra, okA := a.sane()
	rb, okB := b.sane()
	if !okA || !okB {
		return neutral
	}
	ea, eb := ra.Estimate(), rb.Estimate()
	c := Comparison{Diff: eb.Mean - ea.Mean, SE: math.Sqrt(ea.Variance + eb.Variance), P: 1, OK: true}
	c.Low, c.High = Newcombe(a, b, level)
	pooled := Rate{ra.Successes + rb.Successes, ra.Trials + rb.Trials}.Estimate()
	// p(1-p)(1/n_a + 1/n_b) = V_pooled n²/(n_a n_b)
	n := ra.Trials + rb.Trials
	if v := pooled.Variance * (n / ra.Trials) * (n / rb.Trials); v > 0 {
		c.Statistic = c.Diff / math.Sqrt(v)
		c.P = NormalTwoSided(c.Statistic)
	}
	return c
}

// Newcombe returns the interval of p_b - p_a from the Wilson intervals of both
// rates (Newcombe 1998, method 10). It stays inside [-1, 1] and is that without
// data.
func Newcombe(a, b Rate, level float64) (low, high float64) {
	pa, pb := a.Value(), b.Value()
	la, ha := Wilson(a.Successes, a.Trials, level)
	lb, hb := Wilson(b.Successes, b.Trials, level)
	_, okA := a.sane()
	_, okB := b.sane()
	if !okA || !okB {
		return -1, 1
	}
	d := pb - pa
	return d - math.Hypot(pb-lb, ha-pa), d + math.Hypot(hb-pb, pa-la)
}

// Wald returns the interval p_b - p_a ± z √(V_a + V_b), for large samples only;
// (-1, 1) without data.
func Wald(a, b Rate, level float64) (low, high float64) {
	_, okA := a.sane()
	_, okB := b.sane()
	if !okA || !okB {
		return -1, 1
	}
	d := b.Estimate().Minus(a.Estimate())
	return around(d.Mean, critical(level), d.Variance)
}
