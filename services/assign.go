package services

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine"
)

// Reasons why a visitor is not in an experiment.
const (
	NotRunning        = "not_running"
	OutsideTraffic    = "outside_traffic"
	Targeting         = "targeting"
	UnknownExperiment = "unknown_experiment"
)

// AssignRequest asks for a visitor's variant.
type AssignRequest struct {
	Token, Experiment, Visitor string
	URL                        string // page of the visit; empty when the asker has none
	UserAgent                  string // the visitor's; empty when unknown, which counts
	Expose                     bool   // the variant is about to be seen
}

// Assignment is the answer. When Reason is set the visitor is not in the experiment and gets the control.
type Assignment struct {
	Reason     string
	Experiment *live
	Winner     bool // everyone gets this variant; nothing is stored
	Arms       []ArmOf
	New        bool // the visitor had no variant before
	Stored     bool // the database holds it
}

// ArmOf is the visitor's arm in one split.
type ArmOf struct {
	split *liveSplit
	arm   int16
	epoch int32
}

// Assign finds or makes a visitor's assignment. With the database away, visitors known to this node and those of splits that
// never changed weights get their exact variant; an unknown visitor of a learning split gets the present weights' choice, Stored
// is false and the row is kept until the database takes it.
func (t *Tracker) Assign(ctx context.Context, r AssignRequest) (Assignment, error) {
	s, err := t.site(r.Token)
	if err != nil {
		return Assignment{}, err
	}
	if !validVisitor(r.Visitor) {
		f := Fields{}
		f.visitor("visitor_id", r.Visitor)
		return Assignment{}, f.err()
	}
	x := s.find(r.Experiment)
	switch {
	case x == nil:
		return Assignment{Reason: UnknownExperiment}, nil
	case !x.serves():
		return Assignment{Reason: NotRunning}, nil
	case r.URL != "" && !MatchPage(x.url, r.URL):
		return Assignment{Reason: Targeting}, nil
	case x.status == "completed":
		return x.serveWinner(), nil
	case x.status == "running" && !engine.InTraffic(x.key, r.Visitor, x.traffic):
		// Who was let in before the share was lowered stays in.
		if a, ok := t.known(ctx, x, r.Visitor); ok {
			return a, nil
		}
		return Assignment{Reason: OutsideTraffic}, nil
	case x.status == "paused":
		if a, ok := t.known(ctx, x, r.Visitor); ok {
			return a, nil
		}
		return Assignment{Reason: NotRunning}, nil
	}
	return t.assign(ctx, x, r), nil
}

func (x *live) serveWinner() Assignment {
	a := Assignment{Experiment: x, Winner: true}
	for i := range x.splits {
		a.Arms = append(a.Arms, ArmOf{split: &x.splits[i], arm: int16(x.winner)})
	}
	return a
}

func (t *Tracker) assign(ctx context.Context, x *live, r AssignRequest) Assignment {
	out := Assignment{Experiment: x, Stored: true, Arms: make([]ArmOf, len(x.splits))}
	missing := false
	for i := range x.splits {
		sp := &x.splits[i]
		if h, ok := t.sticky.get(x.id, sp.split, r.Visitor); ok {
			out.Arms[i] = ArmOf{sp, h.arm, h.epoch}
			continue
		}
		missing = true
		out.Arms[i] = ArmOf{sp, sp.choose(r.Visitor, sp.current()), sp.current()}
	}
	if !missing {
		return out
	}
	if automated(r.UserAgent) {
		t.tally(x, "bot")
		out.Stored = false
		return out
	}
	t.store(ctx, x, r, &out)
	return out
}

// store writes the assignments and, within the tracker's patience, corrects the answer by what the database held before.
func (t *Tracker) store(ctx context.Context, x *live, r AssignRequest, out *Assignment) {
	now := t.clock.now()
	w := &work{keep: true}
	for _, a := range out.Arms {
		w.assignments = append(w.assignments, db.NewAssignment{
			Account: x.account, Experiment: x.id, Split: a.split.split, Visitor: r.Visitor, Arm: a.arm, Epoch: a.epoch,
			Propensity: float32(a.split.propensity(a.arm, a.epoch)), At: now, Exposed: r.Expose, Door: db.DoorAssign, Counted: true,
		})
	}
	out.New = true
	if !t.committer.submit(w) {
		out.Stored = false
		return
	}
	wait, cancel := context.WithTimeout(ctx, t.wait)
	defer cancel()
	select {
	case err := <-w.done:
		if err != nil {
			t.log.Warn("store assignment", slog.Any("error", err))
			out.Stored = false
			return
		}
	case <-wait.Done():
		t.committer.promise(w)
		out.Stored = false
		return
	}
	for i, got := range w.result.Assignments {
		a := &out.Arms[i]
		out.New = out.New && got.New
		if int(got.Arm) < len(a.split.arms) {
			a.arm, a.epoch = got.Arm, got.Epoch
		}
		if got.Exposed {
			t.sticky.put(x.id, a.split.split, r.Visitor, held{a.arm, a.epoch})
		}
	}
}

// known is the visitor's stored assignment, without making one. A database that does not answer in time knows nobody.
func (t *Tracker) known(ctx context.Context, x *live, visitor string) (Assignment, bool) {
	out := Assignment{Experiment: x, Stored: true, Arms: make([]ArmOf, len(x.splits))}
	cached := true
	for i := range x.splits {
		h, ok := t.sticky.get(x.id, x.splits[i].split, visitor)
		cached = cached && ok
		out.Arms[i] = ArmOf{&x.splits[i], h.arm, h.epoch}
	}
	if cached {
		return out, true
	}
	ctx, cancel := context.WithTimeout(ctx, t.wait)
	defer cancel()
	found := 0
	err := t.db.AsIngest(ctx, func(s *db.Store) error {
		rows, err := s.AssignmentsOfVisitor(ctx, db.AssignmentsOfVisitorParams{AccountID: x.account, ExperimentID: x.id, Visitor: visitor})
		for _, r := range rows {
			for i := range out.Arms {
				a := &out.Arms[i]
				if a.split.split == r.Split && int(r.Arm) < len(a.split.arms) {
					a.arm, a.epoch = r.Arm, r.Epoch
					found++
				}
			}
		}
		return err
	})
	if err != nil {
		t.log.Warn("look up assignment", slog.Any("error", err))
	}
	return out, err == nil && found == len(out.Arms)
}

// tally counts something that traffic did without being counted in it; a full queue loses the tick and nothing else.
func (t *Tracker) tally(x *live, kind string) {
	t.committer.submit(&work{tallies: []db.Increment{{Account: x.account, Experiment: x.id, At: t.clock.now(), Kind: kind, N: 1}}})
}

// ExperimentID and the accessors below are what an answer shows of the experiment.
func (a Assignment) ExperimentID() uuid.UUID { return a.Experiment.id }

// ExperimentKey is the experiment's key.
func (a Assignment) ExperimentKey() string { return a.Experiment.key }

// Variant is the variant of the only split. ok is false when the experiment has several.
func (a Assignment) Variant() (id uuid.UUID, key, name string, control, ok bool) {
	if len(a.Arms) != 1 {
		return id, "", "", false, false
	}
	n := int(a.Arms[0].arm)
	v := a.Experiment.variants[n]
	return v.id, v.key, v.name, n == 0, true
}

// Changes is the change list to apply, as JSON.
func (a Assignment) Changes() json.RawMessage {
	return a.Experiment.variants[a.Arms[0].arm].changes
}

// Element is the key of what the split tests; a factorial split tests all elements at once and has none.
func (a ArmOf) Element() string { return a.split.element }

// Arm is the arm's key.
func (a ArmOf) Arm() string { return a.split.arms[a.arm] }

// Epoch is the numbered set of weights the choice was made under; 0 for a winner.
func (a ArmOf) Epoch() int32 { return a.epoch }

// Propensity is the published probability of the arm in its epoch.
func (a ArmOf) Propensity() float64 { return a.split.propensity(a.arm, a.epoch) }

// Rendered returns the answer's text for this arm and epoch, building it the first time. Only the answers of experiments with one
// split are kept: they are few and asked for all the time.
func (a Assignment) Rendered(build func(Assignment) []byte) []byte {
	if len(a.Arms) != 1 {
		return build(a)
	}
	k := renderedKey{a.Arms[0].arm, a.Arms[0].epoch}
	if b, ok := a.Experiment.rendered.Load(k); ok {
		return b.([]byte)
	}
	b := build(a)
	a.Experiment.rendered.Store(k, b)
	return b
}

type renderedKey struct {
	arm   int16
	epoch int32
}
