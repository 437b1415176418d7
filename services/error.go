// Package services holds the use cases: authorise, validate, transact, call the engine. It knows no HTTP and no templates.
package services

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/samplit/samplit/db"
)

// ErrorCode says what kind of trouble it is; the doors turn it into a status.
type ErrorCode string

const (
	CodeInternal     ErrorCode = "internal"
	CodeUnavailable  ErrorCode = "unavailable"   // a dependency is away; try again later
	CodeNotFound     ErrorCode = "not_found"     // absent, or another account's: nobody can tell
	CodeInvalid      ErrorCode = "invalid"       // Fields say which values and why
	CodeConflict     ErrorCode = "conflict"      // the thing is in a state that forbids it
	CodeStale        ErrorCode = "stale"         // changed by someone else since it was read
	CodeForbidden    ErrorCode = "forbidden"     // the role may not
	CodeUnauthorized ErrorCode = "unauthorized"  // no valid credential
	CodeLimited      ErrorCode = "rate_limited"  // too many tries
	CodeUnknownToken ErrorCode = "unknown_token" // no site has this installation token
)

// Error is the one error type people may see. Message is an English sentence with a next step; pages translate by Reason.
type Error struct {
	Code    ErrorCode
	Reason  string // stable machine word, such as "email_taken"; empty when Code says it all
	Message string
	Fields  Fields // of CodeInvalid: path of the value → what is wrong with it
	Err     error
}

// Fields maps the path of a value, such as "variants[1].key", to a Problem.
type Fields map[string]Problem

// Problem is what is wrong with one value: a stable word that pages translate, and the English sentence for programs.
type Problem struct{ Reason, Message string }

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Message)
	for _, f := range slices.Sorted(maps.Keys(e.Fields)) {
		fmt.Fprintf(&b, " [%s: %s]", f, e.Fields[f].Message)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// Code classifies any error: everything that is not an Error and not a missing database is internal.
func Code(err error) ErrorCode {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e.Code
	case errors.Is(err, db.ErrUnavailable):
		return CodeUnavailable
	}
	return CodeInternal
}

func notFound(what string) error {
	return &Error{Code: CodeNotFound, Message: "There is no such " + what + "."}
}

func conflict(reason, message string) error {
	return &Error{Code: CodeConflict, Reason: reason, Message: message}
}

func forbidden() error {
	return &Error{Code: CodeForbidden, Message: "Your role does not allow this. Ask an owner or admin of the account."}
}

// add notes a problem; the first one of a field stays.
func (f Fields) add(path, reason, message string) {
	if _, ok := f[path]; !ok {
		f[path] = Problem{reason, message}
	}
}

// err is nil when nothing is wrong.
func (f Fields) err() error {
	if len(f) == 0 {
		return nil
	}
	return &Error{Code: CodeInvalid, Message: "Some values need fixing.", Fields: f}
}

// orNotFound turns a missing row into the same answer that another account's row gets.
func orNotFound(err error, what string) error {
	if errors.Is(err, db.ErrNotFound) {
		return notFound(what)
	}
	return err
}
