package views

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/a-h/templ"
)

// Words of the keys that models carry. The catalogue test walks these tables, so that no key is without its words.
var (
	statusWords = map[string]string{
		"draft": "status.draft", "running": "status.running", "paused": "status.paused",
		"completed": "status.completed", "archived": "status.archived",
	}
	verdictWords = map[string]string{
		"learning": "verdict.learning", "ready": "verdict.ready", "winner": "verdict.winner",
		"tie": "verdict.tie", "fix": "verdict.fix",
	}
	verdictIcons = map[string]string{
		"learning": "hourglass", "ready": "scale", "winner": "trophy", "tie": "equal", "fix": "wrench",
	}
	methodWords = map[string]string{"sequential": "method.sequential", "thompson": "method.thompson", "explore": "method.explore"}
	healthWords = map[string][2]string{ // name, meaning
		"split": {"health.split", "health.split_info"}, "snippet": {"health.snippet", "health.snippet_info"},
		"goal": {"health.goal", "health.goal_info"}, "crossovers": {"health.one_each", "health.one_each_info"},
		"filtered": {"health.filtered", "health.filtered_info"}, "looks": {"health.looks", "health.looks_info"},
		"changes": {"health.changes", "health.changes_info"}, "gap": {"health.gap", "health.gap_info"},
		"mask": {"health.mask", "health.mask_info"}, "consent": {"health.consent", "health.consent_info"},
	}
	actionWords = map[string]string{
		"text": "change.text", "html": "change.html", "attr": "change.attr", "class": "change.class", "style": "change.style",
		"image": "change.image", "link": "change.link", "hide": "change.hide", "show": "change.show", "insert": "change.insert",
		"move": "change.move", "remove": "change.remove", "css": "change.css", "js": "change.js", "redirect": "change.redirect",
	}
	stepWords = map[string][3]string{ // title, help, button
		"site":       {"home.step_site", "home.step_site_help", "sites.add"},
		"install":    {"home.step_install", "home.step_install_help", "home.step_install_do"},
		"verify":     {"home.step_verify", "home.step_verify_help", "home.step_install_do"},
		"goal":       {"home.step_goal", "home.step_goal_help", "home.step_goal_do"},
		"preview":    {"home.step_preview", "home.step_preview_help", "home.step_preview_do"},
		"experiment": {"home.step_experiment", "home.step_experiment_help", "experiments.new"},
		"launch":     {"home.step_launch", "home.step_launch_help", "home.step_launch_do"},
		"visitors":   {"home.step_visitors", "home.step_visitors_help", "home.step_visitors_do"},
	}
	launchWords = map[string][2]string{ // done, missing
		"install": {"launch.install_done", "launch.install_missing"},
		"changes": {"launch.changes_done", "launch.changes_missing"},
		"goal":    {"launch.goal_done", "launch.goal_missing"},
	}
	taskWords    = map[string]string{"decide": "task.decide", "fix": "task.fix", "install": "task.install", "losing": "task.look"}
	taskIcons    = map[string]string{"decide": "scale", "fix": "wrench", "install": "code", "losing": "triangle-alert"}
	installWords = map[string]string{"waiting": "install.waiting", "found": "install.found", "missing": "install.missing"}

	// installVerdicts are what a look at the page can find.
	installVerdicts = map[string]string{
		"early": "install.v_early", "body": "install.v_body", "async": "install.v_async", "tag_manager": "install.v_tag_manager",
		"twice": "install.v_twice", "wrong_site": "install.v_wrong_site", "blocked": "install.v_blocked",
		"unreachable": "install.v_unreachable", "absent": "install.v_absent",
		"consent": "install.v_consent", "staff": "install.v_staff",
	}
)

// word returns the words of a key, or the key itself when a newer service knows more keys than this page.
func word(ctx context.Context, words map[string]string, key string) string {
	if id, ok := words[key]; ok {
		return t(ctx, id)
	}
	return key
}

// seriesClass gives variant i its colour and dash, the same one wherever it appears.
func seriesClass(i int) string {
	classes := [...]string{"series-0", "series-1", "series-2", "series-3", "series-4", "series-5", "series-6"}
	if i <= 0 {
		return classes[0]
	}
	return classes[1+(i-1)%(len(classes)-1)]
}

// isWarning says whether what was found on the page should be repaired.
func isWarning(verdict string) bool {
	_, known := installVerdicts[verdict]
	return known && verdict != "early"
}

// roleOf makes an error speak up; anything else waits to be read.
func roleOf(kind string) templ.Attributes {
	if kind == "bad" {
		return templ.Attributes{"role": "alert"}
	}
	return nil
}

// sparkPath is the line through counts in a box of 100 by 24, zero at the bottom.
func sparkPath(counts []int) string {
	top := max(1, slices.Max(counts))
	var path strings.Builder
	for i, count := range counts {
		x := 100 * float64(i) / float64(len(counts)-1)
		y := 23 - 21*float64(max(0, count))/float64(top)
		fmt.Fprintf(&path, "%c%.2f %.2f ", "ML"[min(i, 1)], x, y)
	}
	return strings.TrimSpace(path.String())
}
