package services

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine"
	"github.com/samplit/samplit/proxy"
)

// Reasons why a visitor is not in an experiment.
const (
	NotRunning        = "not_running"
	OutsideTraffic    = "outside_traffic"
	NotTargeted       = "targeting"
	OutsideLayer      = "excluded"
	HeldOut           = "holdout"
	UnknownExperiment = "unknown_experiment"
)

// AssignRequest asks for a visitor's variant.
type AssignRequest struct {
	Token, Experiment, Visitor string
	Visit                      Visit
	Expose                     bool // the variant is about to be seen
	// Preview is a token with which Force, or what it says itself, is shown and counted nowhere.
	Preview string
	Force   Force
	door    string // of a sighting; empty: that of assign
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
	a, err := t.answer(ctx, s, r)
	if err == nil {
		t.sawAnswer(s, cmp.Or(r.door, SightAssignDoor), r, a)
	}
	return a, err
}

func (t *Tracker) answer(ctx context.Context, s *site, r AssignRequest) (Assignment, error) {
	x := s.find(r.Experiment)
	if x == nil {
		return Assignment{Reason: UnknownExperiment}, nil
	}
	if r.Preview != "" || r.Force != nil {
		return t.preview(s, x, r.Preview, r.Force)
	}
	r.Visit.places = t.places
	reason := t.refuses(x, r.Visitor, &r.Visit)
	switch {
	case reason == "" && x.status == "running":
		return t.assign(ctx, x, r), nil
	case reason == NotTargeted || !s.identifies && x.neverLetIn(r.Visitor, reason):
		return Assignment{Experiment: x, Reason: reason}, nil
	}
	return t.decide(x, r.Visitor, reason, t.recall(ctx, r.Visitor, x)), nil
}

// refuses says why a visitor without an assignment gets none.
func (t *Tracker) refuses(x *live, visitor string, v *Visit) string {
	switch {
	case !x.serves():
		return NotRunning
	case v.URL != "" && !proxy.MatchPage(x.url, v.URL):
		return NotTargeted
	case x.judge != nil:
		judged := *v // whose address goes further than that of v, which costs memory only here
		if reason := x.judge.refuses(x, visitor, &judged, t.clock.now()); reason != "" {
			return reason
		}
	}
	switch {
	case x.status == "paused":
		return NotRunning
	case x.status == "running" && !engine.InTraffic(x.key, visitor, x.traffic):
		return OutsideTraffic
	}
	return ""
}

// refuses is that part of the answer which the rules of x give. A winner is for everybody who is targeted.
func (j *judge) refuses(x *live, visitor string, v *Visit, now time.Time) string {
	switch {
	case !j.targets(v, now):
		return NotTargeted
	case x.status != "running":
		return ""
	case !j.open(now):
		return NotRunning
	}
	return j.keepsOut(visitor)
}

// neverLetIn says whether nobody was ever let in whom the reason keeps out: then there is nothing to look up, unless visitors
// follow each other.
func (x *live) neverLetIn(visitor, reason string) bool {
	switch reason {
	case OutsideTraffic:
		return !engine.InTraffic(x.key, visitor, x.widest)
	case OutsideLayer, HeldOut: // which never change once it runs
		return true
	}
	return false
}

// decide is a visitor's variant without making an assignment, given why a new visitor would get none. Whoever has one keeps it, also
// when the experiment is paused, its time is over or its share was lowered.
func (t *Tracker) decide(x *live, visitor, reason string, stored map[uuid.UUID][]ArmOf) Assignment {
	arms, known := stored[x.id]
	switch {
	case x.status == "completed" && reason == "":
		return x.serveWinner()
	case known && reason != NotTargeted && x.serves():
		return Assignment{Experiment: x, Stored: true, Arms: arms}
	case reason != "":
		return Assignment{Experiment: x, Reason: reason}
	}
	return Assignment{Experiment: x, Arms: x.choose(visitor)}
}

// choose is what a new visitor gets by the present weights.
func (x *live) choose(visitor string) []ArmOf {
	arms := make([]ArmOf, len(x.splits))
	for i := range x.splits {
		s := &x.splits[i]
		arms[i] = ArmOf{s, s.choose(visitor, s.current()), s.current()}
	}
	return arms
}

func (x *live) serveWinner() Assignment {
	a := Assignment{Experiment: x, Winner: true}
	for i := range x.splits {
		s := &x.splits[i]
		a.Arms = append(a.Arms, ArmOf{split: s, arm: int16(max(s.winner, 0))})
	}
	return a
}

func (t *Tracker) assign(ctx context.Context, x *live, r AssignRequest) Assignment {
	out := Assignment{Experiment: x, Stored: true}
	var known bool
	if out.Arms, known = t.remembered(x, r.Visitor); known {
		return out
	}
	if kind := x.uncounted(&r.Visit); kind != "" {
		t.tally(x, kind)
		out.Stored = false
		if arms, known := t.recall(ctx, r.Visitor, x)[x.id]; known && kind != botKind {
			out.Arms, out.Stored = arms, true
		}
		return out
	}
	t.store(x, r, &out)
	return out
}

// uncounted is what tallies call a visit that is served without being counted; empty for all others.
func (x *live) uncounted(v *Visit) string {
	if agentOf(v.userAgent()).automated {
		return botKind
	}
	return x.judge.excludes(v)
}

// remembered is what memory holds of a visitor, and the hash's choice where it holds nothing; known says that it holds everything.
func (t *Tracker) remembered(x *live, visitor string) (arms []ArmOf, known bool) {
	arms, known = make([]ArmOf, len(x.splits)), true
	for i := range x.splits {
		s := &x.splits[i]
		if h, ok := t.sticky.get(x.id, s.split, visitor); ok && int(h.arm) < len(s.arms) {
			arms[i] = ArmOf{s, h.arm, h.epoch}
			continue
		}
		known = false
		arms[i] = ArmOf{s, s.choose(visitor, s.current()), s.current()}
	}
	return arms, known
}

// store writes the assignments and, within the tracker's patience, corrects the answer by what the database held before.
func (t *Tracker) store(x *live, r AssignRequest, out *Assignment) {
	now, segment := t.clock.now(), r.Visit.segment()
	w := &work{keep: true}
	for _, a := range out.Arms {
		w.assignments = append(w.assignments, db.NewAssignment{
			Account: x.account, Experiment: x.id, Split: a.split.split, Visitor: r.Visitor, Arm: a.arm, Epoch: a.epoch,
			Propensity: float32(a.split.propensity(a.arm, a.epoch)), At: now, Exposed: r.Expose, Door: db.DoorAssign, Counted: !IsTestVisitor(r.Visitor),
			Segment: segment,
		})
	}
	out.New = true
	if !t.committer.submit(w) {
		out.Stored = false
		return
	}
	late := time.NewTimer(t.patience())
	defer late.Stop()
	select {
	case err := <-w.done:
		if err != nil {
			t.log.Warn("store assignment", slog.Any("error", err))
			out.Stored = false
			return
		}
	case <-late.C:
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
	}
	t.remember(w)
}

// remember keeps in memory what visitors of a stored work have.
func (t *Tracker) remember(w *work) {
	for i, got := range w.result.Assignments {
		if a := &w.assignments[i]; got.Exposed {
			t.sticky.put(a.Experiment, a.Split, a.Visitor, heldOf(got))
		}
	}
}

// recall finds the visitor's stored assignments in experiments of one account, without making any. A database that does not answer
// in time knows nobody.
func (t *Tracker) recall(ctx context.Context, visitor string, xs ...*live) map[uuid.UUID][]ArmOf {
	out, asked := make(map[uuid.UUID][]ArmOf, len(xs)), map[uuid.UUID]*live{}
	var ids []uuid.UUID
	for _, x := range xs {
		if arms, ok := t.remembered(x, visitor); ok {
			out[x.id] = arms
			continue
		}
		asked[x.id], ids = x, append(ids, x.id)
	}
	if len(ids) == 0 {
		return out
	}
	ctx, cancel := context.WithTimeout(ctx, t.wait)
	defer cancel()
	var rows []db.AssignmentsOfVisitorRow
	err := t.db.AsIngest(ctx, func(s *db.Store) (err error) {
		rows, err = s.AssignmentsOfVisitor(ctx, db.AssignmentsOfVisitorParams{AccountID: xs[0].account, Experiments: ids, Visitor: visitor})
		return err
	})
	if err != nil {
		if Code(err) != CodeUnavailable { // which the breaker has said once
			t.log.Warn("look up assignments", slog.Any("error", err))
		}
		return out
	}
	for id, rows := range groupBy(rows, func(r db.AssignmentsOfVisitorRow) uuid.UUID { return r.ExperimentID }) {
		if arms, ok := asked[id].stored(rows); ok {
			out[id] = arms
		}
	}
	return out
}

// stored are the arms that the rows name; false when some split has none.
func (x *live) stored(rows []db.AssignmentsOfVisitorRow) ([]ArmOf, bool) {
	arms, found := make([]ArmOf, len(x.splits)), 0
	for _, r := range rows {
		for i := range x.splits {
			if s := &x.splits[i]; s.split == r.Split && int(r.Arm) < len(s.arms) {
				arms[i] = ArmOf{s, r.Arm, r.Epoch}
				found++
			}
		}
	}
	return arms, found == len(arms)
}

// tally counts something that traffic did without being counted in it; a full queue loses the tick and nothing else.
func (t *Tracker) tally(x *live, kind string) {
	t.committer.submit(&work{tallies: []db.Increment{{Account: x.account, Experiment: x.id, At: t.clock.now(), Kind: kind, N: 1}}})
}
