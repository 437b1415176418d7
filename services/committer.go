package services

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

const (
	keptLength = 4096            // works answered before they were stored that wait for the database
	batchRows  = 2000            // rows of one commit
	applyLimit = 5 * time.Second // time of one commit
)

// work is what one request wants stored. It is committed whole, or answered with an error.
type work struct {
	assignments []db.NewAssignment
	events      []db.NewEvent
	beats       []db.Beat
	tallies     []db.Increment
	// keep: the visitor was answered already; the rows stay in the queue until the database takes them.
	keep bool
	// again: it comes from quarantine; what is refused once more stays there.
	again  bool
	done   chan error // buffered: the committer never waits for a reader
	state  atomic.Int32
	result db.Applied
}

// States of a work: waiting, answered before it was stored, stored or refused.
const (
	workWaiting int32 = iota
	workPromised
	workSettled
)

// account is the one that all rows belong to.
func (w *work) account() uuid.UUID {
	switch {
	case len(w.assignments) > 0:
		return w.assignments[0].Account
	case len(w.events) > 0:
		return w.events[0].Account
	case len(w.beats) > 0:
		return w.beats[0].Account
	case len(w.tallies) > 0:
		return w.tallies[0].Account
	}
	return uuid.Nil
}

func (w *work) rows() int { return len(w.assignments) + len(w.events) + len(w.beats) + len(w.tallies) }

// Committer stores what traffic brings. Requests that arrive while a commit is in flight share the next one; there is no
// waiting for company. What it answers nil is durable.
type Committer struct {
	db    *db.DB
	clock Clock
	log   *slog.Logger
	in    *queue
	// kept counts works whose visitor was answered and whose rows are not stored yet.
	kept atomic.Int64
	// Quarantined counts the items set aside because the database refused them.
	quarantined atomic.Int64
}

// NewCommitter makes a committer; Run makes it work.
func NewCommitter(d *db.DB, clock Clock, log *slog.Logger) *Committer {
	return &Committer{db: d, clock: clock, log: log, in: newQueue(queueRows)}
}

// Waiting is how many requests wait for a commit.
func (c *Committer) Waiting() int { return c.in.waiting() }

// Pressure is the used share of the room for what waits, from 0 to 1. Others make way as it rises, see Shedding; conversions are refused
// from three quarters on, assignments never.
func (c *Committer) Pressure() float64 { return c.in.used() }

// Crowded is how many requests found no place to wait since the start.
func (c *Committer) Crowded() int64 { return c.in.refused.Load() }

// Kept is how many assignments were answered but are not stored yet.
func (c *Committer) Kept() int64 { return c.kept.Load() }

// Quarantined is how many items were set aside since the start.
func (c *Committer) Quarantined() int64 { return c.quarantined.Load() }

var errQueueFull = &Error{Code: CodeUnavailable, Reason: "busy", Message: "Too much is waiting to be stored. Send the same events again in a moment."}

// submit queues w and returns at once; false when there is no place for it.
func (c *Committer) submit(w *work) bool {
	w.done = make(chan error, 1)
	return c.in.put(w)
}

// promise notes that the visitor of w was answered without waiting any longer.
func (c *Committer) promise(w *work) {
	if w.state.CompareAndSwap(workWaiting, workPromised) {
		c.kept.Add(1)
	}
}

// commit queues w and waits, but not for longer than patience, until it is durable. An error means that nothing was promised: the
// same ids may be sent again.
func (c *Committer) commit(ctx context.Context, w *work, patience time.Duration) error {
	if !c.submit(w) {
		return errQueueFull
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case err := <-w.done:
		return err
	case <-late.C:
		return context.DeadlineExceeded
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Run commits until ctx ends, then commits what still waits.
func (c *Committer) Run(ctx context.Context) {
	var kept []*work // from a time without database; retried before anything new
	for {
		var again <-chan time.Time
		if len(kept) > 0 {
			again = time.After(200 * time.Millisecond)
		}
		select {
		case <-ctx.Done():
			c.drain(kept)
			return
		case <-again:
		case <-c.in.ready:
		}
		if batch := c.in.fill(kept); len(batch) > 0 {
			kept = c.settle(context.WithoutCancel(ctx), batch)
		}
	}
}

func (c *Committer) drain(kept []*work) {
	ctx, cancel := context.WithTimeout(context.Background(), applyLimit)
	defer cancel()
	for batch := c.in.fill(kept); len(batch) > 0; batch = c.in.fill(nil) {
		if left := c.settle(ctx, batch); len(left) > 0 {
			c.log.Error("assignments could not be stored before the end", slog.Int("count", len(left)))
			return
		}
	}
}

// settle commits a batch and answers everyone in it; it returns the works to keep for later.
func (c *Committer) settle(ctx context.Context, batch []*work) (kept []*work) {
	err := c.apply(ctx, batch)
	if err == nil {
		for _, w := range batch {
			c.finish(w, nil)
		}
		return nil
	}
	if errors.Is(err, db.ErrUnavailable) {
		for _, w := range batch {
			if w.keep && len(kept) < keptLength {
				kept = append(kept, w)
				continue
			}
			c.finish(w, err)
		}
		return kept
	}
	if len(batch) > 1 {
		// Something in it is refused: halves find out what, and its neighbours are stored.
		half := len(batch) / 2
		return append(c.settle(ctx, batch[:half]), c.settle(ctx, batch[half:])...)
	}
	c.log.Error("set work aside", slog.Any("error", err))
	c.finish(batch[0], c.quarantine(ctx, batch[0], err))
	return nil
}

func (c *Committer) finish(w *work, err error) {
	if w.state.Swap(workSettled) == workPromised {
		c.kept.Add(-1)
	}
	w.done <- err
}

func (c *Committer) apply(ctx context.Context, batch []*work) error {
	assignments, events := 0, 0
	for _, w := range batch {
		assignments, events = assignments+len(w.assignments), events+len(w.events)
	}
	b := db.Batch{Now: c.clock.now(), Assignments: make([]db.NewAssignment, 0, assignments), Events: make([]db.NewEvent, 0, events)}
	for _, w := range batch {
		b.Assignments = append(b.Assignments, w.assignments...)
		b.Events = append(b.Events, w.events...)
		b.Beats = append(b.Beats, w.beats...)
		b.Tallies = append(b.Tallies, w.tallies...)
	}
	ctx, cancel := context.WithTimeout(ctx, applyLimit)
	defer cancel()
	done, err := c.db.Apply(ctx, b)
	if err != nil {
		return err
	}
	for _, w := range batch {
		a, e := len(w.assignments), len(w.events)
		w.result = db.Applied{Assignments: done.Assignments[:a], Events: done.Events[:e]}
		done.Assignments, done.Events = done.Assignments[a:], done.Events[e:]
	}
	return nil
}

// quarantine keeps what the database refused, so that nothing is lost unseen.
func (c *Committer) quarantine(ctx context.Context, w *work, cause error) error {
	ctx, cancel := context.WithTimeout(ctx, applyLimit)
	defer cancel()
	if !w.again && len(w.events)+len(w.assignments) > 0 {
		if err := c.db.Quarantine(ctx, w.account(), w.events, w.assignments, c.clock.now(), cause); err != nil {
			return err
		}
		c.quarantined.Add(1)
	}
	return &Error{Code: CodeInvalid, Reason: "quarantined", Message: "This could not be applied and was set aside for inspection.", Err: cause}
}
