package services

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// heldRest is what stays of an entry of the quarantine without a person; a nil body: nothing.
type heldRest struct {
	id     uuid.UUID
	reason string
	body   []byte
}

// searchHeld finds the person in the quarantine.
func (e *Erasures) searchHeld(ctx context.Context, p *person) error {
	page := db.HeldAfterParams{AccountID: p.account, Take: retriedAtOnce}
	for {
		var rows []db.HeldAfterRow
		err := e.db.InTx(ctx, p.account, func(s *db.Store) (err error) {
			rows, err = s.HeldAfter(ctx, page)
			return err
		})
		if err != nil {
			return fmt.Errorf("search quarantine: %w", err)
		}
		for _, r := range rows {
			page.After = r.ID
			rest, found, err := p.without(r)
			if err != nil {
				return err
			}
			if found {
				p.held = append(p.held, rest)
			}
		}
		if len(rows) < retriedAtOnce {
			return nil
		}
	}
}

// without is an entry without the person. An entry is about one visitor, but for assignments alone, which may be those of many. Of one
// that cannot be read nothing stays when it holds a name of the person.
func (p *person) without(r db.HeldAfterRow) (rest heldRest, found bool, err error) {
	rest = heldRest{id: r.ID, reason: r.Reason}
	held, err := db.ReadHeld(r.Body)
	if err != nil {
		return rest, slices.ContainsFunc(p.names, func(name string) bool { return bytes.Contains(r.Body, []byte(name)) }), nil
	}
	for _, v := range held.Events {
		if slices.Contains(p.names, v.Visitor) {
			return rest, true, nil
		}
	}
	others := slices.DeleteFunc(slices.Clone(held.Assignments), func(a db.NewAssignment) bool { return slices.Contains(p.names, a.Visitor) })
	if len(others) == len(held.Assignments) {
		return rest, false, nil
	}
	if len(others)+len(held.Events) > 0 {
		held.Assignments, rest.reason = others, "" // which may have named the person
		rest.body, err = json.Marshal(held)
	}
	return rest, true, err
}

// dropHeld takes the person out of the quarantine. Entries are counted as discarded.
func (e *Erasures) dropHeld(ctx context.Context, s *db.Store, p *person, _ cover) error {
	for _, h := range p.held {
		if h.body != nil {
			if err := s.RewriteHeld(ctx, db.RewriteHeldParams{AccountID: p.account, ID: h.id, Body: h.body, Reason: h.reason}); err != nil {
				return fmt.Errorf("rewrite quarantine: %w", err)
			}
			continue
		}
		if _, err := take(ctx, s, Actor{Account: p.account}, &h.id, "discarded", 1); err != nil {
			return err
		}
	}
	return nil
}
