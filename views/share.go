package views

import (
	"context"
	"fmt"
	"time"

	"github.com/samplit/samplit/locale"
)

// Share is the tab that takes results out of the house: files, links, the public page.
type Share struct {
	Experiment Experiment
	Exports    []ExportRow
	Links      []ShareLink
	Public     *ShareLink // nil: there is none
	Days       string     // as typed
	Errors     Errors
}

// ExportRow is a file of rows. State is one of exportWords.
type ExportRow struct {
	ID, What, Format, State string
	Written, Expected       int64
	Bytes                   int64
	CreatedAt, ExpiresAt    time.Time
	URL                     string // of the file, when it is ready
}

// Open says whether it is still being written.
func (e ExportRow) Open() bool { return e.State == "waiting" || e.State == "running" }

// ShareLink is a link that holds.
type ShareLink struct {
	ID, URL, Author      string
	Text, Site, Money    bool // what it shows
	CreatedAt, ExpiresAt time.Time
}

// exportWords are the states of an export.
var exportWords = map[string]string{
	"waiting": "export.waiting", "running": "export.running", "ready": "export.ready", "failed": "export.failed",
	"cancelled": "export.cancelled", "deleted": "export.deleted",
}

var exportKinds = map[string]string{"assignments": "export.assignments", "conversions": "export.conversions"}

// resultFiles are the formats of a file of results, and what people call them.
var resultFiles = []struct{ Format, Name string }{{"xlsx", "Excel"}, {"csv", "CSV"}, {"json", "JSON"}, {"parquet", "Parquet"}}

// exportFormats are the formats of a file of rows.
var exportFormats = []option{{Value: "csv", Label: "CSV"}, {Value: "xlsx", Label: "Excel"}, {Value: "json", Label: "JSON"}, {Value: "parquet", Label: "Parquet"}}

func formatName(format string) string {
	for _, f := range exportFormats {
		if f.Value == format {
			return f.Label
		}
	}
	return format
}

// writing says whether any of the exports is still being written.
func writing(list []ExportRow) bool {
	for _, e := range list {
		if e.Open() {
			return true
		}
	}
	return false
}

func sizeText(ctx context.Context, bytes int64) string {
	size, unit := float64(bytes)/1e3, "kB"
	if bytes >= 1e6 {
		size, unit = float64(bytes)/1e6, "MB"
	}
	return locale.Number(ctx, size, 1) + " " + unit
}

// exportLine is what there is to say of an export besides what it is.
func exportLine(ctx context.Context, e ExportRow) string {
	switch e.State {
	case "running":
		return t(ctx, "export.progress", "Written", e.Written, "Expected", max(e.Expected, e.Written))
	case "ready":
		return joined(t(ctx, "export.rows", "Count", e.Written), sizeText(ctx, e.Bytes), t(ctx, "export.until", "Day", locale.Day(ctx, e.ExpiresAt)))
	}
	return word(ctx, exportWords, e.State)
}

// shows says what a link shows besides the numbers.
func shows(ctx context.Context, l ShareLink) string {
	var parts []string
	for _, part := range []struct {
		on bool
		id string
	}{{l.Text, "share.names"}, {l.Site, "share.site"}, {l.Money, "share.money"}} {
		if part.on {
			parts = append(parts, t(ctx, part.id))
		}
	}
	if len(parts) == 0 {
		return t(ctx, "share.numbers_only")
	}
	return joined(parts...)
}

func shareDays(ctx context.Context) []option {
	var out []option
	for _, days := range []int{1, 7, 30, 90, 365} {
		out = append(out, option{Value: fmt.Sprint(days), Label: t(ctx, "share.for_days", "Count", days)})
	}
	return out
}
