package services

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

const (
	segmentsEvery = time.Hour        // what runs is counted
	segmentsLimit = 20 * time.Second // that a count may take the database
	segmentsStale = 2 * time.Minute  // after which a count that was asked for may be asked for again
	mostSegments  = 400_000          // rows of a count
)

// What kept groups from being counted.
const (
	SegmentsSlow   = "slow"   // there is too much to count in the time for it
	SegmentsFailed = "failed" // see the log
)

// Segments counts what the groups of an experiment's visitors did: in the background, once an hour while it runs, and when somebody
// asks. Traffic only says which groups a visitor belongs to.
type Segments struct {
	db    *db.DB
	clock Clock
	log   *slog.Logger
	limit time.Duration
}

// NewSegments makes the service.
func NewSegments(d *db.DB, clock Clock, log *slog.Logger) *Segments {
	return &Segments{d, clock, log, segmentsLimit}
}

type segmentsJob struct {
	Account    uuid.UUID `json:"account"`
	Experiment uuid.UUID `json:"experiment"`
}

// Kind names the job.
func (segmentsJob) Kind() string { return "segments.count" }

// Queue keeps others from waiting for it.
func (segmentsJob) Queue() string { return db.SlowQueue }

type segmentsRound struct{}

// Kind names the job.
func (segmentsRound) Kind() string { return "segments.round" }

// Workers count what is asked for, and every hour what runs.
func (sg *Segments) Workers() []db.Worker {
	return []db.Worker{
		db.Work(func(ctx context.Context, job segmentsJob) error { return sg.count(ctx, job.Account, job.Experiment) }),
		db.EveryWithin(segmentsEvery, segmentsEvery, segmentsRound{}, func(ctx context.Context, _ segmentsRound) error { return sg.Round(ctx) }),
	}
}

// Ask has the groups of an experiment counted as soon as there is time. Any member may. NotFound if the experiment is absent or another
// account's.
func (sg *Segments) Ask(ctx context.Context, by Actor, experiment string) error {
	id, err := experimentID(experiment)
	if err != nil {
		return err
	}
	now := sg.clock.now()
	return sg.db.InTx(ctx, by.Account, func(s *db.Store) error {
		if _, err := s.Experiment(ctx, by.Account, id); err != nil {
			return orNotFound(err, "experiment")
		}
		n, err := s.AskSegments(ctx, db.AskSegmentsParams{AccountID: by.Account, ExperimentID: id, Now: now, Stale: now.Add(-segmentsStale)})
		if err != nil {
			return fmt.Errorf("ask for segments: %w", err)
		}
		if n == 0 { // somebody waits for it already
			return nil
		}
		return s.Enqueue(ctx, segmentsJob{by.Account, id})
	})
}

// Round counts the groups of every running experiment in which something happened since the last time.
func (sg *Segments) Round(ctx context.Context) error {
	var after uuid.UUID
	for {
		var accounts []uuid.UUID
		err := sg.db.AsSystem(ctx, func(s *db.Store) (err error) {
			accounts, err = s.RunningAccounts(ctx, after, sweepTake)
			return err
		})
		if err != nil {
			return fmt.Errorf("segments: %w", err)
		}
		for _, account := range accounts {
			after = account
			if err := sg.countAccount(ctx, account); err != nil {
				return err
			}
		}
		if len(accounts) < sweepTake {
			return nil
		}
	}
}

func (sg *Segments) countAccount(ctx context.Context, account uuid.UUID) error {
	var running []db.Experiment
	err := sg.db.InTx(ctx, account, func(s *db.Store) (err error) {
		running, err = s.RunningExperiments(ctx, account)
		return err
	})
	if err != nil {
		return fmt.Errorf("running experiments: %w", err)
	}
	for _, x := range running {
		if err := sg.count(ctx, account, x.ID); err != nil {
			return err
		}
	}
	return nil
}

// segmentCount is what a count found.
type segmentCount struct {
	experiment Experiment
	at         time.Time
	work       db.SegmentWorkRow // what rollups added up to before it began
	rows       []db.CountSegmentsRow
}

var errSegmentsMany = errors.New("too many rows")

// count counts the groups of an experiment and keeps the result. What goes wrong is kept, too, to be told; an error means that nothing
// can be kept now.
func (sg *Segments) count(ctx context.Context, account, experiment uuid.UUID) error {
	c, err := sg.read(ctx, account, experiment)
	if err == nil {
		err = sg.keep(ctx, account, c)
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil, Code(err) == CodeUnavailable:
		return err
	}
	problem := SegmentsSlow
	if !db.IsTimeout(err) && !errors.Is(err, errSegmentsMany) {
		problem = SegmentsFailed
		sg.log.Error("count segments", slog.String("experiment_id", experiment.String()), slog.Any("error", err))
	}
	return sg.db.InTx(ctx, account, func(s *db.Store) error {
		return s.FailSegments(ctx, db.FailSegmentsParams{AccountID: account, ExperimentID: experiment, Problem: problem})
	})
}

func (sg *Segments) read(ctx context.Context, account, experiment uuid.UUID) (c segmentCount, err error) {
	c.at = sg.clock.now()
	err = sg.db.InTx(ctx, account, func(s *db.Store) error {
		if err := c.look(ctx, s, account, experiment); err != nil || c.work.Unchanged {
			return err
		}
		if err := s.AllowTime(ctx, strconv.FormatInt(sg.limit.Milliseconds(), 10)); err != nil {
			return fmt.Errorf("allow time: %w", err)
		}
		return c.count(ctx, s, account)
	})
	return c, err
}

// look reads an experiment and whether something happened in it since its groups were counted.
func (c *segmentCount) look(ctx context.Context, s *db.Store, account, experiment uuid.UUID) error {
	row, err := s.Experiment(ctx, account, experiment)
	if err != nil {
		return err
	}
	list, err := withRows(ctx, s, account, []db.Experiment{row}, whole)
	if err != nil {
		return err
	}
	c.experiment = list[0]
	if c.work, err = s.SegmentWork(ctx, account, experiment); err != nil {
		return fmt.Errorf("segment work: %w", err)
	}
	return nil
}

// count reads what the visitors of all groups did; errSegmentsMany when there are more rows than a count may have.
func (c *segmentCount) count(ctx context.Context, s *db.Store, account uuid.UUID) error {
	err := s.JoinByHash(ctx)
	if err != nil {
		return fmt.Errorf("plan a count of groups: %w", err)
	}
	c.rows, err = s.CountSegments(ctx, db.CountSegmentsParams{AccountID: account, ExperimentID: c.experiment.ID, Most: mostSegments + 1})
	if err == nil && len(c.rows) > mostSegments {
		err = errSegmentsMany
	}
	return err
}

// tallies are what is kept of the count.
func (c *segmentCount) tallies(account uuid.UUID) db.InsertSegmentsParams {
	out := db.InsertSegmentsParams{AccountID: account, ExperimentID: c.experiment.ID}
	c.experiment.tallySegments(c.rows, &out)
	return out
}

func (sg *Segments) keep(ctx context.Context, account uuid.UUID, c segmentCount) error {
	id, was := c.experiment.ID, c.work
	var tallies db.InsertSegmentsParams
	if !was.Unchanged {
		tallies = c.tallies(account)
	}
	return sg.db.InTx(ctx, account, func(s *db.Store) error {
		if err := s.BeginSegments(ctx, account, id); err != nil {
			return fmt.Errorf("begin segments: %w", err)
		}
		if !was.Unchanged {
			if err := s.DropSegments(ctx, account, id); err != nil {
				return fmt.Errorf("drop segments: %w", err)
			}
			if err := s.InsertSegments(ctx, tallies); err != nil {
				return fmt.Errorf("insert segments: %w", err)
			}
		}
		return s.EndSegments(ctx, db.EndSegmentsParams{AccountID: account, ExperimentID: id, Now: c.at, Before: was.Before, Seen: was.Seen,
			Amount: was.Amount, AmountSq: was.AmountSq})
	})
}
