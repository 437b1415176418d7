package views

import "time"

// Results is the results page, top to bottom.
type Results struct {
	Experiment Experiment
	AsOf       time.Time
	ETag       string // of the fragment, without quotes; empty leaves it out
	Verdict    Verdict
	Progress   *Progress // set while there is too little data to judge; hides chances
	Health     []Health
	Goals      []GoalRef // more than one shows a switch (GET ?goal=)
	Goal       GoalRef
	Unit       string // what one conversion is called, plural, lower case: "sign-ups"; empty says conversions
	Variants   []VariantResult
	Rates      []RatePoint
	Epochs     []Epoch
}

// Verdict is the sentence that matters and what follows from it. State is learning, ready, winner, tie or fix; Action is
// keep_running, ship, stop or fix. Headline, Reason and Rule are finished sentences.
type Verdict struct {
	State, Action string
	Headline      string
	Reason        string
	Rule          string
	Variant       string // key of the variant to ship
	DaysLeft      int    // 0 when unknown
}

// Progress is how far the data is from being judged.
type Progress struct {
	Visitors, VisitorsNeeded       int64 // in the smallest variant
	Conversions, ConversionsNeeded int64
	DaysLeft                       int
}

// Health is one check. Key is one of healthKeys, State good, warn, bad or idle; Detail is a finished sentence, empty for
// the catalogue's.
type Health struct {
	Key, State, Detail string
}

// GoalRef names a goal.
type GoalRef struct {
	Key, Name string
}

// Interval is a range.
type Interval struct {
	Low, High float64
}

// Lift is relative to the control: 0.12 is 12 % more. Inner is the 50 % interval; nil draws the 95 % line alone.
type Lift struct {
	Mean, Low, High float64
	Inner           *Interval
}

// VariantResult is one row of the table. Rate and its interval are what was observed; Lift is by the estimator that decides.
type VariantResult struct {
	Key, Name             string
	Index                 int // 0 is the control; picks the colour
	Visitors, Conversions int64
	Rate                  float64
	RateLow, RateHigh     float64
	Lift                  *Lift    // nil for the control
	ChanceToBeat          *float64 // probability to beat the control; nil for the control
	ChanceBest            *float64
	Risk                  *float64 // expected loss, conversions per visitor
	Weight                float64  // share of new visitors now
	Leading               bool
}

// RatePoint is one variant on one day: everything up to the end of that day. Low and High are the 95 % interval of the rate.
type RatePoint struct {
	Day                   time.Time
	Variant               string // key
	Visitors, Conversions int64  // cumulative
	Rate, Low, High       float64
}

// Epoch is one set of weights of the experiment's split. Reason is a finished sentence or a message id.
type Epoch struct {
	Number   int
	OpenedAt time.Time
	Weights  map[string]float64 // by variant key
	Reason   string
}
