package stats

import (
	"slices"

	"gonum.org/v1/gonum/integrate/quad"
)

// order is the number of nodes of the Gauss-Legendre rule used on each panel.
// It integrates polynomials of degree 23 exactly.
const order = 12

// gaussRule is the Gauss-Legendre rule on [0, 1] with its integration matrix.
type gaussRule struct {
	x, w [order]float64
	// below[k] are the weights of the integral from 0 to x[k] of the polynomial
	// through the twelve nodes.
	below [order][order]float64
	// expand[m] are the weights of the coefficient of P_m, on [-1, 1], in the
	// expansion of the integral from 0 to u of that polynomial.
	expand [order + 1][order]float64
}

var gauss = newGaussRule()

// newGaussRule builds the rule. The integration matrix follows from the
// Legendre expansion of the interpolating polynomial, whose coefficients the
// rule itself integrates exactly, and from
// ∫_{-1}^{x} P_m = (P_{m+1}(x) - P_{m-1}(x)) / (2m+1).
func newGaussRule() *gaussRule {
	var r gaussRule
	quad.Legendre{}.FixedLocations(r.x[:], r.w[:], 0, 1)
	slices.Sort(r.x[:]) // they come in descending order, and their weights are symmetric
	var p [order][order + 1]float64
	for k := range order {
		p[k] = legendre(2*r.x[k] - 1)
	}
	for k := range order {
		for l := range order {
			sum := p[k][1] + 1
			for m := 1; m < order; m++ {
				sum += p[l][m] * (p[k][m+1] - p[k][m-1])
			}
			r.below[k][l] = r.w[l] * sum / 2
		}
	}
	for l := range order {
		// A coefficient a_m of the polynomial adds a_m/(2m+1)/2 to that of P_{m+1} and
		// takes it from P_{m-1}; P_0 makes the integral start at 0.
		for m := range order {
			a := r.w[l] * p[l][m] / 2
			r.expand[m+1][l] += a
			if m > 0 {
				r.expand[m-1][l] -= a
			} else {
				r.expand[0][l] += a
			}
		}
	}
	return &r
}

// legendre returns P_0(x) … P_order(x) by the three-term recurrence.
func legendre(x float64) (p [order + 1]float64) {
	p[0], p[1] = 1, x
	for m := 1; m < order; m++ {
		n := float64(m)
		p[m+1] = ((2*n+1)*x*p[m] - n*p[m-1]) / (n + 1)
	}
	return p
}

// dot returns the sum of products of twelve weights and twelve values.
func dot(w *[order]float64, f []float64) float64 {
	f = f[:order]
	var even, odd float64
	for l := 0; l < order; l += 2 {
		even += w[l] * f[l]
		odd += w[l+1] * f[l+1]
	}
	return even + odd
}
