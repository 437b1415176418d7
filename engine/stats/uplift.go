package stats

import (
	"cmp"
	"math"
	"slices"
)

// Uplift returns the posterior of the relative uplift θ_b/θ_a - 1: its mean
// E[θ_b] E[1/θ_a] - 1 with E[1/θ_a] = (α_a+β_a-1)/(α_a-1), and the equal-tailed
// credible interval. Where α_a <= 1 the mean is infinite; Mean then is the
// median.
func Uplift(a, b Beta, level float64) Lift {
	tail := (1 - saneLevel(level)) / 2
	mean, ok := MeanUplift(a, b)
	if !ok {
		mean = UpliftQuantile(a, b, 0.5)
	}
	return newLift(mean, UpliftQuantile(a, b, tail), UpliftQuantile(a, b, 1-tail))
}

// MeanUplift returns E[θ_b/θ_a] - 1; ok is false when it is infinite.
func MeanUplift(a, b Beta) (mean float64, ok bool) {
	a = a.sane()
	if a.Alpha <= 1 {
		return 0, false
	}
	return b.Mean()*((a.Alpha+a.Beta-1)/(a.Alpha-1)) - 1, true
}

// UpliftQuantile returns the u with P(θ_b/θ_a - 1 <= u) = p, the root of
// ∫ f_a(x) F_b(x (1+u)) dx = p, for p in (0, 1). It is limited to 10⁹.
func UpliftQuantile(a, b Beta, p float64) float64 {
	r := newRival(a, b)
	const widest = 20.7 // e^20.7 ≈ 10⁹
	logRatio := root(func(l float64) float64 { return r.ratioBelow(math.Exp(l)) - clamp(p, 0, 1) }, -widest, widest)
	return math.Expm1(logRatio)
}

// DiffQuantile returns the d with P(θ_b - θ_a <= d) = p, the root of
// ∫ f_a(x) F_b(x + d) dx = p, for p in (0, 1).
func DiffQuantile(a, b Beta, p float64) float64 {
	r := newRival(a, b)
	return root(func(d float64) float64 { return r.diffBelow(d) - clamp(p, 0, 1) }, -1, 1)
}

// rival is a reference arm against others whose distribution functions are
// taken at transformed rates of the reference.
type rival struct {
	reference angle
	own       []panel
	tables    []*table
}

func newRival(reference Beta, others ...Beta) *rival {
	r := &rival{reference: newAngle(reference)}
	r.own = panels([]angle{r.reference})
	for _, other := range others {
		r.tables = append(r.tables, newTable(other))
	}
	return r
}

// ratioBelow returns P(θ_j <= ratio θ_ref for all j).
func (r *rival) ratioBelow(ratio float64) float64 {
	return r.below(func(x float64) float64 { return x * ratio },
		func(y float64) float64 { return y / ratio })
}

// diffBelow returns P(θ_j <= θ_ref + d for all j).
func (r *rival) diffBelow(d float64) float64 {
	return r.below(func(x float64) float64 { return x + d },
		func(y float64) float64 { return y - d })
}

// below returns ∫ f_ref(x) ∏ F_j(to(x)) dx, over the panels of the reference cut
// where back, the inverse of to, puts the panel ends of the others.
func (r *rival) below(to, back func(float64) float64) float64 {
	cuts := r.cuts(back)
	var sum, total float64
	for _, whole := range r.own {
		from := 0.0
		for len(cuts) > 0 && from < 1 {
			u := whole.find(cuts[0].t, cuts[0].s)
			if u >= 1 {
				break
			}
			cuts = cuts[1:]
			r.add(&whole, from, u, to, &sum, &total)
			from = max(from, u)
		}
		r.add(&whole, from, 1, to, &sum, &total)
	}
	return clamp(sum/total, 0, 1)
}

// add adds the integrals of f_ref ∏ F_j and of f_ref over a part of a panel.
func (r *rival) add(p *panel, from, until float64, to func(float64) float64, sum, total *float64) {
	if until <= from {
		return
	}
	for k := range order {
		x := p.at(from + (until-from)*gauss.x[k])
		f := gauss.w[k] * (until - from) * r.reference.density(&x)
		*total += f
		if f > 0 {
			*sum += f * r.product(to(x.sin*x.sin))
		}
	}
}

// cuts returns the panel ends of the other arms on the axis of the reference, in
// order.
func (r *rival) cuts(back func(float64) float64) []edge {
	var cuts []edge
	for _, t := range r.tables {
		for _, y := range t.ends {
			if x := back(y); x > 0 && x < 1 {
				cuts = append(cuts, edgeOf(x))
			}
		}
	}
	slices.SortFunc(cuts, func(a, b edge) int { return cmp.Compare(a.t, b.t) })
	return slices.Compact(cuts)
}

// product returns ∏ F_j(y).
func (r *rival) product(y float64) float64 {
	if y <= 0 {
		return 0
	}
	if y >= 1 {
		return 1
	}
	at := edgeOf(y)
	product := 1.0
	for _, t := range r.tables {
		if product *= t.below(at); product == 0 {
			break
		}
	}
	return product
}

// edgeOf returns the angle of a rate in (0, 1), from both ends.
func edgeOf(x float64) edge {
	sin, cos := math.Sqrt(x), math.Sqrt(1-x)
	return edge{math.Atan2(sin, cos), math.Atan2(cos, sin)}
}
