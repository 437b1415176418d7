package services

import (
	"math"

	"github.com/samplit/samplit/engine/stats"
)

// Curve is what is believed of one variant: how likely each value per visitor is, at places evenly spread from Low to High of all
// curves. Heights are relative to the highest of all.
type Curve struct {
	Variant         string
	Mean, Low, High float64 // with the 95 % range
	Heights         []float64
}

// curvePoints are enough for a peak to look round.
const curvePoints = 96

// Curves are the beliefs that chances are computed from, and the values they are drawn between; none while there is too little data.
func (r Results) Curves() (curves []Curve, low, high float64) {
	if !r.Progress.Enough {
		return nil, 0, 0
	}
	low, high = math.Inf(1), math.Inf(-1)
	for _, b := range r.Beliefs {
		low, high = min(low, b.Mean-4*b.SD), max(high, b.Mean+4*b.SD)
	}
	low = max(low, 0)
	if !r.Shown.Money() {
		high = min(high, 1)
	}
	if !(high > low) {
		return nil, 0, 0
	}
	top := 0.0
	for i, b := range r.Beliefs {
		density, c := (stats.Normal{Mean: b.Mean, Variance: b.SD * b.SD}).Density, Curve{Variant: r.Variants[i].Key, Mean: b.Mean}
		c.Low, c.High = (stats.Normal{Mean: b.Mean, Variance: b.SD * b.SD}).Interval(combinationLevel)
		if b.Beta != (stats.Beta{}) {
			density = b.Beta.Density
			c.Low, c.High = b.Beta.Interval(combinationLevel)
		}
		for p := range curvePoints {
			y := density(low + (high-low)*float64(p)/(curvePoints-1))
			c.Heights, top = append(c.Heights, y), max(top, y)
		}
		curves = append(curves, c)
	}
	for _, c := range curves {
		for p := range c.Heights {
			c.Heights[p] /= max(top, math.SmallestNonzeroFloat64)
		}
	}
	return curves, low, high
}
