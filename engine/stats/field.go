package stats

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Field is a joint normal posterior of numbers that are related, one for each
// arm: the logits of rates, or means.
type Field struct {
	Mean []float64
	// Evidence is the logarithm of the marginal likelihood, up to what does not depend
	// on the prior.
	Evidence float64

	cov  *mat.SymDense
	root []float64 // cov = root rootᵀ, by rows of width rank
	rank int
}

// maxInformation is how many trials a rate can be known from; more would leave
// no digits for what it shares with others, and change nothing.
const maxInformation = 1e12

// LogitField returns the posterior of the logits of rates under a normal prior
// with the given common mean and covariance, a symmetric, positive semidefinite
// function of the indices: Laplace's approximation at the mode of
//
//	Σ x_i ln σ(η_i) + (n_i - x_i) ln(1 - σ(η_i)) - ½ (η-m)ᵀ K⁻¹ (η-m),
//
// found by Newton's method in a form that needs no inverse of K (Rasmussen &
// Williams 2006, algorithm 3.1). With K from main effects and interactions it is
// Bayesian logistic regression. Unknown rates say nothing; the mean must be
// finite. It depends on the counts alone, not on the order in which they came.
func LogitField(rates []Rate, mean float64, prior func(i, j int) float64) Field {
	n, x := make([]float64, len(rates)), make([]float64, len(rates))
	for i := range rates {
		if r, ok := rates[i].sane(); ok {
			n[i] = min(r.Trials, maxInformation)
			x[i] = r.Successes / r.Trials * n[i]
		}
	}
	likelihood := func(eta []float64, slope, weight []float64) (sum float64) {
		for i, e := range eta {
			p := 1 / (1 + math.Exp(-e))
			slope[i], weight[i] = x[i]-n[i]*p, n[i]*p*(1-p)
			sum += x[i]*e - n[i]*softplus(e)
		}
		return sum
	}
	return laplace(len(rates), mean, prior, likelihood)
}

// softplus returns ln(1 + e^x).
func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

// NormalField is LogitField for means that were estimated with known variances;
// the posterior is exact. Estimates that are not OK say nothing.
func NormalField(estimates []Estimate, mean float64, prior func(i, j int) float64) Field {
	likelihood := func(mu []float64, slope, weight []float64) (sum float64) {
		for i, e := range estimates {
			slope[i], weight[i] = 0, 0
			if e.OK() {
				weight[i] = 1 / e.Variance
				slope[i] = (e.Mean - mu[i]) / e.Variance
				sum -= slope[i] * (e.Mean - mu[i]) / 2
			}
		}
		return sum
	}
	return laplace(len(estimates), mean, prior, likelihood)
}

// laplace climbs to the mode. With f = η - m = K a it maximises
// likelihood(m + K a) - ½ aᵀ K a; likelihood sets its slope and minus its
// curvature.
func laplace(k int, mean float64, prior func(i, j int) float64, likelihood func(eta, slope, weight []float64) float64) Field {
	c := climb{prior: mat.NewSymDense(k, nil), mean: mean, likelihood: likelihood, slope: make([]float64, k), weight: make([]float64, k),
		eta: make([]float64, k), a: make([]float64, k)}
	for i := range k {
		for j := i; j < k; j++ {
			c.prior.SetSym(i, j, prior(i, j))
		}
	}
	at := c.move(c.a)
	for range 100 {
		target := c.newton()
		start, next := c.a, make([]float64, k)
		better := false
		for size := 1.0; size > 1e-6 && !better; size /= 2 {
			for i := range next {
				next[i] = start[i] + size*(target[i]-start[i])
			}
			now := c.move(next)
			better = now > at
			if better {
				at = now
			}
		}
		if !better {
			c.move(start)
			break
		}
		c.a = next
	}
	return c.field(at)
}

// climb is the state of the search.
type climb struct {
	prior         *mat.SymDense
	mean          float64
	likelihood    func(eta, slope, weight []float64) float64
	slope, weight []float64
	eta, a        []float64
}

// move goes to m + K a and returns the logarithm of the posterior density there.
func (c *climb) move(a []float64) float64 {
	f := mat.NewVecDense(len(a), nil)
	f.MulVec(c.prior, mat.NewVecDense(len(a), a))
	quadratic := 0.0
	for i := range a {
		c.eta[i] = c.mean + f.AtVec(i)
		quadratic += a[i] * f.AtVec(i)
	}
	return c.likelihood(c.eta, c.slope, c.weight) - quadratic/2
}

// newton returns the a of the next mode: b - W^½ B⁻¹ W^½ K b with b = W f + slope.
func (c *climb) newton() []float64 {
	k := len(c.a)
	b, kb := mat.NewVecDense(k, nil), mat.NewVecDense(k, nil)
	for i := range k {
		b.SetVec(i, c.weight[i]*(c.eta[i]-c.mean)+c.slope[i])
	}
	kb.MulVec(c.prior, b)
	root := c.factor()
	for i := range k {
		kb.SetVec(i, math.Sqrt(c.weight[i])*kb.AtVec(i))
	}
	if root.SolveVecTo(kb, kb) != nil {
		return c.a
	}
	a := make([]float64, k)
	for i := range a {
		a[i] = b.AtVec(i) - math.Sqrt(c.weight[i])*kb.AtVec(i)
	}
	return a
}

// factor returns the Cholesky factor of B = I + W^½ K W^½.
func (c *climb) factor() *mat.Cholesky {
	k := len(c.a)
	b := mat.NewSymDense(k, nil)
	for i := range k {
		for j := i; j < k; j++ {
			b.SetSym(i, j, math.Sqrt(c.weight[i])*c.prior.At(i, j)*math.Sqrt(c.weight[j]))
		}
		b.SetSym(i, i, 1+b.At(i, i))
	}
	var root mat.Cholesky
	root.Factorize(b) // positive definite, for its eigenvalues are at least 1
	return &root
}

// field returns the posterior at the mode: covariance K - K W^½ B⁻¹ W^½ K, and the
// evidence at - ½ ln det B.
func (c *climb) field(at float64) Field {
	k := len(c.a)
	root := c.factor()
	scaled := mat.NewDense(k, k, nil)
	for i := range k {
		for j := range k {
			scaled.Set(i, j, math.Sqrt(c.weight[i])*c.prior.At(i, j))
		}
	}
	solved := mat.NewDense(k, k, nil)
	if root.SolveTo(solved, scaled) != nil {
		solved.Zero()
	}
	known := mat.NewDense(k, k, nil)
	known.Mul(scaled.T(), solved)
	f := Field{Mean: c.eta, Evidence: at - root.LogDet()/2, cov: mat.NewSymDense(k, nil)}
	for i := range k {
		for j := i; j < k; j++ {
			f.cov.SetSym(i, j, c.prior.At(i, j)-(known.At(i, j)+known.At(j, i))/2)
		}
	}
	f.root, f.rank = semidefiniteRoot(f.cov)
	return f
}

// semidefiniteRoot returns rows r with cov = r rᵀ by Cholesky's method with
// pivots, which stops when what is left is rounding.
func semidefiniteRoot(cov *mat.SymDense) (root []float64, rank int) {
	const rounding = 1e-12
	k := cov.SymmetricDim()
	left, columns := make([]float64, k), [][]float64{}
	most := 0.0
	for i := range left {
		left[i] = cov.At(i, i)
		most = max(most, left[i])
	}
	for range k {
		pivot := 0
		for i := range left {
			if left[i] > left[pivot] {
				pivot = i
			}
		}
		if !(left[pivot] > rounding*most) {
			break
		}
		column := make([]float64, k)
		for i := range column {
			sum := cov.At(i, pivot)
			for _, c := range columns {
				sum -= c[i] * c[pivot]
			}
			column[i] = sum / math.Sqrt(left[pivot])
		}
		for i := range left {
			left[i] -= column[i] * column[i]
		}
		left[pivot] = 0
		columns = append(columns, column)
	}
	rank = len(columns)
	root = make([]float64, k*rank)
	for j, column := range columns {
		for i, x := range column {
			root[i*rank+j] = x
		}
	}
	return root, rank
}

// Combine returns the posterior mean and variance of Σ weights_i η_i. It panics on
// another number of weights.
func (f Field) Combine(weights []float64) Normal {
	if len(weights) != len(f.Mean) {
		panic("stats: one weight per arm")
	}
	var n Normal
	for i, w := range weights {
		n.Mean += w * f.Mean[i]
	}
	for j := range f.rank {
		dot := 0.0
		for i, w := range weights {
			dot += w * f.root[i*f.rank+j]
		}
		n.Variance += dot * dot
	}
	return n
}

// At returns the posterior of one number.
func (f Field) At(i int) Normal {
	n := Normal{Mean: f.Mean[i]}
	for _, x := range f.root[i*f.rank : (i+1)*f.rank] {
		n.Variance += x * x
	}
	return n
}

// Draw sets out to a draw of all numbers together; scratch must hold as many. It
// does not allocate.
func (f Field) Draw(r *rand.Rand, scratch, out []float64) {
	z := scratch[:f.rank]
	for j := range z {
		z[j] = r.NormFloat64()
	}
	for i, mean := range f.Mean {
		for j, x := range f.root[i*f.rank : (i+1)*f.rank] {
			mean += x * z[j]
		}
		out[i] = mean
	}
}
