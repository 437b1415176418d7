package proxy

import (
	"fmt"
	"regexp"
	"strings"
)

// urlParts takes a URL or a page pattern apart: origin, path, query with its ?, hash with its #. It matches every text without
// line breaks, and asciiURL leaves none.
var urlParts = regexp.MustCompile(`^((?:[^/?#]*:)?//[^/?#]*)?([^?#]*)(\?[^#]*)?(#.*)?$`)

var asterisks = regexp.MustCompile(`\*+`)

var percentEscape = regexp.MustCompile(`%[0-9a-fA-F]{2}`)

// MatchPage reports whether the page at rawURL belongs to pattern. The snippet decides by the same rule (static/src/snippet/url.ts)
// and both are held to static/src/testdata/url_patterns.json. It takes time linear in the length of each argument for each
// asterisk and accepts any text.
//
//   - An empty pattern matches every page.
//   - * matches any run of characters, slashes included, also none.
//   - With a scheme and host (https://shop.example/…, *://…, or //… for any scheme) they must match too, without regard to case.
//     Without, any host matches and the pattern is a path; a leading slash is added unless it starts with / or *.
//   - The path is compared with regard to case; a trailing slash makes no difference on either side.
//   - The query is ignored unless the pattern contains ?, then all of it must match, in its order; no query equals an empty one.
//   - The hash is ignored unless the pattern contains #, with the same meaning of an empty one.
//   - Characters outside printable ASCII and their percent-encoding are the same; a host is compared in its ASCII (xn--) form.
func MatchPage(pattern, rawURL string) bool {
	if pattern == "" {
		return true
	}
	want, page := SplitPage(pattern), SplitPage(rawURL)
	if want.Origin == "" && !strings.HasPrefix(want.Path, "/") && !strings.HasPrefix(want.Path, "*") {
		want.Path = "/" + want.Path
	}
	if strings.HasPrefix(want.Origin, "/") {
		want.Origin = "*:" + want.Origin
	}
	head, tail := bareSlash(page.Path), ""
	if want.Origin != "" {
		head = strings.ToLower(page.Origin) + head
	}
	if want.Query != "" {
		tail += orElse(page.Query, "?")
	}
	if want.Hash != "" {
		tail += orElse(page.Hash, "#")
	}
	glob := strings.ToLower(want.Origin) + bareSlash(want.Path) + want.Query + want.Hash
	return MatchGlob(glob, head+tail) || MatchGlob(glob, head+"/"+tail)
}

// PageURL is a URL or a page pattern in its parts.
type PageURL struct{ Origin, Path, Query, Hash string }

// SplitPage takes a URL or a page pattern apart.
func SplitPage(text string) PageURL {
	m := urlParts.FindStringSubmatch(asciiURL(text))
	return PageURL{Origin: m[1], Path: m[2], Query: m[3], Hash: m[4]}
}

// asciiURL percent-encodes everything but printable ASCII and writes escapes in capitals, as browsers report addresses.
func asciiURL(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if c := text[i]; c > ' ' && c <= '~' {
			out.WriteByte(c)
		} else {
			fmt.Fprintf(&out, "%%%02X", c)
		}
	}
	return percentEscape.ReplaceAllStringFunc(out.String(), strings.ToUpper)
}

func bareSlash(path string) string { return strings.TrimRight(path, "/") }

func orElse(text, fallback string) string {
	if text == "" {
		return fallback
	}
	return text
}

// MatchGlob reports whether text is pattern with each * replaced by any run of characters. Taking the leftmost place for each
// piece is enough: if any placement fits, the leftmost does.
func MatchGlob(pattern, text string) bool {
	first, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return text == pattern
	}
	text, ok := strings.CutPrefix(text, first)
	if !ok {
		return false
	}
	for {
		piece, more, wild := strings.Cut(rest, "*")
		if !wild {
			return strings.HasSuffix(text, piece)
		}
		_, after, found := strings.Cut(text, piece)
		if !found {
			return false
		}
		text, rest = after, more
	}
}

// PageRegexp is a page pattern as a regular expression on whole addresses without // in the path, in the common subset of RE2 and
// JavaScript. ok is false for patterns that look at the query or the hash, have an asterisk in the host, or that no plain expression
// can tell.
func PageRegexp(pattern string) (expression string, ok bool) {
	p := SplitPage(pattern)
	_, host, _ := strings.Cut(p.Origin, "//")
	if p.Query != "" || p.Hash != "" || strings.Contains(asciiURL(pattern), "%") || strings.Contains(p.Path, "//") || strings.Contains(host, "*") {
		return "", false
	}
	if p.Origin == "" && !strings.HasPrefix(p.Path, "/") && !strings.HasPrefix(p.Path, "*") {
		p.Path = "/" + p.Path
	}
	path, under := strings.CutSuffix(bareSlash(asterisks.ReplaceAllString(p.Path, "*")), "/*")
	if under && strings.Contains(path, "*") {
		return "", false
	}
	expression = "^" + originRegexp(p.Origin)
	if rest, wild := strings.CutPrefix(path, "*"); wild { // a path starts with a slash
		if path = rest; rest == "" || rest[0] == '/' {
			expression += "(?:/" + anyPath + ")?"
		} else {
			expression += "/" + anyPath
		}
	}
	expression += strings.ReplaceAll(regexp.QuoteMeta(path), `\*`, anyPath)
	if under {
		expression += "(?:/" + anyPath + ")?"
	}
	return expression + "/*(?:[?#].*)?$", true
}

const anyPath = "[^?#]*"

// originRegexp is the part of PageRegexp before the path: any origin where the pattern names none.
func originRegexp(origin string) string {
	if origin == "" {
		return "[^/?#]*//[^/?#]*"
	}
	var out strings.Builder
	if strings.HasPrefix(origin, "/") {
		out.WriteString("[^/?#]*:")
	}
	for _, c := range strings.ToLower(origin) {
		switch upper := strings.ToUpper(string(c)); {
		case c == '*':
			out.WriteString("[^/?#]*")
		case upper != string(c):
			out.WriteString("[" + string(c) + upper + "]")
		default:
			out.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	return out.String()
}
