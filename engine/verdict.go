package engine

import (
	"math"
	"slices"

	"github.com/samplit/samplit/engine/stats"
)

// Action is what to do next.
type Action string

// Actions.
const (
	KeepRunning Action = "keep_running"
	Ship        Action = "ship" // choose Verdict.Arm
	Stop        Action = "stop" // there is nothing to gain by going on; Verdict.Arm, the control, may stay
	Fix         Action = "fix"  // the numbers cannot be trusted
)

// Reasons of a verdict.
const (
	ReasonMismatch       = "sample_ratio_mismatch" // fix: visitors were not split as they should
	ReasonMissing        = "missing_events"        // fix: Verdict.Arm has no conversion where the others have many
	ReasonNoVariants     = "no_variants"           // keep running: only the control
	ReasonNoVisitors     = "no_visitors"           // keep running
	ReasonFewVisitors    = "few_visitors"          // keep running: some arm is under the minimum
	ReasonFewConversions = "few_conversions"       // keep running: too few in all
	ReasonUndecided      = "undecided"             // keep running
	ReasonBetter         = "better_than_control"   // ship
	ReasonControlBest    = "control_is_best"       // stop: every variant is proven worse
	ReasonEqual          = "practically_equal"     // stop: every difference is smaller than the margin
	ReasonNotBetter      = "not_better_by_margin"  // stop: some is worse, none is better by the margin
	ReasonOutOfReach     = "out_of_reach"          // stop: at this traffic it takes longer than the maximum
)

// Rules of a verdict.
const (
	RuleSRM         = "srm"          // the split against the epochs, by a test that holds at every look, p < 0.01
	RuleEvents      = "events"       // no conversion where 20 were to be expected
	RuleMinimum     = "minimum_data" // Data.MinVisitors and Data.MinConversions
	RuleSequential  = "sequential"   // the confidence sequence leaves out no difference, Holm over variants
	RuleEquivalence = "equivalence"  // the confidence sequences lie below the margin
	RuleHorizon     = "horizon"      // Data.MaxDays
)

// Verdict is what the data say to do, in codes.
type Verdict struct {
	Action       Action
	Reason, Rule string
	Arm          int  // the arm to choose, of Ship and Stop; of Fix the arm without events; -1 otherwise
	DaysLeft     *int // until something is likely decided, when it runs on and that can be told
}

// decide applies the rules in the order of the constants above. What the deciding ones guarantee, as the visitors grow
// and however often and for whatever reason one looks, each with probability 1 - alpha over all variants together: no
// variant is shipped that is not better than the control, none is proven worse that is not, and none is taken for equal,
// or for not better by the margin, whose lift is beyond it. That holds because p-values come from confidence sequences,
// their minimum over the looks is what Holm adjusts, and the lifts are intervals at alpha/(k-1) of the same sequences. The check of the split fails by chance with 0.001 at one look and about 0.01 over 28 daily ones.
// RuleHorizon is a forecast and RuleEvents a suspicion: they guarantee nothing, and only stop.
func decide(d Data, a Analysis, j judgement, t table) Verdict {
	all, least := t.visitors()
	running := func(reason, rule string, days float64) Verdict {
		return Verdict{Action: KeepRunning, Reason: reason, Rule: rule, Arm: -1, DaysLeft: wholeDays(days)}
	}
	switch {
	case !a.SRM.OK:
		return Verdict{Action: Fix, Reason: ReasonMismatch, Rule: RuleSRM, Arm: -1}
	case t.silent() >= 0:
		return Verdict{Action: Fix, Reason: ReasonMissing, Rule: RuleEvents, Arm: t.silent()}
	case len(d.Arms) < 2:
		return running(ReasonNoVariants, RuleMinimum, math.Inf(1))
	case all == 0:
		return running(ReasonNoVisitors, RuleMinimum, math.Inf(1))
	case least < d.MinVisitors:
		return running(ReasonFewVisitors, RuleMinimum, t.daysToMinimum(d, a))
	case !t.enough(d):
		return running(ReasonFewConversions, RuleMinimum, t.daysToMinimum(d, a))
	}
	if v, ok := j.conclude(a, d.Margin); ok {
		return v
	}
	days := func(factor float64) float64 { return float64(all) * (factor - 1) / d.DailyVisitors }
	if d.DailyVisitors > 0 && float64(least) >= d.Planned && days(j.hopeful().factor(d.Margin)) > d.MaxDays {
		return Verdict{Action: Stop, Reason: ReasonOutOfReach, Rule: RuleHorizon, Arm: 0}
	}
	return running(ReasonUndecided, RuleSequential, days(j.factor(d.Margin)))
}

// hopeful supposes that every variant is as good as the data leave likely: its difference to the control is the upper end of a
// one-sided 90 % interval. What takes too long even so is out of reach; a forecast from the estimates alone would give up two
// tests in five of a lift that a planned test finds.
func (j judgement) hopeful() judgement {
	j.contrasts = slices.Clone(j.contrasts)
	for i := range j.contrasts {
		j.contrasts[i].diff.Mean += stats.NormalQuantile(0.9) * math.Sqrt(j.contrasts[i].diff.Variance)
	}
	return j
}

// conclude ships the variant that is proven better and most likely best, or stops.
func (j judgement) conclude(a Analysis, margin float64) (Verdict, bool) {
	if arm := a.Sequential.Arm; j.better(arm) {
		return Verdict{Action: Ship, Reason: ReasonBetter, Rule: RuleSequential, Arm: arm}, true
	}
	worse, notBetter, equal := true, true, true // all variants are proven to be
	for i := 1; i < len(j.contrasts); i++ {
		l := j.lifts[i]
		below := l.OK && l.High < margin
		worse = worse && j.worse(i)
		notBetter = notBetter && (below || j.worse(i))
		equal = equal && below && l.Low > -margin
	}
	switch {
	case equal:
		return Verdict{Action: Stop, Reason: ReasonEqual, Rule: RuleEquivalence}, true
	case worse:
		return Verdict{Action: Stop, Reason: ReasonControlBest, Rule: RuleSequential}, true
	case notBetter:
		return Verdict{Action: Stop, Reason: ReasonNotBetter, Rule: RuleEquivalence}, true
	}
	return Verdict{}, false
}

// missing is the number of conversions that an arm must lack before its events are thought to be lost: at the rate of
// the others that happens once in 10⁸, and at a quarter of it in 150.
const missing = 20

// silent returns the arm without any conversion that should have most of them, at the rates the other arms had among
// the visitors of the same days; -1 when none should have 20.
func (t table) silent() int {
	arm, most := -1, float64(missing)
	for i, total := range t.totals {
		if total.converters > 0 {
			continue
		}
		expected := 0.0
		for _, day := range t.days {
			var others tally
			for j, a := range day.arms {
				if j != i {
					others.add(a)
				}
			}
			expected += float64(day.arms[i].visitors) * others.rate().Value()
		}
		if expected >= most {
			arm, most = i, expected
		}
	}
	return arm
}

// factor is how many times as many visitors decide something if they behave like those so far: prove some variant
// better, or all of them not better by the margin.
func (j judgement) factor(margin float64) float64 {
	first, last := math.Inf(1), 1.0
	for i, c := range j.contrasts {
		if i == 0 {
			continue
		}
		if c.diff.Mean > 0 {
			first = min(first, until(func(f float64) bool { return c.times(f).look(j.each()).P <= j.each() }))
		}
		if !j.worse(i) {
			last = max(last, until(func(f float64) bool {
				l := c.times(f).lift(j.each())
				return l.OK && l.High < margin
			}))
		}
	}
	return min(first, last)
}

// until returns the least factor ≥ 1 by which the visitors must grow until done, +Inf if ten thousand times are not
// enough. done must stay true once it is.
func until(done func(factor float64) bool) float64 {
	most := math.Log(10_000)
	if !done(math.Exp(most)) {
		return math.Inf(1)
	}
	low, high := 0.0, most
	for range 30 {
		if mid := (low + high) / 2; done(math.Exp(mid)) {
			high = mid
		} else {
			low = mid
		}
	}
	return math.Exp(high)
}

// enough says whether anything is judged: every arm and the conversions in all have reached their minimum.
func (t table) enough(d Data) bool {
	_, least := t.visitors()
	return least >= d.MinVisitors && t.conversions() >= d.MinConversions
}

func (t table) conversions() int64 {
	var sum int64
	for _, a := range t.totals {
		sum += a.converters
	}
	return sum
}

// daysToMinimum is the time until the minimum of data at the recent traffic and conversion rate.
func (t table) daysToMinimum(d Data, a Analysis) float64 {
	days := 0.0
	for i, arm := range t.totals {
		days = max(days, float64(d.MinVisitors-arm.visitors)/(d.DailyVisitors*a.Arms[i].WeightNow))
	}
	all, _ := t.visitors()
	rate := float64(t.conversions()) / float64(all)
	return max(days, float64(d.MinConversions-t.conversions())/(d.DailyVisitors*rate))
}

// wholeDays rounds up; unknown and more than ten years is nil.
func wholeDays(days float64) *int {
	if !(days >= 0 && days < 3650) {
		return nil
	}
	n := int(math.Ceil(days))
	return &n
}
