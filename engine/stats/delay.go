package stats

import (
	"cmp"
	"math"
	"slices"
)

// Cohort are visitors first exposed Age ago, in any unit of time, and how many of
// them have converted by now.
type Cohort struct{ Age, N, Conversions float64 }

// Delayed estimates the final conversion rate from cohorts too young to have
// shown all of it.
type Delayed struct {
	Effective float64 // Σ n F(age), the visitors whose outcome is in, in effect
	Converted float64
	Ratio     float64 // Converted/Effective, at most 1
	MLE       float64 // the root of Σ (x/p - (n-x)F/(1-pF)) = 0, at most 1
}

// DelayedRate estimates the final rate when a conversion takes an age with the
// distribution function reached: x ~ Bin(n, p F(age)). Cohorts that are empty or
// not finite are left out, F is limited to [0, 1]; without effective visitors all
// fields are 0. Chapelle 2014; Vernade, Cappé, Perchet 2017.
func DelayedRate(cohorts []Cohort, reached func(age float64) float64) Delayed {
	var d Delayed
	type part struct{ x, n, f float64 }
	var parts []part
	for _, c := range cohorts {
		f := clamp(reached(c.Age), 0, 1)
		if !positive(c.N) || !finite(c.Conversions, f) {
			continue
		}
		x := clamp(c.Conversions, 0, c.N)
		parts = append(parts, part{x, c.N, f})
		d.Effective += c.N * f
		d.Converted += x
	}
	if !positive(d.Effective) {
		return Delayed{}
	}
	d.Ratio = math.Min(1, d.Converted/d.Effective)
	// p times the score, which falls from Converted > 0.
	score := func(p float64) float64 {
		sum := d.Converted
		for _, c := range parts {
			if left := c.n - c.x; left > 0 {
				sum -= left * (p * c.f / (1 - p*c.f))
			}
		}
		return sum
	}
	switch {
	case d.Converted == 0:
	case score(1-epsilon) >= 0:
		d.MLE = 1
	default:
		d.MLE = root(score, 0, 1-epsilon)
	}
	return d
}

// Posterior returns the Beta posterior with effective trials, alpha + x and
// beta + Σ n F - x, the latter not below the prior's.
func (d Delayed) Posterior(prior Beta) Beta {
	return prior.Update(d.Converted, math.Max(d.Effective, d.Converted))
}

// ExponentialDelay returns the distribution function 1 - e^(-rate·age).
func ExponentialDelay(rate float64) func(age float64) float64 {
	return func(age float64) float64 {
		if !(rate > 0 && age > 0) {
			return 0
		}
		return -math.Expm1(-rate * age)
	}
}

// Wait are N visitors who were watched for Time, and converted then or not yet.
type Wait struct {
	Time, N   float64
	Converted bool
}

// DelayCurve is an estimated distribution function of the time to conversion
// among those who convert.
type DelayCurve struct {
	times []float64
	part  []float64
}

// KaplanMeier estimates the delay from exposure to conversion from visitors
// watched for different times: the product-limit estimate of the part converted
// by each time, scaled to reach 1 at the last conversion. Without conversions the
// curve is 0 everywhere. Waits that are negative or not finite are left out.
// Kaplan & Meier 1958.
func KaplanMeier(waits []Wait) DelayCurve {
	sorted := make([]Wait, 0, len(waits))
	var atRisk float64
	for _, w := range waits {
		if finite(w.Time) && w.Time >= 0 && positive(w.N) {
			sorted = append(sorted, w)
			atRisk += w.N
		}
	}
	slices.SortFunc(sorted, func(a, b Wait) int { return cmp.Compare(a.Time, b.Time) })
	var c DelayCurve
	staying := 1.0
	for i := 0; i < len(sorted); {
		t := sorted[i].Time
		var converted, leaving float64
		for ; i < len(sorted) && sorted[i].Time == t; i++ {
			leaving += sorted[i].N
			if sorted[i].Converted {
				converted += sorted[i].N
			}
		}
		if converted > 0 {
			staying *= math.Max(0, 1-converted/atRisk)
			c.times, c.part = append(c.times, t), append(c.part, 1-staying)
		}
		atRisk -= leaving
	}
	if n := len(c.part); n > 0 {
		all := c.part[n-1]
		for i := range c.part {
			c.part[i] /= all
		}
	}
	return c
}

// At returns the part of final conversions that come within the age.
func (c DelayCurve) At(age float64) float64 {
	i, found := slices.BinarySearch(c.times, age)
	if found {
		i++
	}
	if i == 0 {
		return 0
	}
	return c.part[i-1]
}
