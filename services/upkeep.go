package services

import (
	"context"
	"fmt"
	"time"

	"github.com/samplit/samplit/db"
)

const (
	daysAhead = 8              // of event partitions that lie ready
	aliasLife = 24 * time.Hour // of names for nodes to forget
	// foldAfter is how long an hour is left alone by folding: most conversions have come by then. What learns asks for the hours of yesterday.
	foldAfter = 6 * time.Hour
)

type eventDaysJob struct{}

// Kind names the job.
func (eventDaysJob) Kind() string { return "event_days" }

type waitingJob struct{}

// Kind names the job.
func (waitingJob) Kind() string { return "give_up_waiting" }

type foldJob struct{}

// Kind names the job.
func (foldJob) Kind() string { return "fold_rollups" }

// Workers keep the traffic tables in order: partitions made ahead, and an end to waiting.
func (t *Tracker) Workers() []db.Worker {
	return []db.Worker{
		db.Every(6*time.Hour, eventDaysJob{}, func(ctx context.Context, _ eventDaysJob) error {
			now := t.clock.now()
			return t.db.EnsureEventDays(ctx, day(now).Add(-eventLife-24*time.Hour), day(now).Add(daysAhead*24*time.Hour))
		}),
		db.Every(time.Hour, foldJob{}, func(ctx context.Context, _ foldJob) error { return t.foldRollups(ctx) }),
		db.Every(10*time.Minute, waitingJob{}, func(ctx context.Context, _ waitingJob) error { return t.giveUpWaiting(ctx) }),
	}
}

// foldRollups moves counts by the hour to their days, where pages about all experiments read them.
func (t *Tracker) foldRollups(ctx context.Context) error {
	now := t.clock.now()
	before, learned := now.UTC().Truncate(time.Hour).Add(-foldAfter), day(now).Add(-24*time.Hour)
	var due []db.UnfoldedRollupsRow
	err := t.db.AsIngest(ctx, func(s *db.Store) (err error) {
		due, err = s.UnfoldedRollups(ctx, before, learned)
		return err
	})
	for i := 0; i < len(due) && err == nil; i++ {
		err = t.db.AsIngest(ctx, func(s *db.Store) error {
			p := db.FoldRollupsParams{AccountID: due[i].AccountID, ExperimentID: due[i].ExperimentID, Before: before}
			if due[i].Learns {
				p.Before = learned
			}
			return s.FoldRollups(ctx, p)
		})
	}
	if err != nil {
		return fmt.Errorf("fold rollups: %w", err)
	}
	return nil
}

// giveUpWaiting settles conversions whose exposure came unnoticed and marks conversions whose exposure did not come within a day.
func (t *Tracker) giveUpWaiting(ctx context.Context) error {
	now := t.clock.now()
	if err := t.db.SettleWaiting(ctx, now); err != nil {
		return err
	}
	return t.db.AsIngest(ctx, func(s *db.Store) error {
		if err := s.GiveUpWaiting(ctx, day(now), now.Add(-db.WaitingLife)); err != nil {
			return fmt.Errorf("give up waiting: %w", err)
		}
		if err := s.DropAliases(ctx, now.Add(-aliasLife)); err != nil {
			return fmt.Errorf("drop aliases: %w", err)
		}
		if err := s.EndErasing(ctx, now); err != nil {
			return fmt.Errorf("end erasing: %w", err)
		}
		return nil
	})
}
