package simulate

import (
	"slices"

	"github.com/samplit/samplit/engine"
)

// side is one side of one run.
type side struct {
	trial
	rates       []float64
	runOn       bool
	verdict     engine.Verdict
	decided     int // the day of the verdict counted from 1, 0 = none yet
	conversions int
	lost        []float64
	share       [][]float64
	seen, hits  []int // of this step, by arm
	today       []int // visitors by arm
}

func newSide(in CompareInput, allocator, strategy string) *side {
	a, err := engine.New(allocator, strategy, nil)
	if err != nil {
		panic("simulate: " + err.Error())
	}
	k := len(in.Rates)
	return &side{
		trial: *newTrial(a, allocator != engine.Sequential, k, in.Planned, float64(in.Daily)),
		rates: in.Rates, runOn: in.RunOn,
		seen: make([]int, k), hits: make([]int, k), today: make([]int, k),
	}
}

// chosen is the arm all visitors see, -1 while the experiment runs.
func (s *side) chosen() int {
	if s.decided == 0 || s.runOn {
		return -1
	}
	return s.verdict.Arm
}

// ends are the upper ends of the arms' parts of [0, Buckets).
func (s *side) ends() []int {
	ends, sum := make([]int, len(s.rates)), 0
	for i, w := range s.epoch().Weights {
		switch c := s.chosen(); {
		case c < 0:
			sum += w
		case c == i:
			sum = engine.Buckets
		}
		ends[i] = sum
	}
	return ends
}

func (s *side) see(arm, visitors, converters int) {
	s.seen[arm] += visitors
	s.hits[arm] += converters
}

// end closes a step.
func (s *side) end(day int) {
	for i := range s.seen {
		s.today[i] += s.seen[i]
		s.conversions += s.hits[i]
	}
	if s.chosen() < 0 {
		s.record(day, s.seen, s.hits)
		s.learn()
	}
	clear(s.seen)
	clear(s.hits)
}

// close ends a day: it adds to the curves and asks for the verdict.
func (s *side) close(day int) {
	best, lost, all := slices.Max(s.rates), 0.0, 0
	for _, n := range s.today {
		all += n
	}
	shares := make([]float64, len(s.today))
	for i, n := range s.today {
		lost += float64(n) * (best - s.rates[i])
		shares[i] = float64(n) / float64(all)
	}
	if day > 0 {
		lost += s.lost[day-1]
	}
	s.lost, s.share = append(s.lost, lost), append(s.share, shares)
	clear(s.today)
	if s.decided > 0 {
		return
	}
	if v := s.look().Verdict; v.Action == engine.Ship || v.Action == engine.Stop {
		s.verdict, s.decided = v, day+1
	}
}

// contradicts says whether a verdict is wrong about arms of these rates.
func contradicts(v engine.Verdict, rates []float64) bool {
	lift := slices.Max(rates[1:])/rates[0] - 1 // of the best variant; +Inf or NaN when the control never converts
	switch v.Reason {
	case engine.ReasonBetter:
		return rates[v.Arm] <= rates[0]
	case engine.ReasonControlBest, engine.ReasonEqual, engine.ReasonNotBetter:
		return lift > margin
	}
	return false
}
