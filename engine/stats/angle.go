package stats

import "math"

// angle is a Beta(α, β) density seen through t = asin √θ, on [0, π/2]:
//
//	f(t) ∝ sin^p t · cos^q t,  p = 2α-1,  q = 2β-1.
//
// In t every posterior has the standard deviation 1/(2√(α+β)) to first order,
// and for p, q > 0 the log density lies below its maximum by at least
// (p+q)(t-t₀)²/2, which is what lets a few panels around the mean hold all of
// it. The density is left unnormalised: the Beta function of 10⁷ counts loses
// nine digits, the quadrature of this form loses none.
type angle struct {
	centre
	p, q           float64
	modeT, modeS   float64 // the mode, set when interior
	cot, tan       float64 // at the mode
	logSin, logCos float64 // at the mode
	interior       bool
}

// cutoff is the fall of the log density, e^-40 ≈ 10⁻¹⁷, beyond which it is
// taken as 0.
const cutoff = 40

func newAngle(b Beta) angle {
	b = b.sane()
	a := angle{p: 2*b.Alpha - 1, q: 2*b.Beta - 1, centre: centre{
		t:  math.Atan2(math.Sqrt(b.Alpha), math.Sqrt(b.Beta)),
		s:  math.Atan2(math.Sqrt(b.Beta), math.Sqrt(b.Alpha)),
		sd: 0.5 / math.Sqrt(b.Alpha+b.Beta),
	}}
	if a.p > 0 && a.q > 0 {
		a.interior = true
		a.cot, a.tan = math.Sqrt(a.q/a.p), math.Sqrt(a.p/a.q)
		a.modeT, a.modeS = math.Atan(a.tan), math.Atan(a.cot)
		a.logSin, a.logCos = -0.5*math.Log1p(a.q/a.p), -0.5*math.Log1p(a.p/a.q)
	}
	return a
}

// density returns f(x) times the Jacobian of the panel that x belongs to,
// relative to the value at the mode when there is one.
func (a *angle) density(x *point) float64 {
	if !a.interior {
		logSin, logCos := x.logs()
		return x.scale * math.Exp(a.p*logSin+a.q*logCos+x.logJac)
	}
	d := x.t - a.modeT
	if a.modeS < a.modeT {
		d = a.modeS - x.s
	}
	if a.beyond(d) {
		return 0
	}
	// sin t / sin t₀ = 1 + u and cos t / cos t₀ = 1 + v. Near the mode the log1p
	// form keeps the digits that the difference of two large logarithms loses.
	sin, versed := sinVersed(d)
	u, v := a.cot*sin-versed, -a.tan*sin-versed
	if math.Abs(u) < 0.5 && math.Abs(v) < 0.5 {
		return x.scale * math.Exp(a.p*math.Log1p(u)+a.q*math.Log1p(v)+x.logJac)
	}
	logSin, logCos := x.logs()
	return x.scale * math.Exp(a.p*(logSin-a.logSin)+a.q*(logCos-a.logCos)+x.logJac)
}

// sinVersed returns sin d and 1 - cos d, by Taylor series near 0.
func sinVersed(d float64) (sin, versed float64) {
	if dd := d * d; dd < 1e-3 {
		return d * (1 - dd/6*(1-dd/20*(1-dd/42*(1-dd/72)))), dd / 2 * (1 - dd/12*(1-dd/30*(1-dd/56)))
	}
	sin, cos := math.Sincos(d / 2)
	return 2 * sin * cos, 2 * sin * sin
}

// beyond reports whether the density at distance d from the mode is 0.
func (a *angle) beyond(d float64) bool { return d*d*(a.p+a.q) > 2*cutoff }

// misses reports whether the density is 0 on all of the panel.
func (a *angle) misses(p *panel) bool {
	if !a.interior || p.power != 0 {
		return false
	}
	from, to := p.t-a.modeT, p.t-a.modeT+p.width
	return from > 0 && a.beyond(from) || to < 0 && a.beyond(to)
}

// raggedLow reports whether the density has no Taylor series at t = 0 that
// twelve nodes could follow: a fractional power smaller than six.
func (a *angle) raggedLow() bool { return a.p < 6 && a.p != math.Trunc(a.p) }

// raggedHigh is raggedLow at t = π/2.
func (a *angle) raggedHigh() bool { return a.q < 6 && a.q != math.Trunc(a.q) }
