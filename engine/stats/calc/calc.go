// Package calc answers statistical questions asked in JSON: it names the
// functions of package stats, checks what it is given and writes what they find.
// It is the calculator behind the command line and the reference vectors.
//
// Unlike package stats it has no neutral results. Input that is malformed,
// outside the domain of the function or without an answer is an error, and no
// input makes it panic or write a number that is not finite.
package calc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Limits of one question.
const (
	MaxInput = 1 << 20 // bytes
	MaxArms  = 64
	MaxRows  = 1_000_000 // rows of a log, values of a sample, periods, p-values
)

// ErrUnknown is wrapped by the error for a function that does not exist.
var ErrUnknown = errors.New("unknown function")

// Func answers one kind of question.
type Func func(in json.RawMessage) (any, error)

// Registry maps names to functions. Other packages add theirs to a copy of
// Functions.
type Registry map[string]Func

// table is what Calc answers; it never changes.
var table = Functions()

// Calc answers the question in for the function named fn.
func Calc(fn string, in json.RawMessage) (json.RawMessage, error) { return table.Calc(fn, in) }

// Functions returns the functions of package stats by the names of the reference
// vectors.
func Functions() Registry {
	all := Registry{}
	for _, part := range []Registry{
		betaFunctions(), modelFunctions(), allocationFunctions(), testFunctions(), tailFunctions(),
		effectFunctions(), powerFunctions(), sequentialFunctions(), adaptiveFunctions(), ratioFunctions(),
	} {
		maps.Copy(all, part)
	}
	return all
}

// Names returns the names of the functions in alphabetical order.
func (r Registry) Names() []string { return slices.Sorted(maps.Keys(r)) }

// Calc answers the question in for the function named fn: the answer in JSON, or
// an error that says what is wrong with the question.
func (r Registry) Calc(fn string, in json.RawMessage) (json.RawMessage, error) {
	f, ok := r[fn]
	if !ok {
		return nil, fmt.Errorf("%w %q", ErrUnknown, fn)
	}
	if len(in) > MaxInput {
		return nil, fmt.Errorf("%s: input of %d bytes, at most %d allowed", fn, len(in), MaxInput)
	}
	answer, err := f(in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn, err)
	}
	out, err := json.Marshal(answer)
	if err != nil {
		return nil, fmt.Errorf("%s: the answer is not finite", fn)
	}
	return out, nil
}

// New returns the Func that decodes its input into In and answers with f. Every
// field of In must be given, but for pointers and slices with the option
// omitempty; fields that In does not have are ignored.
func New[In any](f func(In) (any, error)) Func {
	return func(raw json.RawMessage) (any, error) {
		var in In
		if err := decode(raw, &in); err != nil {
			return nil, err
		}
		return f(in)
	}
}

func decode(raw json.RawMessage, in any) error {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(raw, &given); err != nil {
		return errors.New("the input is not a JSON object")
	}
	if err := json.NewDecoder(bytes.NewReader(raw)).Decode(in); err != nil {
		return describe(err)
	}
	return required(given, reflect.TypeOf(in).Elem())
}

// required checks that every field of the struct without omitempty was given.
func required(given map[string]json.RawMessage, t reflect.Type) error {
	for field := range fields(t) {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if value, ok := given[name]; options != "omitempty" && (!ok || string(value) == "null") {
			return fmt.Errorf("%s is missing", name)
		}
	}
	return nil
}

// fields yields the fields of a struct and of those embedded in it.
func fields(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for _, field := range reflect.VisibleFields(t) {
			if !field.Anonymous && field.Tag.Get("json") != "" && !yield(field) {
				return
			}
		}
	}
}

// describe says in the words of the question what could not be decoded.
func describe(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Errorf("%s can not be %s", wrong.Field, wrong.Value)
	}
	return err
}
