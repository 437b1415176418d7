package services

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/locale"
)

// ChangeRate is how often browsers could make one change of a variant, and what the last check of its page found.
type ChangeRate struct {
	Element   string     `json:"element,omitempty" doc:"Key of the element, where there are several"`
	Variant   string     `json:"variant" doc:"Key of the variant"`
	Change    string     `json:"change" doc:"Id of the change"`
	Found     int64      `json:"found" doc:"Its selector led to the element"`
	Healed    int64      `json:"healed" doc:"Only its fingerprint did"`
	Missed    int64      `json:"missed" doc:"Nothing was changed"`
	Conflicts int64      `json:"conflicts" doc:"The page took it back again and again"`
	Rate      float64    `json:"rate" doc:"Share of page views of today and yesterday on which it was made"`
	Before    *float64   `json:"before,omitempty" doc:"The same of the twelve days before"`
	Check     string     `json:"check,omitempty" enum:"found,healed,missed" doc:"What the last check of the page found"`
	CheckPage string     `json:"check_page,omitempty" doc:"That it was looked for on"`
	Since     *time.Time `json:"check_since,omitempty" doc:"When checks first said so"`
	Dropped   bool       `json:"dropped,omitempty" doc:"A check no longer finds what one found before, and browsers have not proved it wrong"`
	Alarm     bool       `json:"alarm" doc:"It is made much less often than before, or on less than half of the pages, or it has dropped"`

	// What the pages need beside it.
	Of          Change    `json:"-"`
	VariantID   uuid.UUID `json:"-"`
	VariantName string    `json:"-"`
	ElementName string    `json:"-"`
	Level       int       `json:"-"` // of the variant; 0 is the control

	recent, past, later applied
}

// Views are the page views that told about the change.
func (r ChangeRate) Views() int64 { return r.Found + r.Healed + r.Missed + r.Conflicts }

// applied counts views on which a change was made, of all.
type applied struct{ made, all int64 }

func (a *applied) add(name string, n int64) {
	a.all += n
	if name == "found" || name == "healed" {
		a.made += n
	}
}

func (a applied) rate() float64 { return float64(a.made) / float64(max(a.all, 1)) }

const (
	// rateMinimum is how many page views a rate must rest on to alarm anybody.
	rateMinimum = 20
	rateDrop    = 0.2
	rateLow     = 0.5
	rateDays    = 14
)

// changeRates sums the reports of a fortnight for every change of an experiment, in the order of its elements and variants. A variant's
// changes are made in every combination that it is part of.
func changeRates(x Experiment, tallies []db.TalliesOfExperimentRow, check PageCheck, now time.Time) []ChangeRate {
	rates := []ChangeRate{}
	of := map[changeOfVariant]int{}
	for _, e := range x.Elements {
		for level, v := range e.Variants {
			for _, c := range v.Changes {
				of[changeOfVariant{v.ID, c.ID}] = len(rates)
				r := ChangeRate{Variant: v.Key, Change: c.ID, Of: c, VariantID: v.ID, VariantName: v.Name, Level: level}
				if x.Mode != ModeSingle {
					r.Element, r.ElementName = e.Key, e.Name
				}
				rates = append(rates, r.checked(check))
			}
		}
	}
	told := x.changesOfArms()
	yesterday := day(now).AddDate(0, 0, -1)
	for _, t := range tallies {
		name, arm, _ := strings.Cut(strings.TrimPrefix(t.Kind, reportTally), "/")
		if at, known := told[arm]; known {
			rates[of[at]].count(name, t.N, t.Day, yesterday)
		}
	}
	for i := range rates {
		rates[i].judge()
	}
	return rates
}

// changesOfArms says which change of which variant a report of an arm and a change is about, by "arm/change". No two elements have
// changes of one id.
func (x Experiment) changesOfArms() map[string]changeOfVariant {
	out := map[string]changeOfVariant{}
	for _, split := range x.splits() {
		for _, arm := range split.arms {
			for i, e := range split.elements {
				v := x.Elements[e].Variants[arm.levels[i]]
				for _, c := range v.Changes {
					out[arm.key+"/"+c.ID] = changeOfVariant{v.ID, c.ID}
				}
			}
		}
	}
	return out
}

// checked adds what a check found.
func (r ChangeRate) checked(c PageCheck) ChangeRate {
	if found, ok := c.changes[changeOfVariant{r.VariantID, r.Change}]; ok {
		r.Check, r.CheckPage, r.Since, r.Dropped = string(found.State), found.Page, &found.Since, found.Dropped
	}
	return r
}

func (r *ChangeRate) count(name string, n int64, at, yesterday time.Time) {
	switch name {
	case "found":
		r.Found += n
	case "healed":
		r.Healed += n
	case "missed":
		r.Missed += n
	default:
		r.Conflicts += n
	}
	if at.Before(yesterday) {
		r.past.add(name, n)
	} else {
		r.recent.add(name, n)
	}
	if r.Since != nil && at.After(*r.Since) {
		r.later.add(name, n)
	}
}

// judge alarms. Browsers know better than a check where scripts have made the page since: then its finding is no drop.
func (r *ChangeRate) judge() {
	r.Rate = r.recent.rate()
	if r.recent.all == 0 {
		r.Rate = r.past.rate()
	}
	if r.past.all > 0 {
		before := r.past.rate()
		r.Before = &before
	}
	r.Dropped = r.Dropped && (r.later.all < rateMinimum || r.later.rate() < rateLow)
	r.Alarm = r.Dropped || r.fell()
}

// fell says whether browsers make the change seldom, or much less often than they did.
func (r ChangeRate) fell() bool {
	return r.recent.all >= rateMinimum && (r.Rate < rateLow || r.past.all >= rateMinimum && r.Rate < r.past.rate()-rateDrop)
}

// Words say in a sentence how the change fares and what to do about it, in the language of ctx.
func (r ChangeRate) Words(ctx context.Context) string {
	rate := locale.Percent(ctx, r.Rate, 0)
	switch {
	case r.fell() && r.past.all >= rateMinimum:
		return locale.T(ctx, "change.fell", "Rate", rate, "Before", locale.Percent(ctx, r.past.rate(), 0))
	case r.fell() && r.Conflicts > r.Missed:
		return locale.T(ctx, "change.fought", "Count", r.Conflicts)
	case r.fell():
		return locale.T(ctx, "change.low", "Rate", rate)
	case r.Dropped:
		return locale.T(ctx, "change.dropped", "Day", locale.Day(ctx, *r.Since))
	case r.Conflicts > 0:
		return locale.T(ctx, "change.fought", "Count", r.Conflicts)
	case r.Healed > 0 || r.Check == "healed":
		return locale.T(ctx, "change.healed")
	case r.Views() > 0:
		return locale.T(ctx, "change.good")
	case r.Check == "missed":
		return locale.T(ctx, "change.unseen")
	case r.Check == "found":
		return locale.T(ctx, "change.ready")
	}
	return locale.T(ctx, "change.quiet")
}

// readChangeRates reads what is known of the changes of an experiment, and the check of its pages that is part of it.
func readChangeRates(ctx context.Context, s *db.Store, account uuid.UUID, x Experiment, now time.Time) ([]ChangeRate, PageCheck, error) {
	tallies, err := s.TalliesOfExperiment(ctx, db.TalliesOfExperimentParams{AccountID: account, ExperimentID: x.ID, Since: now.AddDate(0, 0, 1-rateDays)})
	if err != nil {
		return nil, PageCheck{}, fmt.Errorf("read reports: %w", err)
	}
	tallies = slices.DeleteFunc(tallies, func(t db.TalliesOfExperimentRow) bool { return !strings.HasPrefix(t.Kind, reportTally) })
	check, err := readPageCheck(ctx, s, account, x.ID, now)
	return changeRates(x, tallies, check, now), check, err
}

// ChangesFared is an experiment and how each of its changes fares.
type ChangesFared struct {
	Experiment Experiment
	Rates      []ChangeRate
	Check      PageCheck
	Installed  bool // the site has shown the snippet
}

// Changes returns how the changes of an experiment fare. Any member may. NotFound if the experiment is absent or another account's.
func (a *Analytics) Changes(ctx context.Context, by Actor, id string) (f ChangesFared, err error) {
	key, err := experimentID(id)
	if err != nil {
		return f, err
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
		site, err := s.Installation(ctx, by.Account, row.InstallationID)
		if err != nil {
			return fmt.Errorf("read installation: %w", err)
		}
		f.Experiment, f.Installed = list[0], site.LastAt != nil
		f.Rates, f.Check, err = readChangeRates(ctx, s, by.Account, f.Experiment, a.clock.now())
		return err
	})
	return f, err
}

// Fared is what the results know of it.
func (r Results) Fared() ChangesFared {
	return ChangesFared{Experiment: r.Experiment, Rates: r.Changes, Check: r.PageCheck, Installed: !r.LastSeen.IsZero()}
}
