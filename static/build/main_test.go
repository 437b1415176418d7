package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
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

// The budget of the snippet on a customer's page: five experiments of four changes each come to at most 9,000 bytes.
func TestSnippetWithFiveExperimentsStaysSmall(t *testing.T) {
	code, err := os.ReadFile("../js/snippet.js")
	if err != nil {
		t.Fatal(err)
	}
	var config strings.Builder
	config.WriteString(`{"v":1,"token":"inst_0123456789abcdef","base":"https://tracker.shop.example","x":[`)
	for i := range 5 {
		fmt.Fprintf(&config, `{"id":"0199f0c2-7d1%d-7c3e-9a41-2f6b8d0e%04x","key":"summer-sale-%d","state":"running","traffic":1,"url":"/p%d/*","splits":[{"key":"","seed":"summer-sale-%d","epoch":%d,"arms":["control","b"],"weights":[5000,5000],"changes":[[],[`,
			i, i*7919, i, i, i, i+1)
		for j := range 4 {
			fmt.Fprintf(&config, `{"id":"c%d","selector":"main > section:nth-of-type(%d) .card-%d h2","action":"text","value":"Everything %d0 %% off until Sunday, shop %d"},`, j, j+1, i, j+i, j)
		}
		config.WriteString(`]]}],"goals":[{"key":"buy","type":"click","selector":".buy","window_days":7}]},`)
	}
	config.WriteString("]}")
	full := bytes.Replace(code, []byte(configToken), []byte(config.String()), 1)
	size, err := measure(full)
	if err != nil {
		t.Fatal(err)
	}
	if size.gzip > 9_000 {
		t.Errorf("got %d bytes gzipped, want at most 9000", size.gzip)
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
		"too large still": {"console.log('hello')", script{limit: 1000, brotli: 10}},
		"syntax":          {"console.log(", script{limit: 1000}},
		"missing token":   {"console.log('hello')", script{limit: 1000, tokens: 1}},
		"doubled token":   {`console.log("__SAMPLIT_CONFIG__", "__SAMPLIT_CONFIG__")`, script{limit: 1000, tokens: 1}},
		"unwanted token":  {`console.log("__SAMPLIT_CONFIG__")`, script{limit: 1000}},
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
