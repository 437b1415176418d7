package services

import (
	"context"
	"strings"
	"time"

	"github.com/samplit/samplit/locale"
)

// HealthCheck is one thing that can spoil a result. Key is split, snippet, goal, changes, crossovers, filtered or looks; State good, warn,
// bad or idle; Detail a sentence.
type HealthCheck struct{ Key, State, Detail string }

const (
	// silentSnippet is how long a site with visitors may be quiet.
	silentSnippet = 24 * time.Hour
	// silentGoal is how many visitors may pass before a goal that nobody reached is odd.
	silentGoal = 1000
)

// Health checks what the numbers rest on.
func (r Results) Health(ctx context.Context) []HealthCheck {
	return []HealthCheck{r.splitHealth(ctx), r.snippetHealth(ctx), r.goalHealth(ctx), r.changeHealth(ctx), r.crossoverHealth(ctx), r.filteredHealth(ctx),
		{"looks", "good", locale.T(ctx, "health.looks_good")}}
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
