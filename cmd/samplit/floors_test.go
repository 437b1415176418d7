package main

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/samplit/samplit/"

// floors: a direct import may only point down. On one floor what may import what is listed in beside.
var floors = map[string]int{
	"cmd/samplit": 4, "edge": 2, "handlers": 3, "mail": 3, "views": 3, "static": 3, "services": 2,
	"db": 1, "proxy": 1, "engine": 1, "engine/simulate": 1, "engine/state": 1, "engine/stats": 0, "audit": 0, "locale": 0,
}

var beside = map[string][]string{
	"handlers": {"mail", "views", "static"}, "mail": {"views", "static"}, "views": {"static"}, "engine/state": {"engine"},
	"engine/simulate": {"engine"},
}

// only names packages that may be imported by these folders alone.
var only = map[string][]string{
	"github.com/jackc/pgx":        {"db", "db/dbtest"},
	"github.com/riverqueue/river": {"db"},
	"github.com/labstack/echo":    {"handlers"},
	"github.com/a-h/templ":        {"views", "handlers", "mail"},
	"github.com/stripe/stripe-go": {"services", "handlers"},
	"github.com/gorilla/sessions": {"handlers"},
	"github.com/tink-crypto/tink": {"engine/state"},
	"github.com/redis/go-redis":   {"services"},
	"github.com/go-redis":         {"services"},
}

// forbidden pairs beyond what the floors say.
var forbidden = map[string][]string{
	"handlers": {"db", "engine", "engine/simulate"}, "views": {"services", "db"},
}

// impure packages must not be reachable from the engine, even through others of ours.
var impure = []string{"net", "net/http", "os/exec", "database/sql", "math/rand", module + "db"}

type pkg struct {
	ImportPath    string
	Imports, Deps []string
	Standard      bool
}

func list(t *testing.T, args ...string) []pkg {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Imports,Deps"}, args...)...)
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p pkg
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// place is the folder of a package of ours that has a floor; a folder inside one belongs to it.
func place(path string) (string, bool) {
	rel, ours := strings.CutPrefix(path, module)
	for ours && rel != "." {
		if _, ok := floors[rel]; ok {
			return rel, true
		}
		i := strings.LastIndex(rel, "/")
		if i < 0 {
			break
		}
		rel = rel[:i]
	}
	return "", false
}

func TestImportsPointDown(t *testing.T) {
	t.Parallel()
	for _, p := range list(t, "./...") {
		from, ok := place(p.ImportPath)
		if !ok {
			if rel := strings.TrimPrefix(p.ImportPath, module); !strings.HasPrefix(rel, "e2e") && !strings.HasPrefix(rel, "bench") {
				t.Errorf("%s has no floor", p.ImportPath)
			}
			continue
		}
		for _, i := range p.Imports {
			checkOnly(t, p.ImportPath, i)
			to, ok := place(i)
			if !ok || to == from {
				continue
			}
			if floors[to] > floors[from] || floors[to] == floors[from] && !slices.Contains(beside[from], to) {
				t.Errorf("%s imports %s: imports only point down", p.ImportPath, i)
			}
			if slices.Contains(forbidden[from], to) {
				t.Errorf("%s imports %s: forbidden", p.ImportPath, i)
			}
		}
	}
}

func checkOnly(t *testing.T, from, imported string) {
	t.Helper()
	for prefix, allowed := range only {
		if !strings.HasPrefix(imported, prefix) {
			continue
		}
		rel := strings.TrimPrefix(from, module)
		if !slices.Contains(allowed, rel) {
			t.Errorf("%s imports %s: only %v may", from, imported, allowed)
		}
	}
}

func TestEngineIsPure(t *testing.T) {
	t.Parallel()
	for _, p := range list(t, "./engine", "./engine/stats", "./engine/simulate") {
		for _, d := range p.Deps {
			if slices.Contains(impure, d) {
				t.Errorf("%s depends on %s", p.ImportPath, d)
			}
		}
		for _, i := range p.Imports {
			if i == "time" {
				t.Errorf("%s imports time: the moment is an argument", p.ImportPath)
			}
		}
	}
}
