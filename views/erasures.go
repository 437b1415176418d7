package views

import (
	"context"
	"time"

	"github.com/samplit/samplit/locale"
)

// Erase looks for what is stored of a person and asks whether it should go: GET /audit/erase, POST /audit/erase/find (visitor, user)
// and POST /audit/erase (the same and confirm, which repeats the first of them).
type Erase struct {
	Visitor, User string // as they were typed
	Found         *Traces
	Errors        Errors
	History       []Erasure
}

// Traces count what is stored of a person; Events is -1 when there were too many to count.
type Traces struct {
	IDs                                            int
	Assignments, Conversions, Events, Orders, Held int64
}

func (f Traces) none() bool { return f == Traces{IDs: f.IDs} }

// Erasure is one that somebody asked for: GET /audit/erase/{ID}.
type Erasure struct {
	ID, State, By  string
	Searched, Days int
	Erased         Traces
	At             time.Time
	Entry          int64 // of the record; -1: none
}

// Open says that it is not over.
func (e Erasure) Open() bool { return e.State == "waiting" || e.State == "running" }

func (e Erasure) icon() string {
	switch {
	case e.Open():
		return "hourglass"
	case e.State == "failed":
		return "circle-alert"
	}
	return "shield-check"
}

// Typed is what has to be typed once more.
func (m Erase) Typed() string {
	if m.Visitor != "" {
		return m.Visitor
	}
	return m.User
}

type traceLine struct{ Name, Count string }

// lines are what was found, kind by kind.
func (f Traces) lines(ctx context.Context) []traceLine {
	events := f.events(ctx)
	return []traceLine{
		{t(ctx, "erase.ids"), locale.Int(ctx, int64(f.IDs))},
		{t(ctx, "erase.assignments"), locale.Int(ctx, f.Assignments)},
		{t(ctx, "erase.conversions"), locale.Int(ctx, f.Conversions)},
		{t(ctx, "erase.events"), events},
		{t(ctx, "erase.orders"), locale.Int(ctx, f.Orders)},
		{t(ctx, "erase.held"), locale.Int(ctx, f.Held)},
	}
}

func (f Traces) events(ctx context.Context) string {
	if f.Events < 0 {
		return t(ctx, "erase.many")
	}
	return locale.Int(ctx, f.Events)
}

var erasureStates = map[string]string{"waiting": "erase.waiting", "running": "erase.running", "done": "erase.done", "failed": "erase.failed"}

// erasureLine says in a word how an erasure stands and, when it is over, how much went.
func erasureLine(ctx context.Context, e Erasure) string {
	if e.State == "done" && e.Erased.none() {
		return t(ctx, "erase.done_none")
	}
	if e.State == "done" {
		return locale.T(ctx, "erase.done_short", "Assignments", e.Erased.Assignments, "Events", e.Erased.Events)
	}
	return word(ctx, erasureStates, e.State)
}
