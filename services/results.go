package services

import (
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/engine"
)

// Results is everything that is said about one goal of an experiment. The page and the API are both written from it.
type Results struct {
	ExperimentID uuid.UUID        `json:"experiment_id"`
	Status       Status           `json:"status" enum:"draft,running,paused,completed,archived"`
	AsOf         time.Time        `json:"as_of"`
	Goal         string           `json:"goal" doc:"Key of the goal"`
	Currency     string           `json:"currency,omitempty" doc:"ISO 4217 code of the goal's values"`
	Verdict      Verdict          `json:"verdict"`
	SRM          SRM              `json:"srm"`
	Crossovers   int64            `json:"crossovers" doc:"Exposures that named another arm than the stored one"`
	Excluded     map[string]int64 `json:"excluded" doc:"Requests served and not counted, by reason"`
	Changes      []ChangeRate     `json:"changes" doc:"How often browsers could make each change, over 14 days"`
	PageCheck    PageCheck        `json:"page_check,omitzero" doc:"The last time that we opened the pages to look for the changes"`
	Epochs       []Epoch          `json:"epochs"`
	Variants     []VariantResult  `json:"variants"`
	Sequential   Sequential       `json:"sequential"`
	Timeline     []DayResult      `json:"timeline" doc:"By UTC day of first exposure"`
	Segments     *SegmentResults  `json:"segments,omitempty" doc:"Groups of visitors, by what was known of them when they came in. For ideas, not for decisions"`
	Goals        []GoalResult     `json:"goals,omitempty" doc:"mode single: the other goals, each with its own verdict"`

	// Of experiments with several elements, see results_elements.go.
	Elements     []ElementResult `json:"elements,omitempty" doc:"Each element by itself; in mode independent the fields above are those of the element that the verdict rests on"`
	Combinations []VariantResult `json:"combinations,omitempty" doc:"factorial: what the model of main effects and interactions expects of every combination"`
	Interactions []Interaction   `json:"interactions,omitempty" doc:"factorial: pairs of variants that depend on each other"`

	// What the pages need beside it.
	Experiment  Experiment      `json:"-"`
	Shown       Goal            `json:"-"`
	Progress    Progress        `json:"-"`
	Expected    []float64       `json:"-"` // visitors that each arm should have, by the epochs
	LastSeen    time.Time       `json:"-"` // of the site's snippet
	Consent     bool            `json:"-"` // the site counts only who has said yes
	Masks       Masks           `json:"-"`
	Notes       []Note          `json:"-"` // oldest first
	Beliefs     []engine.Belief `json:"-"` // by arm, what chances are computed from
	others      []Results       // of the other goals
	totals      []engine.Count  // values by arm
	split       int16
	past, looks []float64 // smallest p of each arm over the looks before, and over all looks
}

// Verdict says what to do. Reason and Rule are stable words; the sentences for people are made from them, see headline.go.
type Verdict struct {
	Action   string `json:"action" enum:"keep_running,ship,stop,fix"`
	Variant  string `json:"variant,omitempty" doc:"Key of the variant to keep"`
	Headline string `json:"headline" doc:"In the language of Accept-Language"`
	Reason   string `json:"reason"`
	DaysLeft *int   `json:"days_left,omitempty" doc:"Until something is likely decided"`
	Rule     string `json:"rule" doc:"The rule that decided the action"`
}

// SRM tells whether visitors were split as the epochs say.
type SRM struct {
	P  float64 `json:"p"`
	OK bool    `json:"ok"`
}

// Interval is a range and the probability with which it covers.
type Interval struct {
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Level float64 `json:"level"`
}

// Revenue is what an arm brought, where values were recorded.
type Revenue struct {
	Sum        float64        `json:"sum"`
	PerVisitor float64        `json:"per_visitor"`
	Interval   Interval       `json:"interval"`
	Capped     *CappedRevenue `json:"capped,omitempty" doc:"Without what few visitors brought far beyond the others"`
}

// CappedRevenue counts no visitor for more than Cap, which all but one in a hundred of those who brought something stay below.
type CappedRevenue struct {
	Cap        float64  `json:"cap"`
	PerVisitor float64  `json:"per_visitor"`
	Interval   Interval `json:"interval"`
}

// Lift is relative to the control: 0.12 is 12 % more.
type Lift struct {
	Mean      float64 `json:"mean"`
	Low       float64 `json:"low"`
	High      float64 `json:"high"`
	Estimator string  `json:"estimator"`
	LogSE     float64 `json:"-"` // standard error of ln(1 + mean) at this look alone; 0 where it is not known
}

// VariantResult is one row of the table. Rate and interval are what was observed, lift is by the estimator that decides.
type VariantResult struct {
	Key              string   `json:"key"`
	Name             string   `json:"name"`
	IsControl        bool     `json:"is_control"`
	Visitors         int64    `json:"visitors"`
	Conversions      int64    `json:"conversions"`
	Rate             float64  `json:"rate"`
	Interval         Interval `json:"interval"`
	Revenue          *Revenue `json:"revenue,omitempty"`
	Lift             *Lift    `json:"lift,omitempty"`
	ProbBest         float64  `json:"prob_best"`
	ProbBeatsControl *float64 `json:"prob_beats_control,omitempty"`
	ExpectedLoss     float64  `json:"expected_loss" doc:"Absolute, in units of the goal per visitor"`
	WeightNow        float64  `json:"weight_now"`
}

// Sequential is the state of the test that decides; p stays valid under daily looks.
type Sequential struct {
	Decided bool    `json:"decided"`
	Variant string  `json:"variant,omitempty"`
	P       float64 `json:"p"`
}

// DayResult is one variant on one day.
type DayResult struct {
	Day         string   `json:"day" format:"date"`
	Variant     string   `json:"variant"`
	Visitors    int64    `json:"visitors"`
	Conversions int64    `json:"conversions"`
	Revenue     *float64 `json:"revenue,omitempty"`
}

// Progress is how far the data is from being judged.
type Progress struct {
	Enough                       bool
	Visitors, NeedVisitors       int64 // in the smallest variant
	Conversions, NeedConversions int64 // in all
}

// States of a verdict, for people.
const (
	VerdictLearning = "learning"
	VerdictReady    = "ready"
	VerdictWinner   = "winner"
	VerdictTie      = "tie"
	VerdictFix      = "fix"
)

// Control is the row that the others are compared with.
func (r Results) Control() VariantResult { return r.Variants[0] }

// Variant returns the row of a key, the control's when there is none.
func (r Results) Variant(key string) VariantResult {
	for _, v := range r.Variants {
		if v.Key == key {
			return v
		}
	}
	return r.Control()
}

// Leader is the row most likely the best.
func (r Results) Leader() VariantResult {
	best := r.Control()
	for _, v := range r.Variants {
		if v.ProbBest > best.ProbBest {
			best = v
		}
	}
	return best
}

// Visitors counts them in all arms.
func (r Results) Visitors() (n int64) {
	for _, v := range r.Variants {
		n += v.Visitors
	}
	return n
}
