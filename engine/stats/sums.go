package stats

import "math"

// Sums are the running totals of an arm: N visitors, the Sum of their outcomes
// and of their Squares. They add up over hours, days and epochs. For conversions
// Sum and Squares are both the number of converted visitors.
type Sums struct{ N, Sum, Squares float64 }

// Sums returns the totals of a rate; zero if it is unknown.
func (r Rate) Sums() Sums {
	s, _ := r.sane()
	return Sums{s.Trials, s.Successes, s.Successes}
}

// Add returns the totals of both together.
func (s Sums) Add(t Sums) Sums {
	return Sums{s.N + t.N, s.Sum + t.Sum, s.Squares + t.Squares}
}

// Known reports whether there are visitors and all totals are finite.
func (s Sums) Known() bool { return positive(s.N) && finite(s.Sum, s.Squares) }

// Sample returns the totals as a Sample, with the variance over N-1.
func (s Sums) Sample() Sample { return SampleFromSums(s.N, s.Sum, s.Squares) }

// mean returns Sum/N, variance Squares/N - (Sum/N)², which for conversions is
// p(1-p); both need Known.
func (s Sums) mean() float64 { return s.Sum / s.N }

func (s Sums) variance() float64 {
	m := s.mean()
	return math.Max(0, s.Squares/s.N-m*m)
}
