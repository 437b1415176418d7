package stats

import "math"

// node is an abscissa of a quadrature against a probability distribution, with
// its share of the mass: E[g(X)] ≈ Σ w g(x) for smooth g.
type node struct{ x, w float64 }

// gammaNodes returns a quadrature against the Gamma distribution of the given
// shape and rate 1, composite Gauss-Legendre in d = ln(x/shape), where the
// density is proportional to exp(-shape (e^d - 1 - d)). Shapes outside
// [10⁻³, 10¹⁵] are read as the nearest inside.
func gammaNodes(shape float64) []node {
	if !(shape > minShape) {
		shape = minShape
	}
	shape = min(shape, maxShape)
	fall := func(d float64) float64 { return shape * (math.Expm1(d) - d) }
	width := min(2/math.Sqrt(shape), 1.5)
	var nodes []node
	var total float64
	add := func(from, to float64) {
		for k := range order {
			d := from + (to-from)*gauss.x[k]
			w := gauss.w[k] * math.Abs(to-from) * math.Exp(-fall(d))
			nodes = append(nodes, node{shape * math.Exp(d), w})
			total += w
		}
	}
	for d := 0.0; fall(d) < cutoff; d += width {
		add(d, d+width)
	}
	// To the left the log density soon falls linearly, and panels may grow.
	for d, w := 0.0, width; fall(d) < cutoff; d -= w {
		if d < -3 {
			w = -d / 2
		}
		add(d-w, d)
	}
	for i := range nodes {
		nodes[i].w /= total
	}
	return nodes
}
