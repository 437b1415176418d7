package proxy

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
)

// Look is what a page shows at first sight, for choosing how to open it.
type Look struct {
	Title     string
	Words     int  // bytes of text outside scripts and styles
	Scripts   int  // elements
	Password  bool // there is a field for one
	BreaksOut bool // some script compares top with itself
	Worker    bool // some script registers a service worker
	Odd       bool // AMP or XHTML
}

// LookAt reads a page once.
func LookAt(page []byte) Look {
	var l Look
	inside := ""
	for z := html.NewTokenizer(bytes.NewReader(page)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return l
		case html.TextToken:
			l.text(inside, z.Raw())
		case html.StartTagToken:
			name, more := z.TagName()
			inside = string(name)
			if inside == "script" {
				l.Scripts++
			}
			for more {
				var key, value []byte
				key, value, more = z.TagAttr()
				l.attribute(inside, string(key), string(value))
			}
		case html.EndTagToken:
			inside = ""
		}
	}
}

func (l *Look) text(inside string, raw []byte) {
	switch inside {
	case "script":
		l.BreaksOut = l.BreaksOut || len(raw) <= maxScript && (topFirst.Match(raw) || topLast.Match(raw))
		l.Worker = l.Worker || bytes.Contains(raw, []byte("serviceWorker"))
	case "title":
		if l.Title == "" {
			l.Title = strings.TrimSpace(html.UnescapeString(string(raw)))
		}
	case "style", "noscript", "template":
	default:
		l.Words += len(bytes.TrimSpace(raw))
	}
}

func (l *Look) attribute(element, key, value string) {
	switch {
	case element == "input" && key == "type" && strings.EqualFold(value, "password"):
		l.Password = true
	case element == "html" && (key == "amp" || key == "⚡"):
		l.Odd = true
	}
}
