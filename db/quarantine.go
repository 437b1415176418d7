package db

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Held is one entry of the quarantine: an event with its parts and the assignments that it wanted, or assignments alone.
type Held struct {
	Events      []NewEvent      `json:"events,omitempty"`
	Assignments []NewAssignment `json:"assignments,omitempty"`
}

// ReadHeld reads the bytes of an entry, those of before too, which were one event.
func ReadHeld(body []byte) (h Held, err error) {
	if err := json.Unmarshal(body, &h); err != nil {
		return h, fmt.Errorf("read quarantine: %w", err)
	}
	if len(h.Events)+len(h.Assignments) == 0 {
		var e NewEvent
		if err := json.Unmarshal(body, &e); err != nil || e.Account == uuid.Nil {
			return h, fmt.Errorf("read quarantine: neither an entry nor an event: %v", err)
		}
		h.Events = []NewEvent{e}
	}
	return h, nil
}

// hold takes apart what could not be applied: each event becomes an entry with its parts and with the assignment that it wanted,
// what is left of the assignments is another.
func hold(events []NewEvent, assignments []NewAssignment) (out []Held) {
	taken := make([]bool, len(assignments))
	for i, e := range events {
		if i > 0 && e.ID == events[i-1].ID && e.Part > 0 {
			last := &out[len(out)-1]
			last.Events = append(last.Events, e)
			continue
		}
		h := Held{Events: []NewEvent{e}}
		for j, a := range assignments {
			if !taken[j] && e.Kind == KindExposure && a.Experiment == e.Experiment && a.Visitor == e.Visitor && a.Arm == e.Arm && a.Epoch == e.Epoch && a.At.Equal(e.Occurred) {
				h.Assignments = append(h.Assignments, a)
				taken[j] = true
				break
			}
		}
		out = append(out, h)
	}
	var rest Held
	for j, a := range assignments {
		if !taken[j] {
			rest.Assignments = append(rest.Assignments, a)
		}
	}
	if len(rest.Assignments) > 0 {
		out = append(out, rest)
	}
	return out
}

// Quarantine keeps what could not be applied for one account, with the reason, and counts its events as such.
func (d *DB) Quarantine(ctx context.Context, account uuid.UUID, events []NewEvent, assignments []NewAssignment, now time.Time, cause error) error {
	return d.in(ctx, Ingest, uuid.Nil, func(s *Store) error {
		n := int64(0)
		for _, h := range hold(events, assignments) {
			body, err := json.Marshal(h)
			if err != nil {
				return fmt.Errorf("encode event: %w", err)
			}
			counted := int32(min(len(h.Events), 1))
			n += int64(counted)
			err = s.InsertQuarantine(ctx, InsertQuarantineParams{AccountID: account, ID: uuid.Must(uuid.NewV7()), Now: now, Reason: cause.Error(), Body: body, Events: counted})
			if err != nil {
				return fmt.Errorf("insert quarantine: %w", err)
			}
		}
		if n == 0 {
			return nil
		}
		day := now.UTC().Truncate(24 * time.Hour)
		_, err := s.tx.Exec(ctx, addTallies, []uuid.UUID{account, account}, []uuid.UUID{{}, {}}, []time.Time{day, day},
			[]string{"accepted", "quarantined"}, []int64{n, n})
		if err != nil {
			return fmt.Errorf("count quarantine: %w", err)
		}
		return nil
	})
}
