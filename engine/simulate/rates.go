package simulate

import (
	"encoding/json"
	"errors"
)

// Rates are the true conversion rates of an arm by period, the last one repeated. In JSON one number or a list.
type Rates []float64

// UnmarshalJSON reads a number or a list of numbers.
func (r *Rates) UnmarshalJSON(raw []byte) error {
	var list []float64
	if err := json.Unmarshal(raw, &list); err == nil {
		*r = list
		return nil
	}
	var one float64
	if err := json.Unmarshal(raw, &one); err != nil {
		return errors.New("a rate is a number or a list of numbers")
	}
	*r = Rates{one}
	return nil
}

// MarshalJSON writes what UnmarshalJSON reads.
func (r Rates) MarshalJSON() ([]byte, error) {
	if len(r) == 1 {
		return json.Marshal(r[0])
	}
	return json.Marshal([]float64(r))
}

func (r Rates) at(period int) float64 { return r[min(period, len(r)-1)] }

func (r Rates) check(c *checks, field string) {
	c.between("number of "+field, float64(len(r)), 1, maxPeriods)
	for i, p := range r {
		name := field
		if len(r) > 1 {
			name = indexed(field, i)
		}
		c.between(name, p, 0, 1)
	}
}
