package services

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/locale"
)

// HealthCheck is one thing that can spoil a result. Key is split, snippet, goal, gap, changes, mask, consent, crossovers, filtered or looks;
// State good, warn, bad or idle; Detail a sentence.
type HealthCheck struct{ Key, State, Detail string }

const (
	// silentSnippet is how long a site with visitors may be quiet.
	silentSnippet = 24 * time.Hour
	// silentGoal is how many visitors may pass before a goal that nobody reached is odd.
	silentGoal = 1000
)

// Health checks what the numbers rest on.
func (r Results) Health(ctx context.Context) []HealthCheck {
	checks := []HealthCheck{r.splitHealth(ctx), r.snippetHealth(ctx), r.goalHealth(ctx), r.gapHealth(ctx), r.changeHealth(ctx)}
	if r.Masks.Timeouts > 0 {
		checks = append(checks, r.maskHealth(ctx))
	}
	if r.Consent {
		checks = append(checks, HealthCheck{"consent", "idle", locale.T(ctx, "health.consent_unknown")})
	}
	return append(checks, r.crossoverHealth(ctx), r.filteredHealth(ctx), HealthCheck{"looks", "good", locale.T(ctx, "health.looks_good")})
}

func (r Results) splitHealth(ctx context.Context) HealthCheck {
	switch {
	case r.Visitors() == 0:
		return HealthCheck{"split", "idle", locale.T(ctx, "health.no_visitors")}
	case !r.SRM.OK:
		v, want := r.mismatch()
		return HealthCheck{"split", "bad", locale.T(ctx, "reason.fix_split", "Variant", v.Name, "Have", v.Visitors, "Want", int64(want+0.5))}
	}
	return HealthCheck{"split", "good", locale.T(ctx, "health.split_good")}
}

func (r Results) snippetHealth(ctx context.Context) HealthCheck {
	switch {
	case r.LastSeen.IsZero() && r.Visitors() > 0: // visitors come through the server: there may be no snippet at all
		return HealthCheck{"snippet", "idle", locale.T(ctx, "health.snippet_none")}
	case r.LastSeen.IsZero():
		return HealthCheck{"snippet", "warn", locale.T(ctx, "health.snippet_none")}
	case r.Status == Running && r.AsOf.Sub(r.LastSeen) > silentSnippet:
		return HealthCheck{"snippet", "bad", locale.T(ctx, "health.snippet_silent", "When", locale.Ago(ctx, r.LastSeen, r.AsOf))}
	}
	return HealthCheck{"snippet", "good", locale.T(ctx, "health.snippet_good")} // without a time: the page stays the same between reports
}

func (r Results) goalHealth(ctx context.Context) HealthCheck {
	switch {
	case r.Progress.Conversions > 0:
		return HealthCheck{"goal", "good", locale.T(ctx, "health.goal_good", "Count", r.Progress.Conversions)}
	case r.Visitors() >= silentGoal:
		return HealthCheck{"goal", "bad", locale.T(ctx, "health.goal_silent", "Count", r.Visitors())}
	}
	return HealthCheck{"goal", "idle", locale.T(ctx, "health.goal_none")}
}

// changeHealth tells of changes that pages no longer take.
func (r Results) changeHealth(ctx context.Context) HealthCheck {
	alarms, fights, healed, told := 0, 0, 0, false
	for _, c := range r.Changes {
		told = told || c.Views() > 0 || c.Check != ""
		switch {
		case c.Alarm:
			alarms++
		case c.Conflicts > 0:
			fights++
		case c.Healed > 0 || c.Check == "healed":
			healed++
		}
	}
	switch {
	case !told:
		return HealthCheck{"changes", "idle", locale.T(ctx, "health.changes_none")}
	case alarms > 0:
		return HealthCheck{"changes", "bad", locale.T(ctx, "health.changes_missed", "Count", alarms)}
	case fights > 0:
		return HealthCheck{"changes", "warn", locale.T(ctx, "health.changes_fought", "Count", fights)}
	case healed > 0:
		return HealthCheck{"changes", "good", locale.T(ctx, "health.changes_healed", "Count", healed)}
	}
	return HealthCheck{"changes", "good", locale.T(ctx, "health.changes_good")}
}

func (r Results) crossoverHealth(ctx context.Context) HealthCheck {
	switch share := float64(r.Crossovers) / float64(max(r.Visitors(), 1)); {
	case r.Crossovers == 0:
		return HealthCheck{"crossovers", "good", locale.T(ctx, "health.crossovers_none")}
	case share > 0.01:
		return HealthCheck{"crossovers", "warn", locale.T(ctx, "health.crossovers", "Count", r.Crossovers)}
	}
	return HealthCheck{"crossovers", "good", locale.T(ctx, "health.crossovers", "Count", r.Crossovers)}
}

// excludedWords are the kinds of rules by which visits are not counted.
var excludedWords = []struct{ kind, word string }{
	{excludedAddress, "health.by_address"}, {excludedParameter, "health.by_parameter"}, {excludedAgent, "health.by_agent"},
	{excludedEmail, "health.by_email"}, {excludedCookie, "health.by_cookie"}, {excludedHeader, "health.by_header"},
}

func (r Results) filteredHealth(ctx context.Context) HealthCheck {
	detail := locale.T(ctx, "health.filtered_count", "Count", r.Excluded[botKind])
	byRule, kinds := int64(0), []string(nil)
	for _, e := range excludedWords {
		if n := r.Excluded[e.kind]; n > 0 {
			byRule += n
			kinds = append(kinds, locale.T(ctx, e.word, "Count", n))
		}
	}
	if byRule > 0 {
		detail += " " + locale.T(ctx, "health.excluded_count", "Count", byRule) + " " + locale.T(ctx, "health.excluded_kinds", "Kinds", strings.Join(kinds, ", "))
	}
	return HealthCheck{"filtered", "good", detail}
}

// Masks is how often the page was uncovered before the script was ready, in a fortnight: such a view shows the original and counts for
// nobody. Views are those on which changes were tried.
type Masks struct{ Timeouts, Views int64 }

// countMasks takes of each variant the change that was tried most: a view reports each of its changes once.
func countMasks(tallies []db.TalliesOfExperimentRow) (m Masks) {
	tried := map[string]map[string]int64{}
	for _, t := range tallies {
		parts := strings.SplitN(strings.TrimPrefix(t.Kind, reportTally), "/", 3)
		switch {
		case len(parts) != 3:
		case parts[0] == "mask_timeout":
			m.Timeouts += t.N
		case slices.Contains([]string{"found", "healed", "missed"}, parts[0]) && parts[2] != "":
			if tried[parts[1]] == nil {
				tried[parts[1]] = map[string]int64{}
			}
			tried[parts[1]][parts[2]] += t.N
		}
	}
	for _, changes := range tried {
		most := int64(0)
		for _, n := range changes {
			most = max(most, n)
		}
		m.Views += most
	}
	return m
}

// Share is that of the views on which the original stayed.
func (m Masks) Share() float64 { return float64(m.Timeouts) / float64(max(m.Timeouts+m.Views, 1)) }

// manyMasks is the share of views without the change from which on a test measures something else than it says.
const manyMasks = 0.05

func (r Results) maskHealth(ctx context.Context) HealthCheck {
	state := "good"
	if r.Masks.Share() > manyMasks && r.Masks.Timeouts >= rateMinimum {
		state = "warn"
	}
	return HealthCheck{"mask", state, locale.T(ctx, "health.mask_count", "Count", r.Masks.Timeouts, "Share", locale.Percent(ctx, r.Masks.Share(), 1))}
}

// busyDay is how many visitors a day must be usual for a day without any to be a gap.
const busyDay = 20

// gapHealth finds whole days on which nobody came although many usually do.
func (r Results) gapHealth(ctx context.Context) HealthCheck {
	if len(r.Timeline) == 0 || r.Visitors() == 0 {
		return HealthCheck{"gap", "idle", locale.T(ctx, "health.no_visitors")}
	}
	gaps, days := r.gaps()
	if len(gaps) == 0 || r.Visitors()/int64(days) < busyDay {
		return HealthCheck{"gap", "good", locale.T(ctx, "health.gap_none")}
	}
	return HealthCheck{"gap", "warn", locale.T(ctx, "health.gap_found", "Count", len(gaps), "Day", locale.Day(ctx, gaps[len(gaps)-1]))}
}

// gaps are the days without visitors between the first and the last with any, and how many days had some.
func (r Results) gaps() (gaps []time.Time, days int) {
	var last time.Time
	for _, d := range r.Timeline {
		day, _ := time.Parse(time.DateOnly, d.Day) // written by dayText
		if d.Visitors == 0 || day.Equal(last) {
			continue
		}
		for !last.IsZero() && last.AddDate(0, 0, 1).Before(day) && len(gaps) < longestChart {
			last = last.AddDate(0, 0, 1)
			gaps = append(gaps, last)
		}
		last = day
		days++
	}
	return gaps, max(days, 1)
}
