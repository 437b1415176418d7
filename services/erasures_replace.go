package services

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

const (
	// erasingFor is how long nothing that nodes remember is counted by on the person's sites: longer than a node that lives takes to
	// learn of a change.
	erasingFor = 10 * time.Minute
	// forgetFor is how long the names stay for nodes to forget them.
	forgetFor = 5 * time.Minute
)

// orderKey is what makes an order the same as another.
type orderKey struct {
	goal  uuid.UUID
	split int16
	order string
}

// seat is where a visitor is counted.
type seat struct {
	experiment uuid.UUID
	split      int16
	visitor    string
}

// cover are the names that take the places of a person's: another one in each experiment and for each order, so that nothing ties
// them together.
type cover struct {
	seats  map[seat]string
	orders map[orderKey]string
}

func (p *person) cover() cover {
	c := cover{map[seat]string{}, map[orderKey]string{}}
	for _, a := range p.assignments {
		c.seats[seat{a.ExperimentID, a.Split, a.Visitor}] = erasedName()
	}
	for _, o := range p.orders {
		c.orders[orderKey{o.GoalID, o.Split, o.OrderID}] = erasedName()
	}
	return c
}

// isCounted says whether an event is in some sum.
func isCounted(r db.EventsOfNamesRow) bool {
	return r.Kind == db.KindConversion && r.State == db.StateApplied
}

// visitor is the name for an event: where it is counted that of whom it is credited to, else one of its own.
func (c cover) visitor(r db.EventsOfNamesRow) string {
	if isCounted(r) && r.ExperimentID != nil {
		credit := r.Visitor
		if r.Credit != nil {
			credit = *r.Credit
		}
		if name, ok := c.seats[seat{*r.ExperimentID, r.Split, credit}]; ok {
			return name
		}
	}
	return erasedName()
}

// order is the name for an event's order. A refund that counts goes on naming the order of somebody else; any other event names none.
func (c cover) order(r db.EventsOfNamesRow) string {
	if r.OrderID == nil || r.GoalID == nil {
		return ""
	}
	if name, ok := c.orders[orderKey{*r.GoalID, r.Split, *r.OrderID}]; ok {
		return name
	}
	if isCounted(r) && r.Refund {
		return *r.OrderID
	}
	return ""
}

// eraseEvents are a day's events without what tells whose they were.
func eraseEvents(account uuid.UUID, day time.Time, rows []db.EventsOfNamesRow, c *cover) db.EraseEventsParams {
	out := db.EraseEventsParams{AccountID: account, Day: day, Events: []uuid.UUID{}, Parts: []int16{}, Names: []string{}, Orders: []string{}}
	for _, r := range rows {
		name, order := erasedName(), ""
		if c != nil {
			name, order = c.visitor(r), c.order(r)
		}
		out.Events, out.Parts, out.Names, out.Orders = append(out.Events, r.EventID), append(out.Parts, r.Part), append(out.Names, name), append(out.Orders, order)
	}
	return out
}

// replace takes away what was found, in one transaction in which nobody counts a conversion. errMoved: the person did something that
// counts since it was looked for.
func (r *erasureRun) replace(ctx context.Context, p *person) error {
	return r.db.InTx(ctx, p.account, func(s *db.Store) error {
		if err := s.HoldConversions(ctx); err != nil {
			return err
		}
		now, err := look(ctx, s, p.account, p.names)
		if err != nil {
			return err
		}
		if !p.same(now) {
			return errMoved
		}
		c := p.cover()
		for _, step := range []func(context.Context, *db.Store, *person, cover) error{r.replaceEvents, r.replaceWaiting, r.replaceCounted, r.replaceOrders, r.dropHeld, r.forgetPerson} {
			if err := step(ctx, s, p, c); err != nil {
				return err
			}
		}
		return r.end(ctx, s, p.traces())
	})
}

func (e *Erasures) replaceEvents(ctx context.Context, s *db.Store, p *person, c cover) error {
	for day, rows := range p.last {
		for some := range slices.Chunk(rows, erasureTake) {
			if err := s.EraseEvents(ctx, eraseEvents(p.account, day, some, &c)); err != nil {
				return fmt.Errorf("erase events: %w", err)
			}
		}
	}
	for day, rows := range p.others {
		to := db.RenameOrderOfEventsParams{AccountID: p.account, Day: day}
		for _, r := range rows {
			to.Events, to.Parts, to.Names = append(to.Events, r.EventID), append(to.Parts, r.Part), append(to.Names, c.orders[orderKey{*r.GoalID, r.Split, *r.OrderID}])
		}
		if err := s.RenameOrderOfEvents(ctx, to); err != nil {
			return fmt.Errorf("rename orders of events: %w", err)
		}
	}
	return nil
}

// replaceWaiting gives up what waits for the person's exposure, as upkeep does after a day.
func (e *Erasures) replaceWaiting(ctx context.Context, s *db.Store, p *person, _ cover) error {
	rows, err := s.WaitingOfNames(ctx, p.account, p.names)
	if err != nil {
		return fmt.Errorf("waiting of a person: %w", err)
	}
	if len(rows) == 0 {
		return nil
	}
	n := int64(0)
	for _, r := range rows {
		one := []db.EventsOfNamesRow{{EventID: r.EventID, Part: r.Part}}
		if err := s.EraseEvents(ctx, eraseEvents(p.account, r.Day, one, nil)); err != nil {
			return fmt.Errorf("erase waiting events: %w", err)
		}
		n += countEvents(one)
	}
	if err := s.DropWaitingOfNames(ctx, p.account, p.names); err != nil {
		return fmt.Errorf("drop waiting: %w", err)
	}
	today := day(e.clock.now())
	for _, move := range []db.MoveTallyParams{{Kind: "applied", N: n}, {Kind: "waiting", N: -n}} { // in the order in which commits lock them
		move.AccountID, move.Day = p.account, today
		if err := s.MoveTally(ctx, move); err != nil {
			return fmt.Errorf("move tally: %w", err)
		}
	}
	return nil
}

func (e *Erasures) replaceCounted(ctx context.Context, s *db.Store, p *person, c cover) error {
	a := db.RenameAssignmentsParams{AccountID: p.account}
	for _, r := range p.assignments {
		a.Experiments, a.Splits, a.Visitors = append(a.Experiments, r.ExperimentID), append(a.Splits, r.Split), append(a.Visitors, r.Visitor)
		a.Names = append(a.Names, c.seats[seat{r.ExperimentID, r.Split, r.Visitor}])
	}
	if err := s.RenameAssignments(ctx, a); err != nil {
		return fmt.Errorf("rename assignments: %w", err)
	}
	v := db.RenameConversionsParams{AccountID: p.account}
	for _, r := range p.conversions {
		v.Experiments, v.Splits, v.Goals, v.Visitors = append(v.Experiments, r.ExperimentID), append(v.Splits, r.Split), append(v.Goals, r.GoalID), append(v.Visitors, r.Visitor)
		v.Names = append(v.Names, c.seats[seat{r.ExperimentID, r.Split, r.Visitor}])
	}
	if err := s.RenameConversions(ctx, v); err != nil {
		return fmt.Errorf("rename conversions: %w", err)
	}
	if err := s.CountSegmentsAnew(ctx, p.account, p.experiments()); err != nil {
		return fmt.Errorf("have groups counted anew: %w", err)
	}
	return nil
}

func (e *Erasures) replaceOrders(ctx context.Context, s *db.Store, p *person, c cover) error {
	to := db.RenameOrdersParams{AccountID: p.account}
	for _, o := range p.orders {
		credit := ""
		if o.Credit != nil {
			credit = c.credit(o)
		}
		to.Goals, to.Splits, to.Orders, to.Credits = append(to.Goals, o.GoalID), append(to.Splits, o.Split), append(to.Orders, o.OrderID), append(to.Credits, credit)
		to.Names = append(to.Names, c.orders[orderKey{o.GoalID, o.Split, o.OrderID}])
	}
	if err := s.RenameOrders(ctx, to); err != nil {
		return fmt.Errorf("rename orders: %w", err)
	}
	return nil
}

// credit is in whose sum an order is: the person's, or somebody else's whose order the person was the first to name.
func (c cover) credit(o db.OrdersOfNamesRow) string {
	if name, ok := c.seats[seat{o.ExperimentID, o.Split, *o.Credit}]; ok {
		return name
	}
	return *o.Credit
}

// forgetPerson has every node forget the person, and count by what is stored until all have.
func (e *Erasures) forgetPerson(ctx context.Context, s *db.Store, p *person, _ cover) error {
	now, in := e.clock.now(), p.experiments()
	at := now.Add(forgetFor - aliasLife)
	if err := s.MarkErasing(ctx, db.MarkErasingParams{AccountID: p.account, Experiments: in, Until: now.Add(erasingFor)}); err != nil {
		return fmt.Errorf("mark sites: %w", err)
	}
	if err := s.ShortenAliases(ctx, db.ShortenAliasesParams{AccountID: p.account, Names: p.names, At: at}); err != nil {
		return fmt.Errorf("shorten aliases: %w", err)
	}
	if err := s.ForgetNames(ctx, db.ForgetNamesParams{AccountID: p.account, Names: p.names, Experiments: in, At: at}); err != nil {
		return fmt.Errorf("forget names: %w", err)
	}
	return nil
}

// end puts on record what was erased, and not whose it was.
func (r *erasureRun) end(ctx context.Context, s *db.Store, t Traces) error {
	now := r.clock.now()
	seq, err := record(ctx, s, now, r.by, actionPersonErased, accountObject(r.by.Account), map[string]any{"erasure": r.job.Erasure, "ids": t.IDs, "assignments": t.Assignments,
		"conversions": t.Conversions, "events": t.Events, "orders": t.Orders, "quarantined": t.Held})
	if err != nil {
		return err
	}
	return stillMine(s.EndErasure(ctx, db.EndErasureParams{AccountID: r.job.Account, ID: r.job.Erasure, Run: r.run, Ids: int32(t.IDs), Assignments: t.Assignments,
		Conversions: t.Conversions, Events: t.Events, Orders: t.Orders, Held: t.Held, Now: now, AuditSeq: seq}))
}
