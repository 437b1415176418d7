package engine

import (
	"math"

	"github.com/samplit/samplit/engine/stats"
)

// contrast compares one variant with the control by the estimator that decides.
type contrast struct {
	diff      stats.Estimate // arm - control, in units of the goal per visitor
	n, rho    float64        // visitors behind it, and what the sequence is tuned to
	estimator string
	// relative is the lift with an interval of width standard errors to each side.
	relative func(width float64) stats.Lift
}

// look is the test of no difference at this look; its p-value is valid however often one looks.
func (c contrast) look(alpha float64) stats.Sequential {
	return stats.AsymptoticCS(c.diff.Mean, c.diff.Variance, c.n, c.rho, alpha)
}

// lift is the relative difference with its confidence sequence; not OK where it is undefined.
func (c contrast) lift(alpha float64) stats.Lift {
	look := c.look(alpha)
	if !look.OK {
		return stats.Lift{}
	}
	return c.relative((look.High - look.Diff) / math.Sqrt(c.diff.Variance))
}

// logSE is the standard error of the logarithm of the ratio to the control, 0 where it has none.
func (c contrast) logSE() float64 {
	l := c.relative(1)
	if !l.OK || l.Low <= -1 {
		return 0
	}
	return (math.Log1p(l.High) - math.Log1p(l.Low)) / 2
}

// times is the contrast if factor times as many visitors had come and behaved alike.
func (c contrast) times(factor float64) contrast {
	relative := c.relative
	c.n *= factor
	c.diff.Variance /= factor
	c.relative = func(width float64) stats.Lift { return relative(width / math.Sqrt(factor)) }
	return c
}

// comparison holds the means of all arms by one estimator, and every variant's contrast with the control; contrast
// 0, of the control, is empty.
type comparison struct {
	means     []stats.Normal
	contrasts []contrast
}

// compare applies the estimator that decides: stratified means for a fixed split, inverse propensity weighting for
// one that learns.
func (t table) compare(d Data) comparison {
	if d.Adaptive {
		return t.weighted(d)
	}
	return t.stratified(d)
}

// stratified compares all arms within strata of an epoch's days. With n_si visitors of arm i in stratum s,
//
//	w_s = 1/Σ_i 1/n_si,  mean_i = Σ w_s ȳ_si / Σ w_s,  Var_i = V_i Σ w_s²/n_si / (Σ w_s)²,
//
// V_i being the variance of a visitor of arm i over all strata. Neither a trend nor a change of the split, which
// move all arms alike, biases a difference, and strata in which some arm is rare weigh little. For two arms w_s is
// the weight of Mantel & Haenszel (Greenland & Robins 1985).
func (t table) stratified(d Data) comparison {
	k := len(t.totals)
	means, parts := make([]stats.Estimate, k), make([]float64, k)
	strata, all, n := join(t.days), 0.0, 0.0
	for _, s := range strata {
		inverse := 0.0
		for _, arm := range s.arms {
			inverse += 1 / float64(arm.visitors)
		}
		w := 1 / inverse // 0 where an arm is missing
		for i, arm := range s.arms {
			if w > 0 {
				m := arm.metric(t.revenue)
				means[i].Mean += w * m.Sum / m.N
				parts[i] += w / m.N * w
				n += m.N
			}
		}
		all += w
	}
	out := comparison{means: make([]stats.Normal, k), contrasts: make([]contrast, k)}
	for i := range means {
		if all > 0 {
			means[i].Mean /= all
			means[i].Variance = t.totals[i].spread(t.revenue) * parts[i] / all / all
		}
		out.means[i] = stats.Normal(means[i])
	}
	for i := 1; i < k; i++ {
		out.contrasts[i] = contrast{
			diff: means[i].Minus(means[0]), n: n, rho: d.rho(), estimator: EstimatorStratified,
			relative: func(width float64) stats.Lift { return stats.LogLift(means[0], means[i], width) },
		}
		if len(strata) == 1 {
			out.contrasts[i].estimator = EstimatorDifference
		}
	}
	return out
}

// weighted compares the arms by scores that are unbiased although weights followed outcomes, with the propensities
// that were published. The day of an epoch is the period. While an arm has few conversions the spread of its scores
// is too small as often as their mean is, and a test that looks every day finds those moments (in simulations up to
// a tenth of A/A tests were decided, of conversions as of values); the variance is therefore at least what the arms'
// rates make it.
func (t table) weighted(d Data) comparison {
	k := len(t.totals)
	scores := stats.NewAdaptive(k, 0, math.NaN())
	for _, day := range t.days {
		arms := make([]stats.Sums, k)
		for i, arm := range day.arms {
			arms[i] = arm.metric(t.revenue)
		}
		scores.Add(day.shares, arms)
	}
	control, least := scores.AIPW(0), t.leastVariances()
	out := comparison{means: make([]stats.Normal, k), contrasts: make([]contrast, k)}
	out.means[0] = stats.Normal{Mean: control.Mean, Variance: max(control.Variance, least[0].mean)}
	for i := 1; i < k; i++ {
		diff, wider := scores.Contrast(i), 1.0
		if v := least[i].contrast; diff.OK() && v > diff.Variance {
			diff.Variance, wider = v, math.Sqrt(v/diff.Variance)
		}
		out.means[i] = stats.Normal{Mean: control.Mean + diff.Mean, Variance: max(scores.AIPW(i).Variance, least[i].mean)}
		out.contrasts[i] = contrast{
			diff: diff, n: scores.N(), rho: d.rho(), estimator: EstimatorAIPW,
			relative: func(width float64) stats.Lift { return scores.Lift(i, width*wider) },
		}
	}
	return out
}

// leastVariance is the variance that the mean of an arm and its contrast with the control have if the plug-ins are
// right.
type leastVariance struct{ mean, contrast float64 }

// leastVariances sums over the visitors: Σ V_i/e_i / n² for a mean, and Σ h²(V_0/e_0 + V_i/e_i) / (Σ h)² with
// h² = 1/(1/e_0 + 1/e_i) for a contrast. Without visitors they are 0.
func (t table) leastVariances() []leastVariance {
	least := make([]leastVariance, len(t.totals))
	control := t.leastSpread(0)
	for i := range least {
		v := t.leastSpread(i)
		var all, sum, h, hh float64
		for _, day := range t.days {
			n, e0, e := 0.0, day.shares[0], day.shares[i]
			for _, arm := range day.arms {
				n += float64(arm.visitors)
			}
			square := 1 / (1/e0 + 1/e)
			all += n
			sum += n * v / e
			h += n * math.Sqrt(square)
			hh += n * square * (control/e0 + v/e)
		}
		if all > 0 {
			least[i] = leastVariance{mean: sum / all / all, contrast: hh / h / h}
		}
	}
	return least
}
