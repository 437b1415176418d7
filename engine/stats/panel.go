package stats

import (
	"cmp"
	"math"
	"slices"
)

// point is an abscissa t in [0, π/2], kept from both ends so that neither end
// loses digits; on a linear panel just a number t.
type point struct {
	t, s     float64 // t and π/2 - t
	sin, cos float64
	slope    float64 // dθ/du, for θ = sin² t or on a linear panel θ = t
	// The Jacobian dt/du of the panel is scale·exp(logJac), and the product of a
	// density with a fractional power and its Jacobian is formed in logarithms:
	// either alone can overflow.
	scale, logJac  float64
	logSin, logCos float64 // set when hasLogs
	hasLogs        bool
}

// logs returns ln sin t and ln cos t.
func (x *point) logs() (logSin, logCos float64) {
	if !x.hasLogs {
		x.hasLogs = true
		if x.t < x.s {
			x.logSin, x.logCos = math.Log(x.sin), 0.5*math.Log1p(-x.sin*x.sin)
		} else {
			x.logCos, x.logSin = math.Log(x.cos), 0.5*math.Log1p(-x.cos*x.cos)
		}
	}
	return x.logSin, x.logCos
}

// panel is an interval of t swept by u in [0, 1]. power 0 is the plain panel
// t + width·u. The two end panels straighten fractional powers of the distance
// to their end: t = width·u^power at the low end, and π/2 - t =
// width·(1-u)^-power, with negative power, at the high end.
type panel struct {
	t, s   float64 // the start of the panel, from 0 and from π/2
	width  float64
	power  float64
	linear bool // the variable is not an angle: s is -t
}

// at returns the point at u.
func (p *panel) at(u float64) point {
	switch {
	case p.power > 0:
		return lowPoint(p.width, p.power, u)
	case p.power < 0:
		x := lowPoint(p.width, -p.power, 1-u)
		x.t, x.s, x.sin, x.cos = x.s, x.t, x.cos, x.sin
		x.logSin, x.logCos = x.logCos, x.logSin
		return x
	}
	x := point{t: p.t + p.width*u, s: p.s - p.width*u, scale: p.width, slope: p.width}
	if p.linear {
		return x
	}
	if x.t < x.s {
		x.sin, x.cos = math.Sincos(x.t)
	} else {
		x.cos, x.sin = math.Sincos(x.s)
	}
	x.slope *= 2 * x.sin * x.cos
	return x
}

// lowPoint returns the point t = width·u^power, whose t may underflow while its
// logarithm does not.
func lowPoint(width, power, u float64) point {
	x := point{t: width * math.Pow(u, power), scale: 1, hasLogs: true}
	x.s = math.Pi/2 - x.t
	x.sin, x.cos = math.Sincos(x.t)
	logU := math.Log(u)
	x.logSin = math.Log(width) + power*logU
	x.logCos = 0.5 * math.Log1p(-x.sin*x.sin)
	x.logJac = math.Log(width*power) + (power-1)*logU
	x.slope = 2 * x.sin * x.cos * math.Exp(x.logJac)
	return x
}

// find returns the u of the point with the given distances from both ends,
// clamped to the panel.
func (p *panel) find(t, s float64) float64 {
	u := (t - p.t) / p.width
	switch {
	case p.power > 0:
		u = math.Pow(t/p.width, 1/p.power)
	case p.power < 0:
		u = 1 - math.Pow(s/p.width, -1/p.power)
	case p.s < p.t:
		u = (p.s - s) / p.width
	}
	return clamp(u, 0, 1)
}

// spread are the distances of the panel ends from each mean, in standard
// deviations.
var spread = [...]float64{1.7, 3.5, 5.5, 8, 12}

const (
	// mergeWithin is the part of the smallest standard deviation within which
	// two panel ends are one.
	mergeWithin = 0.9
	// grade is the ratio of successive panels towards a ragged end, grades their
	// number before the end panel. Within width 3^-16 of the end the density is a
	// pure power to 1e-15.
	grade, grades = 3, 16
	// straight is the power that the most ragged density has after the
	// substitution of an end panel: twelve nodes integrate u^5.
	straight = 3
)

// panels covers the parts of [0, π/2] where the densities live.
func panels(arms []angle) []panel {
	centres := make([]centre, len(arms))
	low, high := 0.0, 0.0 // powers of the end panels, 0 if not ragged
	for i := range arms {
		a := &arms[i]
		centres[i] = a.centre
		if a.raggedLow() {
			low = max(low, 1, 2*straight/(a.p+1))
		}
		if a.raggedHigh() {
			high = max(high, 1, 2*straight/(a.q+1))
		}
	}
	return cover(edges(centres, newEdge), low, high)
}

// cover turns ends into panels, with end panels of the given powers where the
// ends reach 0 and π/2.
func cover(edges []edge, low, high float64) []panel {
	if low > 0 {
		edges = gradeLow(edges)
	}
	if high > 0 {
		mirror(edges)
		edges = gradeLow(edges)
		mirror(edges)
	}
	ps := make([]panel, len(edges)-1)
	for i := range ps {
		a, b := edges[i], edges[i+1]
		ps[i] = panel{t: a.t, s: a.s, width: b.t - a.t}
		if b.s < b.t {
			ps[i].width = a.s - b.s
		}
	}
	if first := &ps[0]; low > 0 && first.t == 0 {
		first.power = low
	}
	if last := &ps[len(ps)-1]; high > 0 && edges[len(edges)-1].s == 0 {
		last.power = -high
	}
	return ps
}

// centre is where a density lies: its mean, from both ends, and its standard
// deviation.
type centre struct{ t, s, sd float64 }

// edge is a panel end, from 0 and from π/2.
type edge struct{ t, s float64 }

// edges returns the panel ends around every centre, merged and in order; at
// keeps them inside the domain.
func edges(centres []centre, at func(t, s float64) edge) []edge {
	es := make([]edge, 0, len(centres)*2*len(spread))
	gap := math.Inf(1)
	for _, c := range centres {
		gap = min(gap, mergeWithin*c.sd)
		for _, d := range spread {
			d *= c.sd
			es = append(es, at(c.t-d, c.s+d), at(c.t+d, c.s-d))
		}
	}
	slices.SortFunc(es, func(a, b edge) int { return cmp.Or(cmp.Compare(a.t, b.t), cmp.Compare(b.s, a.s)) })
	last := es[len(es)-1]
	kept := es[:1]
	for _, e := range es[1:] {
		if prev := kept[len(kept)-1]; max(e.t-prev.t, prev.s-e.s) >= gap {
			kept = append(kept, e)
		}
	}
	// The outermost end bounds the mass and must survive the merging.
	if len(kept) == 1 {
		return append(kept, last)
	}
	kept[len(kept)-1] = last
	return kept
}

// newEdge keeps an end inside [0, π/2].
func newEdge(t, s float64) edge {
	if t <= 0 {
		return edge{0, math.Pi / 2}
	}
	if s <= 0 {
		return edge{math.Pi / 2, 0}
	}
	return edge{t, s}
}

// gradeLow adds ends so that no panel spans more than a factor of grade in t,
// but for the one that touches 0.
func gradeLow(es []edge) []edge {
	out := make([]edge, 0, len(es)+2*grades)
	for i, e := range es {
		if i > 0 {
			prev := es[i-1].t
			if prev == 0 {
				prev = e.t * math.Pow(grade, -grades)
				out = append(out, edge{prev, math.Pi/2 - prev})
			}
			for prev *= grade; prev*1.5 < e.t && prev < 1; prev *= grade {
				out = append(out, edge{prev, math.Pi/2 - prev})
			}
		}
		out = append(out, e)
	}
	return out
}

// mirror reflects the ends at π/4.
func mirror(es []edge) {
	for i, e := range es {
		es[i] = edge{e.s, e.t}
	}
	slices.Reverse(es)
}

func clamp(x, lo, hi float64) float64 { return min(max(x, lo), hi) }
