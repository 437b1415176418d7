package views

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/samplit/samplit/locale"
)

// Debugger is what arrives for one site, live: GET /debugger/{site}. Without a site the account has none.
type Debugger struct {
	SiteID, Host string
	Silent       bool  // nothing was ever heard from the site's snippet
	SetAside     int64 // entries in the account's quarantine
	Filter       SightingFilter
	Stream       string // address of the live stream with this filter
	TestURL      string // the site, opened as a test visitor
	TestVisitor  string
	Visitor      *VisitorReport // of the visitor that the filter names
	Error        string         // what is wrong with the visitor typed
}

// SightingFilter narrows what is shown; empty fields let everything through.
type SightingFilter struct {
	Visitor, Kind, Outcome string
}

// Query is the filter as it stands in an address.
func (f SightingFilter) Query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"visitor": f.Visitor, "kind": f.Kind, "outcome": f.Outcome} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

// Sighting is one thing that arrived and what became of it. Kind, Door, Outcome and Code are the service's own words. With More or
// Lost it stands for sightings that are not there.
type Sighting struct {
	ID, SiteID                                        string
	At                                                time.Time
	Kind, Visitor, Experiment, Split, Arm, Goal, Name string
	Epoch                                             int
	Value, Page, Door                                 string
	Outcome, Code, Message                            string
	More                                              int
	Lost                                              bool
}

// VisitorReport is why a visitor sees what they see, and what they did in the last day.
type VisitorReport struct {
	Page             string
	Verdicts         []VisitorVerdict
	Events           []Sighting
	Unsearched, More bool
}

// VisitorVerdict is what a visitor sees of one experiment. Reason says why they are not in it.
type VisitorVerdict struct {
	ID, Name, URL   string
	Reason          string
	Rules           bool // it is because of rules that cannot be judged here
	Paused, Winner  bool
	Traffic, Number float64
	Arms            []VisitorArm
}

// VisitorArm is what a visitor sees of one split.
type VisitorArm struct {
	Element, Arm             string
	Epoch                    int
	Stored, Exposed, Counted bool
	Since                    time.Time
	Owner                    string
	Number, From, To         float64
}

// Words of what the service calls kinds, doors, outcomes and reasons.
var (
	sightKinds = map[string][2]string{ // icon, word
		"assignment": {"split", "debugger.kind_assignment"}, "exposure": {"eye", "debugger.kind_exposure"},
		"conversion": {"target", "debugger.kind_conversion"}, "pageview": {"file-text", "debugger.kind_pageview"},
		"custom": {"zap", "debugger.kind_custom"}, "identify": {"link", "debugger.kind_identify"},
		"unknown": {"circle-help", "debugger.kind_unknown"}, // bytes in quarantine that cannot be read
	}
	sightDoors = map[string]string{
		"assign": "debugger.door_assign", "flag": "debugger.door_flag", "events": "debugger.door_events", "convert": "debugger.door_convert",
		"identify": "debugger.door_identify",
	}
	sightOutcomes = map[string][3]string{ // tone, word, meaning
		"applied":      {"good", "debugger.o_applied", ""},
		"again":        {"calm", "debugger.o_again", "debugger.o_again_why"},
		"stored":       {"calm", "debugger.o_stored", ""},
		"duplicate":    {"calm", "debugger.o_duplicate", "debugger.o_duplicate_why"},
		"waiting":      {"wait", "debugger.o_waiting", "debugger.o_waiting_why"},
		"outside":      {"calm", "debugger.o_outside", "debugger.o_outside_why"},
		"frozen":       {"calm", "debugger.o_frozen", "debugger.o_frozen_why"},
		"uncounted":    {"calm", "debugger.o_uncounted", "debugger.o_uncounted_why"},
		"unattributed": {"calm", "debugger.o_unattributed", "debugger.o_unattributed_why"},
		"test":         {"calm", "debugger.o_uncounted", "debugger.o_test_why"},
		"bot":          {"calm", "debugger.o_uncounted", "debugger.o_bot_why"},
		"paused":       {"calm", "debugger.o_uncounted", "debugger.o_paused_why"},
		"excluded":     {"calm", "debugger.o_uncounted", "debugger.o_excluded_why"},
		"preview":      {"calm", "debugger.o_preview", "debugger.o_preview_why"},
		"crossover":    {"warn", "debugger.o_crossover", "debugger.o_crossover_why"},
		"winner":       {"calm", "debugger.o_winner", "debugger.o_winner_why"},
		"promised":     {"wait", "debugger.o_promised", "debugger.o_promised_why"},
		"decided":      {"calm", "debugger.o_decided", "debugger.o_decided_why"},
		"left_out":     {"calm", "debugger.o_left_out", ""},
		"rejected":     {"bad", "debugger.o_rejected", ""},
		"quarantined":  {"bad", "debugger.o_quarantined", "debugger.o_quarantined_why"},
		"unavailable":  {"bad", "debugger.o_unavailable", "debugger.o_unavailable_why"},
	}
	// leftOutWords say why a visitor is not in an experiment, rejectionWords why an event was refused.
	leftOutWords = map[string]string{
		"targeting": "debugger.r_targeting", "outside_traffic": "debugger.r_outside_traffic", "not_running": "debugger.r_not_running",
		"holdout": "debugger.r_holdout", "excluded": "debugger.r_excluded", "unknown_experiment": "debugger.r_unknown_experiment",
	}
	rejectionWords = map[string]string{
		"bad_visitor": "debugger.c_bad_visitor", "too_long": "debugger.c_too_long", "bad_id": "debugger.c_bad_id", "too_old": "debugger.c_too_old",
		"future": "debugger.c_future", "bad_type": "debugger.c_bad_type", "bad_value": "debugger.c_bad_value",
		"unknown_experiment": "debugger.r_unknown_experiment", "not_running": "debugger.r_not_running", "unknown_split": "debugger.c_unknown_split",
		"unknown_epoch": "debugger.c_unknown_epoch", "epoch_closed": "debugger.c_epoch_closed", "wrong_arm": "debugger.c_wrong_arm",
		"unknown_goal": "debugger.c_unknown_goal", "excluded": "debugger.r_excluded", "holdout": "debugger.r_holdout",
	}
	toneIcons = map[string]string{"good": "circle-check", "calm": "circle-dot", "wait": "hourglass", "warn": "triangle-alert", "bad": "circle-x"}

	sightKindOptions = []option{{Value: "", Label: "debugger.all_kinds"}, {Value: "assignment", Label: "debugger.kind_assignment"},
		{Value: "exposure", Label: "debugger.kind_exposure"}, {Value: "conversion", Label: "debugger.kind_conversion"},
		{Value: "pageview", Label: "debugger.kind_pageview"}, {Value: "custom", Label: "debugger.kind_custom"}, {Value: "identify", Label: "debugger.kind_identify"}}
	sightOutcomeOptions = []option{{Value: "", Label: "debugger.all_outcomes"}, {Value: "good", Label: "debugger.only_good"},
		{Value: "wait", Label: "debugger.only_wait"}, {Value: "calm", Label: "debugger.only_calm"}, {Value: "trouble", Label: "debugger.only_trouble"}}
)

// tone is how good or bad news an outcome is; what a newer service says is calm.
func (s Sighting) tone() string {
	if o, ok := sightOutcomes[s.Outcome]; ok {
		return o[0]
	}
	return "calm"
}

// Matches says whether a sighting passes the filter. What stands for others always does.
func (f SightingFilter) Matches(s Sighting) bool {
	if s.More > 0 || s.Lost {
		return true
	}
	tone := s.tone()
	return (f.Visitor == "" || f.Visitor == s.Visitor || s.Kind == "identify" && f.Visitor == s.Name) && (f.Kind == "" || f.Kind == s.Kind) &&
		(f.Outcome == "" || f.Outcome == tone || f.Outcome == "trouble" && (tone == "bad" || tone == "warn"))
}

func (s Sighting) word(ctx context.Context) string {
	if o, ok := sightOutcomes[s.Outcome]; ok {
		return t(ctx, o[1])
	}
	return s.Outcome
}

// why explains an outcome; empty where its word says it all.
func (s Sighting) why(ctx context.Context) string {
	switch {
	case s.Outcome == "left_out":
		return word(ctx, leftOutWords, s.Code)
	case s.Outcome == "rejected" && rejectionWords[s.Code] != "":
		return t(ctx, rejectionWords[s.Code])
	case s.Outcome == "rejected":
		return s.Message
	case sightOutcomes[s.Outcome][2] != "":
		return t(ctx, sightOutcomes[s.Outcome][2])
	}
	return ""
}

func (s Sighting) icon() string {
	if k, ok := sightKinds[s.Kind]; ok {
		return k[0]
	}
	return "circle-help"
}

func (s Sighting) kindWord(ctx context.Context) string {
	if k, ok := sightKinds[s.Kind]; ok {
		return t(ctx, k[1])
	}
	return s.Kind
}

// subject is what a sighting is about, in the order in which people look for it.
func (s Sighting) subject() (parts []string) {
	about := s.Experiment
	if s.Split != "" {
		about += "/" + s.Split
	}
	for _, part := range []string{s.Goal, s.Name, s.Value, about, s.Arm} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// place is where it happened and how it came in.
func (s Sighting) place(ctx context.Context) string {
	var parts []string
	if s.Epoch > 0 {
		parts = append(parts, t(ctx, "debugger.epoch", "Epoch", s.Epoch))
	}
	for _, part := range []string{s.Page, word(ctx, sightDoors, s.Door)} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, " · ")
}

// only is the debugger narrowed to a visitor.
func only(site, visitor string) templ.SafeURL {
	return pathTo("debugger", site) + "?" + templ.SafeURL(SightingFilter{Visitor: visitor}.Query().Encode())
}

// debuggerOf is the debugger of the site that a page is about.
func debuggerOf(p Page) string {
	if p.SiteID == "" {
		return "/debugger"
	}
	return string(pathTo("debugger", p.SiteID))
}

// moreLine stands for sightings that are not shown.
func (s Sighting) moreLine(ctx context.Context) string {
	if s.Lost {
		return t(ctx, "debugger.lost")
	}
	return t(ctx, "debugger.more", "Count", s.More)
}

// verdictLines are what a visitor sees of an experiment, by which rule; a line for each split.
func (v VisitorVerdict) lines(ctx context.Context, page string) []string {
	var lines []string
	switch {
	case v.Reason == "targeting" && v.Rules:
		lines = append(lines, t(ctx, "debugger.v_rules"))
	case v.Reason == "targeting":
		lines = append(lines, t(ctx, "debugger.v_targeting", "Page", page, "Pattern", v.URL))
	case v.Reason == "outside_traffic":
		lines = append(lines, t(ctx, "debugger.v_outside_traffic", "Number", number4(ctx, v.Number), "Share", locale.Percent(ctx, v.Traffic, 0)))
	case v.Reason == "not_running" && v.Paused:
		lines = append(lines, t(ctx, "debugger.v_paused"))
	case v.Reason != "":
		lines = append(lines, word(ctx, leftOutWords, v.Reason))
	}
	for _, a := range v.Arms {
		line := a.line(ctx, v.Winner)
		if a.Element != "" {
			line = a.Element + ": " + line
		}
		lines = append(lines, line)
	}
	return lines
}

func (a VisitorArm) line(ctx context.Context, winner bool) string {
	numbers := []any{"Arm", a.Arm, "Epoch", a.Epoch, "Number", number4(ctx, a.Number), "From", number4(ctx, a.From), "To", number4(ctx, a.To),
		"Since", locale.DateTime(ctx, a.Since), "Owner", a.Owner}
	switch {
	case winner:
		return t(ctx, "debugger.v_winner", "Arm", a.Arm)
	case a.Owner != "":
		return t(ctx, "debugger.v_follows", numbers...)
	case a.Stored && !a.Exposed:
		return t(ctx, "debugger.v_unexposed", numbers...)
	case a.Stored && !a.Counted:
		return t(ctx, "debugger.v_uncounted", numbers...)
	case a.Stored:
		return t(ctx, "debugger.v_stored", numbers...)
	}
	return t(ctx, "debugger.v_hash", numbers...)
}

func number4(ctx context.Context, x float64) string { return locale.Fixed(ctx, x, 4) }
