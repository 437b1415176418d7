package simulate

// search is one run that looks for the best of many arms.
type search struct {
	values         []float64
	best           int
	visits, seen   int
	regret, second float64
	onBest         float64 // the part of the last tenth of visitors
}

func newSearch(visits int, values []float64) search {
	return search{visits: visits, values: values, best: largest(values)}
}

// see counts a visitor.
func (s *search) see(arm int) {
	lost := s.values[s.best] - s.values[arm]
	s.regret += lost
	if s.seen >= s.visits/2 {
		s.second += lost
	}
	if tenth := s.visits / 10; s.seen >= s.visits-tenth && arm == s.best {
		s.onBest += 1 / float64(tenth)
	}
	s.seen++
}

// SearchAnswer is the answer of a search: expected conversions lost against the best arm in all and in the second half,
// the part of the last tenth of visitors on the best arm, and the share of runs in which most of them were on it.
type SearchAnswer struct {
	Regret     Mean    `json:"regret"`
	SecondHalf Mean    `json:"second_half"`
	OnBest     Mean    `json:"on_best"`
	Ends       float64 `json:"ends_on_best"`
	Best       []int   `json:"best"` // what it shows
}

// searchSum adds up the runs.
type searchSum struct {
	regret, second, onBest running
	ends                   share
}

func (s *searchSum) add(r search) {
	s.regret.add(r.regret)
	s.second.add(r.second)
	s.onBest.add(r.onBest)
	s.ends.add(r.onBest > 0.5)
}

func (s *searchSum) answer(best []int) SearchAnswer {
	return SearchAnswer{
		Regret: s.regret.result(), SecondHalf: s.second.result(), OnBest: s.onBest.result(), Ends: s.ends.value(), Best: best,
	}
}
