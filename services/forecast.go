package services

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/gowebpki/jcs"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine"
	"github.com/samplit/samplit/engine/stats"
)

// forecastDays is how long a test is thought to run when it is asked what it can find.
const forecastDays = 28

// Forecast is what a test can find, from the traffic that its site has now.
type Forecast struct {
	Daily    float64 // visitors a day; 0 when nothing is known of them
	Rate     float64
	Measured bool    // the rate is the site's own; else it is a guess
	Lift     float64 // that the next two are about
	Days     int     // until an improvement by Lift is likely found; 0 when that cannot be told
	Power    float64 // chance to find it within forecastDays
	// Detectable is the smallest improvement that is likely found within forecastDays; 0 when there is none.
	Detectable float64
}

// Long says that the answer is further away than a test should run.
func (f Forecast) Long() bool { return f.Days > longestTest }

// ForecastDays is how long the test is thought to run.
func (Forecast) ForecastDays() int { return forecastDays }

func (d Definition) forecast(daily, rate float64, measured bool) Forecast {
	f := Forecast{Daily: daily, Rate: rate, Measured: measured, Lift: planLift, Days: d.daysTo(planLift, rate, daily)}
	if daily == 0 {
		return f
	}
	f.Power = d.powerWithin(forecastDays, planLift, rate, daily)
	f.Detectable = d.liftWithin(forecastDays, rate, daily)
	return f
}

// liftWithin is the smallest improvement that is likely found within some days: bisection, as a larger one is found earlier.
func (d Definition) liftWithin(days int, rate, daily float64) float64 {
	found := func(lift float64) bool {
		n := d.daysTo(lift, rate, daily)
		return n > 0 && n <= days
	}
	low, high := 0.0, math.Min(10, (1-rate)/rate)
	if !found(high) {
		return 0
	}
	for range 40 {
		if mid := (low + high) / 2; found(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}

// powerWithin is the chance to find an improvement within some days, by the slowest split: the power whose sample fits.
func (d Definition) powerWithin(days int, lift, rate, daily float64) float64 {
	worst, splits := 1.0, d.splits()
	better := math.Min(rate*(1+lift), 1)
	for _, split := range splits {
		arms := float64(len(split.arms))
		alpha := falseAlarms / float64(len(splits)) / math.Max(1, arms-1)
		have := daily * float64(days) / arms
		low, high := alpha, 1-1e-6
		for range 40 {
			mid := (low + high) / 2
			if n, ok := stats.SequentialSampleSize(better-rate, rate*(1-rate), better*(1-better), mid, alpha); ok && n <= have {
				low = mid
			} else {
				high = mid
			}
		}
		worst = math.Min(worst, low)
	}
	return worst
}

// StoredPlan is what was decided before an experiment started. Numbers are text, as the record keeps them.
type StoredPlan struct {
	Goal struct {
		Key        string `json:"key"`
		Type       string `json:"type"`
		WindowDays int    `json:"window_days"`
	} `json:"goal"`
	Rules struct {
		Test             string `json:"test"`
		FalseAlarms      string `json:"false_alarms"`
		Margin           string `json:"margin"`
		LeastVisitors    int    `json:"least_visitors"`
		LeastConversions int    `json:"least_conversions"`
		LongestDays      int    `json:"longest_days"`
		PlannedPerArm    int    `json:"planned_per_arm"`
	} `json:"rules"`
	Expected struct {
		Daily      string `json:"daily"`
		Rate       string `json:"rate"`
		Lift       string `json:"lift"`
		Days       int    `json:"days"`
		Power      string `json:"power"`
		Detectable string `json:"detectable"`
	} `json:"expected"`
}

// alwaysValid names the test that decides.
const alwaysValid = "always-valid confidence sequence"

func newStoredPlan(x Experiment, f Forecast) (p StoredPlan) {
	goal := x.Primary()
	p.Goal.Key, p.Goal.Type, p.Goal.WindowDays = goal.Key, goal.Type, goal.Config.WindowDays
	r := &p.Rules
	r.Test, r.FalseAlarms, r.Margin = alwaysValid, decimal(falseAlarms), decimal(smallestLift)
	r.LeastVisitors, r.LeastConversions, r.LongestDays, r.PlannedPerArm = needVisitors, needConversions, longestTest, x.PlannedPerArm
	e := &p.Expected
	e.Daily, e.Rate, e.Lift, e.Days = decimal(math.Round(f.Daily)), decimal(f.Rate), decimal(f.Lift), f.Days
	e.Power, e.Detectable = decimal(f.Power), decimal(f.Detectable)
	return p
}

// planOf makes the plan of an experiment that is about to start, and its hash.
func (e *Experiments) planOf(ctx context.Context, s *db.Store, by Actor, x Experiment) (body, hash string, err error) {
	f, err := e.forecastIn(ctx, s, by, x.Definition)
	if err != nil {
		return "", "", err
	}
	raw, err := json.Marshal(newStoredPlan(x, f))
	if err != nil {
		return "", "", fmt.Errorf("write plan: %w", err)
	}
	canonical, err := jcs.Transform(raw)
	if err != nil {
		return "", "", fmt.Errorf("write plan: %w", err)
	}
	return string(canonical), "sha256:" + digest(canonical), nil
}

func (e *Experiments) forecastIn(ctx context.Context, s *db.Store, by Actor, d Definition) (Forecast, error) {
	daily, err := e.daily(ctx, s, by, d)
	if err != nil {
		return Forecast{}, err
	}
	rate, measured, err := e.usualRate(ctx, s, by, d.InstallationID)
	return d.forecast(daily, rate, measured), err
}

// Foreseen is what an experiment can find and what was decided before it started.
type Foreseen struct {
	Experiment Experiment
	Forecast   Forecast
	Plan       *StoredPlan // nil before the start
	Hash       string      // of the stored plan
	Seq        int64       // of the entry that holds the hash
	Intact     bool        // the stored plan has the hash that the entry holds
}

// Foresee returns what an experiment can find, and once it started what was planned. Any member may. NotFound if absent or another
// account's.
func (e *Experiments) Foresee(ctx context.Context, by Actor, id string) (out Foreseen, err error) {
	key, err := experimentID(id)
	if err != nil {
		return out, err
	}
	err = e.db.InTx(ctx, by.Account, func(s *db.Store) error {
		if out.Experiment, err = e.one(ctx, s, by, key); err != nil {
			return err
		}
		if out.Forecast, err = e.forecastIn(ctx, s, by, out.Experiment.Definition); err != nil {
			return err
		}
		return out.readPlan(ctx, s, by, key)
	})
	return out, err
}

func (f *Foreseen) readPlan(ctx context.Context, s *db.Store, by Actor, id uuid.UUID) error {
	row, err := s.LaunchPlan(ctx, by.Account, id)
	if errors.Is(err, db.ErrNotFound) { // not started, or before there were plans
		return nil
	}
	if err != nil {
		return fmt.Errorf("read plan: %w", err)
	}
	f.Plan = &StoredPlan{}
	if err := json.Unmarshal([]byte(row.Body), f.Plan); err != nil {
		return fmt.Errorf("read plan: %w", err)
	}
	f.Hash, f.Seq = "sha256:"+digest([]byte(row.Body)), row.AuditSeq
	entries, err := s.AuditEntries(ctx, db.AuditEntriesParams{AccountID: by.Account, Before: row.AuditSeq + 1, Object: experimentObject(id), Take: 1, Hidden: []string{}})
	if err != nil || len(entries) == 0 {
		return err
	}
	var said struct {
		Plan string `json:"plan"`
	}
	if err := json.Unmarshal(entries[0].Payload, &said); err != nil {
		return nil // erased
	}
	f.Intact = entries[0].Seq == row.AuditSeq && strings.EqualFold(said.Plan, f.Hash)
	return nil
}

// Mistakes is how often a test like this one would name a winner although all variants are alike, by simulation.
type Mistakes struct {
	FalseWinner float64
	Runs        int
}

const (
	mostMistakeRuns = 60               // somebody waits, and thinks in whole percents at best
	mistakesLimit   = 15 * time.Second // less than a request may take
)

// Mistakes plays an experiment's traffic through with variants that are all alike, judged every day. Anybody may who may see the
// experiment. ok is false when nothing is known of the traffic, or there are too many arms to play. Unavailable, with the reason busy,
// means that others are first.
func (s *Simulator) Mistakes(ctx context.Context, f Foreseen) (m Mistakes, ok bool, err error) {
	splits := f.Experiment.splits()
	arms := len(splits[0].arms)
	if f.Forecast.Daily < 1 || len(splits) > 1 || arms < MinSimulatedRates || arms > MaxSimulatedRates {
		return m, false, nil
	}
	in := Simulation{Daily: int(math.Min(f.Forecast.Daily, maxSimulatedDaily)), Days: forecastDays, Seed: 1, Strategy: engine.Adaptive, Most: mostMistakeRuns}
	for range arms {
		in.Rates = append(in.Rates, f.Forecast.Rate)
	}
	hurry, cancel := context.WithTimeout(ctx, mistakesLimit)
	defer cancel()
	c, err := s.Compare(hurry, in, nil)
	switch {
	case hurry.Err() != nil && ctx.Err() == nil:
		return m, false, &Error{Code: CodeUnavailable, Reason: "busy", Message: "The simulator is busy with others. Try again in a moment.", Err: err}
	case err != nil:
		return m, false, err
	}
	side := c.Fixed
	if f.Experiment.Learns() {
		side = c.Adaptive
	}
	return Mistakes{side.Shipped, c.Runs}, true, nil
}
