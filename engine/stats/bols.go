package stats

import "math"

// Batch are the outcomes of two arms under one set of weights.
type Batch struct{ A, B Sums }

// BOLS compares b with a after adaptive allocation by batched least squares: a
// z-score per batch from the variances pooled over batches, which weights cannot
// bias, and their sum over √T. Diff = Σ d_t/σ_t / Σ 1/σ_t and SE = √T/Σ 1/σ_t
// with σ_t² = s_a²/n_ta + s_b²/n_tb. Batches without visitors in both arms are
// left out; it is neutral when none remain or nothing varies. Zhang, Janson,
// Murphy 2020.
func BOLS(batches []Batch, level float64) Comparison {
	var a, b Sums
	used := batches[:0:0]
	for _, t := range batches {
		if t.A.Known() && t.B.Known() {
			used = append(used, t)
			a, b = a.Add(t.A), b.Add(t.B)
		}
	}
	if len(used) == 0 || !a.Known() || !b.Known() {
		return neutral
	}
	var z, precision float64
	for _, t := range used {
		sd := math.Sqrt(a.variance()/t.A.N + b.variance()/t.B.N)
		z += (t.B.mean() - t.A.mean()) / sd
		precision += 1 / sd
	}
	se := math.Sqrt(float64(len(used))) / precision
	return CompareZ(Estimate{z / precision, se * se}, level)
}
