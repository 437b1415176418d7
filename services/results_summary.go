package services

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// Summary is how an experiment is doing, where several are listed.
type Summary struct {
	Results Results
	Trend   []int // visitors per day, oldest first
}

// endedKey names the numbers of an experiment that nothing changes any more.
type endedKey struct {
	account, experiment uuid.UUID
	version             int
}

// settles is how long after the end of an experiment its last visitors may still be on their way.
const settles = 10 * time.Minute

// ended says whether an experiment's numbers are final, and their key.
func (x Experiment) ended(account uuid.UUID, now time.Time) (endedKey, bool) {
	return endedKey{account, x.ID, x.Version}, x.CompletedAt != nil && now.Sub(*x.CompletedAt) > settles
}

// Summaries returns how each experiment does on its primary goal, with headlines in the language of ctx. Any member may.
func (a *Analytics) Summaries(ctx context.Context, by Actor, list []Experiment) (map[uuid.UUID]Summary, error) {
	out, now := make(map[uuid.UUID]Summary, len(list)), a.clock.now()
	var open []Experiment
	for _, x := range list {
		if key, ended := x.ended(by.Account, now); ended {
			if s, known := a.ended.GetIfPresent(key); known {
				out[x.ID] = s
				continue
			}
		}
		open = append(open, x)
	}
	if err := a.summarise(ctx, by, open, now, out); err != nil {
		return nil, err
	}
	for id, s := range out {
		s.Results.speak(ctx)
		out[id] = s
	}
	return out, nil
}

// summarise reads and judges what is not known yet.
func (a *Analytics) summarise(ctx context.Context, by Actor, list []Experiment, now time.Time, out map[uuid.UUID]Summary) error {
	var ids, goals []uuid.UUID
	for _, x := range list {
		ids, goals = append(ids, x.ID), append(goals, x.Primary().ID)
	}
	if len(ids) == 0 {
		return nil
	}
	var c counts
	var epochs []db.Epoch
	err := a.db.InTx(ctx, by.Account, func(s *db.Store) (err error) {
		if epochs, err = s.Epochs(ctx, by.Account, ids); err != nil {
			return fmt.Errorf("read epochs: %w", err)
		}
		c, err = readCounts(ctx, s, by.Account, ids, goals)
		return err
	})
	if err != nil {
		return err
	}
	cells := groupBy(c.cells, func(r db.ResultCellsRow) uuid.UUID { return r.ExperimentID })
	all := groupBy(epochs, func(r db.Epoch) uuid.UUID { return r.ExperimentID })
	for _, x := range list {
		splits := x.splitRows()
		x.Epochs = nil
		for _, e := range all[x.ID] {
			x.Epochs = append(x.Epochs, newEpochOf(splits, e))
		}
		s := Summary{Results: analyze(x, x.Primary(), counts{cells[x.ID], c.looks}, now), Trend: x.trend(cells[x.ID], now)}
		if key, ended := x.ended(by.Account, now); ended {
			a.ended.Set(key, s)
		}
		out[x.ID] = s
	}
	return nil
}

// splitRows are the splits as a start would freeze them.
func (d Definition) splitRows() []db.Split {
	var rows []db.Split
	for i, split := range d.splits() {
		rows = append(rows, db.Split{Split: int16(i), Key: split.key, Arms: split.keys()})
	}
	return rows
}

// trend counts the visitors of each of the last 14 days with any before them, up to today or to the experiment's end.
func (x Experiment) trend(cells []db.ResultCellsRow, now time.Time) []int {
	const span = 14
	last := dayNumber(now)
	if x.CompletedAt != nil {
		last = dayNumber(*x.CompletedAt)
	}
	first := last
	cells = slices.DeleteFunc(slices.Clone(cells), func(c db.ResultCellsRow) bool { return c.Split != 0 }) // whoever is in one split is in all
	for _, c := range cells {
		first = min(first, dayNumber(c.Day))
	}
	first = max(first, last-span+1)
	out := make([]int, last-first+1)
	for _, c := range cells {
		if day := dayNumber(c.Day); day >= first && day <= last {
			out[day-first] += int(c.Visitors)
		}
	}
	return out
}
