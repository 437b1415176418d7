package engine

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
)

const (
	bucketing  = "growthbook_bucketing.json"
	allocation = "allocation.json"
)

// vector is one line of the published input-output tables in testdata.
type vector struct {
	ID     string          `json:"id"`
	Fn     string          `json:"fn"`
	RawIn  json.RawMessage `json:"in"`
	RawOut json.RawMessage `json:"out"`
	Tol    struct{ Abs, Rel float64 }
}

// vectors returns the vectors of a function and fails when there is none.
func vectors(t *testing.T, file, fn string) []vector {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	var table struct{ Vectors []vector }
	if err := json.Unmarshal(raw, &table); err != nil {
		t.Fatal(err)
	}
	var found []vector
	for _, v := range table.Vectors {
		if v.Fn == fn {
			found = append(found, v)
		}
	}
	if len(found) == 0 {
		t.Fatalf("%s has no vector for %s", file, fn)
	}
	return found
}

// decode reads the input and expected output of v.
func (v vector) decode(t *testing.T, in, out any) {
	t.Helper()
	if err := json.Unmarshal(v.RawIn, in); err != nil {
		t.Fatalf("%s in: %v", v.ID, err)
	}
	if err := json.Unmarshal(v.RawOut, out); err != nil {
		t.Fatalf("%s out: %v", v.ID, err)
	}
}

// near compares within the vector's tolerance.
func (v vector) near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= v.Tol.Abs+v.Tol.Rel*math.Abs(want)) {
		t.Errorf("%s %s: got %v, want %v", v.ID, what, got, want)
	}
}

func (v vector) nearAll(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s %s: got %d numbers, want %d", v.ID, what, len(got), len(want))
	}
	for i := range want {
		v.near(t, indexed(what, i), got[i], want[i])
	}
}
