package views

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/samplit/samplit/locale"
)

// LearningList is what ended experiments taught, narrowed to something.
type LearningList struct {
	Query, Tag, Outcome string
	Any                 bool // there is something without narrowing
	Tags                []string
	Rows                []LearningRow
	Next                string // address of older ones; empty at the end
	Left                int    // ended experiments that are judged with the next look
}

// LearningRow is one of them. Outcome is a key of outcomeWords.
type LearningRow struct {
	ID, Name, Site, Hypothesis string
	Outcome, Variant           string
	Effect                     *Lift
	Shipped                    bool
	Text, Author               string
	Tags                       []string
	Ended, Written             time.Time
}

// LearningForm is the tab of an ended experiment on which people write.
type LearningForm struct {
	Experiment Experiment
	Learning   LearningRow
	Text, Tags string // as typed
	Version    string
	Errors     Errors
}

var (
	outcomeWords = map[string]string{"won": "outcome.won", "lost": "outcome.lost", "flat": "outcome.flat", "inconclusive": "outcome.inconclusive"}
	outcomeIcons = map[string]string{"won": "trophy", "lost": "arrow-down", "flat": "equal", "inconclusive": "circle-help"}
	outcomeKeys  = []string{"won", "lost", "flat", "inconclusive"}
)

func (m LearningList) narrowed(p Page) bool {
	return m.Query != "" || m.Tag != "" || m.Outcome != "" || p.SiteID != ""
}

func outcomeOptions(ctx context.Context) []option {
	options := []option{{Value: "", Label: t(ctx, "learnings.every_outcome")}}
	for _, key := range outcomeKeys {
		options = append(options, option{Value: key, Label: word(ctx, outcomeWords, key)})
	}
	return options
}

func tagOptions(ctx context.Context, m LearningList) []option {
	options := []option{{Value: "", Label: t(ctx, "learnings.every_tag")}}
	known := m.Tag == ""
	for _, tag := range m.Tags {
		options, known = append(options, option{Value: tag, Label: tag}), known || tag == m.Tag
	}
	if !known {
		options = append(options, option{Value: m.Tag, Label: m.Tag})
	}
	return options
}

func tagURL(tag string) templ.SafeURL {
	return templ.SafeURL("/learnings?" + url.Values{"tag": {tag}}.Encode())
}

// learningLine says when, and by whom something was written.
func learningLine(ctx context.Context, row LearningRow) string {
	return joined(row.Site, t(ctx, "learnings.ended", "Day", locale.Date(ctx, row.Ended)), row.Author)
}

func (m LearningForm) field(ctx context.Context, name string) field {
	f := field{Name: name, Error: m.Errors[name], Optional: true, Unsaid: true}
	switch name {
	case "text":
		f.Label, f.Help, f.Value, f.Max = t(ctx, "learning.text"), t(ctx, "learning.text_help"), m.Text, 4000
	case "tags":
		f.Label, f.Help, f.Value, f.Max = t(ctx, "learning.tags"), t(ctx, "learning.tags_help"), m.Tags, 500
	}
	return f
}

// TypedTags takes a line of tags apart.
func TypedTags(line string) (tags []string) {
	for _, tag := range strings.Split(line, ",") {
		if tag = strings.TrimSpace(tag); tag != "" {
			tags = append(tags, tag)
		}
	}
	return tags
}
