package services

import (
	"cmp"
	"slices"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine"
)

const (
	mostSegmentArms = 8  // of a split; combinations beyond that have too few visitors in any group
	mostCountries   = 12 // those with most visitors; all further ones are one group
	otherCountries  = "other"
)

// segmentPlace is where visitors are counted together.
type segmentPlace struct{ epoch, arm int }

// segmentSum is how many visitors did something, the sum of what each of them brought, and that of its squares.
type segmentSum struct {
	visitors         int64
	amount, amountSq float64
}

// segmentGroup is one group of a split's visitors: those who reached each goal, and under the zero goal all of them.
type segmentGroup struct {
	value    string
	visitors int64
	sums     map[uuid.UUID]map[segmentPlace]segmentSum
}

func newSegmentGroup(value string) *segmentGroup {
	return &segmentGroup{value: value, sums: map[uuid.UUID]map[segmentPlace]segmentSum{}}
}

// tallySegments adds what is kept of every group of every split: for each goal and arm, what its visitors did, and how that compares
// with the control.
func (x Experiment) tallySegments(rows []db.CountSegmentsRow, out *db.InsertSegmentsParams) {
	for at, split := range x.splits() {
		if !split.segmented() {
			continue
		}
		for i, dimension := range dimensions {
			for _, g := range segmentGroups(rows, at, i+1) {
				for _, goal := range x.Goals {
					x.tallySegment(at, goal, dimension, g, out)
				}
			}
		}
	}
}

// segmented says whether a split has few enough arms for groups to be compared.
func (p plannedSplit) segmented() bool { return len(p.arms) > 1 && len(p.arms) <= mostSegmentArms }

// segmented says whether groups are compared in some split.
func (d Definition) segmented() bool { return slices.ContainsFunc(d.splits(), plannedSplit.segmented) }

// segmentGroups are the groups of a dimension, those with most visitors first.
func segmentGroups(rows []db.CountSegmentsRow, split, dimension int) []*segmentGroup {
	byValue := map[string]*segmentGroup{}
	for _, r := range rows {
		if int(r.Split) != split || int(r.Dimension) != dimension {
			continue
		}
		value := segmentValue(dimensions[dimension-1], r.Code)
		g := byValue[value]
		if g == nil {
			g = newSegmentGroup(value)
			byValue[value] = g
		}
		g.visitors += r.Visitors
		g.add(r.GoalID, segmentPlace{int(r.Epoch), int(r.Arm)}, segmentSum{r.Visitors + r.Converters, r.Amount, r.AmountSq})
	}
	var groups []*segmentGroup
	for _, g := range byValue {
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b *segmentGroup) int {
		return cmp.Or(cmp.Compare(b.visitors, a.visitors), cmp.Compare(a.value, b.value))
	})
	return fewerCountries(groups)
}

func (g *segmentGroup) add(goal uuid.UUID, at segmentPlace, more segmentSum) {
	if g.sums[goal] == nil {
		g.sums[goal] = map[segmentPlace]segmentSum{}
	}
	sum := g.sums[goal][at]
	g.sums[goal][at] = segmentSum{sum.visitors + more.visitors, sum.amount + more.amount, sum.amountSq + more.amountSq}
}

// fewerCountries puts the groups beyond the largest ones into one, but for the one of those of whom it is not known.
func fewerCountries(groups []*segmentGroup) (out []*segmentGroup) {
	other := newSegmentGroup(otherCountries)
	for _, g := range groups {
		if len(out) < mostCountries || g.value == unknownValue {
			out = append(out, g)
			continue
		}
		other.visitors += g.visitors
		for goal, sums := range g.sums {
			for at, sum := range sums {
				other.add(goal, at, sum)
			}
		}
	}
	if other.visitors > 0 {
		out = append(out, other)
	}
	return out
}

// tallySegment compares the arms of a split within one group, as everywhere: by what the goal is judged by, never across what changed, and
// valid at every look.
func (x Experiment) tallySegment(at int, goal Goal, dimension string, g *segmentGroup, out *db.InsertSegmentsParams) {
	split := x.splits()[at]
	arms := split.keys()
	data := engine.Data{Arms: arms, Adaptive: x.Learns(), Revenue: goal.Money(), Planned: float64(x.PlannedPerArm), Epochs: x.epochsOf(split, at),
		Cells: g.cells(goal.ID, len(arms))}
	amounts := make([]engine.Count, len(arms))
	for _, c := range data.Cells {
		amounts[c.Arm].Value += c.Value
		amounts[c.Arm].ValueSq += c.ValueSq
	}
	for i, arm := range engine.Analyze(data).Arms {
		lift := engine.Lift{}
		if arm.Lift != nil {
			lift = *arm.Lift
		}
		out.Splits, out.Goals, out.Dimensions, out.Texts = append(out.Splits, int16(at)), append(out.Goals, goal.ID), append(out.Dimensions, dimension), append(out.Texts, g.value)
		out.Arms, out.Visitors, out.Converters = append(out.Arms, int16(i)), append(out.Visitors, arm.Visitors), append(out.Converters, arm.Conversions)
		out.Amounts, out.AmountSqs = append(out.Amounts, amounts[i].Value), append(out.AmountSqs, amounts[i].ValueSq)
		out.Lifts, out.Lows, out.Highs = append(out.Lifts, lift.Mean), append(out.Lows, lift.Low), append(out.Highs, lift.High)
		out.Estimators, out.Ps = append(out.Estimators, lift.Estimator), append(out.Ps, arm.MinP)
	}
}

// cells are what the group did about a goal, in the order of their places: sums of the same amounts are the same to the last bit.
func (g *segmentGroup) cells(goal uuid.UUID, arms int) (cells []engine.Cell) {
	for place, all := range g.sums[uuid.Nil] {
		if place.arm < arms {
			did := g.sums[goal][place]
			cells = append(cells, engine.Cell{Epoch: place.epoch, Arm: place.arm, Visitors: all.visitors, Converters: did.visitors, Value: did.amount, ValueSq: did.amountSq})
		}
	}
	slices.SortFunc(cells, func(a, b engine.Cell) int { return cmp.Or(cmp.Compare(a.Epoch, b.Epoch), cmp.Compare(a.Arm, b.Arm)) })
	return cells
}
