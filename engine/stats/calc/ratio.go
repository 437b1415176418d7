package calc

import (
	"math"

	"github.com/samplit/samplit/engine/stats"
)

func ratioFunctions() Registry {
	return Registry{
		"ratio_metric_delta": New(ratioMetric),
		"cuped":              New(cuped),
	}
}

// pairs checks two values per unit.
func (c *check) pairs(x, y []float64) stats.Bivariate {
	c.count("values", len(x), 2, MaxRows)
	c.that(len(x) == len(y), "as many values of one kind as of the other are needed")
	if c.err != nil {
		return stats.Bivariate{}
	}
	return stats.BivariateOf(x, y)
}

// ratioValues are the numerator and the denominator of every unit.
type ratioValues struct {
	Num []float64 `json:"num"`
	Den []float64 `json:"den"`
}

func ratioMetric(in struct {
	A ratioValues `json:"a"`
	B ratioValues `json:"b"`
}) (any, error) {
	var c check
	a, b := c.pairs(in.A.Num, in.A.Den).Ratio(), c.pairs(in.B.Num, in.B.Den).Ratio()
	relative := c.estimate(stats.RelativeDiff(a, b))
	if c.err != nil {
		return nil, c.err
	}
	test := stats.CompareZ(b.Minus(a), 0.95)
	return struct {
		A      float64 `json:"ratio_a"`
		B      float64 `json:"ratio_b"`
		VarA   float64 `json:"var_ratio_a"`
		VarB   float64 `json:"var_ratio_b"`
		Z      float64 `json:"z"`
		P      float64 `json:"p"`
		Uplift float64 `json:"rel_uplift"`
		SE     float64 `json:"se_rel_uplift"`
	}{a.Mean, b.Mean, a.Variance, b.Variance, test.Statistic, test.P, relative.Mean, relative.SE()}, nil
}

// covariate are every unit's outcome and its value before the experiment.
type covariate struct {
	Post []float64 `json:"post"`
	Pre  []float64 `json:"pre"`
}

func cuped(in struct {
	A covariate `json:"a"`
	B covariate `json:"b"`
}) (any, error) {
	var c check
	a, b := c.pairs(in.A.Post, in.A.Pre), c.pairs(in.B.Post, in.B.Pre)
	if c.err != nil {
		return nil, c.err
	}
	adjusted := stats.CUPED(a, b)
	test := stats.Welch(adjusted[0], adjusted[1], 0.95)
	if !test.OK || math.IsNaN(test.P) {
		return nil, errNoAnswer
	}
	return struct {
		Theta float64 `json:"theta"`
		A     float64 `json:"adj_mean_a"`
		B     float64 `json:"adj_mean_b"`
		Diff  float64 `json:"diff"`
		SE    float64 `json:"se"`
		DoF   float64 `json:"dof"`
		P     float64 `json:"p"`
	}{stats.Theta(a, b), adjusted[0].Mean, adjusted[1].Mean, test.Diff, test.SE, test.DF, test.P}, nil
}
