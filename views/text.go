package views

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/a-h/templ"

	"github.com/samplit/samplit/locale"
)

// t is locale.T; the catalogue test reads its calls.
func t(ctx context.Context, id string, kv ...any) string {
	return locale.T(ctx, id, kv...)
}

// pathTo joins path segments, each escaped: pathTo("sites", id) is /sites/{id}.
func pathTo(segments ...string) templ.SafeURL {
	segments = slices.Clone(segments)
	for i, segment := range segments {
		segments[i] = url.PathEscape(segment)
	}
	return templ.SafeURL("/" + strings.Join(segments, "/"))
}

// initial is the first letter of a name, for the round sign beside it.
func initial(name string) string {
	r, _ := utf8.DecodeRuneInString(strings.TrimSpace(name))
	if r == utf8.RuneError {
		return "·"
	}
	return string(unicode.ToUpper(r))
}

func siteName(ctx context.Context, p Page) string {
	for _, site := range p.Sites {
		if site.ID == p.SiteID {
			return site.Host
		}
	}
	return t(ctx, "shell.sites", "Count", len(p.Sites))
}

type hiddenField struct{ Name, Value string }

func sortedFields(fields map[string]string) []hiddenField {
	var sorted []hiddenField
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		sorted = append(sorted, hiddenField{name, fields[name]})
	}
	return sorted
}

func noteIcon(kind string) string {
	switch kind {
	case "good":
		return "circle-check"
	case "warn":
		return "triangle-alert"
	case "bad":
		return "circle-alert"
	}
	return "info"
}

// machineTime is a moment for a datetime attribute.
func machineTime(at time.Time) string {
	return at.UTC().Format(time.RFC3339)
}

// email is the address of the person signed in, for the browser's password store.
func email(p Page) string {
	if p.User == nil {
		return ""
	}
	return p.User.Email
}
