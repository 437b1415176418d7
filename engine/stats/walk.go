package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/integrate/quad"
)

// walk follows a score through the looks of a sequential test: a Brownian motion
// S(t) with drift, stopped when |S(t)|/√t passes the boundary of a look. It holds
// the density of S at the last look among the tests still running. Armitage,
// McPherson, Rowe 1969.
type walk struct {
	drift   float64
	t       float64
	x       []float64 // abscissae of S
	w       []float64 // density times quadrature weight
	stopped float64
}

func newWalk(drift float64) *walk { return &walk{drift: drift, x: []float64{0}, w: []float64{1}} }

// cross returns the probability of stopping at a look at information t with the
// boundary z on |Z|, having gone on until then.
func (k *walk) cross(t, z float64) (p float64) {
	sd, edge := math.Sqrt(t-k.t), z*math.Sqrt(t)
	for i, x := range k.x {
		mean := x + k.drift*(t-k.t)
		p += k.w[i] * (NormalTail((edge-mean)/sd) + NormalTail((edge+mean)/sd))
	}
	return p
}

const (
	// farthest is the number of standard deviations beyond which no density is
	// followed.
	farthest = 9
	// finest is the number of nodes per standard deviation of the step between
	// two looks; fewest and most bound their number.
	finest, fewest, most = 4, 128, 1024
)

// pass moves the walk past the look.
func (k *walk) pass(t, z float64) {
	k.stopped += k.cross(t, z)
	sd, scale := math.Sqrt(t-k.t), math.Sqrt(t)
	lo := max(-z*scale, k.drift*t-farthest*scale)
	hi := min(z*scale, k.drift*t+farthest*scale)
	if lo >= hi {
		k.t, k.x, k.w = t, nil, nil
		return
	}
	n := int(clamp(finest*(hi-lo)/sd, fewest, most))
	x, w := make([]float64, n), make([]float64, n)
	quad.Legendre{}.FixedLocations(x, w, lo, hi)
	slices.Sort(x) // they come in descending order, and their weights are symmetric
	norm := 1 / (sd * math.Sqrt(2*math.Pi))
	first := 0
	for i := range x {
		var density float64
		for j := first; j < len(k.x); j++ {
			d := (x[i] - k.x[j] - k.drift*(t-k.t)) / sd
			if d > farthest {
				first = j + 1
				continue
			}
			if d < -farthest {
				break
			}
			density += k.w[j] * math.Exp(-d*d/2)
		}
		w[i] *= density * norm
	}
	k.t, k.x, k.w = t, x, w
}
