package stats

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// vector is a reference case of testdata/vectors.
type vector struct {
	ID, Fn  string
	In, Out json.RawMessage
}

// vectors returns the reference cases of a function, and fails without any.
func vectors(t testing.TB, fn string) []vector {
	t.Helper()
	files, err := filepath.Glob("testdata/vectors/*.json")
	if err != nil {
		t.Fatal(err)
	}
	var found []vector
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var file struct{ Vectors []vector }
		if err := json.Unmarshal(raw, &file); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, v := range file.Vectors {
			if v.Fn == fn {
				found = append(found, v)
			}
		}
	}
	if len(found) == 0 {
		t.Fatalf("no vectors of %s", fn)
	}
	return found
}

// decode reads the input and the output of a vector.
func decode[In, Out any](t testing.TB, v vector) (in In, out Out) {
	t.Helper()
	if err := json.Unmarshal(v.In, &in); err != nil {
		t.Fatalf("%s: %v", v.ID, err)
	}
	if err := json.Unmarshal(v.Out, &out); err != nil {
		t.Fatalf("%s: %v", v.ID, err)
	}
	return in, out
}

// near fails unless got is within the absolute or relative tolerance of want.
func near(t testing.TB, name string, got, want, abs, rel float64) {
	t.Helper()
	if !(math.Abs(got-want) <= max(abs, rel*math.Abs(want))) {
		t.Errorf("%s: got %.17g, want %.17g (difference %.2g)", name, got, want, got-want)
	}
}
