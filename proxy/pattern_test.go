package proxy

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The browser runs the same file in e2e/snippet.
func TestMatchPageVectors(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../static/src/testdata/url_patterns.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Pattern, URL string
		Match        bool
	}
	if err := json.Unmarshal(raw, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) < 60 {
		t.Fatalf("got %d vectors, want at least 60", len(vectors))
	}
	for _, v := range vectors {
		if got := MatchPage(v.Pattern, v.URL); got != v.Match {
			t.Errorf("MatchPage(%q, %q) = %v, want %v", v.Pattern, v.URL, got, v.Match)
		}
		if e, ok := PageRegexp(v.Pattern); ok && regexp.MustCompile(e).MatchString(asciiURL(v.URL)) != v.Match && v.Pattern != "" {
			t.Errorf("%q as %s on %q: got %v, want %v", v.Pattern, e, v.URL, !v.Match, v.Match)
		}
	}
}

func TestMatchPageOfItself(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		url := rapid.StringMatching(`https?://[a-z.]{1,20}(/[ -~é]{0,20}){0,4}`).Draw(t, "url")
		if !MatchPage(url, url) {
			t.Fatalf("%q does not match itself", url)
		}
		if !MatchPage("*", url) || !MatchPage("http*://*", url) {
			t.Fatalf("%q does not match asterisks", url)
		}
	})
}

func TestPageRegexpMatchesAlike(t *testing.T) {
	t.Parallel()
	piece := rapid.SampledFrom([]string{"*", "/", "a", "B", "shop", ".", "-", "//", "https:", "x.example"})
	rapid.Check(t, func(t *rapid.T) {
		text := func(name string) string { return strings.Join(rapid.SliceOfN(piece, 0, 6).Draw(t, name), "") }
		pattern, url := text("pattern"), "https://x.example/"+strings.ReplaceAll(text("url"), "*", rapid.SampledFrom([]string{"", "a", "?a=/", "#b"}).Draw(t, "star"))
		e, ok := PageRegexp(pattern)
		if ok && !strings.Contains(url[len("https://"):], "//") && pattern != "" && regexp.MustCompile(e).MatchString(url) != MatchPage(pattern, url) {
			t.Fatalf("%q on %q: MatchPage says %v, %s does not", pattern, url, MatchPage(pattern, url), e)
		}
	})
}

// Any text may stand in a stored pattern or in an event.
func FuzzMatchPage(f *testing.F) {
	f.Add("/a*?b#c", "https://x.example/a?b#c")
	f.Add("%zz//\x00\xff", "\n")
	f.Fuzz(func(t *testing.T, pattern, url string) {
		if MatchPage(pattern, url) && !MatchPage(pattern+"*", url) {
			t.Errorf("%q matches %q, but not with an asterisk behind it", pattern, url)
		}
	})
}

// A pattern that would keep a backtracking matcher busy for longer than anybody waits.
func TestPatternsDoNotBacktrack(t *testing.T) {
	t.Parallel()
	pattern, page := "/"+strings.Repeat("*a", 60)+"*b", "http://site.test/"+strings.Repeat("a", 1900)
	if MatchPage(pattern, page) {
		t.Error("a page without a b matches")
	}
	if !MatchPage(pattern, page+"b") {
		t.Error("a page with a b at the end does not match")
	}
	expression, ok := PageRegexp(pattern)
	if !ok {
		t.Fatal("the pattern has no expression")
	}
	if regexp.MustCompile(expression).MatchString(page) {
		t.Error("a page without a b matches the expression")
	}
}
