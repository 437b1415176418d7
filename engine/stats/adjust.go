package stats

import (
	"cmp"
	"math"
	"slices"
)

// Adjusted p-values of a family of tests; each is in [0, 1], in the order of the
// argument, and to be compared with the error rate of the family. A p-value that
// is NaN is read as 1, one outside [0, 1] as the nearest inside. They agree with
// R's p.adjust.

// Bonferroni returns min(1, m p): family-wise error, any dependence.
func Bonferroni(p []float64) []float64 {
	return adjust(p, func(rank, m int, p float64) float64 { return float64(m) * p }, nil)
}

// Holm returns the step-down adjustment max_{j<=i} (m-j+1) p_(j): family-wise
// error under any dependence, and never weaker than Bonferroni. The default for
// the variations of the primary goal. Holm 1979.
func Holm(p []float64) []float64 {
	return adjust(p, func(rank, m int, p float64) float64 { return float64(m-rank+1) * p }, up)
}

// Hochberg returns the step-up adjustment min_{j>=i} (m-j+1) p_(j): family-wise
// error for independent or positively dependent tests. Hochberg 1988.
func Hochberg(p []float64) []float64 {
	return adjust(p, func(rank, m int, p float64) float64 { return float64(m-rank+1) * p }, down)
}

// BenjaminiHochberg returns min_{j>=i} m p_(j)/j: the false discovery rate for
// independent or positively dependent tests. The default across secondary goals.
// Benjamini, Hochberg 1995.
func BenjaminiHochberg(p []float64) []float64 {
	return adjust(p, func(rank, m int, p float64) float64 { return float64(m) / float64(rank) * p }, down)
}

// BenjaminiYekutieli is BenjaminiHochberg times Σ 1/i, valid under any
// dependence. Benjamini, Yekutieli 2001.
func BenjaminiYekutieli(p []float64) []float64 {
	var harmonic float64
	for i := range p {
		harmonic += 1 / float64(i+1)
	}
	return adjust(p, func(rank, m int, p float64) float64 { return harmonic * float64(m) / float64(rank) * p }, down)
}

// Hommel returns the closed test built on Simes' inequality: family-wise error
// like Hochberg and never weaker, at quadratic cost. Hommel 1988; Wright 1992.
func Hommel(p []float64) []float64 {
	order, sorted := ranked(p)
	m := len(sorted)
	adjusted := slices.Clone(sorted)
	for size := m; size > 1; size-- {
		// Among the size largest p-values and one smaller p in place of their least,
		// Simes' inequality bounds the intersection by the lesser of size·p and rest.
		first := m - size
		rest := math.Inf(1)
		for i := 2; i <= size; i++ {
			rest = min(rest, float64(size)/float64(i)*sorted[first+i-1])
		}
		for i := range sorted {
			least := sorted[min(i, first)]
			adjusted[i] = max(adjusted[i], min(float64(size)*least, rest))
		}
	}
	return unranked(order, adjusted)
}

// adjust applies factor to the sorted p-values and makes the result monotone.
func adjust(p []float64, factor func(rank, m int, p float64) float64, monotone func([]float64)) []float64 {
	order, sorted := ranked(p)
	for i := range sorted {
		sorted[i] = factor(i+1, len(sorted), sorted[i])
	}
	if monotone != nil {
		monotone(sorted)
	}
	return unranked(order, sorted)
}

// up replaces each value by the largest so far, down by the smallest to come.
func up(sorted []float64) {
	for i := 1; i < len(sorted); i++ {
		sorted[i] = max(sorted[i], sorted[i-1])
	}
}

func down(sorted []float64) {
	for i := len(sorted) - 2; i >= 0; i-- {
		sorted[i] = min(sorted[i], sorted[i+1])
	}
}

// ranked returns the p-values in increasing order and where they came from.
func ranked(p []float64) (order []int, sorted []float64) {
	order = make([]int, len(p))
	clean := make([]float64, len(p))
	for i, x := range p {
		order[i], clean[i] = i, clamp(x, 0, 1)
		if math.IsNaN(x) {
			clean[i] = 1
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(clean[a], clean[b]) })
	sorted = make([]float64, len(p))
	for i, from := range order {
		sorted[i] = clean[from]
	}
	return order, sorted
}

// unranked undoes ranked and limits to 1.
func unranked(order []int, sorted []float64) []float64 {
	adjusted := make([]float64, len(sorted))
	for i, from := range order {
		adjusted[from] = min(sorted[i], 1)
	}
	return adjusted
}
