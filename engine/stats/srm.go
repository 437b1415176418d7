package stats

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// SRM tests for a sample ratio mismatch under fixed weights by the chi-square
// of observed counts against N·expected/Σexpected; expected may be weights,
// shares or counts in any unit. Arms of weight 0 do not count towards df, and a
// visitor in one is impossible: then p is 0 and chi2 the largest float64.
//
// With fewer than two arms of positive weight, no visitors, or a number that is
// negative or not finite there is nothing to test: p = 1, chi2 = 0, df = 0. The
// p-value is for one look; see SequentialSRM for a check that is repeated.
func SRM(observed, expected []float64) (p, chi2 float64, df int) {
	return SRMMix([]SRMCell{{Weights: expected, Counts: observed}})
}

// SRMCell are the visitors assigned under one set of weights: an epoch. Weights
// need not sum to 1.
type SRMCell struct{ Weights, Counts []float64 }

// SRMMix tests for a sample ratio mismatch when the weights changed. The total
// of arm i has the expectation Σ_t n_t w_ti and the totals have the covariance
// Σ_t n_t (diag(w_t) - w_t w_tᵀ), where n_t are the visitors of cell t and w_t
// its weights scaled to sum 1; chi2 is the quadratic form of the difference and
// df the rank of the covariance. Pooling the weights instead gives a statistic
// that is not chi-square. Conditional on the weights this holds for adaptive
// allocation too. Neutral and impossible data are answered as by SRM.
func SRMMix(cells []SRMCell) (p, chi2 float64, df int) {
	_, cov, excess, ok := mixMoments(cells)
	if !ok {
		return 1, 0, 0
	}
	chi2, df = quadraticForm(excess, cov)
	if impossible(cells) {
		return 0, math.MaxFloat64, df
	}
	return ChiSquareTail(chi2, float64(df)), chi2, df
}

// SRMExpected returns the expected total of each arm, Σ_t n_t w_t; nil if the
// cells are empty or not valid.
func SRMExpected(cells []SRMCell) []float64 {
	expected, _, _, ok := mixMoments(cells)
	if !ok {
		return nil
	}
	return expected
}

// impossible reports whether somebody is in an arm that nobody could get.
func impossible(cells []SRMCell) bool {
	for _, c := range cells {
		for i, w := range c.Weights {
			if w == 0 && c.Counts[i] > 0 {
				return true
			}
		}
	}
	return false
}

// mixMoments returns the mean and covariance of the totals and their observed
// excess over the mean.
func mixMoments(cells []SRMCell) (expected []float64, cov *mat.SymDense, excess []float64, ok bool) {
	if len(cells) == 0 || len(cells[0].Counts) == 0 {
		return nil, nil, nil, false
	}
	k := len(cells[0].Counts)
	expected, excess, cov = make([]float64, k), make([]float64, k), mat.NewSymDense(k, nil)
	for _, c := range cells {
		if len(c.Counts) != k || len(c.Weights) != k {
			panic("stats: SRM cells of different lengths")
		}
		n, okCounts := sumNonNegative(c.Counts)
		total, okWeights := sumNonNegative(c.Weights)
		if !okCounts || !okWeights || total == 0 {
			return nil, nil, nil, false
		}
		for i, w := range c.Weights {
			w /= total
			expected[i] += n * w
			excess[i] += c.Counts[i] - n*w
			for j := i; j < k; j++ {
				v := -n * w * (c.Weights[j] / total)
				if i == j {
					v += n * w
				}
				cov.SetSym(i, j, cov.At(i, j)+v)
			}
		}
	}
	return expected, cov, excess, true
}

// sumNonNegative returns the sum, false if a term is negative or the sum is not
// finite.
func sumNonNegative(xs []float64) (sum float64, ok bool) {
	for _, x := range xs {
		if !(x >= 0) {
			return 0, false
		}
		sum += x
	}
	return sum, finite(sum)
}

// rankTolerance is the part of the largest eigenvalue of a correlation-scaled
// matrix below which an eigenvalue is zero.
const rankTolerance = 1e-10

// quadraticForm returns dᵀ cov⁺ d and the rank of cov. The matrix is scaled to
// unit diagonal first, so that the rank does not depend on how small an arm is.
func quadraticForm(d []float64, cov *mat.SymDense) (q float64, rank int) {
	values, vectors, scale := scaledEigen(cov)
	for j, value := range values {
		if value <= rankTolerance*float64(len(values)) {
			continue
		}
		var dot float64
		for i := range d {
			if scale[i] > 0 {
				dot += vectors.At(i, j) * d[i] / scale[i]
			}
		}
		q += dot * dot / value
		rank++
	}
	return q, rank
}

func scaledEigen(cov *mat.SymDense) (values []float64, vectors *mat.Dense, scale []float64) {
	k := cov.SymmetricDim()
	scale = make([]float64, k)
	for i := range scale {
		scale[i] = math.Sqrt(cov.At(i, i))
	}
	scaled := mat.NewSymDense(k, nil)
	for i := range k {
		for j := i; j < k; j++ {
			if scale[i] > 0 && scale[j] > 0 {
				scaled.SetSym(i, j, cov.At(i, j)/scale[i]/scale[j])
			}
		}
	}
	var eigen mat.EigenSym
	vectors = new(mat.Dense)
	if !eigen.Factorize(scaled, true) {
		return nil, mat.NewDense(k, k, nil), scale
	}
	eigen.VectorsTo(vectors)
	return eigen.Values(nil), vectors, scale
}
