package services

import (
	"context"
	"fmt"
	"slices"
	"strings"

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
	// Winner is the arm that everybody sees once completed; nil or empty: none. In mode independent it is one variant of each
	// element, joined by dots.
	Winner *string
	// Winners name the same by element; an element that is left out shows its original.
	Winners map[string]string
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
		if err := waitForSplits(ctx, s, by, key); err != nil {
			return err
		}
		if _, err := s.LockExperiment(ctx, by.Account, key); err != nil {
			return orNotFound(err, "experiment")
		}
		x, err := e.one(ctx, s, by, key)
		if err != nil {
			return err
		}
		if change.Winners != nil {
			if change.Winner, err = x.joinWinners(change.Winners); err != nil {
				return err
			}
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
	if _, known := moves[c.To]; !known || c.To == Draft {
		f.add("status", "unknown", "Must be running, paused, completed or archived.")
	}
	if (orEmpty(c.Winner) != "" || c.Winners != nil) && c.To != Completed {
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
		if x.armsOf(winner) == nil {
			return noWinner()
		}
	}
	return nil
}

func noWinner() error {
	return (Fields{"winner": {"unknown", "Must be the key of one of its variants; with several elements that of a combination, or one variant for each element."}}).err()
}

// joinWinners is the key of the arm that shows the named variant of each element.
func (d Definition) joinWinners(winners map[string]string) (*string, error) {
	key, ok := d.armKey(winners)
	if !ok {
		return nil, noWinner()
	}
	return &key, nil
}

// armKey joins variants, named by element, to the key of an arm; elements that are not named show their original.
func (d Definition) armKey(named map[string]string) (string, bool) {
	keys, found := make([]string, len(d.Elements)), 0
	for i, e := range d.Elements {
		keys[i] = e.Variants[0].Key
		if key, ok := named[e.Key]; ok {
			keys[i] = key
			found++
		}
	}
	return strings.Join(keys, "."), found == len(named)
}

// armsOf are the arms, one of each split, that a key names; nil when it names none. The splits of mode independent have their
// variants' keys joined by dots, as the elements of mode factorial have in their one.
func (d Definition) armsOf(key string) []int {
	splits, keys := d.splits(), []string{key}
	if len(splits) > 1 {
		keys = strings.Split(key, ".")
	}
	if len(keys) != len(splits) {
		return nil
	}
	arms := make([]int, len(splits))
	for i, split := range splits {
		if arms[i] = slices.Index(split.keys(), keys[i]); arms[i] < 0 {
			return nil
		}
	}
	return arms
}

// move makes an allowed change and its audit entry.
func (e *Experiments) move(ctx context.Context, s *db.Store, by Actor, x Experiment, c StatusChange) error {
	now, starts := e.clock.now(), x.Status == Draft && c.To == Running
	payload := map[string]any{"old": string(x.Status), "new": string(c.To)}
	var weights []engine.Weights
	var plan string
	var err error
	if starts {
		if err := x.publishable(by); err != nil {
			return err
		}
		if weights, err = x.firstWeights(); err != nil {
			return err
		}
		if err := e.reserve(ctx, s, by, x); err != nil {
			return err
		}
		if payload["definition"], err = auditDefinition(x.Definition); err != nil {
			return err
		}
		if plan, payload["plan"], err = e.planOf(ctx, s, by, x); err != nil {
			return err
		}
		payload["weights"] = auditFirstWeights(x.splits(), weights)
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
		if err := e.launch(ctx, s, by, x, weights, now, seq); err != nil {
			return err
		}
		if err := s.InsertLaunchPlan(ctx, db.InsertLaunchPlanParams{AccountID: by.Account, ExperimentID: x.ID, Body: plan, Now: now, AuditSeq: seq}); err != nil {
			return fmt.Errorf("insert plan: %w", err)
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
