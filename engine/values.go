package engine

import (
	"cmp"
	"math"
	"slices"

	"github.com/samplit/samplit/engine/stats"
)

// Models of the value of a visitor.
const (
	// ValueNormal takes the mean value per visitor as normal with unknown variance (Normal-Inverse-Gamma): right for
	// any value once some dozens of visitors of each arm brought one.
	ValueNormal = "normal"
	// ValueOrders multiplies a conversion rate (Beta) by an exponential order value (Gamma): for revenue, and better
	// than normal while orders are few.
	ValueOrders = "orders"
)

// varianceStrength is how many visitors the common variance weighs in that of an arm: an arm nobody has bought in yet
// is not known to be worth nothing.
const varianceStrength = WarmUp

// normalValues returns the posteriors of the arms' means under a prior that is worth one visitor like all of them
// together, and for the variance varianceStrength of them:
//
//	σ² ~ InvGamma(1 + v/2, s² v/2), μ | σ² ~ N(ȳ, σ²), s² and ȳ over all arms.
//
// The Student posterior, of more than 100 degrees of freedom after the warm-up, is taken as normal with its variance.
// Multiplying all values multiplies the posteriors. Where nothing varies none of them is OK, and nobody is ahead.
func normalValues(counts []Count) []stats.Normal {
	posterior := make([]stats.Normal, len(counts))
	all := pool(counts).Sums().Sample()
	prior := stats.NIG{M: all.Mean, Kappa: 1, Alpha: 1 + varianceStrength/2, Beta: all.Variance * varianceStrength / 2}
	if !prior.OK() {
		return posterior
	}
	for i, c := range counts {
		posterior[i] = stats.Normal(prior.Update(c.Sums().Sample()).Mean())
	}
	return posterior
}

// meanValues returns the means with the variances that normalValues gives them, and a scale for them: the mean of all
// arms together, or if that is not positive their standard deviation. Arms without visitors are unknown.
func meanValues(counts []Count) (means []stats.Estimate, scale float64) {
	means, scale = make([]stats.Estimate, len(counts)), 1
	all := pool(counts).Sums().Sample()
	switch {
	case all.Mean > 0:
		scale = all.Mean
	case all.Variance > 0:
		scale = math.Sqrt(all.Variance)
	}
	for i, n := range normalValues(counts) {
		if s := counts[i].Sums(); s.Known() && n.OK() {
			means[i] = stats.Estimate{Mean: s.Sum / s.N, Variance: n.Variance}
		}
	}
	return means, scale
}

// orderValues returns the posteriors of the logarithms of the arms' revenue per visitor, θ/λ, taken as normal: the
// conversion rate θ is Beta, and orders are exponential with the rate λ ~ Gamma, under a prior worth one order like all
// of them together. The logarithm does not change which arm is best, and is far nearer to normal than the product.
func orderValues(counts []Count, prior stats.Beta) []stats.Normal {
	posterior := make([]stats.Normal, len(counts))
	all := pool(counts)
	order := stats.Gamma{Shape: 1, Rate: all.Value / all.Successes}
	if !order.OK() {
		return posterior
	}
	for i, c := range counts {
		r := c.Rate()
		posterior[i] = stats.Revenue{Conversion: prior, Order: order}.Update(r.Successes, r.Trials, max(c.Value, 0)).Log()
	}
	return posterior
}

// pool adds up the counts in an order that does not depend on how they are listed.
func pool(counts []Count) Count {
	sorted := slices.SortedFunc(slices.Values(counts), func(a, b Count) int {
		return cmp.Or(cmp.Compare(a.Trials, b.Trials), cmp.Compare(a.Successes, b.Successes), cmp.Compare(a.Value, b.Value),
			cmp.Compare(a.ValueSq, b.ValueSq))
	})
	return accumulate(sorted, 1)
}
