package services

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine"
	"github.com/samplit/samplit/proxy"
)

// VisitorReport is what is known of one visitor of a site.
type VisitorReport struct {
	Page     string // that the verdicts are for: the one where the visitor was seen last, empty when none is known
	Verdicts []VisitorVerdict
	Events   []VisitorEvent // of the last day, newest first
	// Unsearched: the account has so many events that looking through them took too long.
	Unsearched bool
	More       bool // there are older ones
}

// VisitorVerdict says what a visitor sees of an experiment, and by which rule. The decision is the tracker's own.
type VisitorVerdict struct {
	Experiment        uuid.UUID
	Name, Status, URL string
	Reason            string // why the visitor is not in the experiment
	Rules             bool   // that is because of rules about more than the page, which nobody knows here
	Winner            bool
	Traffic, Number   float64 // the share of visitors that take part, and the visitor's number to compare with it
	Arms              []VisitorArm
}

// VisitorArm is what a visitor sees of one split.
type VisitorArm struct {
	Element, Arm string
	Control      bool
	Epoch        int32
	// Stored: the visitor has it since then; else it follows from Number, which lies between From and To.
	Stored           bool
	Since            time.Time
	Exposed, Counted bool
	Owner            string // another name of the same person, whose variant this is
	Number, From, To float64
}

// VisitorEvent is an event of a visitor as it is stored.
type VisitorEvent struct {
	At                                       time.Time // when it happened
	Kind, Experiment, Split, Arm, Goal, Name string
	Epoch                                    int32
	Value, Page                              string
	State                                    string // an outcome of a sighting, or SeenUnattributed
}

// SeenUnattributed is a conversion whose exposure never came.
const SeenUnattributed = "unattributed"

const (
	historyFor    = 24 * time.Hour
	historyLength = 100
	historyLimit  = "3000" // milliseconds
)

// Visitor tells why a visitor sees what they see on a site, and what they did in the last day. Any member may. NotFound as of Watch;
// Invalid names visitor.
func (d *Debugger) Visitor(ctx context.Context, by Actor, id, visitor string) (out VisitorReport, err error) {
	f := Fields{}
	f.visitor("visitor", visitor)
	if err := f.err(); err != nil {
		return out, err
	}
	site, err := d.sites.Get(ctx, by, id)
	if err != nil {
		return out, err
	}
	s := d.tracker.snapshot.current.Load().byID[site.ID]
	if s == nil { // made this second
		return out, nil
	}
	if err := d.history(ctx, by, s, visitor, &out); err != nil {
		return out, err
	}
	out.Verdicts, err = d.verdicts(ctx, by, s, visitor, out.Page)
	return out, err
}

// history looks through the account's events, for a few seconds and not for many readers at once.
func (d *Debugger) history(ctx context.Context, by Actor, s *site, visitor string, out *VisitorReport) error {
	select {
	case d.search <- struct{}{}:
		defer func() { <-d.search }()
	case <-ctx.Done():
		return ctx.Err()
	}
	now := d.clock.now()
	var rows []db.VisitorEventsRow
	err := d.db.InTx(ctx, by.Account, func(st *db.Store) error {
		if err := st.LimitSearch(ctx, historyLimit); err != nil {
			return fmt.Errorf("limit search: %w", err)
		}
		var err error
		rows, err = st.VisitorEvents(ctx, db.VisitorEventsParams{AccountID: by.Account, InstallationID: s.id, Visitor: visitor,
			FirstDay: day(now).AddDate(0, 0, -2), LastDay: day(now).AddDate(0, 0, 1), Since: now.Add(-historyFor), Take: historyLength + 1})
		return err
	})
	if db.IsTimeout(err) {
		out.Unsearched = true
		return nil
	}
	if err != nil {
		return fmt.Errorf("search events: %w", err)
	}
	if out.More = len(rows) > historyLength; out.More {
		rows = rows[:historyLength]
	}
	for _, r := range rows {
		if out.Page == "" {
			out.Page = orEmpty(r.Url)
		}
		out.Events = append(out.Events, s.past(r))
	}
	return nil
}

// kindNames and stateNames are what sightings call an event's kind and a conversion's state.
var (
	kindNames  = map[int16]string{db.KindExposure: SightExposure, db.KindConversion: SightConversion, db.KindPageview: SightPageview, db.KindCustom: SightCustom}
	stateNames = map[int16]string{0: SeenStored, db.StateApplied: SeenApplied, db.StateWaiting: SeenWaiting, 3: SeenUnattributed,
		db.StateFrozen: SeenFrozen, db.StateOutside: SeenOutside, db.StateUncounted: SeenUncounted, db.StateKnown: SeenKnownOrder, db.StateNoOrder: SeenNoOrder}
)

// past is a stored event with the names of what it is about.
func (s *site) past(r db.VisitorEventsRow) VisitorEvent {
	e := VisitorEvent{At: r.OccurredAt, Kind: kindNames[r.Kind], Name: orEmpty(r.Name), Value: decimalText(r.Value), Page: pageOf(orEmpty(r.Url)),
		State: stateNames[r.State]}
	if r.ExperimentID == nil || s.byID[*r.ExperimentID] == nil {
		return e
	}
	x := s.byID[*r.ExperimentID]
	e.Experiment, e.Split = x.key, x.splitName(r.Split)
	for _, g := range x.goals {
		if r.GoalID != nil && g.id == *r.GoalID {
			e.Goal = g.key
		}
	}
	for _, sp := range x.splits {
		if sp.split == r.Split && r.Arm != nil && int(*r.Arm) < len(sp.arms) {
			e.Arm, e.Epoch = sp.arms[*r.Arm], *r.Epoch
		}
	}
	return e
}

// decimalText drops the zeros that the database adds.
func decimalText(stored string) string {
	d, ok := ParseDecimal(stored)
	if !ok { // no value
		return ""
	}
	return d.String()
}

// verdicts asks the tracker what the visitor gets, and the database since when.
func (d *Debugger) verdicts(ctx context.Context, by Actor, s *site, visitor, page string) ([]VisitorVerdict, error) {
	ids := make([]uuid.UUID, len(s.serving))
	for i, x := range s.serving {
		ids[i] = x.id
	}
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []db.VisitorAssignmentsRow
	err := d.db.InTx(ctx, by.Account, func(st *db.Store) (err error) {
		rows, err = st.VisitorAssignments(ctx, db.VisitorAssignmentsParams{AccountID: by.Account, Experiments: ids, Visitor: visitor})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find assignments: %w", err)
	}
	known := d.tracker.recall(ctx, visitor, s.serving...)
	out := make([]VisitorVerdict, len(s.serving))
	for i, x := range s.serving {
		visit := Visit{URL: page}
		a := d.tracker.decide(x, visitor, d.tracker.refuses(x, visitor, &visit), known)
		if a.Reason != "" {
			a.Arms, a.Stored = known[x.id], true // what they would keep, were it not for the reason
		}
		out[i] = x.explain(visitor, a, rows)
		out[i].Rules = a.Reason == NotTargeted && (page == "" || proxy.MatchPage(x.url, page))
	}
	return out, nil
}

// explain puts the numbers beside an answer.
func (x *live) explain(visitor string, a Assignment, rows []db.VisitorAssignmentsRow) VisitorVerdict {
	out := VisitorVerdict{Experiment: x.id, Name: x.name, Status: x.status, URL: x.url, Reason: a.Reason, Winner: a.Winner, Traffic: x.traffic,
		Number: engine.TrafficHash(x.key, visitor)}
	for _, arm := range a.Arms {
		v := VisitorArm{Element: arm.split.key, Arm: x.armName(arm), Control: arm.arm == 0, Epoch: arm.epoch, Stored: a.Stored}
		for _, r := range rows {
			if a.Stored && r.ExperimentID == x.id && r.Split == arm.split.split {
				v.Since, v.Exposed, v.Counted = r.AssignedAt, r.Exposed, r.Counted
				if r.Visitor != visitor {
					v.Owner = r.Visitor
				}
			}
		}
		if e := arm.split.epoch(arm.epoch); e != nil && !a.Winner {
			v.Number, v.To = engine.Hash(arm.split.seed, visitor), e.cumulative[arm.arm]
			if arm.arm > 0 {
				v.From = e.cumulative[arm.arm-1]
			}
		}
		out.Arms = append(out.Arms, v)
	}
	return out
}

// armName is what people call an arm; its key where that is not known.
func (x *live) armName(a ArmOf) string { return cmp.Or(a.shown().name, a.Arm()) }
