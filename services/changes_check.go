package services

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/proxy"
)

const (
	checkEvery = 10 * time.Minute // how often those that are due are looked for
	// checkRound and checkEach bound one such look: experiments in all, and of one account.
	checkRound = 300
	checkEach  = 20
	checkTime  = 45 * time.Second // for all pages of an experiment
	checkAgain = 30 * time.Second // in which nobody has them looked at again
	checkWait  = 2 * time.Minute  // a check that has not ended by then was lost
)

// PageChecks opens the pages of experiments as a program, each night and when asked, and finds out whether the changes still find
// their elements. Browsers tell the same of pages as visitors have them, but only where there are visitors.
type PageChecks struct {
	db    *db.DB
	fetch *proxy.Fetcher
	clock Clock
	log   *slog.Logger
}

// NewPageChecks makes the service; pages are fetched with f.
func NewPageChecks(d *db.DB, f *proxy.Fetcher, clock Clock, log *slog.Logger) *PageChecks {
	return &PageChecks{db: d, fetch: f, clock: clock, log: log}
}

// PageCheck is what the last check of an experiment's pages found.
type PageCheck struct {
	At       time.Time     `json:"at,omitzero" doc:"When it ended"`
	UnderWay bool          `json:"under_way,omitempty" doc:"Another one has begun"`
	Pages    []CheckedPage `json:"pages,omitempty" doc:"That were opened, or could not be"`

	changes map[changeOfVariant]checkedChange
}

// CheckedPage is a page of an experiment. Problem says why nothing was found out on it, empty when it was read.
type CheckedPage struct {
	URL     string `json:"url"`
	Problem string `json:"problem,omitempty" enum:"unknown,elsewhere,moved,unreachable,refused,large,status,login,challenge,not_page"`
	Status  int    `json:"status,omitempty" doc:"Of the answer, with problem status"`
}

type changeOfVariant struct {
	variant uuid.UUID
	change  string
}

// checkedChange is what checks found of one change.
type checkedChange struct {
	Variant uuid.UUID   `json:"variant"`
	Change  string      `json:"change"`
	State   proxy.State `json:"state"` // found, healed or missed
	Page    string      `json:"page"`
	// Since is when it was first made, or first not made, without a check between that said otherwise; Dropped that it was made before.
	Since   time.Time `json:"since"`
	Dropped bool      `json:"dropped,omitempty"`
}

func (c checkedChange) made() bool { return c.State == proxy.Found || c.State == proxy.Healed }

// after is c in the light of what the check before it found.
func (c checkedChange) after(before checkedChange, known bool) checkedChange {
	switch {
	case known && before.made() == c.made():
		c.Since, c.Dropped = before.Since, before.Dropped
	case known:
		c.Dropped = !c.made()
	}
	return c
}

// foundOnPages is a check as it is stored.
type foundOnPages struct {
	Pages   []CheckedPage   `json:"pages"`
	Changes []checkedChange `json:"changes"`
}

// readPageCheck returns the last check of an experiment; zero when there was none.
func readPageCheck(ctx context.Context, s *db.Store, account, experiment uuid.UUID, now time.Time) (c PageCheck, err error) {
	row, err := s.PageCheck(ctx, account, experiment)
	if errors.Is(err, db.ErrNotFound) {
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("read page check: %w", err)
	}
	return newPageCheck(row, experiment, now)
}

func newPageCheck(row db.PageCheckRow, experiment uuid.UUID, now time.Time) (c PageCheck, err error) {
	var found foundOnPages
	if err := json.Unmarshal(row.Found, &found); err != nil {
		return c, fmt.Errorf("page check of experiment %s: %w", experiment, err)
	}
	c.Pages, c.changes = found.Pages, found.byChange()
	if row.DoneAt != nil {
		c.At = *row.DoneAt
	}
	c.UnderWay = (row.DoneAt == nil || row.BegunAt.After(*row.DoneAt)) && now.Sub(row.BegunAt) < checkWait
	return c, nil
}

func (f foundOnPages) byChange() map[changeOfVariant]checkedChange {
	out := map[changeOfVariant]checkedChange{}
	for _, change := range f.Changes {
		out[changeOfVariant{change.Variant, change.Change}] = change
	}
	return out
}

// Ask has an experiment's pages looked at now. When that was asked for a moment ago nothing more is done. Any member may. NotFound if
// the experiment is absent or another account's; Conflict not_installed when its site has never shown the snippet.
func (p *PageChecks) Ask(ctx context.Context, by Actor, id string) error {
	key, err := experimentID(id)
	if err != nil {
		return err
	}
	return p.db.InTx(ctx, by.Account, func(s *db.Store) error {
		x, err := s.Experiment(ctx, by.Account, key)
		if err != nil {
			return orNotFound(err, "experiment")
		}
		site, err := s.Installation(ctx, by.Account, x.InstallationID)
		if err != nil {
			return fmt.Errorf("read installation: %w", err)
		}
		if site.LastAt == nil {
			return conflict("not_installed", "Install the snippet on this site first: Samplit opens pages only of sites that carry it.")
		}
		return p.begin(ctx, s, by.Account, key)
	})
}

// begin leaves a check to the workers, unless there was one a moment ago.
func (p *PageChecks) begin(ctx context.Context, s *db.Store, account, experiment uuid.UUID) error {
	now := p.clock.now()
	n, err := s.BeginPageCheck(ctx, db.BeginPageCheckParams{AccountID: account, ExperimentID: experiment, Now: now, Since: now.Add(-checkAgain)})
	if err != nil {
		return fmt.Errorf("begin page check: %w", err)
	}
	if n == 0 {
		return nil
	}
	return s.Enqueue(ctx, pageCheckJob{account, experiment, now})
}

type pageRoundJob struct{}

// Kind names the job.
func (pageRoundJob) Kind() string { return "page_check.round" }

type pageCheckJob struct {
	Account    uuid.UUID `json:"account"`
	Experiment uuid.UUID `json:"experiment"`
	Begun      time.Time `json:"begun"`
}

// Kind names the job.
func (pageCheckJob) Kind() string { return "page_check" }

// Queue keeps what waits for other people's servers apart from all other jobs.
func (pageCheckJob) Queue() string { return db.WebQueue }

// Workers look for checks that are due, and make them.
func (p *PageChecks) Workers() []db.Worker {
	return []db.Worker{
		db.Every(checkEvery, pageRoundJob{}, func(ctx context.Context, _ pageRoundJob) error { return p.Round(ctx) }),
		db.Work(p.work),
	}
}

// Round begins the checks that are due: of every running experiment once a night, at a moment of its own, and soon after its start.
// An account whose checks cannot begin is logged, the others go on.
func (p *PageChecks) Round(ctx context.Context) error {
	var due []db.DuePageChecksRow
	err := p.db.AsSystem(ctx, func(s *db.Store) (err error) {
		due, err = s.DuePageChecks(ctx, db.DuePageChecksParams{Now: p.clock.now(), Each: checkEach, Take: checkRound})
		return err
	})
	if err != nil {
		return fmt.Errorf("find due page checks: %w", err)
	}
	for _, x := range due {
		err := p.db.InTx(ctx, x.AccountID, func(s *db.Store) error { return p.begin(ctx, s, x.AccountID, x.ID) })
		switch {
		case Code(err) == CodeUnavailable || ctx.Err() != nil:
			return errors.Join(err, ctx.Err())
		case err != nil:
			p.log.Error("begin page check", slog.String("account_id", x.AccountID.String()), slog.String("experiment_id", x.ID.String()), slog.Any("error", err))
		}
	}
	return nil
}

// work makes one check. What a page does is a finding; an error is one of our own and tried again.
func (p *PageChecks) work(ctx context.Context, job pageCheckJob) error {
	plan, before, err := p.plan(ctx, job)
	if err != nil || plan == nil {
		return err
	}
	short, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	found := plan.look(short, p.fetch, before, p.clock.now())
	if ctx.Err() != nil {
		return ctx.Err()
	}
	text, err := json.Marshal(found)
	if err != nil {
		return fmt.Errorf("page check: %w", err)
	}
	done := p.clock.now()
	return p.db.InTx(ctx, job.Account, func(s *db.Store) error {
		return s.SavePageCheck(ctx, db.SavePageCheckParams{AccountID: job.Account, ExperimentID: job.Experiment, BegunAt: job.Begun, Now: &done, Found: text})
	})
}

// plan reads which pages to open for an experiment; nil when it is gone.
func (p *PageChecks) plan(ctx context.Context, job pageCheckJob) (plan *pagePlan, before PageCheck, err error) {
	now := p.clock.now()
	err = p.db.InTx(ctx, job.Account, func(s *db.Store) error {
		row, err := s.Experiment(ctx, job.Account, job.Experiment)
		if errors.Is(err, db.ErrNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read experiment: %w", err)
		}
		list, err := withRows(ctx, s, job.Account, []db.Experiment{row}, whole)
		if err != nil {
			return err
		}
		site, err := s.Installation(ctx, job.Account, row.InstallationID)
		if err != nil {
			return fmt.Errorf("read installation: %w", err)
		}
		views, err := s.RecentViews(ctx, db.RecentViewsParams{AccountID: job.Account, InstallationID: row.InstallationID, Since: now.Add(-seenLately), Take: seenPages})
		if err != nil {
			return fmt.Errorf("read page views: %w", err)
		}
		plan = newPagePlan(list[0], site.SiteUrl, views)
		before, err = readPageCheck(ctx, s, job.Account, job.Experiment, now)
		return err
	})
	return plan, before, err
}
