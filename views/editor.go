package views

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/samplit/samplit/locale"
)

// Editor is the visual editor of one experiment: GET /experiments/{id}/editor with variant, the id of the variant to open. Without
// scripts, and on small screens, it is the list of changes with a form for each.
type Editor struct {
	Experiment Experiment
	Elements   []EditorElement
	List       EditorList
	Page       string // address to open
	Visitors   int64  // counted so far, of an experiment that was started
	Powerful   bool   // may launch what runs on visitors' pages: scripts, style sheets, HTML
	Notice     string // what a form was refused for: a message id or a finished sentence
}

// EditorElement is what is tested, with its variants.
type EditorElement struct {
	Key, Name, Selector string
	Variants            []EditorVariant
}

// EditorVariant is one version in the editor's tabs.
type EditorVariant struct {
	ID, Key, Name string
	Index         int
	Changes       int
}

// EditorList is a variant's changes. Its forms post to /experiments/{id}/editor/{variant}/form.
type EditorList struct {
	Experiment, Variant string
	Rev, Undo, Redo     int
	Open                bool // may be changed
	Rows                []EditorRow
	Data                any // the same list, for the script
}

// EditorRow is one change in the list.
type EditorRow struct {
	ID, Label                     string
	Action, Selector, Name, Value string
	Position                      string
	Off                           bool
	Who                           string
	At                            time.Time
	First, Last                   bool
}

// EditorConflict asks what to do about changes that somebody else made to the same.
type EditorConflict struct {
	Contested []EditorRow // as they are now
}

// EditorFrame is the page on its way into the editor.
type EditorFrame struct {
	Session                     string // id of the page that is open
	URL, Origin, Sandbox, Nonce string
	Mode                        string // proxy, on_page or snapshot
	Reason                      string // finished sentence
	Problem                     string // finished sentence; nothing can be shown
}

// Current is the variant that is open.
func (m Editor) Current() EditorVariant {
	for _, e := range m.Elements {
		for _, v := range e.Variants {
			if v.ID == m.List.Variant {
				return v
			}
		}
	}
	return EditorVariant{}
}

// Several says whether the experiment tests more than one thing.
func (m Editor) Several() bool { return len(m.Elements) > 1 }

func editorURL(id, variant string) templ.SafeURL {
	return pathTo("experiments", id, "editor") + templ.SafeURL("?"+url.Values{"variant": {variant}}.Encode())
}

func (l EditorList) url(what string) templ.SafeURL {
	return pathTo("experiments", l.Experiment, "editor", l.Variant, what)
}

// title is what people call a change.
func (r EditorRow) title(ctx context.Context) string {
	if r.Label != "" {
		return r.Label
	}
	if r.Action == "style" || r.Action == "attr" || r.Action == "class" {
		return t(ctx, "editor.title_of", "Action", word(ctx, actionWords, r.Action), "Name", r.Name)
	}
	return word(ctx, actionWords, r.Action)
}

// trace says who touched a change last, and when.
func (r EditorRow) trace(ctx context.Context) string {
	if r.Who == "" {
		return locale.DateTime(ctx, r.At)
	}
	return t(ctx, "editor.by", "Who", r.Who, "When", locale.DateTime(ctx, r.At))
}

// located says whether a change is about an element.
func (r EditorRow) located() bool {
	return r.Action != "css" && r.Action != "js" && r.Action != "redirect"
}

// devices are the widths that the page can be looked at in; 0 is all there is.
var devices = []int{0, 1280, 768, 390, 360}

func deviceWord(ctx context.Context, width int) string {
	switch width {
	case 0:
		return t(ctx, "editor.device_full")
	case 768:
		return t(ctx, "editor.device_tablet", "Width", strconv.Itoa(width))
	case 360, 390:
		return t(ctx, "editor.device_phone", "Width", strconv.Itoa(width))
	}
	return t(ctx, "editor.device_desk", "Width", strconv.Itoa(width))
}

// editorWords are what the script says.
func editorWords(ctx context.Context) map[string]string {
	out := map[string]string{}
	for name, id := range editorSays {
		out[name] = t(ctx, id)
	}
	return out
}

var editorSays = map[string]string{
	"saved": "editor.saved", "saving": "editor.saving", "unsaved": "editor.unsaved", "offline": "editor.offline", "failed": "editor.failed",
	"refused": "editor.refused", "none": "editor.none_picked", "matches0": "editor.matches_0", "matches1": "editor.matches_1", "matches": "editor.matches_n",
	"strong": "editor.grade_strong", "good": "editor.grade_good", "fragile": "editor.grade_fragile", "picked": "editor.picked", "lost": "editor.lost",
	"loading": "editor.loading", "slow": "editor.slow", "undone": "editor.undone", "redone": "editor.redone", "hidden": "editor.hidden", "moving": "editor.moving",
	"moved": "editor.moved", "stopped": "editor.move_stopped", "alt": "editor.warn_alt", "contrast": "editor.warn_contrast", "heading": "editor.warn_heading",
	"label": "editor.warn_label", "missing": "editor.missing", "copied": "editor.copied", "removed": "editor.removed", "added": "editor.added",
	"uploading": "editor.uploading", "uploadFailed": "editor.upload_failed", "leave": "editor.leave", "original": "editor.showing_original", "variant": "editor.showing_variant",
	"comparing": "editor.comparing",
}

// others are the variants that changes can be copied to.
func (m Editor) others() (out []EditorVariant) {
	for _, e := range m.Elements {
		for _, v := range e.Variants {
			if v.ID != m.List.Variant && v.Index > 0 {
				out = append(out, v)
			}
		}
	}
	return out
}

// frozenText says why nothing can be changed any more.
func frozenText(ctx context.Context, m Editor) string {
	if m.Experiment.Status == "running" || m.Experiment.Status == "paused" {
		return t(ctx, "editor.frozen_live", "Count", m.Visitors)
	}
	return t(ctx, "editor.frozen_over")
}

// versionText says in numbers what a new version means.
func versionText(ctx context.Context, m Editor) string {
	if m.Experiment.Status == "running" || m.Experiment.Status == "paused" {
		return t(ctx, "editor.version_live", "Count", m.Visitors)
	}
	return t(ctx, "editor.version_over")
}

// DoVisually is what the form's button says that saves and goes on in the visual editor.
const DoVisually = "edit-visually"

// DropBlank takes out the changes of which nothing is said: they are to be made in the visual editor.
func (f *ExperimentForm) DropBlank() {
	for i := range f.Variants {
		f.Variants[i].Changes = slices.DeleteFunc(f.Variants[i].Changes, func(c Change) bool { return c.Selector == "" && c.Name == "" && c.Value == "" })
	}
}
