package simulate

import (
	"github.com/samplit/samplit/engine"
)

// verdictSum adds up the runs.
type verdictSum struct {
	decided, wrongly, shipped, stopped, gaveUp, fix, undecided, wrong share
	always, srm, chiSquare, fixed                                     share
	days                                                              running
	covered, intervals                                                float64
}

func (s *verdictSum) add(r verdictRun) {
	v := r.verdict
	s.decided.add(r.decided)
	s.wrongly.add(r.wrongly)
	s.shipped.add(v.Action == engine.Ship)
	s.stopped.add(v.Action == engine.Stop && v.Reason != engine.ReasonOutOfReach)
	s.gaveUp.add(v.Reason == engine.ReasonOutOfReach)
	s.fix.add(v.Action == engine.Fix)
	s.undecided.add(v.Action == "")
	s.wrong.add(r.wrong)
	s.days.add(float64(r.days))
	s.always.add(!r.missed)
	s.srm.add(r.srm)
	s.chiSquare.add(r.chiSquare)
	s.fixed.add(r.fixed)
	s.covered += float64(r.covered)
	s.intervals += float64(r.intervals)
}

func (s *verdictSum) answer() VerdictAnswer {
	a := VerdictAnswer{
		Decided: s.decided.value(), False: s.wrongly.value(), Shipped: s.shipped.value(), Stopped: s.stopped.value(),
		GaveUp: s.gaveUp.value(), Fix: s.fix.value(), Undecided: s.undecided.value(), Wrong: s.wrong.value(), Days: s.days.result(),
		Always: s.always.value(), SRM: s.srm.value(), ChiSquare: s.chiSquare.value(), FixedHorizon: s.fixed.value(), Coverage: 1,
	}
	if s.intervals > 0 {
		a.Coverage = s.covered / s.intervals
	}
	return a
}
