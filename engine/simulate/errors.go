package simulate

import "fmt"

// FieldError names a field of a scenario that cannot be simulated. Low and High are its bounds where it has some.
type FieldError struct {
	Field, Want string
	Low, High   float64
}

func (e *FieldError) Error() string { return fmt.Sprintf("%s: must be %s", e.Field, e.Want) }

// CostError refuses a scenario that takes too long. Both are in seconds of CPU.
type CostError struct{ Cost, Limit float64 }

func (e *CostError) Error() string {
	return fmt.Sprintf("this would take about %.0f seconds of CPU, more than the limit of %.0f; ask for fewer runs or visitors", e.Cost, e.Limit)
}

// checks keeps the first thing that is wrong.
type checks struct{ err error }

// between wants a number inside [low, high].
func (c *checks) between(field string, x, low, high float64) {
	if c.err == nil && !(x >= low && x <= high) {
		c.err = &FieldError{Field: field, Want: fmt.Sprintf("from %.10g to %.10g", low, high), Low: low, High: high}
	}
}

// that wants something else.
func (c *checks) that(ok bool, field, want string) {
	if c.err == nil && !ok {
		c.err = &FieldError{Field: field, Want: want}
	}
}

func indexed(field string, i int) string { return fmt.Sprintf("%s[%d]", field, i) }
