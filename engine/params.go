package engine

import (
	"fmt"
	"strconv"
)

// Codes of a ParamError.
const (
	CodeUnknown = "unknown"      // no such field, allocator, strategy or policy, or not one that goes with the others
	CodeType    = "wrong_type"   // not a number, text or boolean as the field wants
	CodeRange   = "out_of_range" // outside the field's domain
	CodeLength  = "wrong_length" // not one entry per arm
)

// ParamError says which setting an allocator cannot work with.
type ParamError struct {
	Field string // "allocator", "strategy", "weights[2]", or the name of a parameter
	Code  string
}

func (e *ParamError) Error() string { return fmt.Sprintf("engine: %s: %s", e.Field, e.Code) }

func indexed(field string, i int) string { return field + "[" + strconv.Itoa(i) + "]" }

// Params are the settings of an allocator. The zero value of a field means its default, except where it is said
// otherwise; JSON numbers, texts and booleans are read into it by New.
type Params struct {
	// Floor is the least share of an arm, in [0.01, 0.5]; 0 = DefaultFloor of the number of arms.
	Floor float64
	// ControlFloor keeps the control's share at least as large as any other, within one unit of rounding.
	ControlFloor bool
	// Discount multiplies what is known at the turn of every period, in [0.5, 1]; 0 and 1 = off. The effective
	// memory is 1/(1-Discount) periods.
	Discount float64
	// PriorAlpha and PriorBeta are the Beta prior of every arm, each in (0, 1e6]; 0 = 1.
	PriorAlpha, PriorBeta float64
	// TopTwo is the share of visits top-two sampling gives to the leader, in [0.1, 0.9]; 0 = 0.5.
	TopTwo float64
	// Policy is the rule of the explore allocator: PolicyEpsilon (default), PolicyUCB1 or PolicyKLUCB.
	Policy string
	// Epsilon is the share explored at the start, in [0.01, 1]; 0 = 0.1. Decay shrinks it, see ExploreRate, in
	// [0, 1]; a negative value = the default 0.001, zero = constant.
	Epsilon, Decay float64
}
