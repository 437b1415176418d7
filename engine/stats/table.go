package stats

import (
	"math"
)

// table is a mass prepared for many lookups: on each panel the running integral
// is a polynomial. The absolute error stays that of the panels; far in the tails
// the relative error is larger than that of mass.
type table struct {
	*mass
	series [][order + 1]float64 // Legendre coefficients of the mass within a panel
	ends   []float64            // the rates at which panels meet, before halving
}

func newTable(b Beta) *table {
	a := newAngle(b)
	// Between its nodes the polynomial of a panel errs by 10⁻⁹; of half a panel, by
	// 10⁻¹².
	var halves []panel
	t := &table{}
	for _, p := range panels([]angle{a}) {
		halves = append(halves, p.split(2)...)
		if t.ends == nil {
			t.ends = append(t.ends, square(math.Sin(p.t)))
		}
		t.ends = append(t.ends, square(math.Sin(p.t+p.width)))
	}
	t.mass = a.over(halves)
	t.series = make([][order + 1]float64, len(t.panels))
	for i := range t.panels {
		var f [order]float64
		for k := range f {
			x := t.panels[i].at(gauss.x[k])
			f[k] = t.density(&x)
		}
		for m := range t.series[i] {
			t.series[i][m] = dot(&gauss.expand[m], f[:])
		}
	}
	return t
}

// below returns the mass up to an angle.
func (t *table) below(at edge) float64 {
	i := t.locate(at.t, at.s)
	if i < 0 {
		return 0
	}
	part := clenshaw(&t.series[i], 2*t.panels[i].find(at.t, at.s)-1)
	return clamp((t.before[i]+part)/t.total, 0, 1)
}

// clenshaw sums a Legendre series at x in [-1, 1].
func clenshaw(c *[order + 1]float64, x float64) float64 {
	var b1, b2 float64
	for m := order; m > 0; m-- {
		n := float64(m)
		b1, b2 = c[m]+(2*n+1)/(n+1)*x*b1-(n+1)/(n+2)*b2, b1
	}
	return c[0] + x*b1 - b2/2
}
