package calc

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// vector is a reference case: what a function must answer, and how closely.
type vector struct {
	ID, Fn  string
	In, Out json.RawMessage
	Tol     tolerance
	Source  string
}

type tolerance struct{ Abs, Rel float64 }

// vectors returns the reference cases of all functions but the simulations,
// which are of the allocators, and the hashes, which are of package engine.
func vectors(t testing.TB) []vector {
	t.Helper()
	names, err := filepath.Glob("../testdata/vectors/*.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	for _, name := range names {
		if strings.HasSuffix(name, "growthbook_bucketing.json") || strings.HasSuffix(name, "simulation_anchors.json") {
			continue
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var file struct{ Vectors []vector }
		if err := json.Unmarshal(raw, &file); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, file.Vectors...)
	}
	if len(all) < 286 {
		t.Fatalf("%d vectors, want all of them", len(all))
	}
	return all
}

func TestVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		t.Run(v.ID, func(t *testing.T) {
			t.Parallel()
			answer, err := Calc(v.Fn, v.In)
			if err != nil {
				t.Fatal(err)
			}
			var got, want any
			if err := json.Unmarshal(answer, &got); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(v.Out, &want); err != nil {
				t.Fatal(err)
			}
			for _, problem := range compare("out", got, want, v.Tol) {
				t.Error(problem)
			}
		})
	}
}

// compare returns the differences of two decoded JSON values, numbers beyond the
// tolerance.
func compare(at string, got, want any, tol tolerance) (problems []string) {
	switch want := want.(type) {
	case float64:
		g, ok := got.(float64)
		if !ok || !(math.Abs(g-want) <= max(tol.Abs, tol.Rel*math.Abs(want))) {
			problems = append(problems, fmt.Sprintf("%s: got %v, want %v", at, got, want))
		}
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(want) {
			return []string{fmt.Sprintf("%s: got %v, want %v", at, got, want)}
		}
		for i := range want {
			problems = append(problems, compare(fmt.Sprintf("%s[%d]", at, i), g[i], want[i], tol)...)
		}
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok || len(g) != len(want) {
			return []string{fmt.Sprintf("%s: got %v, want %v", at, got, want)}
		}
		for key := range want {
			problems = append(problems, compare(at+"."+key, g[key], want[key], tol)...)
		}
	default:
		if got != want {
			problems = append(problems, fmt.Sprintf("%s: got %v, want %v", at, got, want))
		}
	}
	return problems
}

// Every function has a vector and every vector a function.
func TestFunctionsAreThoseOfTheVectors(t *testing.T) {
	t.Parallel()
	var want []string
	for _, v := range vectors(t) {
		want = append(want, v.Fn)
	}
	slices.Sort(want)
	want = slices.Compact(want)
	if got := Functions().Names(); !slices.Equal(got, want) {
		t.Errorf("functions %v, want %v", got, want)
	}
}
