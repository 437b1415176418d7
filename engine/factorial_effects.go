package engine

import (
	"math"
	"slices"

	"github.com/samplit/samplit/engine/stats"
)

// Effect is what one variant of an element does compared with the control's variant of it, whatever the other elements
// show.
type Effect struct {
	Element, Level int
	// Lift is the effect relative to the control's variant, the geometric mean over all pairs of arms that differ in
	// this element alone, with its credible interval; not OK when exclusions leave no such pair.
	Lift stats.Lift
	// ProbPositive is the probability that the effect is above 0; 0.5 when the lift is not OK.
	ProbPositive float64
}

// Effects returns the effects of all variants but the control's, by element, then level.
func (c *Combinations) Effects(level float64) []Effect {
	var effects []Effect
	for element, base := range c.base {
		for l := range c.highest(element) + 1 {
			if l != base {
				effects = append(effects, c.effect(element, l, level))
			}
		}
	}
	return effects
}

func (c *Combinations) effect(element, l int, level float64) Effect {
	e := Effect{Element: element, Level: l, ProbPositive: 0.5}
	var pairs [][2]int
	for i, a := range c.levels {
		for j, b := range c.levels {
			if a[element] == l && b[element] == c.base[element] && differOnlyIn(element, a, b) {
				pairs = append(pairs, [2]int{i, j})
			}
		}
	}
	if len(pairs) == 0 {
		return e
	}
	e.Lift, e.ProbPositive = c.judge(pairs, level)
	return e
}

// judge returns the geometric mean of a/b over pairs of arms, less 1, and the probability that it is above 0: 0.5 where
// the lift is not OK.
func (c *Combinations) judge(pairs [][2]int, level float64) (stats.Lift, float64) {
	logs := make([]stats.Normal, len(c.fields))
	for f := range c.fields {
		logs[f] = c.logRatio(f, pairs)
	}
	lift := c.lift(logs, level)
	if !lift.OK {
		return lift, 0.5
	}
	return lift, c.positive(logs)
}

// positive is the probability that a logarithm is above 0, over the fields. The weights may add up to a little more than 1.
func (c *Combinations) positive(logs []stats.Normal) (p float64) {
	for f := range logs {
		p += c.weight[f] * logs[f].ProbPositive()
	}
	return min(p, 1)
}

// Interaction is what two variants of two elements do together beyond what each does alone: the ratio of the lifts
//
//	(p_ab / p_0b) / (p_a0 / p_00) - 1,
//
// the geometric mean over what the other elements show. 0: they do not depend on each other.
type Interaction struct {
	Elements, Levels [2]int
	Lift             stats.Lift // not OK when exclusions leave nothing to compare
	ProbPositive     float64    // 0.5 when the lift is not OK
}

// Interactions returns those of all pairs of variants but the control's, in the order of elements, then levels.
func (c *Combinations) Interactions(level float64) []Interaction {
	var out []Interaction
	for e := range c.base {
		for f := e + 1; f < len(c.base); f++ {
			for l := range c.highest(e) + 1 {
				for m := range c.highest(f) + 1 {
					if l != c.base[e] && m != c.base[f] {
						out = append(out, c.interaction([2]int{e, f}, [2]int{l, m}, level))
					}
				}
			}
		}
	}
	return out
}

func (c *Combinations) interaction(elements, levels [2]int, level float64) Interaction {
	out := Interaction{Elements: elements, Levels: levels, ProbPositive: 0.5}
	base := [2]int{c.base[elements[0]], c.base[elements[1]]}
	var pairs [][2]int // p_ab against p_0b, and p_00 against p_a0: the logarithms of all of them add up
	for i, a := range c.levels {
		if a[elements[0]] != levels[0] || a[elements[1]] != levels[1] {
			continue
		}
		one, other, none := c.at(a, elements, [2]int{levels[0], base[1]}), c.at(a, elements, [2]int{base[0], levels[1]}), c.at(a, elements, base)
		if one >= 0 && other >= 0 && none >= 0 {
			pairs = append(pairs, [2]int{i, other}, [2]int{none, one})
		}
	}
	if len(pairs) == 0 {
		return out
	}
	// Each quadruple made two pairs of the mean, so that it is half of the logarithm sought.
	logs := make([]stats.Normal, len(c.fields))
	for f := range c.fields {
		half := c.logRatio(f, pairs)
		logs[f] = stats.Normal{Mean: 2 * half.Mean, Variance: 4 * half.Variance}
	}
	if out.Lift = c.lift(logs, level); out.Lift.OK {
		out.ProbPositive = c.positive(logs)
	}
	return out
}

// at returns the place of the arm that shows other levels of two elements and is like another one in the rest; -1 when
// it is excluded.
func (c *Combinations) at(like []int, elements, levels [2]int) int {
	want := slices.Clone(like)
	want[elements[0]], want[elements[1]] = levels[0], levels[1]
	return slices.IndexFunc(c.levels, func(l []int) bool { return slices.Equal(l, want) })
}

// highest is the last level of an element.
func (c *Combinations) highest(element int) (highest int) {
	for _, levels := range c.levels {
		highest = max(highest, levels[element])
	}
	return highest
}

func differOnlyIn(element int, a, b []int) bool {
	for e := range a {
		if e != element && a[e] != b[e] {
			return false
		}
	}
	return true
}

// logRatio is the posterior, by one of the fields, of the mean over pairs of ln(a/b), linear at the posterior mean:
// d ln p = (1-p) d logit p.
func (c *Combinations) logRatio(f int, pairs [][2]int) stats.Normal {
	field := c.fields[f]
	weights, mean, n := make([]float64, len(c.levels)), 0.0, float64(len(pairs))
	for _, pair := range pairs {
		for side, sign := range []float64{1, -1} {
			at := pair[side]
			log, slope := c.log(field.Mean[at])
			mean += sign * log / n
			weights[at] += sign * slope / n
		}
	}
	return stats.Normal{Mean: mean, Variance: field.Combine(weights).Variance}
}

// log returns the logarithm of what an arm brings, and its slope, at x: a logit, or a mean relative to that of all.
func (c *Combinations) log(x float64) (log, slope float64) {
	if c.scale != 0 {
		return math.Log(x), 1 / x // NaN for means below 0, of which no ratio is taken
	}
	return -math.Log1p(math.Exp(-x)), 1 / (1 + math.Exp(x))
}

// lift turns the logarithm of a ratio, as every field sees it, into a lift with an interval.
func (c *Combinations) lift(logs []stats.Normal, level float64) stats.Lift {
	n := c.mix(logs)
	if math.IsNaN(n.Mean) || math.IsNaN(n.Variance) {
		return stats.Lift{}
	}
	low, high := n.Interval(level)
	l := stats.Lift{Mean: math.Expm1(n.Mean), Low: math.Expm1(low), High: math.Expm1(high), OK: n.OK()}
	if !l.OK || math.IsInf(l.High, 0) || math.IsInf(l.Mean, 0) {
		return stats.Lift{}
	}
	return l
}

// mix returns the mean and the variance of the fields' mixture.
func (c *Combinations) mix(parts []stats.Normal) stats.Normal {
	var n stats.Normal
	for f, part := range parts {
		n.Mean += c.weight[f] * part.Mean
	}
	for f, part := range parts {
		d := part.Mean - n.Mean
		n.Variance += c.weight[f] * (part.Variance + d*d)
	}
	return n
}

// CombinationEstimate is what the model expects of one arm.
type CombinationEstimate struct {
	// Mean is conversions, or value, per visitor, with its credible interval.
	Mean, Low, High float64
	// Lift is relative to the control; not OK for the control itself, and where there is nothing to divide by.
	Lift stats.Lift
	// ProbBeatsControl is the probability that the lift is above 0; 0.5 where it is not OK.
	ProbBeatsControl float64
}

// Arms returns the model's estimate of every arm. The best combination is the one with the highest ProbBest.
func (c *Combinations) Arms(level float64) []CombinationEstimate {
	estimates, control := make([]CombinationEstimate, len(c.order)), 0
	for at, levels := range c.levels {
		if differOnlyIn(-1, levels, c.base) {
			control = at
		}
	}
	for at, i := range c.order {
		parts := make([]stats.Normal, len(c.fields))
		for f, field := range c.fields {
			parts[f] = field.At(at)
		}
		n := c.mix(parts)
		low, high := n.Interval(level)
		estimates[i] = CombinationEstimate{Mean: c.unit(n.Mean), Low: c.unit(low), High: c.unit(high), ProbBeatsControl: 0.5}
		if at != control {
			estimates[i].Lift, estimates[i].ProbBeatsControl = c.judge([][2]int{{at, control}}, level)
		}
	}
	return estimates
}

// unit turns a logit into a rate, or a relative mean into the goal's unit.
func (c *Combinations) unit(x float64) float64 {
	if c.scale != 0 {
		return x * c.scale
	}
	return 1 / (1 + math.Exp(-x))
}
