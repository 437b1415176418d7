package calc

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/samplit/samplit/engine/stats"
)

// check collects the first thing that is wrong with a question.
type check struct{ err error }

func (c *check) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

// that fails with the message unless ok.
func (c *check) that(ok bool, format string, args ...any) {
	if !ok {
		c.fail(format, args...)
	}
}

func (c *check) positive(name string, x float64) { c.that(x > 0, "%s must be positive", name) }

func (c *check) notNegative(name string, x float64) { c.that(x >= 0, "%s must not be negative", name) }

// inside checks that x is in the open unit interval.
func (c *check) inside(name string, x float64) {
	c.that(x > 0 && x < 1, "%s must be between 0 and 1", name)
}

// count checks a number of things.
func (c *check) count(name string, n, least, most int) {
	c.that(n >= least && n <= most, "%s: %d given, %d to %d allowed", name, n, least, most)
}

func (c *check) rate(name string, x, n float64) stats.Rate {
	c.that(n > 0, "%s: the number of trials must be positive", name)
	c.that(x >= 0 && x <= n, "%s: successes must be between 0 and the trials", name)
	return stats.Rate{Successes: x, Trials: n}
}

// beta checks the shapes of a posterior.
func (c *check) beta(name string, shapes []float64) stats.Beta {
	if len(shapes) != 2 {
		c.fail("%s: a posterior has two shapes", name)
		return stats.Flat
	}
	c.that(shapes[0] > 0 && shapes[1] > 0, "%s: shapes must be positive", name)
	c.that(max(shapes[0], shapes[1]) <= 1e15, "%s: shapes must be at most 1e15", name)
	return stats.Beta{Alpha: shapes[0], Beta: shapes[1]}
}

func (c *check) betas(name string, arms [][]float64, least int) []stats.Beta {
	c.count(name, len(arms), least, MaxArms)
	if c.err != nil {
		return nil
	}
	posteriors := make([]stats.Beta, len(arms))
	for i, arm := range arms {
		posteriors[i] = c.beta(name, arm)
	}
	return posteriors
}

// tuples checks that there are rows, of so many numbers each.
func (c *check) tuples(name string, rows [][]float64, width int) {
	c.count(name, len(rows), 1, MaxRows)
	for _, row := range rows {
		c.that(len(row) == width, "%s: every row needs %d numbers", name, width)
	}
}

// estimate checks that an effect can be estimated.
func (c *check) estimate(e stats.Estimate) stats.Estimate {
	c.that(e.OK(), "nothing varies, or the control is 0: the effect is not defined")
	return e
}

// pair is an interval, or an estimate with its standard error.
type pair [2]float64

// UnmarshalJSON reads exactly two numbers.
func (p *pair) UnmarshalJSON(raw []byte) error {
	var values []float64
	if err := json.Unmarshal(raw, &values); err != nil {
		return err
	}
	if len(values) != len(p) {
		return errors.New("a pair must have two numbers")
	}
	*p = pair(values)
	return nil
}

// interval returns two results as a pair.
func interval(low, high float64) pair { return pair{low, high} }

// lift returns the interval of a lift, nil if it is undefined.
func lift(l stats.Lift) *pair {
	if !l.OK {
		return nil
	}
	return &pair{l.Low, l.High}
}

// errNoAnswer is the answer to a question that has none in the numbers allowed.
var errNoAnswer = errors.New("there is no answer for these numbers")
