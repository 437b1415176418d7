package simulate

import (
	"slices"
)

// Ways to select the arm of a visitor.
const (
	SelectMatch   = "match"   // the period's visitors are drawn from the chances to be best
	SelectDraw    = "draw"    // every visitor gets the arm with the highest draw from the posteriors; the same in distribution
	SelectTopTwo  = "top_two" // the period's visitors are drawn from the shares of top-two sampling
	SelectUCB1    = "ucb1"    // the highest bound mean + √(2 ln t/n)
	SelectKLUCB   = "kl_ucb"  // the highest bound by Kullback-Leibler divergence
	SelectEpsilon = "epsilon" // the highest posterior mean, but any arm with probability epsilon
	SelectGreedy  = "greedy"  // the highest posterior mean
	SelectUniform = "uniform" // any arm
)

// Policy says how visitors are given arms. All of a period get them by what was known before it.
type Policy struct {
	Select  string  `json:"select"`
	Epsilon float64 `json:"epsilon"`
	// Floor is added to all arms: with probability Floor·k a visitor gets any arm.
	Floor float64 `json:"floor"`
	// Discount multiplies what was known at the end of every period; 0 and 1 forget nothing.
	Discount float64 `json:"discount"`
	// Window is the number of periods that are remembered, the one under way included, so that visitors are given arms by
	// the Window-1 periods before theirs; 0 is all.
	Window int         `json:"window"`
	Prior  *[2]float64 `json:"prior"` // alpha and beta of the Beta prior; [1,1] when absent
}

func (p Policy) check(c *checks, arms int) {
	known := []string{SelectMatch, SelectDraw, SelectTopTwo, SelectUCB1, SelectKLUCB, SelectEpsilon, SelectGreedy, SelectUniform}
	c.that(slices.Contains(known, p.Select), "policy.select", "match, draw, top_two, ucb1, kl_ucb, epsilon, greedy or uniform")
	c.between("policy.epsilon", p.Epsilon, 0, 1)
	c.between("policy.floor", p.Floor, 0, 1/float64(arms))
	c.between("policy.discount", p.Discount, 0, 1)
	c.between("policy.window", float64(p.Window), 0, 10_000)
	if p.Prior != nil {
		c.between("policy.prior[0]", p.Prior[0], 1e-3, 1e9)
		c.between("policy.prior[1]", p.Prior[1], 1e-3, 1e9)
	}
}
