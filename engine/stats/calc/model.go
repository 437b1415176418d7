package calc

import (
	"github.com/samplit/samplit/engine/stats"
)

func modelFunctions() Registry {
	return Registry{
		"normal_normal":             New(normalNormal),
		"nig_normal_lognormal":      New(normalInverseGamma),
		"gamma_revenue_per_visitor": New(gammaRevenue),
		"gamma_poisson":             New(gammaPoisson),
	}
}

func normalNormal(in struct {
	PriorMean float64 `json:"prior_mean"`
	PriorVar  float64 `json:"prior_var"`
	N         float64 `json:"n"`
	Mean      float64 `json:"mean"`
	Var       float64 `json:"var"`
}) (any, error) {
	var c check
	c.positive("prior_var", in.PriorVar)
	c.positive("n", in.N)
	c.positive("var", in.Var)
	if c.err != nil {
		return nil, c.err
	}
	post := stats.Normal{Mean: in.PriorMean, Variance: in.PriorVar}.Update(stats.Estimate{Mean: in.Mean, Variance: in.Var / in.N})
	return struct {
		Mean float64 `json:"post_mean"`
		SD   float64 `json:"post_sd"`
		P    float64 `json:"p_gt_0"`
		Ship float64 `json:"loss_if_ship"`
		Hold float64 `json:"loss_if_hold"`
	}{post.Mean, post.SD(), post.ProbPositive(), post.Shortfall(), post.Surplus()}, nil
}

// summary is a sample given by its size, mean and variance.
type summary struct {
	N    float64 `json:"n"`
	Mean float64 `json:"mean"`
	Var  float64 `json:"var"`
}

func (c *check) summary(name string, s summary) stats.Sample {
	c.that(s.N >= 2, "%s: at least two values are needed", name)
	c.notNegative(name+".var", s.Var)
	return stats.Sample{N: s.N, Mean: s.Mean, Variance: s.Var}
}

func normalInverseGamma(in struct {
	Prior struct{ M, Kappa, Alpha, Beta float64 } `json:"prior"`
	A     summary                                 `json:"a"`
	B     summary                                 `json:"b"`
}) (any, error) {
	var c check
	prior := stats.NIG(in.Prior)
	c.that(prior.OK(), "prior: kappa, alpha and beta must be positive")
	a, b := c.summary("a", in.A), c.summary("b", in.B)
	if c.err != nil {
		return nil, c.err
	}
	meanA, lowA, highA, okA := stats.CoxInterval(a, 0.95)
	meanB, lowB, highB, okB := stats.CoxInterval(b, 0.95)
	if !okA || !okB {
		return nil, errNoAnswer
	}
	postA, postB := prior.Update(a), prior.Update(b)
	return struct {
		PostA [4]float64 `json:"post_a"`
		PostB [4]float64 `json:"post_b"`
		Mean  float64    `json:"p_mu_b_gt_mu_a"`
		Log   float64    `json:"p_lognormal_mean_b_gt_a"`
		CoxA  [3]float64 `json:"cox95_lognormal_mean_a"`
		CoxB  [3]float64 `json:"cox95_lognormal_mean_b"`
	}{
		[4]float64{postA.M, postA.Kappa, postA.Alpha, postA.Beta}, [4]float64{postB.M, postB.Kappa, postB.Alpha, postB.Beta},
		stats.ProbMeanBeats(postA, postB), stats.ProbLogMeanBeats(postA, postB),
		[3]float64{meanA, lowA, highA}, [3]float64{meanB, lowB, highB},
	}, nil
}

// sales are the orders of the visitors of one arm.
type sales struct {
	Orders   float64 `json:"orders"`
	Visitors float64 `json:"visitors"`
	Revenue  float64 `json:"revenue"`
}

func (c *check) sales(name string, s sales, prior stats.Revenue) stats.Revenue {
	c.rate(name, s.Orders, s.Visitors)
	c.notNegative(name+".revenue", s.Revenue)
	c.that(prior.Order.Shape+s.Orders > 1, "%s: too few orders for a mean order value", name)
	return prior.Update(s.Orders, s.Visitors, s.Revenue)
}

func gammaRevenue(in struct {
	Prior struct {
		Beta  []float64 `json:"beta"`
		Gamma []float64 `json:"gamma_shape_rate"`
	} `json:"prior"`
	A sales `json:"a"`
	B sales `json:"b"`
}) (any, error) {
	var c check
	prior := stats.Revenue{Conversion: c.beta("prior.beta", in.Prior.Beta), Order: c.gamma("prior.gamma_shape_rate", in.Prior.Gamma)}
	a, b := c.sales("a", in.A, prior), c.sales("b", in.B, prior)
	if c.err != nil {
		return nil, c.err
	}
	return struct {
		P     float64 `json:"p_arpu_b_gt_a"`
		Value float64 `json:"p_order_value_b_gt_a"`
		A     float64 `json:"mean_arpu_a"`
		B     float64 `json:"mean_arpu_b"`
	}{stats.ProbRevenueBeats(a, b), stats.ProbOrderValueBeats(a, b), a.PerVisitor().Mean, b.PerVisitor().Mean}, nil
}

func (c *check) gamma(name string, shapeRate []float64) stats.Gamma {
	if len(shapeRate) != 2 || !(shapeRate[0] > 0 && shapeRate[1] > 0) {
		c.fail("%s: a positive shape and a positive rate are needed", name)
		return stats.UnitGamma
	}
	return stats.Gamma{Shape: shapeRate[0], Rate: shapeRate[1]}
}

// events are those of a Poisson process.
type events struct {
	Events   float64 `json:"events"`
	Exposure float64 `json:"exposure"`
}

func gammaPoisson(in struct {
	Prior []float64 `json:"prior_shape_rate"`
	A     events    `json:"a"`
	B     events    `json:"b"`
}) (any, error) {
	var c check
	prior := c.gamma("prior_shape_rate", in.Prior)
	for _, e := range []events{in.A, in.B} {
		c.notNegative("events", e.Events)
		c.positive("exposure", e.Exposure)
	}
	if c.err != nil {
		return nil, c.err
	}
	a, b := prior.Update(in.A.Events, in.A.Exposure), prior.Update(in.B.Events, in.B.Exposure)
	return struct {
		P float64 `json:"p_b_gt_a"`
		A float64 `json:"mean_a"`
		B float64 `json:"mean_b"`
	}{stats.ProbRateBeats(a, b), a.Mean(), b.Mean()}, nil
}
