package stats

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// SequentialSRMMix is SequentialSRM for weights that changed often: one test over all cells instead of one for each, which
// would have to learn of the same mismatch again and again. With the excess S of the arms' totals and its covariance V as of
// SRMMix, both without the last arm, it returns
//
//	M = √(|Λ| / |V + Λ|) exp(½ Sᵀ (V + Λ)⁻¹ S),  Λ = planned · (diag(w) - w wᵀ),
//
// w being the weights of the first cell, and p = min(1, 1/M). If visitors are split as the weights say, S is a martingale
// with variance V, M a mixture of exp(θᵀS - ½ θᵀVθ) over θ ~ N(0, Λ⁻¹), and the chance that p is ever at most α is at most
// α, up to the normal approximation of large counts (Robbins 1970). It is most sensitive near planned visitors; 0 = 1,000.
// Arms of weight 0 in the first cell are left out; a visitor in an arm of weight 0 gives p = 0. Neutral data give 1.
func SequentialSRMMix(cells []SRMCell, planned float64) (p float64) {
	_, cov, excess, ok := mixMoments(cells)
	if !ok {
		return 1
	}
	if impossible(cells) {
		return 0
	}
	if !(planned > 0) || !finite(planned) {
		planned = 1000
	}
	logM := mixtureRatio(cells[0].Weights, cov, excess, planned)
	if !finite(logM) {
		return 1
	}
	return math.Min(1, math.Exp(-logM))
}

// mixtureRatio returns ln M.
func mixtureRatio(first []float64, cov *mat.SymDense, excess []float64, planned float64) float64 {
	var arms []int
	total := 0.0
	for i, w := range first {
		if total += w; w > 0 {
			arms = append(arms, i)
		}
	}
	k := len(arms) - 1
	if k < 1 {
		return 0
	}
	prior, sum, s := mat.NewSymDense(k, nil), mat.NewSymDense(k, nil), mat.NewVecDense(k, nil)
	for a, i := range arms[:k] {
		s.SetVec(a, excess[i])
		for b := a; b < k; b++ {
			j := arms[b]
			v := -first[i] * first[j] / total / total
			if i == j {
				v += first[i] / total
			}
			prior.SetSym(a, b, planned*v)
			sum.SetSym(a, b, planned*v+cov.At(i, j))
		}
	}
	var before, after mat.Cholesky
	var solved mat.VecDense
	if !before.Factorize(prior) || !after.Factorize(sum) || after.SolveVecTo(&solved, s) != nil {
		return 0
	}
	return (before.LogDet()-after.LogDet())/2 + mat.Dot(s, &solved)/2
}
