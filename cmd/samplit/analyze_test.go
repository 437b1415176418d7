package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/samplit/samplit/services"
)

// analyzed runs the command on a file and returns its exit code and what it printed.
func analyzed(t *testing.T, file string, args ...string) (code int, out, errs string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "results.csv")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	code = run(context.Background(), append([]string{"analyze", path}, args...), strings.NewReader(""), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

const shopCounts = "variant,visitors,conversions,revenue,revenue_sq\ncontrol,5000,250,1000,40000\nBold,5100,330,1500,60000\n"

func TestAnalyzePrintsVerdictTableAndIntervals(t *testing.T) {
	t.Parallel()
	code, out, errs := analyzed(t, shopCounts)
	if code != exitFine || errs != "" {
		t.Fatalf("exit %d: %s", code, errs)
	}
	for _, want := range []string{
		"Winner: Bold gets 29% more conversions.", "Bold brings 14.7 more conversions per 1,000 visitors", "Rule: the 95% range leaves zero out",
		"5,100", "330", "6.47% (5.83% to 7.18%)", "+29.4%", "over 99%", "Revenue per visitor", "0.29 (0.20 to 0.39)", "split as planned",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	if _, out, _ = analyzed(t, shopCounts, "--lang", "es"); !strings.HasPrefix(out, "Ganadora: Bold consigue un 29") || !strings.Contains(out, "5.100") {
		t.Errorf("in Spanish:\n%s", out)
	}
}

func TestAnalyzeAnswersInTheShapeOfTheAPI(t *testing.T) {
	t.Parallel()
	code, out, errs := analyzed(t, shopCounts, "--json")
	var got services.Results
	d := json.NewDecoder(strings.NewReader(out))
	d.DisallowUnknownFields()
	if err := d.Decode(&got); err != nil || code != exitFine || errs != "" {
		t.Fatalf("exit %d, %v: %s", code, err, errs)
	}
	v := got.Variants[1]
	if got.Goal != "conversions" || got.Verdict.Action != "ship" || got.Verdict.Variant != "Bold" || !got.SRM.OK || !got.Sequential.Decided ||
		v.Visitors != 5100 || v.Conversions != 330 || v.Lift == nil || v.Revenue == nil || v.ProbBeatsControl == nil || v.Interval.Level != .95 {
		t.Errorf("got %s", out)
	}
}

func TestAnalyzeTakesControlWeightsAndVisitors(t *testing.T) {
	t.Parallel()
	if _, out, _ := analyzed(t, shopCounts, "--control", "Bold"); !strings.HasPrefix(out, "You can decide: The original is better. control gets") {
		t.Errorf("another control:\n%s", out)
	}
	const uneven = "variant,visitors,conversions\na,9000,900\nb,1000,100\n"
	if _, out, _ := analyzed(t, uneven); !strings.HasPrefix(out, "Needs fixing") || !strings.Contains(out, "--weights") {
		t.Errorf("uneven:\n%s", out)
	}
	if _, out, _ := analyzed(t, uneven, "--weights", "9,1"); !strings.HasPrefix(out, "Learning: No clear difference") {
		t.Errorf("uneven by plan:\n%s", out)
	}
	visitors := "visitor_id;variant;converted\r\nv1;a;1\r\nv1;b;1\r\nv2;b;0\r\nv2;b;1\r\n"
	_, out, _ := analyzed(t, visitors)
	for _, want := range []string{"One visitor came back under another variant", "One row repeats a visitor", "Too early to judge"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"analyze", "-"}, strings.NewReader(shopCounts), &stdout, &stderr); code != exitFine || !strings.HasPrefix(stdout.String(), "Winner") {
		t.Errorf("from standard input: exit %d, %s%s", code, stdout.String(), stderr.String())
	}
}

func TestAnalyzeSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, file string
		args       []string
		code       int
		want       string
	}{
		{"a bad row", "variant,visitors,conversions\na,10,1\nb,10,11\n", nil, exitFailure, "results.csv: Line 3: there are 11 conversions and only 10 visitors"},
		{"an empty file", "", nil, exitFailure, "has no rows"},
		{"no such control", shopCounts, []string{"--control", "x"}, exitFailure, "No variant is called x"},
		{"money in a file without", "variant,visitors,conversions\na,10,1\nb,10,1\n", []string{"--revenue", "EUR"}, exitFailure, "--revenue: the file has no revenue"},
		{"money of no country", shopCounts, []string{"--revenue", "euros"}, exitFailure, `--revenue: "euros" is no ISO 4217 code`},
		{"too many weights", shopCounts, []string{"--weights", "1,1,1"}, exitFailure, "--weights: 3 weights for 2 variants"},
		{"weights that are none", shopCounts, []string{"--weights", "1,half"}, exitUsage, "--help"},
		{"another language", shopCounts, []string{"--lang", "fr"}, exitUsage, "--help"},
	} {
		code, out, errs := analyzed(t, c.file, c.args...)
		if code != c.code || out != "" || !strings.Contains(errs, c.want) || strings.Count(strings.TrimSpace(errs), "\n") > 0 {
			t.Errorf("%s: exit %d, %q, %q, want %d and %q", c.name, code, out, errs, c.code, c.want)
		}
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"analyze", "no/such.csv"}, nil, &stdout, &stderr); code != exitFailure || !strings.Contains(stderr.String(), "samplit: no/such.csv: no such file") {
		t.Errorf("no file: exit %d, %s", code, stderr.String())
	}
}
