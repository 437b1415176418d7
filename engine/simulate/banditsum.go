package simulate

import (
	"math"
	"strconv"
)

// banditSum adds up the runs.
type banditSum struct {
	*Bandit
	periods, saved running
	reports        []running
	right, longer  share
	shares         []running
	stopped        map[string]float64
}

func (b *Bandit) newSum() *banditSum {
	return &banditSum{
		Bandit: b, reports: make([]running, len(b.ReportAt)), shares: make([]running, len(b.Arms)), stopped: map[string]float64{},
	}
}

// classical returns the visitors of the classical test and what it loses.
func (b *Bandit) classical() (visitors, lost float64) {
	n := float64(b.Classical.PerArm)
	best := math.Inf(-1)
	for _, arm := range b.Arms {
		best = max(best, arm.Rate.at(0))
	}
	for _, arm := range b.Arms {
		lost += n * (best - arm.Rate.at(0))
	}
	return n * float64(len(b.Arms)), lost
}

func (s *banditSum) add(r banditRun) {
	s.periods.add(float64(r.periods))
	s.right.add(r.right)
	if s.Classical != nil {
		visitors, lost := s.classical()
		s.saved.add(lost - r.regret)
		s.longer.add(float64(r.periods)*float64(s.VisitsPerPeriod) > visitors)
	}
	for i, x := range r.reports {
		s.reports[i].add(x)
	}
	all := 0
	for _, n := range r.visits {
		all += n
	}
	for i, n := range r.visits {
		s.shares[i].add(float64(n) / float64(all))
	}
	s.stopped[r.stopped]++
}

func (s *banditSum) answer() BanditAnswer {
	a := BanditAnswer{Regret: map[string]Mean{}, Periods: s.periods.result(), Right: s.right.value(), Share: []float64{}}
	for i, at := range s.ReportAt {
		a.Regret[strconv.Itoa(at)] = s.reports[i].result()
	}
	for _, x := range s.shares {
		a.Share = append(a.Share, x.mean)
	}
	if s.Classical != nil {
		saved, longer := s.saved.result(), s.longer.value()
		a.Saved, a.Longer = &saved, &longer
	}
	if s.Bandit.Stops {
		a.Stopped = map[string]float64{}
		for rule, n := range s.stopped {
			if rule != "" {
				a.Stopped[rule] = n / s.periods.n
			}
		}
	}
	return a
}
