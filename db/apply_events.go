package db

import (
	"math/big"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// eventRows are the events of a batch on their way to the database and back.
type eventRows struct {
	events  []NewEvent
	answers []Recorded
}

func newEventRows(events []NewEvent) *eventRows {
	return &eventRows{events: events, answers: make([]Recorded, len(events))}
}

// queue adds the statement; its answers are there once the batch has run.
func (e *eventRows) queue(q *pgx.Batch) {
	n := len(e.events)
	if n == 0 {
		return
	}
	var (
		account, id, installation = make([]uuid.UUID, n), make([]uuid.UUID, n), make([]uuid.UUID, n)
		day, occurred, received   = make([]time.Time, n), make([]time.Time, n), make([]time.Time, n)
		part, kind, split         = make([]int16, n), make([]int16, n), make([]int16, n)
		experiment, goal          = make([]*uuid.UUID, n), make([]*uuid.UUID, n)
		name, url                 = make([]*string, n), make([]*string, n)
		visitor                   = make([]string, n)
		arm                       = make([]*int16, n)
		epoch                     = make([]*int32, n)
		window                    = make([]int32, n)
		value                     = make([]pgtype.Numeric, n)
		dayless                   = make([]bool, n)
		before                    []time.Time // yesterdays of events without a day
	)
	for i := range e.events {
		v := &e.events[i]
		account[i], day[i], id[i], part[i], kind[i], installation[i], split[i] = v.Account, v.Day, v.ID, v.Part, v.Kind, v.Installation, v.Split
		experiment[i], goal[i], window[i], name[i], visitor[i] = optional(&v.Experiment), optional(&v.Goal), v.Window, optional(&v.Name), v.Visitor
		if v.Kind == KindExposure {
			arm[i], epoch[i] = &v.Arm, &v.Epoch
		}
		occurred[i], received[i], value[i], url[i], dayless[i] = v.Occurred, v.Received, decimal(v.Value), optional(&v.URL), v.Dayless
		if v.Dayless {
			before = append(before, v.Day.AddDate(0, 0, -1))
		}
	}
	args := []any{account, day, id, part, kind, installation, experiment, split, goal, window, name, visitor, arm, epoch, occurred, received, value, url, dayless}
	if len(before) > 0 {
		q.Queue(storeDayless, append(args, slices.MinFunc(before, time.Time.Compare), slices.MaxFunc(before, time.Time.Compare))...).Query(e.read)
		return
	}
	q.Queue(storeEvents, args...).Query(e.read)
}

func (e *eventRows) read(rows pgx.Rows) error {
	type key struct {
		account, id uuid.UUID
		part        int16
	}
	place := make(map[key]int, len(e.events))
	for i, v := range e.events {
		place[key{v.Account, v.ID, v.Part}] = i
	}
	var k key
	var state int16
	_, err := pgx.ForEachRow(rows, []any{&k.account, &k.id, &k.part, &state}, func() error {
		e.answers[place[k]] = Recorded{Fresh: true, State: state}
		return nil
	})
	return err
}

// decimal makes a numeric of units of 1/10,000.
func decimal(n *int64) pgtype.Numeric {
	if n == nil {
		return pgtype.Numeric{}
	}
	return pgtype.Numeric{Int: big.NewInt(*n), Exp: -4, Valid: true}
}

func optional[T comparable](v *T) *T {
	var zero T
	if *v == zero {
		return nil
	}
	return v
}
