package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/samplit/samplit/engine/stats"
)

// Codes of a ParamError.
const (
	CodeUnknown = "unknown"      // no such setting, or not one that goes with the others
	CodeType    = "wrong_type"   // not a number, text or boolean as the setting wants
	CodeRange   = "out_of_range" // outside the setting's domain
	CodeLength  = "wrong_length" // not one entry per arm
)

// ParamError says which setting an allocator cannot work with.
type ParamError struct {
	Field string // "allocator", "strategy", "weights[2]", or the name of a parameter
	Code  string
}

func (e *ParamError) Error() string { return fmt.Sprintf("engine: %s: %s", e.Field, e.Code) }

func indexed(field string, i int) string { return field + "[" + strconv.Itoa(i) + "]" }

// learning holds the settings that every learning allocator has.
type learning struct {
	floor        float64 // least share, 0.01 … 0.5; 0 = DefaultFloor
	controlFloor bool    // the control gets no less than any other arm, within one unit of rounding
	discount     float64 // 0.5 … 1 per period; 1 = off
	prior        stats.Beta
}

func (r *reader) learning() learning {
	return learning{
		floor:        r.number("floor", 0, 0.01, 0.5),
		controlFloor: r.boolean("control_floor"),
		discount:     r.number("discount", 1, 0.5, 1),
		prior:        r.prior(),
	}
}

func (r *reader) prior() stats.Beta {
	return stats.Beta{Alpha: r.number("prior_alpha", 1, 1e-3, 1e6), Beta: r.number("prior_beta", 1, 1e-3, 1e6)}
}

// counts returns the discounted totals of the arms and the posteriors they give.
func (l learning) counts(f Facts) ([]Count, []stats.Beta) {
	counts, posterior := make([]Count, len(f.Arms)), make([]stats.Beta, len(f.Arms))
	for i, a := range f.Arms {
		counts[i] = accumulate(a.Periods, l.discount)
		posterior[i] = counts[i].Rate().Posterior(l.prior)
	}
	return counts, posterior
}

// lift applies the floors.
func (l learning) lift(p []float64, control int) []float64 {
	if l.controlFloor {
		p = ControlFloor(p, control)
	}
	floor := l.floor
	if floor == 0 {
		floor = DefaultFloor(len(p))
	}
	return stats.FloorShares(p, floor)
}

// reader takes settings out of decoded JSON and keeps the first thing that is wrong.
type reader struct {
	params map[string]any
	known  []string
	err    error
}

func (r *reader) fail(field, code string) {
	if r.err == nil {
		r.err = &ParamError{Field: field, Code: code}
	}
}

func (r *reader) value(field string) (any, bool) {
	r.known = append(r.known, field)
	v, ok := r.params[field]
	return v, ok && v != nil
}

func (r *reader) number(field string, otherwise, low, high float64) float64 {
	v, ok := r.value(field)
	if !ok {
		return otherwise
	}
	var x float64
	switch n := v.(type) {
	case float64:
		x = n
	case int:
		x = float64(n)
	case json.Number:
		parsed, err := n.Float64()
		if err != nil {
			r.fail(field, CodeRange)
		}
		x = parsed
	default:
		r.fail(field, CodeType)
	}
	if !(x >= low && x <= high) {
		r.fail(field, CodeRange)
	}
	return x
}

func (r *reader) boolean(field string) bool {
	v, ok := r.value(field)
	b, is := v.(bool)
	if ok && !is {
		r.fail(field, CodeType)
	}
	return b
}

// choice returns the text of a field, the first option when it is absent.
func (r *reader) choice(field string, options ...string) string {
	v, ok := r.value(field)
	if !ok {
		return options[0]
	}
	text, is := v.(string)
	switch {
	case !is:
		r.fail(field, CodeType)
	case !slices.Contains(options, text):
		r.fail(field, CodeUnknown)
	}
	return text
}

// done returns the first error; a setting nobody asked for is one.
func (r *reader) done() error {
	unknown := []string{}
	for field := range r.params {
		if !slices.Contains(r.known, field) {
			unknown = append(unknown, field)
		}
	}
	if len(unknown) > 0 {
		r.fail(slices.Min(unknown), CodeUnknown)
	}
	return r.err
}
