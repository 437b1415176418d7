package simulate

import (
	"encoding/json"
	"math"
)

// Mean is an average over runs and its standard error, [mean, se] in JSON. One run has the standard error 0.
type Mean struct{ Mean, SE float64 }

// MarshalJSON writes [mean, se].
func (m Mean) MarshalJSON() ([]byte, error) { return json.Marshal([2]float64{m.Mean, m.SE}) }

// UnmarshalJSON reads [mean, se].
func (m *Mean) UnmarshalJSON(raw []byte) error {
	var pair [2]float64
	if err := json.Unmarshal(raw, &pair); err != nil {
		return err
	}
	m.Mean, m.SE = pair[0], pair[1]
	return nil
}

// running keeps the mean and the sum of squared deviations of what it is given. Welford 1962.
type running struct{ n, mean, squares float64 }

func (r *running) add(x float64) {
	r.n++
	d := x - r.mean
	r.mean += d / r.n
	r.squares += d * (x - r.mean)
}

func (r running) result() Mean {
	if r.n < 2 {
		return Mean{Mean: r.mean}
	}
	return Mean{Mean: r.mean, SE: math.Sqrt(r.squares / (r.n - 1) / r.n)}
}

// share is the part of runs in which something happened.
type share struct{ n, hits float64 }

func (s *share) add(hit bool) {
	s.n++
	if hit {
		s.hits++
	}
}

func (s share) value() float64 {
	if s.n == 0 {
		return 0
	}
	return s.hits / s.n
}
