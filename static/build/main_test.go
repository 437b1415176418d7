package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/samplit/samplit/static/snippet"
)

// only makes s the whole table for one test, which therefore is not parallel.
func only(t *testing.T, s script) {
	t.Helper()
	before := scripts
	scripts = []script{s}
	t.Cleanup(func() { scripts = before })
}

// folder lays out one source file as the build expects it.
func folder(t *testing.T, source string) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range []string{"src", "js"} {
		if err := os.Mkdir(filepath.Join(root, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "src", "a.ts"), []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	return root
}

func TestCommittedSnippetIsFresh(t *testing.T) {
	only(t, scripts[0])
	if err := run(io.Discard, "..", true); err != nil {
		t.Error(err)
	}
}

// V8 heeds the hint only before all code: what is served to a site without experiments starts with it, too.
func TestServedSnippetStartsWithTheHint(t *testing.T) {
	built, err := os.ReadFile("../js/snippet.js")
	if err != nil {
		t.Fatal(err)
	}
	runtime, err := snippet.Parse(built)
	if err != nil {
		t.Fatal(err)
	}
	code, err := runtime.Script([]byte(`{"v":1,"x":[]}`), snippet.Form{})
	if err != nil || !bytes.HasPrefix(code, []byte(eager+"\n")) {
		t.Errorf("starts with %.40q (%v), want %q", code, err, eager)
	}
}

// The budgets are limits: without the module main a runtime is none, and one byte too many is an error.
func TestBudgets(t *testing.T) {
	built, err := os.ReadFile("../js/snippet.js")
	if err != nil {
		t.Fatal(err)
	}
	if err := weigh(io.Discard, "..", built); err != nil {
		t.Error(err)
	}
	if err := (budget{name: "tight", gzip: 10}).hold(io.Discard, built); err == nil {
		t.Error("a limit of 10 bytes after gzip is held")
	}
	if err := (budget{name: "tight", brotli: 10}).hold(io.Discard, built); err == nil {
		t.Error("a limit of 10 bytes after brotli is held")
	}
	if err := weigh(io.Discard, "..", built[:100]); err == nil {
		t.Error("a hundred bytes pass for a runtime")
	}
}

func TestRun(t *testing.T) {
	root := folder(t, "console.log('hello')")
	only(t, script{name: "a.js", entry: "a.ts", limit: 100})
	var out bytes.Buffer
	if err := run(&out, root, false); err != nil || !strings.Contains(out.String(), "a.js") {
		t.Fatalf("run printed %q: %v", &out, err)
	}
	if err := run(io.Discard, root, true); err != nil {
		t.Errorf("fresh output: %v", err)
	}
	if err := os.WriteFile(filepath.Join(root, "js", "a.js"), []byte("stale"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(io.Discard, root, true); err == nil {
		t.Error("stale output passes the check")
	}
}

func TestRunRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		source string
		script script
	}{
		"too large":       {"console.log('hello')", script{limit: 10}},
		"too long":        {"console.log('hello')", script{limit: 1000, raw: 10}},
		"syntax":          {"console.log(", script{limit: 1000}},
		"not the runtime": {`console.log("__SAMPLIT_CONFIG__")`, script{limit: 1000, runtime: true}},
		"missing library": {"import 'nowhere'", script{limit: 1000}},
	} {
		t.Run(name, func(t *testing.T) {
			c.script.name, c.script.entry = "a.js", "a.ts"
			only(t, c.script)
			root := folder(t, c.source)
			if err := run(io.Discard, root, false); err == nil {
				t.Error("built without an error")
			}
			if _, err := os.Stat(filepath.Join(root, "js", "a.js")); err == nil {
				t.Error("wrote the script all the same")
			}
		})
	}
}
