package services

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// recountSegments compares what is kept of the groups of each of an account's experiments with what its visitors did. A count is of its
// own moment: where something happened since, there is nothing to compare.
func recountSegments(ctx context.Context, d *db.DB, account uuid.UUID, report func(account, difference string)) error {
	var counted []uuid.UUID
	err := d.InTx(ctx, account, func(s *db.Store) (err error) {
		counted, err = s.CountedSegments(ctx, account)
		return err
	})
	if err != nil {
		return fmt.Errorf("list counted groups: %w", err)
	}
	for _, experiment := range counted {
		var found []string
		err := d.SurveyOf(ctx, account, func(s *db.Store) (err error) {
			found, err = segmentDifferences(ctx, s, account, experiment)
			return err
		})
		if err != nil {
			return fmt.Errorf("experiment %s: %w", experiment, err)
		}
		for _, difference := range found {
			report(account.String(), fmt.Sprintf("experiment %s %s", experiment, difference))
		}
	}
	return nil
}

// segmentDifferences counts an experiment's groups once more and says where that differs from what is kept.
func segmentDifferences(ctx context.Context, s *db.Store, account, experiment uuid.UUID) ([]string, error) {
	if err := s.LiftTimeout(ctx); err != nil {
		return nil, fmt.Errorf("lift timeout: %w", err)
	}
	var c segmentCount
	if err := c.look(ctx, s, account, experiment); err != nil || !c.work.Unchanged {
		return nil, err
	}
	switch err := c.count(ctx, s, account); {
	case errors.Is(err, errSegmentsMany):
		return []string{fmt.Sprintf("groups: recounted more than %d rows, of which nothing is kept", mostSegments)}, nil
	case err != nil:
		return nil, fmt.Errorf("count groups: %w", err)
	}
	kept, err := s.SegmentTallies(ctx, account, experiment)
	if err != nil {
		return nil, fmt.Errorf("read groups: %w", err)
	}
	have := map[segmentTally]segmentDid{}
	for _, r := range kept {
		have[segmentTally{r.Split, r.Dimension, r.Value, r.GoalID, r.Arm}] = segmentDid{r.Visitors, r.Converters, r.Amount, r.AmountSq}
	}
	return compareSegments(have, didOf(c.tallies(account))), nil
}

// segmentTally names a number that is kept of groups, segmentDid is what is kept under it.
type (
	segmentTally struct {
		split            int16
		dimension, value string
		goal             uuid.UUID
		arm              int16
	}
	segmentDid struct {
		visitors, converters int64
		amount, amountSq     float64
	}
)

func didOf(p db.InsertSegmentsParams) map[segmentTally]segmentDid {
	out := make(map[segmentTally]segmentDid, len(p.Arms))
	for i := range p.Arms {
		out[segmentTally{p.Splits[i], p.Dimensions[i], p.Texts[i], p.Goals[i], p.Arms[i]}] = segmentDid{p.Visitors[i], p.Converters[i], p.Amounts[i], p.AmountSqs[i]}
	}
	return out
}

func compareSegments(have, want map[segmentTally]segmentDid) (found []string) {
	all := maps.Clone(have)
	maps.Copy(all, want)
	for _, at := range slices.SortedFunc(maps.Keys(all), segmentTally.compare) {
		if h, w := have[at], want[at]; h != w {
			found = append(found, fmt.Sprintf("split %d %s %s goal %s arm %d: visitors %d, recounted %d; converters %d, recounted %d; value %s, recounted %s",
				at.split, at.dimension, at.value, at.goal, at.arm, h.visitors, w.visitors, h.converters, w.converters, plainFloat(h.amount), plainFloat(w.amount)))
		}
	}
	return found
}

func (t segmentTally) compare(o segmentTally) int {
	return cmp.Or(cmp.Compare(t.split, o.split), cmp.Compare(t.dimension, o.dimension), cmp.Compare(t.value, o.value),
		slices.Compare(t.goal[:], o.goal[:]), cmp.Compare(t.arm, o.arm))
}

func plainFloat(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
