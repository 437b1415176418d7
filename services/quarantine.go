package services

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// Quarantine holds what the database refused, with its bytes and the reason, until somebody has it tried again or throws it away.
// accepted = applied + duplicate + quarantined + waiting + discarded holds before, in between and after.
type Quarantine struct {
	db        *db.DB
	committer *Committer
	snapshot  *Snapshot
	clock     Clock
}

// NewQuarantine makes the service.
func NewQuarantine(d *db.DB, c *Committer, s *Snapshot, clock Clock) *Quarantine {
	return &Quarantine{d, c, s, clock}
}

// QuarantineEntry is what was set aside as one: an event, or assignments that no event goes with.
type QuarantineEntry struct {
	ID      uuid.UUID `json:"id"`
	At      time.Time `json:"received_at"`
	Reason  string    `json:"reason" doc:"What the database said."`
	Tries   int       `json:"tries" doc:"How often it was tried again in vain."`
	Kind    string    `json:"kind" enum:"exposure,conversion,pageview,custom,assignment,unknown"`
	Visitor string    `json:"visitor_id,omitempty"`
	Page    string    `json:"page,omitempty"`
	Body    string    `json:"body" doc:"The bytes as they are kept, at most 4,000 of them."`
}

const (
	maxHeldText = 500
	maxHeldBody = 4000
	// retriedAtOnce bounds one request to try again.
	retriedAtOnce = 500
)

// MayReplay is nil for those who may empty the quarantine, else Forbidden.
func (a Actor) MayReplay() error { return a.may(Admin) }

// Count is how many entries there are. Any member may.
func (q *Quarantine) Count(ctx context.Context, by Actor) (n int64, err error) {
	err = q.db.InTx(ctx, by.Account, func(st *db.Store) error {
		n, err = st.CountQuarantine(ctx, by.Account)
		return err
	})
	return n, err
}

// List returns entries, newest first. Any member may.
func (q *Quarantine) List(ctx context.Context, by Actor, p Paging) (List[QuarantineEntry], error) {
	fields := Fields{}
	take, skip := p.bounds(fields)
	if err := fields.err(); err != nil {
		return List[QuarantineEntry]{}, err
	}
	items, total := []QuarantineEntry{}, int64(0)
	err := q.db.InTx(ctx, by.Account, func(st *db.Store) (err error) {
		if total, err = st.CountQuarantine(ctx, by.Account); err != nil {
			return fmt.Errorf("count quarantine: %w", err)
		}
		rows, err := st.QuarantineEntries(ctx, db.QuarantineEntriesParams{AccountID: by.Account, Take: take, Skip: skip})
		if err != nil {
			return fmt.Errorf("list quarantine: %w", err)
		}
		items = items[:0]
		for _, r := range rows {
			items = append(items, newQuarantineEntry(r))
		}
		return nil
	})
	return newList(items, total, p), err
}

func newQuarantineEntry(r db.QuarantineEntriesRow) QuarantineEntry {
	e := QuarantineEntry{ID: r.ID, At: r.ReceivedAt, Reason: clip(r.Reason, maxHeldText), Tries: int(r.Tries), Kind: "unknown", Body: clip(string(r.Body), maxHeldBody)}
	held, err := db.ReadHeld(r.Body)
	switch {
	case err != nil: // it is shown all the same
	case len(held.Events) > 0:
		first := held.Events[0]
		if name, ok := kindNames[first.Kind]; ok {
			e.Kind = name
		}
		e.Visitor, e.Page = clip(first.Visitor, maxSeenText), clip(pageOf(first.URL), maxSeenPage)
	default:
		e.Kind, e.Visitor = SightAssignment, clip(held.Assignments[0].Visitor, maxSeenText)
	}
	return e
}

// Retried says what became of the entries that were tried again.
type Retried struct {
	Applied    int `json:"applied" doc:"Stored, and counted as if they had been stored at once."`
	Duplicates int `json:"duplicates" doc:"Had come in again meanwhile, or have nothing left to count in. They count nothing."`
	Failed     int `json:"failed" doc:"Were refused once more and stay."`
	Left       int `json:"left" doc:"Entries still set aside."`
}

// Retry sends entries the way of everything that arrives, under their own ids: the named one or, with an empty id, the oldest 500.
// Admins and above may. NotFound: there is no such entry, or not any more. Unavailable: the database or the queue did not take them
// now; what was done is done.
func (q *Quarantine) Retry(ctx context.Context, by Actor, id string) (out Retried, err error) {
	rows, err := q.toTry(ctx, by, id)
	if err != nil {
		return out, err
	}
	var tries []try
	for _, r := range rows {
		t := try{id: r.ID}
		if t.work, t.broken = q.work(ctx, by, r); t.broken == nil && t.work.rows() > 0 && !q.committer.submit(t.work) {
			break // the others are tried the next time
		}
		tries = append(tries, t)
	}
	for _, t := range tries {
		if err := q.finish(ctx, by, t, &out); err != nil {
			return out, err
		}
	}
	left, err := q.Count(ctx, by)
	out.Left = int(left)
	return out, err
}

// try is an entry on its way; broken is why it cannot go.
type try struct {
	id     uuid.UUID
	work   *work
	broken error
}

// toTry finds the entries and puts on record that they are tried.
func (q *Quarantine) toTry(ctx context.Context, by Actor, id string) (rows []db.QuarantineToTryRow, err error) {
	if err := by.MayReplay(); err != nil {
		return nil, err
	}
	only, err := quarantineID(id)
	if err != nil {
		return nil, err
	}
	err = q.db.InTx(ctx, by.Account, func(st *db.Store) error {
		rows, err = st.QuarantineToTry(ctx, db.QuarantineToTryParams{AccountID: by.Account, Only: only, Take: retriedAtOnce})
		if err != nil {
			return fmt.Errorf("find quarantine: %w", err)
		}
		if len(rows) == 0 {
			return noneSetAside(only)
		}
		_, err := record(ctx, st, q.clock.now(), by, "quarantine.retried", accountObject(by.Account), map[string]any{"entries": len(rows)})
		return err
	})
	return rows, err
}

// noneSetAside: asking for all of nothing is no mistake.
func noneSetAside(only *uuid.UUID) error {
	if only != nil {
		return notFound("entry")
	}
	return nil
}

func quarantineID(id string) (*uuid.UUID, error) {
	if id == "" {
		return nil, nil
	}
	key, err := uuid.Parse(id)
	if err != nil {
		return nil, notFound("entry")
	}
	return &key, nil
}

// work makes of an entry what its request wanted stored. Nobody comes into an experiment that is over or paused by now. An event
// whose id carries no day, and that was sent and stored again on a later one, is a repeat of that.
func (q *Quarantine) work(ctx context.Context, by Actor, r db.QuarantineToTryRow) (*work, error) {
	held, err := db.ReadHeld(r.Body)
	if err != nil {
		return nil, err
	}
	w := &work{again: true, events: held.Events}
	for _, a := range held.Assignments {
		if x := q.snapshot.experiment(a.Experiment); x != nil && x.takesIn(a.At) {
			w.assignments = append(w.assignments, a)
		}
	}
	if len(w.events) == 0 || !w.events[0].Dayless {
		return w, nil
	}
	var later time.Time
	err = q.db.InTx(ctx, by.Account, func(st *db.Store) error {
		later, err = st.LaterDay(ctx, db.LaterDayParams{AccountID: by.Account, EventID: w.events[0].ID, Day: w.events[0].Day})
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		return w, nil
	}
	for i := range w.events {
		w.events[i].Day = later
	}
	return w, err
}

// finish waits for a work and moves its entry to what it became, or keeps it with the new reason.
func (q *Quarantine) finish(ctx context.Context, by Actor, t try, out *Retried) error {
	w, err := t.work, t.broken
	if err == nil && w.rows() > 0 {
		select {
		case err = <-w.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if Code(err) == CodeUnavailable {
		return err
	}
	if err != nil {
		out.Failed++
		cause := errors.Unwrap(err)
		if cause == nil {
			cause = err
		}
		now := q.clock.now()
		return q.db.InTx(ctx, by.Account, func(st *db.Store) error {
			return st.KeepInQuarantine(ctx, db.KeepInQuarantineParams{AccountID: by.Account, ID: t.id, Reason: cause.Error(), Now: &now})
		})
	}
	if len(w.assignments) > 0 || len(w.events) > 0 && w.result.Events[0].Fresh {
		out.Applied++
	} else {
		out.Duplicates++
	}
	return q.db.InTx(ctx, by.Account, func(st *db.Store) error {
		// Storing has counted the events as accepted once more: what they were counted as before goes.
		_, err := take(ctx, st, by, &t.id, "accepted", -1)
		return err
	})
}

// removed is what left quarantine.
type removed struct {
	entries, events int
	hash            string // of the bytes
}

// take removes the named entry or all, no longer counts their events as quarantined and adds sign times as many to another counter.
func take(ctx context.Context, st *db.Store, by Actor, only *uuid.UUID, kind string, sign int64) (out removed, err error) {
	rows, err := st.TakeFromQuarantine(ctx, by.Account, only)
	if err != nil {
		return out, fmt.Errorf("take from quarantine: %w", err)
	}
	days, sum := map[time.Time]int64{}, sha256.New()
	for _, r := range rows {
		out.entries++
		out.events += int(r.Events)
		days[day(r.ReceivedAt)] += int64(r.Events)
		sum.Write(r.Body)
	}
	out.hash = "sha256:" + hex.EncodeToString(sum.Sum(nil))
	for day, n := range days {
		for kind, n := range map[string]int64{"quarantined": -n, kind: sign * n} {
			if n == 0 {
				continue
			}
			if err := st.MoveTally(ctx, db.MoveTallyParams{AccountID: by.Account, Day: day, Kind: kind, N: n}); err != nil {
				return out, fmt.Errorf("move tally: %w", err)
			}
		}
	}
	return out, nil
}

// Discard throws entries away for good: the named one or, with an empty id, all. expected is how many the person was told; when
// there are others by now it is Stale. Admins and above may. NotFound: there is no such entry, or not any more.
func (q *Quarantine) Discard(ctx context.Context, by Actor, id string, expected int) (entries int, err error) {
	if err := by.MayReplay(); err != nil {
		return 0, err
	}
	only, err := quarantineID(id)
	if err != nil {
		return 0, err
	}
	err = q.db.InTx(ctx, by.Account, func(st *db.Store) error {
		gone, err := take(ctx, st, by, only, "discarded", 1)
		switch {
		case err != nil:
			return err
		case gone.entries == 0 && only != nil:
			return notFound("entry")
		case gone.entries != expected:
			return &Error{Code: CodeStale, Message: "The number of entries has changed. Look at them again."}
		case gone.entries == 0:
			return nil
		}
		entries = gone.entries
		_, err = record(ctx, st, q.clock.now(), by, "quarantine.discarded", accountObject(by.Account),
			map[string]any{"entries": gone.entries, "events": gone.events, "bytes": gone.hash})
		return err
	})
	return entries, err
}
