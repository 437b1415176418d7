package services

import (
	"time"

	"github.com/samplit/samplit/db"
)

// isWatched says whether somebody wants to see what arrives for a site.
func (t *Tracker) isWatched(s *site) bool {
	return !s.watched.IsZero() && t.clock.now().Before(s.watched)
}

// sawAnswer shows an assignment that was asked for.
func (t *Tracker) sawAnswer(s *site, door string, r AssignRequest, a Assignment) {
	if t.isWatched(s) {
		outcome, code := answerOutcome(r, a)
		t.showAnswer(s, Sighting{Visitor: r.Visitor, Experiment: r.Experiment, Page: r.Visit.URL, Door: door, Outcome: outcome, Code: code}, a)
	}
}

// sawDecision shows one of the answers to who asked for all flags, which stores nothing.
func (t *Tracker) sawDecision(s *site, r EvaluateRequest, a Assignment) {
	if t.isWatched(s) {
		seen := Sighting{Visitor: r.Visitor, Page: r.Visit.URL, Door: SightFlagDoor, Outcome: SeenDecided}
		if a.Reason != "" {
			seen.Outcome, seen.Code = SeenLeftOut, a.Reason
		}
		t.showAnswer(s, seen, a)
	}
}

func (t *Tracker) showAnswer(s *site, seen Sighting, a Assignment) {
	seen.At, seen.Kind = t.clock.now(), SightAssignment
	if a.Experiment != nil {
		seen.Experiment = a.Experiment.key
	}
	var list []Sighting
	for _, arm := range a.Arms {
		seen.Split, seen.Arm, seen.Epoch = arm.split.key, arm.Arm(), arm.Epoch()
		list = append(list, seen)
	}
	if len(a.Arms) == 0 {
		list = append(list, seen)
	}
	t.sightings.put(s.id, list...)
}

func answerOutcome(r AssignRequest, a Assignment) (outcome, code string) {
	switch {
	case a.Reason != "":
		return SeenLeftOut, a.Reason
	case a.Winner:
		return SeenWinner, ""
	case a.Forced:
		return SeenPreview, ""
	case IsTestVisitor(r.Visitor):
		return SeenTest, ""
	case a.Experiment.uncounted(&r.Visit) != "":
		return uncountedOutcome(a.Experiment.uncounted(&r.Visit)), ""
	case !a.Stored && a.Experiment.status == "running":
		return SeenPromised, ""
	case a.New && r.Expose:
		return SeenApplied, ""
	case a.New:
		return SeenStored, ""
	}
	return SeenAgain, ""
}

// trace remembers where each report of a batch went, so that it can be said what became of it. It is nil for a site that nobody
// watches.
type trace struct {
	door    string
	now     time.Time
	reports []traced
}

// traced is a report, what was wrong with it, and the end of its rows in the work.
type traced struct {
	event               Event
	problem             *Problem
	events, assignments int
}

func (t *Tracker) newTrace(s *site, door string, now time.Time) *trace {
	if !t.isWatched(s) {
		return nil
	}
	return &trace{door: door, now: now}
}

// took notes a report after it was taken or refused.
func (tr *trace) took(e Event, p *Problem, w *work) {
	if tr != nil {
		tr.reports = append(tr.reports, traced{e, p, len(w.events), len(w.assignments)})
	}
}

// settled shows the reports; err is why nothing was stored.
func (t *Tracker) settled(tr *trace, in *intake, err error) {
	if tr == nil {
		return
	}
	var list []Sighting
	var before traced
	for _, r := range tr.reports {
		seen := Sighting{At: tr.now, Kind: r.event.Type, Visitor: r.event.Visitor, Experiment: r.event.Experiment, Split: r.event.Split, Arm: r.event.Arm,
			Epoch: r.event.Epoch, Goal: r.event.Goal, Name: r.event.Name, Page: r.event.URL, Door: tr.door}
		if r.event.Value != nil {
			seen.Value = r.event.Value.String()
		}
		switch {
		case r.problem != nil:
			seen.Outcome, seen.Code, seen.Message = SeenRejected, r.problem.Reason, r.problem.Message
			list = append(list, seen)
		case err != nil:
			seen.Outcome = SeenUnavailable
			if Reason(err) == "quarantined" {
				seen.Outcome = SeenQuarantined
			}
			list = append(list, seen)
		default:
			for i := before.events; i < r.events; i++ {
				list = append(list, in.shown(seen, i, before.assignments, r.assignments))
			}
		}
		before = r
	}
	t.sightings.put(in.site.id, list...)
}

// shown completes the sighting of the event at i by what became of it; first and end are the assignments that it wanted.
func (in *intake) shown(seen Sighting, i, first, end int) Sighting {
	e, got := in.work.events[i], in.work.result.Events[i]
	if x := in.site.byID[e.Experiment]; x != nil {
		seen.Experiment = x.key
		seen.Split = x.splitName(e.Split)
		for _, g := range x.goals {
			if g.id == e.Goal {
				seen.Goal = g.key
			}
		}
	}
	seen.Outcome = in.outcome(e, got)
	if seen.Outcome == SeenApplied && e.Kind == db.KindExposure && first < end {
		switch a := in.work.result.Assignments[first]; {
		case a.Arm != e.Arm:
			seen.Outcome = SeenCrossover
		case !a.New:
			seen.Outcome = SeenAgain
		}
	}
	return seen
}

// stateOutcome are the outcomes of a fresh conversion.
var stateOutcome = map[int16]string{db.StateApplied: SeenApplied, db.StateWaiting: SeenWaiting, db.StateFrozen: SeenFrozen, db.StateOutside: SeenOutside,
	db.StateUncounted: SeenUncounted}

func (in *intake) outcome(e db.NewEvent, got db.Recorded) string {
	switch {
	case !got.Fresh:
		return SeenDuplicate
	case e.Kind == db.KindConversion && stateOutcome[got.State] != "":
		return stateOutcome[got.State]
	case e.Kind != db.KindExposure:
		return SeenStored
	case !in.site.byID[e.Experiment].takesIn(e.Occurred):
		return SeenPaused
	case in.uncounted(in.site.byID[e.Experiment], e.URL) != "":
		return uncountedOutcome(in.uncounted(in.site.byID[e.Experiment], e.URL))
	case IsTestVisitor(e.Visitor):
		return SeenTest
	}
	return SeenApplied
}

// uncountedOutcome is why a visit is served without being counted.
func uncountedOutcome(kind string) string {
	if kind == botKind {
		return SeenBot
	}
	return SeenExcluded
}

// sawIdentify shows that two names are one person.
func (t *Tracker) sawIdentify(s *site, visitor, user, outcome string) {
	if t.isWatched(s) {
		t.sightings.put(s.id, Sighting{At: t.clock.now(), Kind: SightIdentify, Visitor: visitor, Name: user, Door: SightIdentifyDoor, Outcome: outcome})
	}
}

// splitName is the key of a split, empty where an experiment has one.
func (x *live) splitName(n int16) string {
	for i := range x.splits {
		if x.splits[i].split == n {
			return x.splits[i].key
		}
	}
	return ""
}
