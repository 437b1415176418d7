package services

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine"
	"github.com/samplit/samplit/engine/state"
)

// Learner re-weights the splits of learning experiments. What it decides is a function of committed counts alone: killed at any
// point, it decides the same at its next visit.
type Learner struct {
	db    *db.DB
	keys  Sealer
	kept  func() int64 // assignments answered but not stored: while there are some, no epoch opens
	clock Clock
	log   *slog.Logger
	marks map[splitID]mark
}

type splitID struct {
	account, experiment uuid.UUID
	split               int16
}

// mark is what the counts were at the last visit.
type mark struct {
	visitors, converters int64
	value                string
}

// NewLearner makes the loop; kept tells how many answered assignments wait to be stored.
func NewLearner(d *db.DB, keys Sealer, kept func() int64, clock Clock, log *slog.Logger) *Learner {
	return &Learner{db: d, keys: keys, kept: kept, clock: clock, log: log, marks: map[splitID]mark{}}
}

// Run visits the splits whose counts moved at every interval until ctx ends.
func (l *Learner) Run(ctx context.Context, interval time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		l.round(ctx)
	}
}

// roundLimit ends a round in which an answer of the database was lost on the way.
const roundLimit = 5 * time.Minute

func (l *Learner) round(ctx context.Context) {
	wait, cancel := context.WithTimeout(ctx, roundLimit)
	defer cancel()
	if _, err := l.Visit(wait); err != nil && ctx.Err() == nil && Code(err) != CodeUnavailable {
		l.log.Warn("learning", slog.Any("error", err))
	}
}

// Visit looks once at every learning split whose counts moved since the last visit and returns how many epochs opened. One
// split's trouble does not keep the others from learning.
func (l *Learner) Visit(ctx context.Context) (opened int, err error) {
	if l.kept() > 0 {
		return 0, nil
	}
	var rows []db.LearningSplitsRow
	err = l.db.AsSystem(ctx, func(s *db.Store) (err error) {
		rows, err = s.LearningSplits(ctx)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("list learning splits: %w", err)
	}
	var errs []error
	for _, r := range rows {
		id, now := splitID{r.AccountID, r.ExperimentID, r.Split}, mark{r.Visitors, r.Converters, r.Value}
		if l.marks[id] == now {
			continue
		}
		open, err := l.visit(ctx, id)
		if err != nil {
			errs = append(errs, fmt.Errorf("experiment %s split %d: %w", id.experiment, id.split, err))
			continue
		}
		if open {
			opened++
		}
		l.marks[id] = now
	}
	return opened, errors.Join(errs...)
}

// visit opens an epoch of one split if the rule says so: epoch, sealed state and audit entry in one transaction.
func (l *Learner) visit(ctx context.Context, id splitID) (opened bool, err error) {
	err = l.db.InTx(ctx, id.account, func(s *db.Store) error {
		opened = false
		if mine, err := s.LockSplit(ctx, id.experiment, id.split); err != nil || !mine {
			return err
		}
		x, err := s.LockExperiment(ctx, id.account, id.experiment)
		if err != nil {
			return fmt.Errorf("lock experiment: %w", err)
		}
		if x.Status != "running" {
			return nil
		}
		split, err := s.Split(ctx, db.SplitParams{AccountID: id.account, ExperimentID: id.experiment, Split: id.split})
		if err != nil {
			return fmt.Errorf("read split: %w", err)
		}
		facts, last, err := l.read(ctx, s, id, newArms(x.Mode, split.Arms))
		if err != nil {
			return err
		}
		params, err := decodeParams(x.AllocatorParams)
		if err != nil {
			return err
		}
		strategy := ""
		if x.Strategy != nil {
			strategy = *x.Strategy
		}
		allocator, err := engine.New(x.Allocator, strategy, params)
		if err != nil {
			return fmt.Errorf("allocator: %w", err)
		}
		since, err := s.VisitorsOfEpoch(ctx, db.VisitorsOfEpochParams{AccountID: id.account, ExperimentID: id.experiment, Split: id.split, Epoch: last.Epoch})
		if err != nil {
			return fmt.Errorf("count visitors: %w", err)
		}
		next := engine.NextEpoch(allocator, facts, newEpoch(last).weights, since)
		if !next.Open {
			return nil
		}
		opened = true
		return l.open(ctx, s, x, split, facts, last, next)
	})
	return opened, err
}

// read collects the facts that the weights of a split with these arms follow from, and its last epoch.
func (l *Learner) read(ctx context.Context, s *db.Store, id splitID, arms []engine.Arm) (engine.Facts, db.Epoch, error) {
	f := engine.Facts{Arms: arms}
	first, err := s.FirstEpoch(ctx, db.FirstEpochParams{AccountID: id.account, ExperimentID: id.experiment, Split: id.split})
	if err != nil {
		return f, db.Epoch{}, fmt.Errorf("read first epoch: %w", err)
	}
	last, err := s.LastEpoch(ctx, db.LastEpochParams{AccountID: id.account, ExperimentID: id.experiment, Split: id.split})
	if err != nil {
		return f, last, fmt.Errorf("read last epoch: %w", err)
	}
	goal, err := s.PrimaryGoal(ctx, id.account, id.experiment)
	if err != nil {
		return f, last, fmt.Errorf("read primary goal: %w", err)
	}
	hours, err := s.ArmHours(ctx, db.ArmHoursParams{AccountID: id.account, ExperimentID: id.experiment, Split: id.split, GoalID: goal.ID})
	if err != nil {
		return f, last, fmt.Errorf("read counts: %w", err)
	}
	f.Initial = newEpoch(first).weights
	f.Revenue = goal.Type == "revenue"
	if len(hours) == 0 {
		return f, last, nil
	}
	young := newCohorts(hours, int(goal.WindowDays))
	waits, err := s.ConversionWaits(ctx, db.ConversionWaitsParams{AccountID: id.account, ExperimentID: id.experiment, Split: id.split, GoalID: goal.ID, Since: young.since})
	if err != nil {
		return f, last, fmt.Errorf("read delays: %w", err)
	}
	if err := addHours(f.Arms, hours); err != nil {
		return f, last, err
	}
	return young.delayed(f, waits), last, nil
}

func (l *Learner) open(ctx context.Context, s *db.Store, x db.Experiment, split db.Split, f engine.Facts, last db.Epoch, next engine.Proposal) error {
	now, id := l.clock.now(), splitID{split.AccountID, split.ExperimentID, split.Split}
	epoch := last.Epoch + 1
	weights := make([]int32, len(next.Weights))
	for i, w := range next.Weights {
		weights[i] = int32(w)
	}
	learned := learnedState(engine.Seed(x.Key, split.Key), f, next, int(epoch))
	version, err := l.keep(ctx, s, id, learned, now)
	if err != nil {
		return err
	}
	seq, err := record(ctx, s, now, Actor{Account: id.account}, "epoch.opened", "experiment:"+id.experiment.String(), map[string]any{
		"split": int64(id.split), "epoch": epoch, "weights": weights, "previous": last.Weights, "reason": string(next.Reason),
		"counts": learned.Counts, "state_version": version,
	})
	if err != nil {
		return err
	}
	err = s.InsertEpoch(ctx, db.InsertEpochParams{AccountID: id.account, ExperimentID: id.experiment, Split: id.split, Epoch: epoch, Weights: weights,
		TrafficAllocation: x.TrafficAllocation, OpenedAt: now, Reason: string(next.Reason), AuditSeq: &seq})
	if err != nil {
		return fmt.Errorf("insert epoch: %w", err)
	}
	if err := s.TouchExperiment(ctx, db.TouchExperimentParams{AccountID: id.account, ID: id.experiment, AuditSeq: &seq}); err != nil {
		return fmt.Errorf("touch experiment: %w", err)
	}
	l.log.Info("epoch opened", slog.String("experiment_id", id.experiment.String()), slog.Int("epoch", int(epoch)))
	return nil
}

// keep writes the learned state over the version it was read at. The old state must open: one that does not is a wrong key or a
// changed database, and no reason to start fresh.
func (l *Learner) keep(ctx context.Context, s *db.Store, id splitID, learned state.State, now time.Time) (version int64, err error) {
	old, err := s.OptimisationState(ctx, db.OptimisationStateParams{AccountID: id.account, ExperimentID: id.experiment, Split: id.split})
	if err != nil {
		return 0, fmt.Errorf("read learned state: %w", err)
	}
	scope := state.Scope{Account: id.account, Experiment: id.experiment, Split: int(id.split), Version: old.Version}
	if _, err := l.keys.Open(scope, old.Sealed); err != nil {
		return 0, fmt.Errorf("open learned state: %w", err)
	}
	scope.Version++
	sealed, err := l.keys.Seal(scope, learned)
	if err != nil {
		return 0, fmt.Errorf("seal learned state: %w", err)
	}
	n, err := s.UpdateOptimisationState(ctx, db.UpdateOptimisationStateParams{AccountID: id.account, ExperimentID: id.experiment, Split: id.split,
		Was: old.Version, Version: scope.Version, Sealed: sealed, Now: now})
	if err != nil {
		return 0, fmt.Errorf("write learned state: %w", err)
	}
	if n == 0 {
		return 0, fmt.Errorf("learned state moved on from version %d", old.Version)
	}
	return scope.Version, nil
}
