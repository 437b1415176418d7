package simulate

import "github.com/samplit/samplit/engine/stats"

// Stop rules end a run after a period; the first one that applies, in the order below. A rule that is 0 is off.
type Stop struct {
	MinPeriods int `json:"min_periods"` // none applies before
	MaxPeriods int `json:"max_periods"` // the last period; 0 = 1,000
	// BeatsControl ends a run when some arm beats the first with this probability.
	BeatsControl float64 `json:"beats_control"`
	// ProbBest ends a run when some arm is the best with this probability.
	ProbBest float64 `json:"prob_best"`
	// ValueRemaining ends a run when the 95 % quantile of the value remaining is below this part of the leader's rate.
	ValueRemaining float64 `json:"value_remaining"`
}

// Names of the rules in an answer.
const (
	ruleBeatsControl   = "beats_control"
	ruleProbBest       = "prob_best"
	ruleValueRemaining = "value_remaining"
	ruleMaxPeriods     = "max_periods"
)

func (s Stop) most() int {
	if s.MaxPeriods == 0 {
		return max(1000, s.MinPeriods)
	}
	return s.MaxPeriods
}

func (s Stop) check(c *checks) {
	c.between("stop.min_periods", float64(s.MinPeriods), 0, maxPeriods)
	c.between("stop.max_periods", float64(s.MaxPeriods), 0, maxPeriods)
	c.that(s.MinPeriods <= s.most(), "stop.max_periods", "no less than stop.min_periods")
	c.between("stop.beats_control", s.BeatsControl, 0, 1)
	c.between("stop.prob_best", s.ProbBest, 0, 1)
	c.between("stop.value_remaining", s.ValueRemaining, 0, 1)
}

// rule returns the name of the rule that ends a run after so many periods, empty if none does.
func (s Stop) rule(periods int, l *learner) string {
	if periods < s.MinPeriods {
		return ""
	}
	switch {
	case s.BeatsControl > 0 && beatsControl(l.posterior) >= s.BeatsControl:
		return ruleBeatsControl
	case s.ProbBest > 0 && l.best()[largest(l.best())] >= s.ProbBest:
		return ruleProbBest
	case s.ValueRemaining > 0 && stats.RemainingBelow(l.posterior, largest(l.best()), s.ValueRemaining) > 0.95:
		return ruleValueRemaining
	case periods >= s.most():
		return ruleMaxPeriods
	}
	return ""
}

// beatsControl is the largest probability of an arm to beat the first.
func beatsControl(arms []stats.Beta) (most float64) {
	for _, arm := range arms[1:] {
		most = max(most, stats.ProbBeats(arms[0], arm))
	}
	return most
}

// cost of a period's check, from that of the integral of the chances.
func (s Stop) cost(integral float64) (seconds float64) {
	if s.BeatsControl > 0 || s.ProbBest > 0 {
		seconds += integral
	}
	if s.ValueRemaining > 0 {
		seconds += 2 * integral
	}
	return seconds
}
