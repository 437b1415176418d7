package services

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/samplit/samplit/db"
)

// reportNames are what snippets report of an experiment or of one of its changes.
var reportNames = []string{"found", "healed", "missed", "conflict", "mask_timeout", "fault", "loop"}

// reportTally begins the kinds of the tallies that count reports: report/<name>/<arm>/<change>.
const reportTally = "report/"

// report counts what a snippet tells. It names an arm and a change that the experiment has, which bounds what is kept.
func (in *intake) report(e Event) *Problem {
	x := in.site.find(e.Experiment)
	switch {
	case x == nil:
		return &Problem{UnknownExperiment, "No experiment of this site has that id or key."}
	case !slices.Contains(reportNames, e.Name):
		return &Problem{"bad_name", "name of a report is one of " + strings.Join(reportNames, ", ") + "."}
	case (e.Arm != "" || e.Change != "") && !x.hasChange(e.Arm, e.Change):
		return &Problem{"unknown_change", "That arm of the experiment has no such change."}
	}
	in.reports++
	if in.bot || IsTestVisitor(e.Visitor) {
		return nil
	}
	kind := reportTally + strings.Join([]string{e.Name, e.Arm, e.Change}, "/")
	in.work.tallies = append(in.work.tallies, db.Increment{Account: x.account, Experiment: x.id, At: in.now, Kind: kind, N: 1})
	return nil
}

// hasChange says whether an arm of some split makes the change; any arm makes the empty one.
func (x *live) hasChange(arm, change string) bool {
	return slices.ContainsFunc(x.splits, func(s liveSplit) bool {
		i := slices.Index(s.arms, arm)
		return i >= 0 && i < len(s.shown) && (change == "" || holdsChange(s.shown[i].changes, change))
	})
}

func holdsChange(list json.RawMessage, id string) bool {
	if !bytes.Contains(list, []byte(`"`+id+`"`)) {
		return false
	}
	var changes []struct{ ID string }
	if err := json.Unmarshal(list, &changes); err != nil {
		return false
	}
	return slices.ContainsFunc(changes, func(c struct{ ID string }) bool { return c.ID == id })
}

// ChangeRate is how often browsers could make one change of a variant.
type ChangeRate struct {
	Variant   string   `json:"variant" doc:"Key of the variant"`
	Change    string   `json:"change" doc:"Id of the change"`
	Found     int64    `json:"found" doc:"Its selector led to the element"`
	Healed    int64    `json:"healed" doc:"Only its fingerprint did"`
	Missed    int64    `json:"missed" doc:"Nothing was changed"`
	Conflicts int64    `json:"conflicts" doc:"The page took it back again and again"`
	Rate      float64  `json:"rate" doc:"Share of page views of today and yesterday on which it was made"`
	Before    *float64 `json:"before,omitempty" doc:"The same of the twelve days before"`
	Alarm     bool     `json:"alarm" doc:"It is made much less often than before, or on less than half of the pages"`

	recent, past applied
}

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
)

// changeRates sums the reports of a fortnight, by variant and change.
func changeRates(tallies []db.TalliesOfExperimentRow, now time.Time) []ChangeRate {
	rates := map[string]*ChangeRate{}
	yesterday := now.UTC().Truncate(24*time.Hour).AddDate(0, 0, -1)
	for _, t := range tallies {
		parts := strings.SplitN(strings.TrimPrefix(t.Kind, reportTally), "/", 3)
		if len(parts) != 3 || parts[2] == "" {
			continue
		}
		key := parts[1] + "/" + parts[2]
		if rates[key] == nil {
			rates[key] = &ChangeRate{Variant: parts[1], Change: parts[2]}
		}
		rates[key].count(parts[0], t.N, !t.Day.Before(yesterday))
	}
	out := []ChangeRate{}
	for _, key := range slices.Sorted(maps.Keys(rates)) {
		rates[key].judge()
		out = append(out, *rates[key])
	}
	return out
}

func (r *ChangeRate) count(name string, n int64, recent bool) {
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
	if recent {
		r.recent.add(name, n)
	} else {
		r.past.add(name, n)
	}
}

func (r *ChangeRate) judge() {
	r.Rate = r.recent.rate()
	if r.recent.all == 0 {
		r.Rate = r.past.rate()
	}
	if r.past.all > 0 {
		before := r.past.rate()
		r.Before = &before
	}
	enough := r.recent.all >= rateMinimum
	r.Alarm = enough && (r.Rate < rateLow || r.past.all >= rateMinimum && r.Rate < r.past.rate()-rateDrop)
}
