package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// vector is a reference case of a function.
type vector struct {
	ID      string          `json:"id"`
	Fn      string          `json:"fn"`
	In      json.RawMessage `json:"in"`
	Out     any             `json:"out"`
	Tol     struct{ Abs, Rel float64 }
	asInput []byte
}

// vectors are the reference cases of everything but simulations and hashes, each also as the line of the file it stands on.
func vectors(t *testing.T) (all []vector) {
	t.Helper()
	names, err := filepath.Glob("../../engine/stats/testdata/vectors/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "growthbook_bucketing.json") || strings.HasSuffix(name, "simulation_anchors.json") {
			continue
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var file struct{ Vectors []json.RawMessage }
		if err := json.Unmarshal(raw, &file); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, one := range file.Vectors {
			var v vector
			var line bytes.Buffer
			if err := json.Compact(&line, one); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(one, &v); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			v.asInput = append(line.Bytes(), '\n')
			all = append(all, v)
		}
	}
	if len(all) < 286 {
		t.Fatalf("%d vectors, want all of them", len(all))
	}
	return all
}

// reply is a line of calc.
type reply struct {
	Out   any
	Error string
}

// calculate runs the command and returns its lines.
func calculate(t *testing.T, stdin io.Reader) (replies []reply) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(context.Background(), []string{"calc"}, stdin, &out, &errs); code != exitFine || errs.Len() > 0 {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	for line := range strings.Lines(out.String()) {
		var r reply
		if err := json.Unmarshal([]byte(line), &r); err != nil || (r.Out == nil) == (r.Error == "") {
			t.Fatalf("not an answer: %s", line)
		}
		replies = append(replies, r)
	}
	return replies
}

func TestCalcAnswersEveryVector(t *testing.T) {
	t.Parallel()
	all := vectors(t)
	var questions bytes.Buffer
	for _, v := range all {
		questions.Write(v.asInput)
	}
	replies := calculate(t, &questions)
	if len(replies) != len(all) {
		t.Fatalf("%d answers to %d questions", len(replies), len(all))
	}
	for i, v := range all {
		near := cmp.Comparer(func(a, b float64) bool {
			return math.Abs(a-b) <= max(v.Tol.Abs, v.Tol.Rel*min(math.Abs(a), math.Abs(b)))
		})
		if diff := cmp.Diff(v.Out, replies[i].Out, near); diff != "" || replies[i].Error != "" {
			t.Errorf("%s: %s (-want +got):\n%s", v.ID, replies[i].Error, diff)
		}
	}
}

func TestCalcGoesOnAfterErrors(t *testing.T) {
	t.Parallel()
	const good = `{"fn":"normal_tail","in":{"z":0}}`
	long := `{"fn":"normal_tail","in":{"z":0,"x":"` + strings.Repeat("x", maxQuestion) + `"}}`
	for _, c := range []struct{ name, question, want string }{
		{"not JSON", `z = 0`, "not a question"},
		{"not an object", `[1]`, "not a question"},
		{"two values", good + good, "not a question"},
		{"no function", `{"in":{"z":0}}`, "not a question"},
		{"unknown function", `{"fn":"no_such","in":{}}`, "unknown function"},
		{"no input", `{"fn":"normal_tail"}`, "normal_tail: the input is not a JSON object"},
		{"outside the domain", `{"fn":"normal_quantile","in":{"p":2}}`, "between 0 and 1"},
		{"not a number", `{"fn":"normal_tail","in":{"z":NaN}}`, "not a question"},
		{"no conversions to compare", `{"fn":"two_proportion","in":{"xa":0,"na":4,"xb":0,"nb":9,"alpha":0.05}}`, "nothing to test"},
		{"too long", long, "longer than"},
		{"a line of bytes", "\xff\x00\xfe", "not a question"},
	} {
		replies := calculate(t, strings.NewReader(good+"\r\n"+c.question+"\n\n"+good))
		if len(replies) != 3 || !strings.Contains(replies[1].Error, c.want) {
			t.Errorf("%s: got %+v, want %q between two answers", c.name, replies, c.want)
			continue
		}
		if replies[0].Error != "" || !cmp.Equal(replies[0], replies[2]) {
			t.Errorf("%s: it changed its neighbours: %+v", c.name, replies)
		}
	}
}

func TestCalcNeedsNoSettings(t *testing.T) {
	for name, value := range map[string]string{"ENVIRONMENT": "production", "DATABASE_URL": "nonsense", "BASE_URL": "nonsense", "SECRET_KEY": ""} {
		t.Setenv(name, value)
	}
	if replies := calculate(t, strings.NewReader(`{"fn":"normal_tail","in":{"z":0}}`)); len(replies) != 1 {
		t.Errorf("got %+v", replies)
	}
}

// Whoever asks one question at a time gets each answer before the next one, and a wait for more ends with the program.
func TestCalcAnswersAsItIsAsked(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	in, ask := io.Pipe()
	answers, out := io.Pipe()
	done := make(chan int)
	go func() { done <- run(ctx, []string{"calc"}, in, out, io.Discard) }()
	d := json.NewDecoder(answers)
	for range 3 {
		if _, err := io.WriteString(ask, `{"fn":"normal_tail","in":{"z":0}}`+"\n"); err != nil {
			t.Fatal(err)
		}
		var r reply
		if err := d.Decode(&r); err != nil || r.Out == nil {
			t.Fatalf("got %+v, %v", r, err)
		}
	}
	stop()
	if code := <-done; code != exitFailure {
		t.Errorf("stopped: exit %d, want %d", code, exitFailure)
	}
}
