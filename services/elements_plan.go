package services

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine/stats"
	"github.com/samplit/samplit/proxy"
)

// Plan tells before an experiment is saved what it will take.
type Plan struct {
	Combinations int // arms of mode factorial; 0 in other modes
	Excluded     int // of all combinations
	Definition   Definition

	// Daily is the visitors who see the pages of the experiment and take part, a day; 0 when nothing is known of them.
	Daily float64
	// Days until an improvement by Lift of a rate of Rate is likely found; 0 when that cannot be told.
	Days int
	Lift float64
	Rate float64
	// Measured says that Rate is the site's own; else it is a guess.
	Measured bool
}

// Many says that there are so many combinations that each sees few visitors.
func (p Plan) Many() bool { return p.Combinations > ManyCombinations }

// Long says that the answer is further away than a test should run.
func (p Plan) Long() bool { return p.Days > longestTest }

const (
	planLift    = 0.2  // the improvement that a plan speaks of
	planRate    = 0.05 // of a site that nothing is known of
	planPower   = 0.8
	planViews   = 5000 // page views that are looked at
	planRecent  = 7 * 24 * time.Hour
	planHistory = 90 * 24 * time.Hour
	// planVisitors are needed in a site's experiments before their rate is taken.
	planVisitors = 500
)

// Plan checks an experiment as Create does, and tells what it would take. Editors and above may. Invalid and NotFound are as of Create.
func (e *Experiments) Plan(ctx context.Context, by Actor, in ExperimentInput) (p Plan, err error) {
	if err := by.may(Editor); err != nil {
		return p, err
	}
	err = e.db.InTx(ctx, by.Account, func(s *db.Store) error {
		if p.Definition, err = e.checked(ctx, s, by, in); err != nil {
			return err
		}
		if p.Daily, err = e.daily(ctx, s, by, p.Definition); err != nil {
			return err
		}
		p.Rate, p.Measured, err = e.usualRate(ctx, s, by, p.Definition.InstallationID)
		return err
	})
	if err != nil {
		return p, err
	}
	d := p.Definition
	if d.Mode == ModeFactorial {
		p.Combinations = len(d.splits()[0].arms)
		p.Excluded = d.Combinations() - p.Combinations
	}
	p.Lift, p.Days = planLift, d.daysTo(planLift, p.Rate, p.Daily)
	return p, nil
}

// daily estimates the visitors a day from the newest page views of the site.
func (e *Experiments) daily(ctx context.Context, s *db.Store, by Actor, d Definition) (float64, error) {
	now := e.clock.now()
	views, err := s.RecentViews(ctx, db.RecentViewsParams{AccountID: by.Account, InstallationID: d.InstallationID, Since: now.Add(-planRecent), Take: planViews})
	if err != nil {
		return 0, fmt.Errorf("read page views: %w", err)
	}
	if len(views) == 0 {
		return 0, nil
	}
	visitors := map[string]bool{}
	for _, v := range views {
		if proxy.MatchPage(d.URL, v.Url) && !IsTestVisitor(v.Visitor) {
			visitors[v.Visitor] = true
		}
	}
	days := now.Sub(views[len(views)-1].ReceivedAt).Hours() / 24
	return float64(len(visitors)) / max(days, 1.0/24) * d.TrafficAllocation, nil
}

// usualRate is what the originals of the site's experiments brought.
func (e *Experiments) usualRate(ctx context.Context, s *db.Store, by Actor, site uuid.UUID) (rate float64, measured bool, err error) {
	r, err := s.RatesOfSite(ctx, db.RatesOfSiteParams{AccountID: by.Account, InstallationID: site, Since: e.clock.now().Add(-planHistory)})
	if err != nil {
		return 0, false, fmt.Errorf("read rates: %w", err)
	}
	if r.Visitors < planVisitors || r.Converters == 0 || r.Converters >= r.Visitors {
		return planRate, false, nil
	}
	return float64(r.Converters) / float64(r.Visitors), true, nil
}

// daysTo is how long the slowest split takes to find an improvement of a rate; 0 when nobody comes, or it takes ten years.
func (d Definition) daysTo(lift, rate, daily float64) int {
	most, splits := 0.0, d.splits()
	for _, split := range splits {
		arms := float64(len(split.arms))
		better := min(rate*(1+lift), 1)
		alpha := falseAlarms / float64(len(splits)) / math.Max(1, arms-1)
		n, ok := stats.SequentialSampleSize(better-rate, rate*(1-rate), better*(1-better), planPower, alpha)
		days, known := stats.Days(n, arms, 0, daily)
		if !ok || !known || days > 3650 {
			return 0
		}
		most = max(most, days)
	}
	return int(math.Ceil(most))
}
