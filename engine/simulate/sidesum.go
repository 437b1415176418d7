package simulate

import (
	"slices"

	"github.com/samplit/samplit/engine"
)

// sideSum adds up the sides of all runs.
type sideSum struct {
	runs                                float64
	conversions, days                   running
	shipped, stopped, gaveUp, undecided share
	wrongs, best                        share
	decided                             []int // by day
	lost                                []float64
	shares                              [][]float64
}

func newSideSum(in CompareInput) *sideSum {
	s := &sideSum{decided: make([]int, in.Days), lost: make([]float64, in.Days), shares: make([][]float64, in.Days)}
	for day := range s.shares {
		s.shares[day] = make([]float64, len(in.Rates))
	}
	return s
}

func (s *sideSum) add(x *side) {
	s.runs++
	s.conversions.add(float64(x.conversions))
	s.shipped.add(x.verdict.Action == engine.Ship)
	s.stopped.add(x.verdict.Action == engine.Stop && x.verdict.Reason != engine.ReasonOutOfReach)
	s.gaveUp.add(x.verdict.Reason == engine.ReasonOutOfReach)
	s.undecided.add(x.decided == 0)
	s.wrongs.add(contradicts(x.verdict, x.rates))
	s.best.add(x.decided > 0 && x.rates[x.verdict.Arm] == slices.Max(x.rates))
	if x.decided > 0 {
		s.decided[x.decided-1]++
		s.days.add(float64(x.decided))
	} else {
		s.days.add(float64(len(s.decided)))
	}
	for day, lost := range x.lost {
		s.lost[day] += lost
		for arm, part := range x.share[day] {
			s.shares[day][arm] += part
		}
	}
}

func (s *sideSum) result() Side {
	out := Side{
		Conversions: s.conversions.result(), Days: s.days.result(),
		Shipped: s.shipped.value(), Stopped: s.stopped.value(), GaveUp: s.gaveUp.value(), Undecided: s.undecided.value(),
		Wrong: s.wrongs.value(), Best: s.best.value(), Lost: s.lost, Share: s.shares,
	}
	sum := 0
	for day, n := range s.decided {
		if sum += n; out.MedianDays == nil && float64(sum) >= s.runs/2 {
			half := day + 1
			out.MedianDays = &half
		}
		s.lost[day] /= s.runs
		for arm := range s.shares[day] {
			s.shares[day][arm] /= s.runs
		}
	}
	return out
}
