package services

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// Note is what somebody wants to be remembered of a day of an experiment.
type Note struct {
	ID     uuid.UUID
	Day    time.Time
	Text   string
	Author string
}

const (
	mostNotes = 100
	maxNote   = 200
	// noteSpan is how far from today a note may lie.
	noteSpan = 5 * 365 * 24 * time.Hour
)

// AddNote notes something about a day, given as YYYY-MM-DD. Editors and above may. NotFound when the experiment is absent or another
// account's; Invalid names day or text, also when there are as many notes as there may be.
func (a *Analytics) AddNote(ctx context.Context, by Actor, experiment, day, text string) error {
	if err := by.may(Editor); err != nil {
		return err
	}
	id, err := experimentID(experiment)
	if err != nil {
		return err
	}
	now := a.clock.now()
	at, text, err := noteFields(day, text, now)
	if err != nil {
		return err
	}
	return a.db.InTx(ctx, by.Account, func(s *db.Store) error {
		if _, err := s.Experiment(ctx, by.Account, id); err != nil {
			return orNotFound(err, "experiment")
		}
		n, err := s.InsertExperimentNote(ctx, db.InsertExperimentNoteParams{AccountID: by.Account, ID: uuid.Must(uuid.NewV7()), ExperimentID: id, Day: at, Body: text,
			CreatedBy: by.User, Now: now, Most: mostNotes})
		if err != nil {
			return fmt.Errorf("insert note: %w", err)
		}
		if n == 0 {
			return (Fields{"text": {"too_many_notes", fmt.Sprintf("An experiment can have %d notes. Remove one first.", mostNotes)}}).err()
		}
		_, err = record(ctx, s, now, by, "note.added", experimentObject(id), map[string]any{"day": at.Format(time.DateOnly), "text": audited(text)})
		return err
	})
}

func noteFields(day, text string, now time.Time) (at time.Time, clean string, err error) {
	f := Fields{}
	clean = strings.Join(strings.Fields(text), " ")
	switch {
	case clean == "":
		f.add("text", "required", "Is required.")
	case !utf8.ValidString(clean) || strings.Contains(clean, "\x00"):
		f.add("text", "invalid", "Must be text.")
	case utf8.RuneCountInString(clean) > maxNote:
		f.add("text", "too_long", fmt.Sprintf("Must be at most %d characters.", maxNote))
	}
	at, bad := time.Parse(time.DateOnly, day)
	if bad != nil || now.Sub(at).Abs() > noteSpan {
		f.add("day", "date", "Must be a date such as 2026-11-27.")
	}
	return at, clean, f.err()
}

// RemoveNote removes a note. Editors and above may. NotFound when the experiment has no such note.
func (a *Analytics) RemoveNote(ctx context.Context, by Actor, experiment, note string) error {
	if err := by.may(Editor); err != nil {
		return err
	}
	id, err := experimentID(experiment)
	if err != nil {
		return err
	}
	key, err := uuid.Parse(note)
	if err != nil {
		return notFound("note")
	}
	return a.db.InTx(ctx, by.Account, func(s *db.Store) error {
		text, err := s.DeleteExperimentNote(ctx, db.DeleteExperimentNoteParams{AccountID: by.Account, ExperimentID: id, ID: key})
		if err != nil {
			return orNotFound(err, "note")
		}
		_, err = record(ctx, s, a.clock.now(), by, "note.removed", experimentObject(id), map[string]any{"text": audited(text)})
		return err
	})
}
