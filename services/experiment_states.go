package services

import (
	"context"
	"fmt"
	"slices"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine"
)

// moves is the whole life of an experiment: what may follow what.
var moves = map[Status][]Status{
	Draft:     {Running, Archived},
	Running:   {Paused, Completed},
	Paused:    {Running, Completed},
	Completed: {Archived},
	Archived:  {},
}

// CanMove says whether an experiment may go from one state to another.
func CanMove(from, to Status) bool { return slices.Contains(moves[from], to) }

// StatusChange asks for another state.
type StatusChange struct {
	To Status
	// Winner is the variant that everybody sees once completed; nil or empty: none.
	Winner *string
	// WinnerPerElement says that a winner was named for each element, which mode single does not have.
	WinnerPerElement bool
	// Version, when given, must still be the experiment's.
	Version *int
}

// SetStatus moves an experiment through its life. Editors and above may. NotFound if absent or another account's, Invalid for a
// status or winner that does not exist, Conflict when the state does not follow, Stale when the version is not the current one.
func (e *Experiments) SetStatus(ctx context.Context, by Actor, id string, change StatusChange) (Experiment, error) {
	if err := by.may(Editor); err != nil {
		return Experiment{}, err
	}
	key, err := experimentID(id)
	if err != nil {
		return Experiment{}, err
	}
	if err := change.valid(); err != nil {
		return Experiment{}, err
	}
	var after Experiment
	err = e.db.InTx(ctx, by.Account, func(s *db.Store) error {
		if err := s.WaitForSplit(ctx, key, 0); err != nil {
			return fmt.Errorf("wait for split: %w", err)
		}
		if _, err := s.LockExperiment(ctx, by.Account, key); err != nil {
			return orNotFound(err, "experiment")
		}
		x, err := e.one(ctx, s, by, key)
		if err != nil {
			return err
		}
		if err := change.allowed(x); err != nil {
			return err
		}
		if err := e.move(ctx, s, by, x, change); err != nil {
			return err
		}
		after, err = e.one(ctx, s, by, key)
		return err
	})
	return after, err
}

// valid checks what can be known without the experiment.
func (c StatusChange) valid() error {
	f := Fields{}
	f.notYet("winner", c.WinnerPerElement)
	if _, known := moves[c.To]; !known || c.To == Draft {
		f.add("status", "unknown", "Must be running, paused, completed or archived.")
	}
	if orEmpty(c.Winner) != "" && c.To != Completed {
		f.add("winner", "unexpected", "Has a meaning only with status completed.")
	}
	return f.err()
}

func (c StatusChange) allowed(x Experiment) error {
	if err := stale(c.Version, x.Version); err != nil {
		return err
	}
	if !CanMove(x.Status, c.To) {
		return conflict("state", fmt.Sprintf("An experiment that is %s cannot become %s.", x.Status, c.To))
	}
	if winner := orEmpty(c.Winner); winner != "" {
		if arms, _ := x.arms(); !slices.Contains(arms, winner) {
			return (Fields{"winner": {"unknown", "Must be the key of one of its variants."}}).err()
		}
	}
	return nil
}

// move makes an allowed change and its audit entry.
func (e *Experiments) move(ctx context.Context, s *db.Store, by Actor, x Experiment, c StatusChange) error {
	now, starts := e.clock.now(), x.Status == Draft && c.To == Running
	payload := map[string]any{"old": string(x.Status), "new": string(c.To)}
	var arms []string
	var weights engine.Weights
	var err error
	if starts {
		if err := x.publishable(by); err != nil {
			return err
		}
		if arms, weights, err = x.launchable(); err != nil {
			return err
		}
		if err := e.reserve(ctx, s, by, x); err != nil {
			return err
		}
		if payload["definition"], err = auditDefinition(x.Definition); err != nil {
			return err
		}
		payload["weights"] = auditWeights(arms, weights)
	}
	winner := x.Winner
	if orEmpty(c.Winner) != "" {
		winner = c.Winner
		payload["winner"] = *c.Winner
	}
	seq, err := record(ctx, s, now, by, verbs[c.To](x.Status), experimentObject(x.ID), payload)
	if err != nil {
		return err
	}
	if starts {
		if err := e.launch(ctx, s, by, x, arms, weights, now, seq); err != nil {
			return err
		}
	}
	err = s.UpdateExperimentStatus(ctx, db.UpdateExperimentStatusParams{AccountID: by.Account, ID: x.ID, Status: string(c.To), Winner: winner, Now: now, AuditSeq: &seq})
	if err != nil {
		return fmt.Errorf("update status: %w", err)
	}
	return nil
}

// verbs are the audit's words for a move, by where it leads.
var verbs = map[Status]func(from Status) string{
	Running: func(from Status) string {
		if from == Paused {
			return "experiment.resumed"
		}
		return "experiment.started"
	},
	Paused:    func(Status) string { return "experiment.paused" },
	Completed: func(Status) string { return "experiment.completed" },
	Archived:  func(Status) string { return "experiment.archived" },
}
