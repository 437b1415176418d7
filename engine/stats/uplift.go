package stats

import "math"

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
	tables    []*table
	means     []float64
	sds       []float64
}

func newRival(reference Beta, others ...Beta) *rival {
	r := &rival{reference: newAngle(reference)}
	for _, other := range others {
		r.tables = append(r.tables, newTable(other))
		r.means = append(r.means, other.Mean())
		r.sds = append(r.sds, other.SD())
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

// below returns ∫ f_ref(x) ∏ F_j(to(x)) dx. The panels follow both the reference
// and the other arms as seen on the reference's axis through back, the inverse of
// to.
func (r *rival) below(to, back func(float64) float64) float64 {
	centres := []centre{r.reference.centre}
	for j := range r.tables {
		if c, ok := image(back(r.means[j]), back(r.means[j]+r.sds[j])); ok {
			centres = append(centres, c)
		}
	}
	low, high := 0.0, 0.0
	if r.reference.raggedLow() {
		low = max(1, 2*straight/(r.reference.p+1))
	}
	if r.reference.raggedHigh() {
		high = max(1, 2*straight/(r.reference.q+1))
	}
	var sum, total float64
	for _, p := range cover(edges(centres, newEdge), low, high) {
		if r.reference.misses(&p) {
			continue
		}
		for k := range order {
			x := p.at(gauss.x[k])
			f := gauss.w[k] * r.reference.density(&x)
			total += f
			if f > 0 {
				sum += f * r.product(to(x.sin*x.sin))
			}
		}
	}
	return clamp(sum/total, 0, 1)
}

// product returns ∏ F_j(y).
func (r *rival) product(y float64) float64 {
	product := 1.0
	for _, t := range r.tables {
		if product *= t.below(y); product == 0 {
			break
		}
	}
	return product
}

// image returns the centre of a density with the given mean and the given point
// one standard deviation above it; ok is false when it lies outside (0, 1).
func image(mean, above float64) (c centre, ok bool) {
	sd := above - mean
	if !(mean > 0 && mean < 1 && sd > 0) {
		return centre{}, false
	}
	c.t = math.Atan2(math.Sqrt(mean), math.Sqrt(1-mean))
	c.s = math.Atan2(math.Sqrt(1-mean), math.Sqrt(mean))
	c.sd = sd / (2 * math.Sqrt(mean*(1-mean)))
	return c, true
}
