package services

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

const (
	mostIDs     = 1_000           // of one person
	mostCounted = 50_000          // events of one person that counts rest on
	erasureTake = 2_000           // rows read or changed at a time
	dayTime     = 5 * time.Minute // that a look into a day of events may take
)

var (
	errManyNames  = errors.New("more names than one person has")
	errManyEvents = errors.New("more conversions than can be erased at once")
)

// erasedName is a new name that says nothing about what it stands for.
func erasedName() string { return "erased-" + strings.ToLower(rand.Text()) }

// person is what is found of one.
type person struct {
	account     uuid.UUID
	names       []string
	assignments []db.AssignmentsOfNamesRow
	conversions []db.ConversionsOfNamesRow

	events int64
	last   map[time.Time][]db.EventsOfNamesRow // by day: events that change together with what counts them
	orders []db.OrdersOfNamesRow
	others map[time.Time][]db.EventsOfOrdersRow // by day: further events that name one of the orders
	held   []heldRest
}

// look reads a person's names and what the tables that count hold of them.
func look(ctx context.Context, s *db.Store, account uuid.UUID, names []string) (*person, error) {
	p := &person{account: account, last: map[time.Time][]db.EventsOfNamesRow{}, others: map[time.Time][]db.EventsOfOrdersRow{}}
	var err error
	if p.names, err = s.NamesOfPerson(ctx, db.NamesOfPersonParams{AccountID: account, Names: names, Take: mostIDs + 1}); err != nil {
		return nil, fmt.Errorf("names of a person: %w", err)
	}
	if len(p.names) > mostIDs {
		return nil, errManyNames
	}
	if p.assignments, err = s.AssignmentsOfNames(ctx, account, p.names); err != nil {
		return nil, fmt.Errorf("assignments of a person: %w", err)
	}
	if p.conversions, err = s.ConversionsOfNames(ctx, account, p.names); err != nil {
		return nil, fmt.Errorf("conversions of a person: %w", err)
	}
	return p, nil
}

// same says whether the person did nothing that counts between two looks.
func (p *person) same(q *person) bool {
	return slices.Equal(p.names, q.names) && slices.Equal(p.assignments, q.assignments) && slices.Equal(p.conversions, q.conversions)
}

func (p *person) traces() Traces {
	t := Traces{IDs: len(p.names), Assignments: int64(len(p.assignments)), Events: p.events, Orders: int64(len(p.orders)), Held: int64(len(p.held))}
	for _, c := range p.conversions {
		t.Conversions += int64(c.N)
	}
	return t
}

// experiments are those that the person is in.
func (p *person) experiments() (out []uuid.UUID) {
	for _, a := range p.assignments {
		if !slices.Contains(out, a.ExperimentID) {
			out = append(out, a.ExperimentID)
		}
	}
	return out
}

// searchDay finds a day's events of the person. Those that no count and no order rests on are erased at once, each under a name of its
// own.
func (r *erasureRun) searchDay(ctx context.Context, p *person, day time.Time) error {
	page := db.EventsOfNamesParams{AccountID: p.account, Day: day, Names: p.names, AfterPart: -1, Take: erasureTake}
	for {
		rows, gone, err := r.searchPage(ctx, p, page)
		if err != nil {
			return fmt.Errorf("erase events of %s: %w", day.Format(time.DateOnly), err)
		}
		r.early += gone
		if len(rows) < erasureTake {
			return nil
		}
		if p.events > mostCounted {
			return errManyEvents
		}
		page.After, page.AfterPart = rows[len(rows)-1].EventID, rows[len(rows)-1].Part
	}
}

// searchPage finds some of a day's events. The run's row says how many are gone, since the next run would not find them.
func (r *erasureRun) searchPage(ctx context.Context, p *person, page db.EventsOfNamesParams) (rows []db.EventsOfNamesRow, gone int64, err error) {
	var last []db.EventsOfNamesRow
	err = r.change(ctx, func(s *db.Store) (int64, error) {
		if err := s.AllowTime(ctx, strconv.FormatInt(dayTime.Milliseconds(), 10)); err != nil {
			return 0, err
		}
		var now []db.EventsOfNamesRow
		if rows, err = s.EventsOfNames(ctx, page); err != nil {
			return 0, err
		}
		now, last = partEvents(rows)
		change := eraseEvents(p.account, page.Day, now, nil)
		if err := s.BlankHeartbeats(ctx, db.BlankHeartbeatsParams{AccountID: p.account, Day: page.Day, Events: change.Events}); err != nil {
			return 0, err
		}
		if err := s.EraseEvents(ctx, change); err != nil {
			return 0, err
		}
		gone = countEvents(now)
		return s.CountErased(ctx, db.CountErasedParams{AccountID: p.account, ID: r.job.Erasure, Run: r.run, N: gone})
	})
	if err == nil {
		p.events += countEvents(last)
		p.last[page.Day] = append(p.last[page.Day], last...)
	}
	return rows, gone, err
}

// partEvents tells events that nothing rests on from those that change together with what counts them, that wait to be counted, or
// that name an order.
func partEvents(rows []db.EventsOfNamesRow) (now, last []db.EventsOfNamesRow) {
	for _, r := range rows {
		if r.State == db.StateWaiting || r.OrderID != nil || isCounted(r) {
			last = append(last, r)
		} else {
			now = append(now, r)
		}
	}
	return now, last
}

// countEvents counts an event that has a row for each of several goals once.
func countEvents(rows []db.EventsOfNamesRow) (n int64) {
	for _, r := range rows {
		if r.Part == 0 {
			n++
		}
	}
	return n
}

// searchOrders finds the orders of the person and the events of others that name them, such as refunds that a server reported.
func (e *Erasures) searchOrders(ctx context.Context, p *person, days []time.Time) error {
	ids, own := []uuid.UUID{}, map[uuid.UUID]bool{}
	for _, rows := range p.last {
		for _, r := range rows {
			own[r.EventID] = true
			if r.OrderID != nil {
				ids = append(ids, r.EventID)
			}
		}
	}
	err := e.db.InTx(ctx, p.account, func(s *db.Store) (err error) {
		if err := s.AllowTime(ctx, strconv.FormatInt(dayTime.Milliseconds(), 10)); err != nil {
			return err
		}
		p.orders, err = s.OrdersOfNames(ctx, db.OrdersOfNamesParams{AccountID: p.account, Names: p.names, Events: ids})
		return err
	})
	if err != nil {
		return fmt.Errorf("orders of a person: %w", err)
	}
	if len(p.orders) == 0 {
		return nil
	}
	for _, d := range days {
		if err := e.searchOthers(ctx, p, d, own); err != nil {
			return fmt.Errorf("events of a person's orders: %w", err)
		}
	}
	return nil
}

// searchOthers finds a day's events of others that name the person's orders.
func (e *Erasures) searchOthers(ctx context.Context, p *person, day time.Time, own map[uuid.UUID]bool) error {
	wanted, names := map[orderKey]bool{}, []string{}
	for _, o := range p.orders {
		wanted[orderKey{o.GoalID, o.Split, o.OrderID}] = true
		names = append(names, o.OrderID)
	}
	var rows []db.EventsOfOrdersRow
	err := e.db.InTx(ctx, p.account, func(s *db.Store) (err error) {
		if err := s.AllowTime(ctx, strconv.FormatInt(dayTime.Milliseconds(), 10)); err != nil {
			return err
		}
		rows, err = s.EventsOfOrders(ctx, db.EventsOfOrdersParams{AccountID: p.account, Day: day, Orders: names, Take: mostCounted})
		return err
	})
	for _, r := range rows {
		if r.GoalID != nil && !own[r.EventID] && wanted[orderKey{*r.GoalID, r.Split, *r.OrderID}] {
			p.others[day] = append(p.others[day], r)
		}
	}
	return err
}
