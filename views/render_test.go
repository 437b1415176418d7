package views

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"

	"github.com/samplit/samplit/locale"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

func withLang(lang string) context.Context {
	return locale.With(context.Background(), lang)
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func render(t *testing.T, ctx context.Context, component templ.Component) string {
	t.Helper()
	var page bytes.Buffer
	if err := component.Render(ctx, &page); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

func parse(t *testing.T, html string) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(html))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestPagesAreSound checks what every page must have, and must not have, in both languages.
func TestPagesAreSound(t *testing.T) {
	t.Parallel()
	for _, e := range gallery() {
		for _, lang := range []string{"en", "es"} {
			t.Run(e.name+"/"+lang, func(t *testing.T) {
				t.Parallel()
				ctx, page := e.component(lang, "ink")
				html := render(t, ctx, page)
				doc := parse(t, html)
				if got, _ := doc.Find("html").Attr("lang"); got != lang {
					t.Errorf("lang is %q", got)
				}
				if title := doc.Find("title").Text(); !strings.HasSuffix(title, "Samplit") || strings.HasPrefix(title, " ") {
					t.Errorf("title is %q", title)
				}
				if n := doc.Find("main").Length(); n != 1 {
					t.Errorf("%d main elements", n)
				}
				if n := doc.Find("h1").Length(); n != 1 {
					t.Errorf("%d h1 elements", n)
				}
				checkReferences(t, doc)
				checkPolicy(t, doc)
				checkForms(t, doc)
				if size := len(html); size > 60_000 {
					t.Errorf("%d bytes of HTML", size)
				}
			})
		}
	}
}

// checkReferences finds ids used twice, and references to ids that are not there.
func checkReferences(t *testing.T, doc *goquery.Document) {
	t.Helper()
	ids := make(map[string]bool)
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id, _ := s.Attr("id")
		if id == "" || ids[id] {
			t.Errorf("id %q is empty or there twice", id)
		}
		ids[id] = true
	})
	for _, name := range []string{"for", "aria-labelledby", "aria-describedby", "aria-controls", "popovertarget"} {
		doc.Find("[" + name + "]").Each(func(_ int, s *goquery.Selection) {
			value, _ := s.Attr(name)
			for _, id := range strings.Fields(value) {
				if !ids[id] && id != "dialog-title" { // the dialog is empty until its content arrives with the title
					t.Errorf("%s refers to %q, which is not there", name, id)
				}
			}
		})
	}
	doc.Find("input:not([type=hidden]), select, textarea").Each(func(_ int, s *goquery.Selection) {
		_, labelled := s.Attr("aria-label")
		id, _ := s.Attr("id")
		_, hidden := s.Attr("hidden")
		if !labelled && !hidden && s.Closest("label").Length() == 0 && doc.Find("label[for='"+id+"']").Length() == 0 {
			name, _ := s.Attr("name")
			t.Errorf("field %q has no label", name)
		}
	})
}

// isAddress are the attributes a browser or htmx goes to.
var isAddress = map[string]bool{"href": true, "src": true, "action": true, "formaction": true, "hx-get": true, "hx-post": true}

// checkPolicy finds what the page's content policy would block.
func checkPolicy(t *testing.T, doc *goquery.Document) {
	t.Helper()
	doc.Find("*").Each(func(_ int, s *goquery.Selection) {
		for _, attribute := range s.Get(0).Attr {
			if attribute.Key == "style" || strings.HasPrefix(attribute.Key, "on") || strings.HasPrefix(attribute.Key, "hx-on") {
				t.Errorf("%s has the attribute %s", goquery.NodeName(s), attribute.Key)
			}
			address := strings.ToLower(strings.TrimSpace(attribute.Val))
			if isAddress[attribute.Key] && (strings.HasPrefix(address, "javascript:") || strings.HasPrefix(address, "data:")) {
				t.Errorf("%s has %s=%q", goquery.NodeName(s), attribute.Key, attribute.Val)
			}
		}
	})
	doc.Find("script").Each(func(_ int, s *goquery.Selection) {
		kind, _ := s.Attr("type")
		source, _ := s.Attr("src")
		if kind != "application/json" && !strings.HasPrefix(source, "/static/") {
			t.Errorf("inline or foreign script %q", source)
		}
	})
	if n := doc.Find("style, object, embed, base").Length(); n > 0 {
		t.Errorf("%d elements that the policy forbids", n)
	}
}

// checkForms finds forms that would do nothing without scripts, and errors that a field does not point at.
func checkForms(t *testing.T, doc *goquery.Document) {
	t.Helper()
	doc.Find("form").Each(func(_ int, s *goquery.Selection) {
		action, _ := s.Attr("action")
		if !strings.HasPrefix(action, "/") {
			t.Errorf("form without an address: %q", action)
		}
		if post, ok := s.Attr("hx-post"); ok && post != action {
			t.Errorf("form posts to %q with scripts, to %q without", post, action)
		}
	})
	doc.Find("[aria-invalid=true]").Each(func(_ int, s *goquery.Selection) {
		if described, _ := s.Attr("aria-describedby"); !strings.Contains(described, "-error") {
			t.Error("a refused field does not say why")
		}
	})
	doc.Find("input[type=password]").Each(func(_ int, s *goquery.Selection) {
		if value, _ := s.Attr("value"); value != "" {
			t.Error("a password is sent back")
		}
	})
}

const hostileText = `"'><script>alert(1)</script><img src=x onerror=alert(1)></title></textarea><svg onload=alert(1)>`

// TestHostileTextStaysText puts markup and script addresses into every text of every model, the frame's included.
func TestHostileTextStaysText(t *testing.T) {
	t.Parallel()
	frame := hostile(reflect.ValueOf(samplePage("en", "paper")), hostileText).Interface().(Page)
	for _, text := range []string{hostileText, "javascript:alert(1)", "data:text/html,<script>alert(1)</script>"} {
		for _, e := range gallery() {
			if e.model == nil {
				continue
			}
			p := frame
			if e.signedOut {
				p.User = nil
			}
			html := render(t, withLang("en"), e.with(p, hostile(reflect.ValueOf(e.model), text).Interface()))
			doc := parse(t, html)
			checkPolicy(t, doc)
			if n := doc.Find("img, svg[onload]").Length(); n > 0 {
				t.Errorf("%s: text became %d elements", e.name, n)
			}
		}
	}
}

// hostile copies a model with every string replaced.
func hostile(v reflect.Value, text string) reflect.Value {
	switch v.Kind() {
	case reflect.String:
		out := reflect.New(v.Type()).Elem()
		out.SetString(text)
		return out
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		out := reflect.New(v.Type().Elem())
		out.Elem().Set(hostile(v.Elem(), text))
		return out
	case reflect.Slice:
		out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			out.Index(i).Set(hostile(v.Index(i), text))
		}
		return out
	case reflect.Map:
		out := reflect.MakeMap(v.Type())
		for _, key := range v.MapKeys() {
			out.SetMapIndex(key, hostile(v.MapIndex(key), text))
		}
		return out
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return v
		}
		out := reflect.New(v.Type()).Elem()
		for i := range v.NumField() {
			out.Field(i).Set(hostile(v.Field(i), text))
		}
		return out
	}
	return v
}

var hashed = regexp.MustCompile(`(/static/[\w/.-]+?)\.[0-9a-f]{16}\.`)

// TestGoldens compares pages with what was looked at and approved; -update writes them anew.
func TestGoldens(t *testing.T) {
	t.Parallel()
	for _, e := range gallery() {
		switch e.name {
		case "home", "results-winner", "form-errors", "login-error":
		default:
			continue
		}
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			ctx, page := e.component("en", "paper")
			got := hashed.ReplaceAllString(render(t, ctx, page), "$1.HASH.")
			got = strings.ReplaceAll(got, "><", ">\n<") + "\n"
			file := filepath.Join("testdata", e.name+".golden.html")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(readFile(t, file), got); diff != "" {
				t.Errorf("differs from %s (-want +got):\n%s", file, diff)
			}
		})
	}
}

func TestMessagesAreComplete(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"en", "es"} {
		ctx := withLang(lang)
		reset := ResetMail{hostileText, "https://samplit.example/reset?token=abc", 60}
		doc := parse(t, render(t, ctx, ResetMailHTML(reset)))
		if href, _ := doc.Find("a").Attr("href"); href != reset.URL {
			t.Errorf("%s: link is %q", lang, href)
		}
		if n := doc.Find("script, img").Length(); n > 0 {
			t.Errorf("%s: a name became %d elements", lang, n)
		}
		text := ResetMailText(ctx, reset)
		for _, part := range []string{reset.URL, "60"} {
			if !strings.Contains(text, part) {
				t.Errorf("%s: the text lacks %q:\n%s", lang, part, text)
			}
		}
		welcome := WelcomeMail{"Ana", "https://samplit.example/home"}
		if !strings.Contains(WelcomeMailText(ctx, welcome), welcome.URL) || !strings.Contains(render(t, ctx, WelcomeMailHTML(welcome)), welcome.URL) {
			t.Errorf("%s: the welcome lacks its link", lang)
		}
	}
}
