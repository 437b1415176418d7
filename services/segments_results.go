package services

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine"
	"github.com/samplit/samplit/engine/stats"
)

// What an arm of a group needs, and the control beside it, before anything is said about it.
const (
	needSegmentVisitors    = 100
	needSegmentConversions = 5
)

// SegmentResults are what groups of visitors did. They are for ideas: many comparisons find something by chance, and a group that is chosen
// for its result shows too much of it.
type SegmentResults struct {
	CountedAt   *time.Time         `json:"as_of,omitempty" doc:"When they were counted; left out before the first time"`
	Counting    bool               `json:"counting" doc:"They are being counted again"`
	Problem     string             `json:"problem,omitempty" enum:"slow,failed" doc:"Why there is no newer count"`
	Comparisons int                `json:"comparisons" doc:"With the control, of groups with enough visitors. Over all of them together one finding in twenty is false (Benjamini and Hochberg)"`
	Dimensions  []SegmentDimension `json:"dimensions"`
}

// SegmentDimension is one way to tell visitors apart.
type SegmentDimension struct {
	Key     string    `json:"key" enum:"device,source,visitor,country"`
	Element string    `json:"element,omitempty" doc:"independent: the element that the variants are of"`
	Values  []Segment `json:"values"`
}

// Segment is a group of visitors. Its value is one of few words, or a country's two letters.
type Segment struct {
	Value    string           `json:"value" doc:"desktop, mobile, tablet; direct, search, social, email, paid, campaign, assistant, referral, inside; new, returning; a country (ISO 3166) or other; unknown"`
	Visitors int64            `json:"visitors"`
	Variants []SegmentVariant `json:"variants"`
}

// Known says whether it is known who belongs to the group.
func (s Segment) Known() bool { return s.Value != unknownValue }

// SegmentVariant is what a variant did in a group.
type SegmentVariant struct {
	Key         string   `json:"key"`
	Name        string   `json:"name"`
	IsControl   bool     `json:"is_control"`
	Visitors    int64    `json:"visitors"`
	Conversions int64    `json:"conversions"`
	Rate        float64  `json:"rate"`
	Interval    Interval `json:"interval"`
	Revenue     *Revenue `json:"revenue,omitempty" doc:"Where values were recorded"`
	Lift        *Lift    `json:"lift,omitempty" doc:"Relative to the control of the group: of the rate, with a revenue goal of the value per visitor. The range is that of this comparison alone"`
	State       string   `json:"state,omitempty" enum:"better,worse,open,early" doc:"What is proven of it, all comparisons taken together; early: under 100 visitors or 5 conversions, here or in the control. Left out for the control and the unknown"`

	p float64
}

// readSegments adds the groups as they were last counted.
func readSegments(ctx context.Context, s *db.Store, account uuid.UUID, r *Results) error {
	if r.Status == Draft || !r.Experiment.segmented() {
		return nil
	}
	rows, err := s.Segments(ctx, db.SegmentsParams{AccountID: account, ExperimentID: r.ExperimentID, GoalID: r.Shown.ID})
	if err != nil {
		return fmt.Errorf("read segments: %w", err)
	}
	r.Segments = r.Experiment.segments(rows, r.Shown.Money(), r.AsOf)
	return nil
}

// segments are the groups of which rows tell, which are in the order of their places. Those of a goal that is money have amounts, and so
// have those of any goal for which there are some.
func (x Experiment) segments(rows []db.SegmentsRow, money bool, now time.Time) *SegmentResults {
	out := &SegmentResults{Dimensions: []SegmentDimension{}}
	money = money || slices.ContainsFunc(rows, func(r db.SegmentsRow) bool { return r.Amount != 0 })
	for _, r := range rows {
		out.CountedAt, out.Problem = r.CountedAt, r.Problem
		out.Counting = r.AskedAt != nil && now.Sub(*r.AskedAt) < segmentsStale
		if r.Dimension != "" {
			out.add(x, r, money)
		}
	}
	for _, d := range out.Dimensions {
		slices.SortStableFunc(d.Values, func(a, b Segment) int {
			return cmp.Or(cmp.Compare(behind(a.Value), behind(b.Value)), cmp.Compare(b.Visitors, a.Visitors))
		})
	}
	slices.SortStableFunc(out.Dimensions, func(a, b SegmentDimension) int {
		return cmp.Compare(slices.Index(dimensions, a.Key), slices.Index(dimensions, b.Key))
	})
	out.judge()
	return out
}

// behind puts what is no group of its own behind all others.
func behind(value string) int { return slices.Index([]string{otherCountries, unknownValue}, value) + 1 }

func (g *SegmentResults) add(x Experiment, r db.SegmentsRow, money bool) {
	splits := x.splits()
	if int(r.Split) >= len(splits) {
		return
	}
	split := splits[r.Split]
	keys, names := split.keys(), x.armNames(split)
	if int(r.Arm) >= len(keys) {
		return
	}
	if last := len(g.Dimensions) - 1; last < 0 || g.Dimensions[last].Key != r.Dimension || g.Dimensions[last].Element != split.key {
		g.Dimensions = append(g.Dimensions, SegmentDimension{Key: r.Dimension, Element: split.key})
	}
	d := &g.Dimensions[len(g.Dimensions)-1]
	if last := len(d.Values) - 1; last < 0 || d.Values[last].Value != r.Value {
		d.Values = append(d.Values, Segment{Value: r.Value})
	}
	value := &d.Values[len(d.Values)-1]
	value.Visitors += r.Visitors
	v := newSegmentVariant(r, money)
	v.Key, v.Name = keys[r.Arm], names[r.Arm]
	value.Variants = append(value.Variants, v)
}

// newSegmentVariant is what a row tells of a variant, without its key and name.
func newSegmentVariant(r db.SegmentsRow, money bool) SegmentVariant {
	did := VariantResult{Visitors: r.Visitors, Conversions: r.Converters}
	did.rate(engine.Count{Value: r.Amount, ValueSq: r.AmountSq}, money)
	v := SegmentVariant{IsControl: r.Arm == 0, Visitors: did.Visitors, Conversions: did.Conversions, Rate: did.Rate, Interval: did.Interval, Revenue: did.Revenue, p: r.P}
	if r.Lift != nil {
		v.Lift = &Lift{Mean: *r.Lift, Low: r.LiftLow, High: r.LiftHigh, Estimator: r.Estimator}
	}
	return v
}

// judge says what is proven of each variant in each group. All comparisons are one family: whoever looks at one has the choice of all.
func (g *SegmentResults) judge() {
	var family []*SegmentVariant
	var ps []float64
	for _, d := range g.Dimensions {
		for _, value := range d.Values {
			for i := range value.Variants {
				v := &value.Variants[i]
				switch {
				case v.IsControl || !value.Known():
				case !v.enough() || !value.Variants[0].enough():
					v.State, v.Lift = GoalEarly, nil
				default:
					v.State = GoalOpen
					family, ps = append(family, v), append(ps, v.p)
				}
			}
		}
	}
	g.Comparisons = len(family)
	for i, p := range stats.BenjaminiHochberg(ps) {
		if v := family[i]; p <= falseAlarms && v.Lift != nil {
			v.State = GoalBetter
			if v.Lift.Mean < 0 {
				v.State = GoalWorse
			}
		}
	}
}

func (v SegmentVariant) enough() bool {
	return v.Visitors >= needSegmentVisitors && v.Conversions >= needSegmentConversions
}
