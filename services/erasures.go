package services

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

const (
	openErasures = 3               // of an account at a time
	erasureNames = 20              // in one request
	erasureList  = 100             // that are listed
	findTime     = 5 * time.Second // that a look for events may take
)

// Erasures take what traffic stored of a person out of the database, under every name that follows another of theirs. What counts
// rest on stays as rows that belong to nobody: a random name takes the visitor's place, and texts go. So every result, the recount and
// the record of changes stay as they are.
type Erasures struct {
	db    *db.DB
	clock Clock
	log   *slog.Logger
}

// NewErasures makes the service.
func NewErasures(d *db.DB, clock Clock, log *slog.Logger) *Erasures { return &Erasures{d, clock, log} }

// actionPersonErased is what an erasure is on record as.
const actionPersonErased = "person.erased"

// Erasure states.
const (
	ErasureWaiting = "waiting"
	ErasureRunning = "running"
	ErasureDone    = "done"
	ErasureFailed  = "failed"
)

// Traces count what is stored of a person.
type Traces struct {
	IDs         int   `json:"ids" doc:"Names of the person: those that were asked for and those that identify tied to them"`
	Assignments int64 `json:"assignments" doc:"Variants that the person was given"`
	Conversions int64 `json:"conversions" doc:"Goals that the person reached"`
	Events      int64 `json:"events" doc:"Events of the person; -1: too many to count at once"`
	Orders      int64 `json:"orders" doc:"Orders of the person"`
	Held        int64 `json:"quarantined" doc:"Entries of the quarantine about the person"`
}

// None says that nothing is stored.
func (t Traces) None() bool { return t == Traces{IDs: t.IDs} }

// Erasure is a request to erase what is stored of a person. It does not tell whose.
type Erasure struct {
	ID         uuid.UUID  `json:"id"`
	State      string     `json:"state" enum:"waiting,running,done,failed"`
	Searched   int        `json:"searched" doc:"Days of events that were searched"`
	Days       int        `json:"days" doc:"Days of events that there are"`
	Erased     Traces     `json:"erased"`
	By         string     `json:"by" doc:"Name of the person who asked for it"`
	CreatedAt  time.Time  `json:"created_at"`
	FinishedAt *time.Time `json:"finished_at,omitempty"`
	Entry      *int64     `json:"entry,omitempty" doc:"Number of the entry in the record of changes"`
}

// Open says that it is not over.
func (e Erasure) Open() bool { return e.State == ErasureWaiting || e.State == ErasureRunning }

func newErasure(r db.Erasure, by string) Erasure {
	return Erasure{ID: r.ID, State: r.State, Searched: int(r.Searched), Days: int(r.Days), By: by, CreatedAt: r.CreatedAt, FinishedAt: r.FinishedAt, Entry: r.AuditSeq,
		Erased: Traces{IDs: int(r.Ids), Assignments: r.Assignments, Conversions: r.Conversions, Events: r.Events, Orders: r.Orders, Held: r.Held}}
}

// MayErase is nil for those who may erase people's data, else Forbidden.
func (a Actor) MayErase() error { return a.may(Admin) }

// erasable is a request's names without repeats, or what is wrong with them.
func erasable(names []string) (out []string, err error) {
	f := Fields{}
	for i, name := range names {
		name = strings.TrimSpace(name)
		f.visitor("names["+strconv.Itoa(i)+"]", name)
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	if len(names) == 0 || len(names) > erasureNames {
		f.add("names", "erasure_names", fmt.Sprintf("Name 1 to %d ids of one person.", erasureNames))
	}
	return out, f.err()
}

// Find counts what is stored of a person in the actor's account. Admins and above may. Invalid: Fields say what is wrong with the names.
func (e *Erasures) Find(ctx context.Context, by Actor, names []string) (t Traces, err error) {
	if err := by.MayErase(); err != nil {
		return t, err
	}
	if names, err = erasable(names); err != nil {
		return t, err
	}
	var p *person
	err = e.db.InTx(ctx, by.Account, func(s *db.Store) error {
		p, err = look(ctx, s, by.Account, names)
		if err != nil {
			return err
		}
		orders, err := s.OrdersOfNames(ctx, db.OrdersOfNamesParams{AccountID: by.Account, Names: p.names, Events: []uuid.UUID{}})
		p.orders = orders
		return err
	})
	if err == nil {
		err = e.searchHeld(ctx, p)
	}
	if err != nil {
		return t, fmt.Errorf("find a person's data: %w", err)
	}
	p.events, err = e.countEvents(ctx, p)
	return p.traces(), err
}

// countEvents is -1 when there is too much to search now.
func (e *Erasures) countEvents(ctx context.Context, p *person) (n int64, err error) {
	err = e.db.InTx(ctx, p.account, func(s *db.Store) error {
		if err := s.AllowTime(ctx, strconv.FormatInt(findTime.Milliseconds(), 10)); err != nil {
			return err
		}
		n, err = s.CountEventsOfNames(ctx, p.account, p.names)
		return err
	})
	switch {
	case db.IsTimeout(err):
		return -1, nil
	case err != nil:
		return 0, fmt.Errorf("count a person's events: %w", err)
	}
	return n, nil
}

// Request has what is stored of a person erased, in the background. Admins and above may. Invalid: Fields say what is wrong with the
// names; Conflict: as many erasures of the account are under way as may be.
func (e *Erasures) Request(ctx context.Context, by Actor, names []string) (out Erasure, err error) {
	if err := by.MayErase(); err != nil {
		return out, err
	}
	if names, err = erasable(names); err != nil {
		return out, err
	}
	err = e.db.InTx(ctx, by.Account, func(s *db.Store) error {
		open, err := s.CountOpenErasures(ctx, by.Account)
		if err != nil {
			return fmt.Errorf("count erasures: %w", err)
		}
		if open >= openErasures {
			return conflict("erasures_busy", "Three erasures are under way. Wait for one of them.")
		}
		row := db.InsertErasureParams{AccountID: by.Account, ID: uuid.Must(uuid.NewV7()), Names: names, CreatedBy: by.User, Now: e.clock.now()}
		if by.Key != uuid.Nil {
			row.CreatedKey = &by.Key
		}
		if err := s.InsertErasure(ctx, row); err != nil {
			return fmt.Errorf("insert erasure: %w", err)
		}
		if err := s.Enqueue(ctx, erasureJob{by.Account, row.ID}); err != nil {
			return err
		}
		out, err = erasure(ctx, s, by, row.ID)
		return err
	})
	return out, err
}

func erasure(ctx context.Context, s *db.Store, by Actor, id uuid.UUID) (Erasure, error) {
	r, err := s.Erasure(ctx, by.Account, id)
	if err != nil {
		return Erasure{}, orNotFound(err, "erasure")
	}
	return newErasure(r.Erasure, r.ByName), nil
}

// Get returns an erasure. Admins and above may. NotFound if there is none of the id in the account.
func (e *Erasures) Get(ctx context.Context, by Actor, id string) (out Erasure, err error) {
	if err := by.MayErase(); err != nil {
		return out, err
	}
	key, err := uuid.Parse(id)
	if err != nil {
		return out, notFound("erasure")
	}
	err = e.db.InTx(ctx, by.Account, func(s *db.Store) error {
		out, err = erasure(ctx, s, by, key)
		return err
	})
	return out, err
}

// List returns the newest erasures, newest first. Admins and above may.
func (e *Erasures) List(ctx context.Context, by Actor) (out []Erasure, err error) {
	if err := by.MayErase(); err != nil {
		return nil, err
	}
	out = []Erasure{}
	err = e.db.InTx(ctx, by.Account, func(s *db.Store) error {
		rows, err := s.Erasures(ctx, by.Account, erasureList)
		for _, r := range rows {
			out = append(out, newErasure(r.Erasure, r.ByName))
		}
		return err
	})
	return out, err
}
