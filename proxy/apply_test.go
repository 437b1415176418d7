package proxy_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/samplit/samplit/proxy"
	"github.com/samplit/samplit/proxy/changetest"
)

func vectors(t testing.TB) []changetest.Vector {
	t.Helper()
	all, err := changetest.Load("../static/src/testdata/changes.json")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func parse(t testing.TB, text string) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// The snippet is held to the same vectors in e2e/snippet.
func TestChangeVectors(t *testing.T) {
	t.Parallel()
	all := vectors(t)
	if len(all) < 300 {
		t.Errorf("there are %d vectors, want at least 300", len(all))
	}
	for _, v := range all {
		doc := parse(t, v.Page())
		got := proxy.Apply(doc, v.Lists...)
		if diff := cmp.Diff(changetest.Dump(parse(t, v.WantPage())), changetest.Dump(doc)); diff != "" {
			t.Errorf("%s: page (-want +got)\n%s", v.Name, diff)
		}
		if diff := cmp.Diff(v.Rules, got.Rules); diff != "" {
			t.Errorf("%s: rules (-want +got)\n%s", v.Name, diff)
		}
		for i, s := range flat(got.States) {
			want := proxy.Found
			if i < len(v.States) {
				want = v.States[i]
			}
			if s != want {
				t.Errorf("%s: change %d is %s, want %s", v.Name, i+1, s, want)
			}
		}
	}
}

// What is sent to browsers as text must be the same page when they have read it.
func TestAppliedPagesSurviveTheirText(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		doc := parse(t, v.Page())
		proxy.Apply(doc, v.Lists...)
		var text strings.Builder
		if err := html.Render(&text, doc); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(changetest.Dump(doc), changetest.Dump(parse(t, text.String()))); diff != "" {
			t.Errorf("%s (-applied +read again)\n%s", v.Name, diff)
		}
	}
}

func flat(lists [][]proxy.State) (out []proxy.State) {
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}
