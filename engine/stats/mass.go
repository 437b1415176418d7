package stats

import "math"

// mass is one Beta density on its panels with the running integral. A lookup
// costs one panel, so functions that need many values of one distribution build
// it once.
type mass struct {
	angle
	panels []panel
	before []float64 // before[i] is the mass below panel i; the last entry is all of it
	after  []float64 // after[i] is the mass above panel i
	total  float64
}

func newMass(b Beta) *mass {
	a := newAngle(b)
	return a.over(panels([]angle{a}))
}

// over returns the mass of the density on the panels.
func (a angle) over(ps []panel) *mass {
	m := &mass{angle: a, panels: ps}
	n := len(m.panels)
	m.before, m.after = make([]float64, n+1), make([]float64, n)
	for i := range m.panels {
		m.before[i+1] = m.before[i] + m.integrate(i, 0, 1)
	}
	for i := n - 1; i > 0; i-- {
		m.after[i-1] = m.after[i] + (m.before[i+1] - m.before[i])
	}
	m.total = m.before[n]
	return m
}

// integrate returns the mass of panel i between u = from and u = to.
func (m *mass) integrate(i int, from, to float64) float64 {
	var sum float64
	for k := range order {
		x := m.panels[i].at(from + (to-from)*gauss.x[k])
		sum += gauss.w[k] * m.density(&x)
	}
	return sum * (to - from)
}

// split returns P(θ <= x) and P(θ > x), each from its own side, for x in (0, 1).
func (m *mass) split(x float64) (lower, upper float64) {
	at := edgeOf(x)
	i := m.locate(at.t, at.s)
	if i < 0 {
		return 0, 1
	}
	u := m.panels[i].find(at.t, at.s)
	if lower = (m.before[i] + m.integrate(i, 0, u)) / m.total; lower < 0.5 {
		return lower, 1 - lower
	}
	upper = (m.after[i] + m.integrate(i, u, 1)) / m.total
	return clamp(1-upper, 0, 1), clamp(upper, 0, 1)
}

// locate returns the panel that holds the point, -1 below all of them.
func (m *mass) locate(t, s float64) int {
	i := len(m.panels) - 1
	for i >= 0 && (m.panels[i].t > t || m.panels[i].s < s) {
		i--
	}
	return i
}

// quantile returns the point below which lies the part p of the mass, for p in
// (0, 1), by Newton steps on u kept inside a shrinking bracket.
func (m *mass) quantile(p float64) point {
	target := p * m.total
	i := 0
	for i < len(m.panels)-1 && m.before[i+1] < target {
		i++
	}
	target -= m.before[i]
	lo, hi := 0.0, 1.0
	u := clamp(target/(m.before[i+1]-m.before[i]), 0.01, 0.99)
	for range 100 {
		x := m.panels[i].at(u)
		excess := m.integrate(i, 0, u) - target
		if excess > 0 {
			hi = u
		} else {
			lo = u
		}
		next := u - excess/m.density(&x)
		if !(next > lo && next < hi) {
			next = (lo + hi) / 2
		}
		if math.Abs(next-u) <= 1e-15*u {
			break
		}
		u = next
	}
	return m.panels[i].at(u)
}
