package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const shortScenario = `{"kind":"bandit","seed":7,"runs":20,"arms":[{"rate":0.1},{"rate":0.2}],"visits_per_period":50,"policy":{"select":"match"},
	"stop":{"max_periods":20,"prob_best":0.95},"classical":{"per_arm":500},"report_at":[100,1000]}`

// simulated runs the command and returns its exit code and what it wrote.
func simulated(ctx context.Context, in string, args ...string) (code int, out, errs string) {
	var stdout, stderr bytes.Buffer
	code = run(ctx, append([]string{"simulate"}, args...), strings.NewReader(in), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestSimulate(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "scenario.json")
	if err := os.WriteFile(file, []byte(shortScenario), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := simulated(t.Context(), shortScenario, "--json", "--workers", "1")
	if code != exitFine || errs != "" || !json.Valid([]byte(out)) || strings.Count(out, "\n") != 1 {
		t.Fatalf("exit %d, printed %q and %q", code, out, errs)
	}
	if _, again, _ := simulated(t.Context(), "", "--json", "--scenario", file); again != out {
		t.Errorf("from a file: got %s\nwant %s", again, out)
	}
	if code, out, errs = simulated(t.Context(), shortScenario); code != exitFine || errs != "" || !strings.Contains(out, "Conversions lost after 1000 visits") {
		t.Errorf("summary: exit %d, printed %q and %q", code, out, errs)
	}
	// Settings that a server refuses do not matter.
	if code, out, errs = simulated(t.Context(), shortScenario, "--environment", "production"); code != exitFine {
		t.Errorf("in production: exit %d, printed %q and %q", code, out, errs)
	}
}

// TestSimulateSummaries prints a summary of every kind.
func TestSimulateSummaries(t *testing.T) {
	t.Parallel()
	for in, says := range map[string]string{
		`{"kind":"peeking","runs":9,"rates":[0.1,0.1],"per_arm":100,"looks":2}`:                                                                            "bayes_loss ",
		`{"kind":"inference","runs":9,"arms":[{"rate":0.1},{"rate":0.2}],"visits":100,"visits_per_period":50,"policy":{"select":"uniform"}}`:               "last - first",
		`{"kind":"delay","runs":9,"arms":[{"rate":0.1,"delay":3}],"periods":3,"visits_per_period":5,"policy":{"select":"draw"}}`:                           "100.0 %",
		`{"kind":"funnel","runs":9,"steps":[[0.5,0.6]],"visits":100,"visits_per_period":50,"learn":"flat"}`:                                                "[1]",
		`{"kind":"factorial","runs":9,"base":0.1,"effects":[[0,1],[0,1]],"visits":100,"visits_per_period":50,"learn":"arms"}`:                              "[1 1]",
		`{"kind":"verdict","runs":2,"rates":[0.1,0.1],"daily":100,"days":2}`:                                                                               "No verdict",
		`{"kind":"compare","runs":2,"rates":[0.1,0.1],"daily":100,"days":2}`:                                                                               "Extra conversions",
		`{"kind":"bandit","runs":2,"arms":[{"rate":0.1}],"visits_per_period":5,"policy":{"select":"greedy"},"stop":{"max_periods":2},"report_stops":true}`: "Stopped by max_periods",
	} {
		if code, out, errs := simulated(t.Context(), in); code != exitFine || !strings.Contains(out, says) {
			t.Errorf("%s: exit %d, printed %q and %q, want %q", in, code, out, errs, says)
		}
	}
}

func TestSimulateRefuses(t *testing.T) {
	t.Parallel()
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, c := range []struct {
		ctx  context.Context
		in   string
		args []string
		code int
		says string
	}{
		{t.Context(), `{"kind":"bandit","runs":0}`, nil, exitFailure, "runs: must be from 1"},
		{t.Context(), `{"kind":"bandits"}`, nil, exitFailure, "docs/simulate.md"},
		{t.Context(), strings.Replace(shortScenario, `"runs":20`, `"runs":1000000`, 1), []string{"--limit", "0.01"}, exitFailure, "seconds of CPU"},
		{t.Context(), "", []string{"--scenario", "/nowhere"}, exitFailure, "open the scenario"},
		{t.Context(), shortScenario, []string{"--faster"}, exitUsage, "--faster"},
		{stopped, shortScenario, nil, exitFailure, "stopped"},
	} {
		code, out, errs := simulated(c.ctx, c.in, c.args...)
		last := errs[strings.LastIndex(strings.TrimSpace(errs), "\n")+1:]
		if code != c.code || out != "" && c.code == exitFailure || !strings.Contains(last, c.says) {
			t.Errorf("%s %v: exit %d, printed %q and %q, want %d and %q", c.in, c.args, code, out, errs, c.code, c.says)
		}
	}
}
