package services

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/maypok86/otter/v2"

	"github.com/samplit/samplit/db"
)

// Analytics reads what experiments found out.
type Analytics struct {
	db     *db.DB
	clock  Clock
	log    *slog.Logger
	ended  *otter.Cache[endedKey, Summary]
	capped *otter.Cache[cappedKey, []db.CappedValuesRow]
}

// NewAnalytics makes the service.
func NewAnalytics(d *db.DB, clock Clock, log *slog.Logger) *Analytics {
	return &Analytics{db: d, clock: clock, log: log, ended: otter.Must(&otter.Options[endedKey, Summary]{MaximumSize: 2000}),
		capped: otter.Must(&otter.Options[cappedKey, []db.CappedValuesRow]{MaximumSize: 1000})}
}

// counts are what a result is computed from.
type counts struct {
	cells []db.ResultCellsRow
	looks []db.LooksRow
}

// Results returns what is known of one goal of an experiment, the primary one when goal is empty, with sentences in the language
// of ctx. Any member may. NotFound when the experiment is absent or another account's; Invalid names a goal it does not have.
func (a *Analytics) Results(ctx context.Context, by Actor, id, goal string) (r Results, err error) {
	key, err := experimentID(id)
	if err != nil {
		return r, err
	}
	err = a.db.InTx(ctx, by.Account, func(s *db.Store) error {
		row, err := s.Experiment(ctx, by.Account, key)
		if err != nil {
			return orNotFound(err, "experiment")
		}
		list, err := withRows(ctx, s, by.Account, []db.Experiment{row}, whole)
		if err != nil {
			return err
		}
		x := list[0]
		shown, err := x.goal(goal)
		if err != nil {
			return err
		}
		all, err := readGoalCounts(ctx, s, by.Account, x)
		if err != nil {
			return err
		}
		r = analyze(x, shown, all[shown.ID], a.clock.now())
		r.judgeGoals(all)
		if err := a.capRevenue(ctx, s, by.Account, &r); err != nil {
			return err
		}
		if err := readSegments(ctx, s, by.Account, &r); err != nil {
			return err
		}
		return readBeside(ctx, s, by.Account, &r)
	})
	if err != nil {
		return r, err
	}
	r.speak(ctx)
	a.keepLooks(ctx, by, r)
	return r, nil
}

func (d Definition) goal(key string) (Goal, error) {
	if key == "" {
		return d.Primary(), nil
	}
	for _, g := range d.Goals {
		if g.Key == key {
			return g, nil
		}
	}
	return Goal{}, (Fields{"goal": {"unknown", "Must be the key of one of the experiment's goals."}}).err()
}

func readCounts(ctx context.Context, s *db.Store, account uuid.UUID, experiments, goals []uuid.UUID) (c counts, err error) {
	c.cells, err = s.ResultCells(ctx, db.ResultCellsParams{AccountID: account, Experiments: experiments, Goals: goals})
	if err != nil {
		return c, fmt.Errorf("read cells: %w", err)
	}
	c.looks, err = s.Looks(ctx, db.LooksParams{AccountID: account, Experiments: experiments, Goals: goals})
	if err != nil {
		return c, fmt.Errorf("read looks: %w", err)
	}
	return c, nil
}

// readBeside adds what was not counted, and when the site's snippet was last heard.
func readBeside(ctx context.Context, s *db.Store, account uuid.UUID, r *Results) error {
	tallies, err := s.TalliesOfExperiment(ctx, db.TalliesOfExperimentParams{AccountID: account, ExperimentID: r.ExperimentID, Since: r.AsOf.AddDate(0, 0, 1-rateDays)})
	if err != nil {
		return fmt.Errorf("read tallies: %w", err)
	}
	r.Excluded = map[string]int64{"bot": 0}
	var reports []db.TalliesOfExperimentRow
	for _, t := range tallies {
		switch {
		case strings.HasPrefix(t.Kind, reportTally):
			reports = append(reports, t)
		case t.Kind == "crossover":
			r.Crossovers += t.N
		default:
			r.Excluded[t.Kind] += t.N
		}
	}
	check, err := readSite(ctx, s, account, r)
	if err != nil {
		return err
	}
	r.Changes, r.PageCheck, r.Masks = changeRates(r.Experiment, reports, check, r.AsOf), check, countMasks(reports)
	return nil
}

// readSite adds the site's state and the notes, and returns the last look at its pages.
func readSite(ctx context.Context, s *db.Store, account uuid.UUID, r *Results) (check PageCheck, err error) {
	rows, err := s.SiteOfResults(ctx, db.SiteOfResultsParams{AccountID: account, ExperimentID: r.ExperimentID, InstallationID: r.Experiment.InstallationID})
	if err != nil {
		return check, fmt.Errorf("read site: %w", err)
	}
	for _, row := range rows {
		r.Consent = row.Consent == ConsentRequired
		if row.LastAt != nil {
			r.LastSeen = *row.LastAt
		}
		if row.Note != uuid.Nil {
			r.Notes = append(r.Notes, Note{row.Note, row.Day, row.Body, row.Author})
		}
	}
	if len(rows) > 0 && rows[0].BegunAt != nil {
		return newPageCheck(db.PageCheckRow{BegunAt: *rows[0].BegunAt, DoneAt: rows[0].DoneAt, Found: rows[0].Found}, r.ExperimentID, r.AsOf)
	}
	return check, nil
}

// past puts the smallest p of earlier looks at a goal in a split in the order of its arms.
func (x Experiment) past(looks []db.LooksRow, goal uuid.UUID, split int16, arms int) []float64 {
	out := make([]float64, arms)
	for _, l := range looks {
		if l.ExperimentID == x.ID && l.GoalID == goal && l.Split == split && int(l.Arm) < len(out) {
			out[l.Arm] = l.P
		}
	}
	return out
}

// keepLooks stores the p-values that have become smaller, after the answer is known and in a transaction of its own: an answer does
// not fail because its look could not be kept, and the next one keeps at least as small a value.
func (a *Analytics) keepLooks(ctx context.Context, by Actor, r Results) {
	if !slices.Contains([]Status{Running, Paused}, r.Status) {
		return
	}
	p := db.SaveLooksParams{AccountID: by.Account, ExperimentID: r.ExperimentID, Now: r.AsOf}
	for _, part := range append(r.judged(), r.others...) {
		for _, arm := range part.smallerLooks() {
			p.Splits, p.Goals = append(p.Splits, part.split), append(p.Goals, part.Shown.ID)
			p.Arms, p.Ps = append(p.Arms, int16(arm)), append(p.Ps, part.looks[arm])
		}
	}
	if len(p.Arms) == 0 {
		return
	}
	if err := a.db.InTx(ctx, by.Account, func(s *db.Store) error { return s.SaveLooks(ctx, p) }); err != nil {
		a.log.WarnContext(ctx, "look not kept", slog.String("experiment_id", r.ExperimentID.String()), slog.String("error", err.Error()))
	}
}

// smallerLooks are the arms whose p-value is smaller than at every look before.
func (r Results) smallerLooks() (arms []int) {
	for arm := 1; arm < len(r.past); arm++ {
		if r.looks[arm] < 1 && (r.past[arm] == 0 || r.looks[arm] < r.past[arm]) {
			arms = append(arms, arm)
		}
	}
	return arms
}
