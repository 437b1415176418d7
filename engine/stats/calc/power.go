package calc

import (
	"math"

	"github.com/samplit/samplit/engine/stats"
)

func powerFunctions() Registry {
	return Registry{
		"sample_size_proportions": New(sampleSizeRates),
		"sample_size_means":       New(sampleSizeMeans),
		"power_proportions":       New(powerRates),
		"mde_proportions":         New(detectableRate),
	}
}

// plan are the error rates of a test to be planned.
type plan struct {
	Power float64 `json:"power"`
	Alpha float64 `json:"alpha"`
	Alt   string  `json:"alt,omitempty"`
}

// twoSidedAlpha returns the alpha of the two-sided test with the same boundary.
func (p plan) twoSidedAlpha(c *check) float64 {
	c.inside("power", p.Power)
	c.inside("alpha", p.Alpha)
	c.that(p.Alt == "" || p.Alt == "two.sided" || p.Alt == "one.sided", "alt must be two.sided or one.sided")
	if p.Alt == "one.sided" {
		c.that(p.Alpha < 0.5, "a one-sided alpha must be below 0.5")
		return 2 * p.Alpha
	}
	return p.Alpha
}

func sampleSizeRates(in struct {
	P1 float64 `json:"p1"`
	P2 float64 `json:"p2"`
	plan
}) (any, error) {
	var c check
	alpha := in.twoSidedAlpha(&c)
	c.inside("p1", in.P1)
	c.inside("p2", in.P2)
	if c.err != nil {
		return nil, c.err
	}
	n, ok := stats.SampleSizeRates(in.P1, in.P2, in.Power, alpha)
	if !ok {
		return nil, errNoAnswer
	}
	return struct {
		N    float64 `json:"n_per_arm"`
		Ceil float64 `json:"n_ceil"`
	}{n, math.Ceil(n)}, nil
}

func sampleSizeMeans(in struct {
	Delta float64 `json:"delta"`
	SD    float64 `json:"sd"`
	plan
}) (any, error) {
	var c check
	alpha := in.twoSidedAlpha(&c)
	c.positive("sd", in.SD)
	if c.err != nil {
		return nil, c.err
	}
	t, z, ok := stats.SampleSizeMeans(in.Delta, in.SD, in.Power, alpha)
	if !ok {
		return nil, errNoAnswer
	}
	return struct {
		T float64 `json:"n_per_arm_t"`
		Z float64 `json:"n_per_arm_z"`
	}{t, z}, nil
}

func powerRates(in struct {
	N     float64 `json:"n_per_arm"`
	P1    float64 `json:"p1"`
	P2    float64 `json:"p2"`
	Alpha float64 `json:"alpha"`
}) (any, error) {
	var c check
	c.positive("n_per_arm", in.N)
	c.inside("p1", in.P1)
	c.inside("p2", in.P2)
	c.inside("alpha", in.Alpha)
	if c.err != nil {
		return nil, c.err
	}
	one, two, ok := stats.PowerRates(in.N, in.P1, in.P2, in.Alpha)
	if !ok {
		return nil, errNoAnswer
	}
	return struct {
		One float64 `json:"power_one_tail"`
		Two float64 `json:"power_two_tails"`
	}{one, two}, nil
}

func detectableRate(in struct {
	N  float64 `json:"n_per_arm"`
	P1 float64 `json:"p1"`
	plan
}) (any, error) {
	var c check
	alpha := in.twoSidedAlpha(&c)
	c.positive("n_per_arm", in.N)
	c.inside("p1", in.P1)
	if c.err != nil {
		return nil, c.err
	}
	p2, ok := stats.DetectableRate(in.N, in.P1, in.Power, alpha)
	if !ok {
		return nil, errNoAnswer
	}
	return struct {
		P2       float64 `json:"p2"`
		Absolute float64 `json:"mde_abs"`
		Relative float64 `json:"mde_rel"`
	}{p2, p2 - in.P1, (p2 - in.P1) / in.P1}, nil
}
