package stats

import (
	"math"
	"slices"
)

// curve is a density that can race: unnormalised, times the Jacobian of the
// panel, and 0 where it misses the panel.
type curve interface {
	density(*point) float64
	misses(*panel) bool
}

// race holds the densities of all arms on common panels.
type race struct {
	arms    int
	panels  []panel
	slope   []float64 // dθ/du, by panel, node
	density []float64 // normalised, by panel, arm, node
	mass    []float64 // the integral of density over the panel, by panel, arm
	before  []float64 // the mass below the panel, by panel, arm
	after   []float64 // the mass above the panel, by panel, arm
	points  [order]point
	scratch []float64
}

func newRace(arms []curve, ps []panel) *race {
	k, n := len(arms), len(ps)
	all := make([]float64, n*order+n*k*order+3*n*k+5*k)
	take := func(n int) []float64 {
		part := all[:n:n]
		all = all[n:]
		return part
	}
	r := &race{arms: k, panels: ps, slope: take(n * order), density: take(n * k * order),
		mass: take(n * k), before: take(n * k), after: take(n * k), scratch: take(4 * k)}
	total := take(k)
	for i := range ps {
		r.fill(i, arms)
		for j := range k {
			r.before[i*k+j] = total[j]
			total[j] += r.mass[i*k+j]
		}
	}
	r.normalise(total)
	return r
}

// fill evaluates the densities on panel i.
func (r *race) fill(i int, arms []curve) {
	xs := r.points[:]
	for node := range xs {
		xs[node] = r.panels[i].at(gauss.x[node])
		r.slope[i*order+node] = xs[node].slope
	}
	for j := range arms {
		if arms[j].misses(&r.panels[i]) {
			continue
		}
		f := r.nodes(i, j)
		for node := range xs {
			f[node] = arms[j].density(&xs[node])
		}
		r.mass[i*r.arms+j] = dot(&gauss.w, f)
	}
}

// nodes returns the densities of arm j on panel i.
func (r *race) nodes(i, j int) []float64 {
	at := (i*r.arms + j) * order
	return r.density[at : at+order : at+order]
}

// normalise divides densities and masses by the total of their arm and fills in
// the mass above each panel.
func (r *race) normalise(total []float64) {
	k := r.arms
	for i := len(r.panels) - 1; i >= 0; i-- {
		for j := range k {
			at := i*k + j
			r.before[at] /= total[j]
			if r.mass[at] != 0 {
				r.mass[at] /= total[j]
				for node, f := range r.nodes(i, j) {
					r.nodes(i, j)[node] = f / total[j]
				}
			}
			if i > 0 {
				r.after[at-k] = r.after[at] + r.mass[at]
			}
		}
	}
}

// tails sets below and above to the masses on both sides of a node.
func (r *race) tails(i, node int, below, above []float64) {
	for j := range below {
		at := i*r.arms + j
		below[j], above[j] = r.before[at], r.after[at]
		if m := r.mass[at]; m != 0 {
			part := clamp(dot(&gauss.below[node], r.nodes(i, j)), 0, m)
			below[j] = min(below[j]+part, 1)
			above[j] = min(above[j]+(m-part), 1)
		}
	}
}

// best returns for each arm the probability to be the largest and the expected
// shortfall against the largest. Densities too narrow for their distance to be
// told apart in float64 are not resolved: then nobody is ahead.
func best(arms []curve, ps []panel) (prob, loss []float64) {
	r := newRace(arms, ps)
	if finer := r.refine(); finer != nil {
		r = newRace(arms, finer)
	}
	prob, loss = make([]float64, len(arms)), make([]float64, len(arms))
	for i := range r.panels {
		r.run(i, prob, loss)
	}
	var sum float64
	for _, p := range prob {
		sum += p
	}
	for i := range prob {
		prob[i] = clamp(prob[i]/sum, 0, 1)
		loss[i] = max(loss[i], 0)
		if !finite(prob[i], loss[i]) {
			return slices.Repeat([]float64{1 / float64(len(arms))}, len(arms)), make([]float64, len(arms))
		}
	}
	return prob, loss
}

// run adds the integrals over panel i to prob and loss.
func (r *race) run(i int, prob, loss []float64) {
	k := r.arms
	below, above := r.scratch[:k], r.scratch[k:2*k]
	product, miss := r.scratch[2*k:3*k], r.scratch[3*k:4*k]
	for node := range order {
		r.tails(i, node, below, above)
		othersBelow(below, above, product, miss)
		w := gauss.w[node]
		dx := w * r.slope[i*order+node]
		for j := range k {
			prob[j] += w * r.density[(i*k+j)*order+node] * product[j]
			loss[j] += dx * below[j] * miss[j]
		}
	}
}

// othersBelow sets product[i] to ∏_{j≠i} below[j] and miss[i] to 1 minus that,
// the latter from the upper tails so that it keeps its digits near 0.
func othersBelow(below, above, product, miss []float64) {
	p, m := 1.0, 0.0
	for i := range below {
		product[i], miss[i] = p, m
		p *= below[i]
		m += above[i] - m*above[i]
	}
	p, m = 1, 0
	for i := len(below) - 1; i >= 0; i-- {
		product[i] *= p
		miss[i] += m - miss[i]*m
		p *= below[i]
		m += above[i] - m*above[i]
	}
}

const (
	// steepest is the largest change of ln ∏ F_j over a panel that twelve nodes
	// integrate to 10⁻¹³.
	steepest = 10
	// relevant is the product of distribution functions below which its steepness
	// does not matter.
	relevant = 1e-14
)

// refine returns the panels split where the maximum of many arms moves too fast
// for them, nil if there is no such place. The maximum of k alike arms is about
// √(ln k) times narrower than one of them.
func (r *race) refine() []panel {
	if r.arms <= 4 {
		return nil
	}
	var finer []panel
	split := false
	for i := range r.panels {
		pieces := math.Ceil(r.steepness(i) / steepest)
		split = split || pieces > 1
		finer = append(finer, r.panels[i].split(int(clamp(pieces, 1, 32)))...)
	}
	if !split {
		return nil
	}
	return finer
}

// steepness returns the largest d ln ∏ F_j / du on panel i.
func (r *race) steepness(i int) (steepest float64) {
	k := r.arms
	below, above := r.scratch[:k], r.scratch[k:2*k]
	for node := range order {
		r.tails(i, node, below, above)
		product, slope := 1.0, 0.0
		for j, f := range below {
			product *= f
			if f > 0 {
				slope += r.nodes(i, j)[node] / f
			}
		}
		if product > relevant {
			steepest = max(steepest, slope)
		}
	}
	return steepest
}

// split cuts a plain panel into equal pieces; an end panel stays whole.
func (p panel) split(pieces int) []panel {
	if p.power != 0 || pieces < 2 {
		return []panel{p}
	}
	width := p.width / float64(pieces)
	parts := slices.Repeat([]panel{p}, pieces)
	for i := range parts {
		parts[i].t += float64(i) * width
		parts[i].s -= float64(i) * width
		parts[i].width = width
	}
	return parts
}
