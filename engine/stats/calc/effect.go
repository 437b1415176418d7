package calc

import (
	"math"

	"github.com/samplit/samplit/engine/stats"
)

func effectFunctions() Registry {
	return Registry{
		"bayes_effect":       New(bayesEffect),
		"ttest_two_sided":    New(twoSided),
		"ttest_one_sided":    New(oneSided),
		"asymp_cs_two_sided": New(sequentialEffect),
	}
}

// question is a comparison of two arms by the sums of a metric.
type question struct {
	Stat       string  `json:"stat"`
	A          metric  `json:"a"`
	B          metric  `json:"b"`
	Difference string  `json:"difference"`
	Alpha      float64 `json:"alpha"`
}

// metric holds the sums of one arm: for prop and mean n, sum and sum_squares; for
// ratio n, m, d and md; for cuped n, post, pre and cross.
type metric struct {
	N       float64  `json:"n"`
	Sum     float64  `json:"sum"`
	Squares float64  `json:"sum_squares"`
	M       *metric  `json:"m"`
	D       *metric  `json:"d"`
	MD      *float64 `json:"md"`
	Post    *metric  `json:"post"`
	Pre     *metric  `json:"pre"`
	Cross   *float64 `json:"cross"`
}

// effect is the estimated difference of two arms.
type effect struct {
	stats.Estimate
	df    float64
	n     float64 // visitors of both arms
	base  float64 // the control's mean, which a relative prior refers to
	theta *float64
}

func (q question) effect(c *check) effect {
	c.inside("alpha", q.Alpha)
	c.that(q.Difference == "relative" || q.Difference == "absolute", "difference must be relative or absolute")
	c.that(q.A.N >= 2 && q.B.N >= 2, "at least two visitors per arm are needed")
	if q.Stat == "cuped" {
		return q.adjusted(c)
	}
	a, b := q.sample(c, "a", q.A), q.sample(c, "b", q.B)
	e := effect{df: stats.WelchDF(a, b), n: q.A.N + q.B.N, base: math.Abs(a.Mean)}
	if q.Difference == "relative" {
		e.Estimate = c.estimate(stats.RelativeDiff(a.Estimate(), b.Estimate()))
	} else {
		e.Estimate = c.estimate(b.Estimate().Minus(a.Estimate()))
	}
	return e
}

// sample returns the metric of one arm as a sample with the variance of one
// visitor, which for a proportion is p(1-p).
func (q question) sample(c *check, name string, m metric) stats.Sample {
	switch q.Stat {
	case "prop":
		r := c.rate(name, m.Sum, m.N)
		return stats.Sample{N: m.N, Mean: r.Value(), Variance: r.Value() * (1 - r.Value())}
	case "mean":
		return stats.SampleFromSums(m.N, m.Sum, m.Squares)
	case "ratio":
		c.that(m.M != nil && m.D != nil && m.MD != nil, "%s: m, d and md are needed", name)
		if c.err != nil {
			return stats.Sample{}
		}
		return stats.BivariateFromSums(m.N, m.M.Sum, m.M.Squares, m.D.Sum, m.D.Squares, *m.MD).RatioSample()
	}
	c.fail("stat must be prop, mean, ratio or cuped")
	return stats.Sample{}
}

// adjusted is the effect on a metric adjusted for a covariate.
func (q question) adjusted(c *check) effect {
	var arms [2]stats.Bivariate
	for i, m := range []metric{q.A, q.B} {
		c.that(m.Post != nil && m.Pre != nil && m.Cross != nil, "post, pre and cross are needed")
		if c.err != nil {
			return effect{}
		}
		arms[i] = stats.BivariateFromSums(m.N, m.Post.Sum, m.Post.Squares, m.Pre.Sum, m.Pre.Squares, *m.Cross)
	}
	theta := stats.Theta(arms[0], arms[1])
	samples := stats.CUPED(arms[0], arms[1])
	e := effect{df: stats.WelchDF(samples[0], samples[1]), n: q.A.N + q.B.N, base: math.Abs(arms[0].MeanX), theta: &theta}
	if q.Difference == "relative" {
		e.Estimate = c.estimate(stats.CUPEDRelative(arms[0], arms[1]))
	} else {
		e.Estimate = c.estimate(samples[1].Estimate().Minus(samples[0].Estimate()))
	}
	return e
}

func bayesEffect(in struct {
	question
	Prior *struct {
		Mean float64 `json:"mean"`
		SD   float64 `json:"sd"`
	} `json:"prior,omitempty"`
	PriorScale string `json:"prior_scale,omitempty"`
	Inverse    bool   `json:"inverse,omitempty"`
}) (any, error) {
	var c check
	e := in.effect(&c)
	prior := stats.FlatNormal
	if in.Prior != nil {
		c.positive("prior.sd", in.Prior.SD)
		c.that(in.PriorScale == "relative" || in.PriorScale == "absolute", "prior_scale must be relative or absolute")
		scale := 1.0
		if in.PriorScale == "relative" && in.Difference == "absolute" {
			scale = e.base
		}
		prior = stats.Normal{Mean: in.Prior.Mean * scale, Variance: in.Prior.SD * scale * in.Prior.SD * scale}
		c.that(c.err != nil || prior.OK(), "a relative prior needs a control that is not 0")
	}
	if c.err != nil {
		return nil, c.err
	}
	post := prior.Update(e.Estimate)
	win, keep, ship := post.ProbPositive(), post.Surplus(), post.Shortfall()
	if in.Inverse {
		win = stats.Normal{Mean: -post.Mean, Variance: post.Variance}.ProbPositive()
		keep, ship = ship, keep
	}
	return struct {
		Win      float64 `json:"ctw"`
		Expected float64 `json:"expected"`
		CI       pair    `json:"ci"`
		SD       float64 `json:"sd"`
		Risk     pair    `json:"risk"`
	}{win, post.Mean, interval(post.Interval(1 - in.Alpha)), post.SD(), pair{keep, ship}}, nil
}

func twoSided(in question) (any, error) {
	var c check
	e := in.effect(&c)
	if c.err != nil {
		return nil, c.err
	}
	test := stats.CompareT(e.Estimate, e.df, 1-in.Alpha)
	if !test.OK {
		return nil, errNoAnswer
	}
	return struct {
		P        float64  `json:"p"`
		CI       pair     `json:"ci"`
		Expected float64  `json:"expected"`
		SE       float64  `json:"se"`
		DoF      float64  `json:"dof"`
		Theta    *float64 `json:"theta,omitempty"`
	}{test.P, pair{test.Low, test.High}, test.Diff, test.SE, test.DF, e.theta}, nil
}

func oneSided(in struct {
	question
	Alt string `json:"alt"`
}) (any, error) {
	var c check
	e := in.effect(&c)
	c.that(in.Alt == "greater" || in.Alt == "lesser", "alt must be greater or lesser")
	if c.err != nil {
		return nil, c.err
	}
	test := stats.CompareT(e.Estimate, e.df, 1-in.Alpha)
	if !test.OK {
		return nil, errNoAnswer
	}
	p, bound := test.OneSided(in.Alt == "greater", 1-in.Alpha)
	ci := [2]any{bound, "inf"}
	if in.Alt == "lesser" {
		ci = [2]any{"-inf", bound}
	}
	return struct {
		P  float64 `json:"p"`
		CI [2]any  `json:"ci"`
	}{p, ci}, nil
}

func sequentialEffect(in struct {
	question
	Tuning float64 `json:"tuning"`
}) (any, error) {
	var c check
	e := in.effect(&c)
	c.positive("tuning", in.Tuning)
	if c.err != nil {
		return nil, c.err
	}
	rho := stats.Rho(in.Tuning, in.Alpha)
	look := stats.AsymptoticCS(e.Mean, e.Variance, e.n, rho, in.Alpha)
	if !look.OK {
		return nil, errNoAnswer
	}
	return struct {
		P        float64 `json:"p"`
		CI       pair    `json:"ci"`
		Expected float64 `json:"expected"`
		Rho      float64 `json:"rho"`
	}{look.P, pair{look.Low, look.High}, look.Diff, rho}, nil
}
