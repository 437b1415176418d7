package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// examples returns the scenarios of testdata by file, all with few runs.
func examples(t *testing.T) map[string]Scenario {
	t.Helper()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < 40 {
		t.Fatalf("got %d scenarios: %v", len(files), err)
	}
	all := map[string]Scenario{}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(raw, &fields); err != nil {
			t.Fatal(err)
		}
		fields["runs"] = 3
		for _, long := range []string{"visits", "per_arm"} {
			if n, ok := fields[long].(float64); ok {
				fields[long] = min(n, 1500)
			}
		}
		few, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		if all[name], err = Decode(strings.NewReader(string(few))); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return all
}

// TestEveryScenario: the same scenario gives the same bytes with any number of workers, and stops when asked to.
func TestEveryScenario(t *testing.T) {
	t.Parallel()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, s := range examples(t) {
		var answers []string
		for _, workers := range []int{1, 3} {
			a, err := s.Run(t.Context(), Options{Workers: workers, Limit: 1e5})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			raw, err := json.Marshal(a)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			answers = append(answers, string(raw))
		}
		if answers[0] != answers[1] {
			t.Errorf("%s: got %s\nand with more workers %s", name, answers[0], answers[1])
		}
		if _, err := s.Run(cancelled, Options{Limit: 1e5}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want the context's error", name, err)
		}
		var dear *CostError
		if _, err := s.Run(t.Context(), Options{Limit: 1e-9}); !errors.As(err, &dear) || !(dear.Cost > 0) {
			t.Errorf("%s: got %v, want a refusal with a cost", name, err)
		}
	}
}

// TestBanditShape keeps the documented answer of the documented scenario.
func TestBanditShape(t *testing.T) {
	t.Parallel()
	s := load[*Bandit](t, "bandit")
	s.Runs = 4
	raw, err := json.Marshal(play[BanditAnswer](t, s))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Regret  map[string][2]float64 `json:"regret"`
		Periods [2]float64            `json:"periods"`
		Saved   [2]float64            `json:"conversions_saved"`
		Right   float64               `json:"right_arm"`
		Longer  float64               `json:"longer_than_classical"`
		Share   []float64             `json:"share"`
	}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	if err := d.Decode(&got); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	if len(got.Regret) != 2 || got.Regret["100"][0] <= 0 || got.Regret["1000"][0] <= got.Regret["100"][0] || got.Periods[0] < 14 || len(got.Share) != 2 {
		t.Errorf("got %s", raw)
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	bandit := func(change string) string {
		return `{"kind":"bandit","runs":5,"arms":[{"rate":0.1},{"rate":[0.2,0.3]}],"visits_per_period":10,"policy":{"select":"match"},"report_at":[100]` + change + `}`
	}
	if _, err := Decode(strings.NewReader(bandit(""))); err != nil {
		t.Fatal(err)
	}
	for text, says := range map[string]string{
		``:                                    "JSON object",
		`[]`:                                  "JSON object",
		`{"kind":"lottery"}`:                  "kind: must be one of bandit",
		bandit(`,"sedd":1`):                   `unknown field "sedd"`,
		bandit("") + "{}":                     "JSON object",
		bandit(`,"seed":-1`):                  "seed",
		bandit(`,"runs":0`):                   "runs: must be from 1",
		bandit(`,"runs":10000000`):            "runs: must be",
		bandit(`,"arms":[]`):                  "number of arms",
		bandit(`,"arms":[{"rate":"high"}]`):   "rate is a number",
		bandit(`,"arms":[{"rate":1.5}]`):      "arms[0].rate: must be from 0 to 1",
		bandit(`,"arms":[{"rate":[0.1,-1]}]`): "arms[0].rate[1]",
		bandit(`,"report_at":[]`):             "stop or report_at",
		bandit(`,"report_at":[0]`):            "report_at[0]",
		bandit(`,"visits_per_period":0`):      "visits_per_period",
		bandit(`,"visits_per_period":1,"report_at":[2000000]`):                            "periods until",
		bandit(`,"policy":{"select":"best"}`):                                             "policy.select",
		bandit(`,"policy":{"select":"match","floor":0.6}`):                                "policy.floor",
		bandit(`,"policy":{"select":"match","prior":[0,1]}`):                              "policy.prior[0]",
		bandit(`,"policy":{"select":"match","speed":1}`):                                  "unknown field",
		bandit(`,"stop":{"min_periods":9,"max_periods":5}`):                               "stop.max_periods",
		bandit(`,"classical":{"per_arm":0}`):                                              "classical.per_arm",
		`{"kind":"peeking","runs":1,"rates":[0.1,0.1],"per_arm":100,"looks":5,"from":10}`: "from",
		`{"kind":"inference","runs":1,"arms":[{"rate":0.1},{"rate":0.1}],"visits":10,"visits_per_period":5,"policy":{"select":"match"}}`:                                   "policy.floor",
		`{"kind":"delay","runs":1,"arms":[{"rate":0.1,"delay":-1}],"periods":1,"visits_per_period":1,"policy":{"select":"draw"}}`:                                          "arms[0].delay",
		`{"kind":"funnel","runs":1,"steps":[],"visits":10,"visits_per_period":1,"learn":"flat"}`:                                                                           "steps",
		`{"kind":"funnel","runs":1,"steps":[[0.5,0.5]],"interactions":[{"path":[2],"factor":1}],"visits":10,"visits_per_period":1,"learn":"flat"}`:                         "interactions[0].path",
		`{"kind":"factorial","runs":1,"base":0,"effects":[[0,1]],"visits":10,"visits_per_period":1,"learn":"arms"}`:                                                        "base",
		`{"kind":"factorial","runs":1,"base":0.1,"effects":[[0,1],[0,1]],"interactions":[{"variants":[2,0],"effect":1}],"visits":10,"visits_per_period":1,"learn":"arms"}`: "interactions[0].variants",
		`{"kind":"verdict","runs":1,"rates":[0.1,0.1],"daily":10,"days":2,"allocator":"thompson","strategy":"multi_step"}`:                                                 "strategy",
		`{"kind":"verdict","runs":1,"rates":[0.1,0.1],"daily":10,"days":2,"allocator":"thompson","params":{"flor":0.1}}`:                                                   "flor",
		`{"kind":"compare","runs":1,"rates":[0.1],"daily":10,"days":2}`:                                                                                                    "number of rates",
	} {
		if _, err := Decode(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want it to say %q", text, err, says)
		}
	}
	long := strings.NewReader(`{"kind":"` + strings.Repeat("x", maxScenario) + `"}`)
	if _, err := Decode(long); err == nil || !strings.Contains(err.Error(), "longer") {
		t.Errorf("a scenario without end: got %v", err)
	}
}

// TestStopLater: a scenario whose worst case is too dear runs when its first runs show that they stop early.
func TestStopLater(t *testing.T) {
	t.Parallel()
	s := load[*Bandit](t, "sim_scott.003")
	s.Runs, s.Arms = 200, []TrueArm{{Rate: Rates{0.02}}, {Rate: Rates{0.2}}}
	worst := s.Cost()
	if _, err := s.Run(t.Context(), Options{Limit: worst / 10}); err != nil {
		t.Errorf("got %v, want runs of 14 periods for a tenth of the cost of %d", err, s.Stop.MaxPeriods)
	}
	s.Arms[1] = s.Arms[0]
	var dear *CostError
	if _, err := s.Run(t.Context(), Options{Limit: worst / 1000}); !errors.As(err, &dear) || dear.Cost >= worst {
		t.Errorf("got %v, want a refusal that names what it would take", err)
	}
}

func TestRates(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Rates{`0.5`: {0.5}, `[0.1,0.2]`: {0.1, 0.2}} {
		var r Rates
		if err := json.Unmarshal([]byte(text), &r); err != nil || !reflect.DeepEqual(r, want) {
			t.Errorf("%s: got %v, %v", text, r, err)
		}
		if again, err := json.Marshal(r); err != nil || string(again) != text {
			t.Errorf("%s: written as %s, %v", text, again, err)
		}
	}
	if r := (Rates{0.1, 0.2}); r.at(0) != 0.1 || r.at(7) != 0.2 {
		t.Error("the last rate is not repeated")
	}
}

// TestExtremeBandits: whatever the rates and the policy, the answer can be written as JSON, all visitors are shared out,
// and nothing is lost or gained beyond what the rates allow.
func TestExtremeBandits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.OneOf(rapid.SampledFrom([]float64{0, 1, 1e-12}), rapid.Float64Range(0, 1))
		b := &Bandit{
			Seed: rapid.Uint64().Draw(t, "seed"), Runs: 2, VisitsPerPeriod: rapid.SampledFrom([]int{1, 7, 100_000}).Draw(t, "visits"),
			Policy: Policy{
				Select: rapid.SampledFrom([]string{SelectMatch, SelectTopTwo, SelectUCB1, SelectKLUCB, SelectEpsilon, SelectGreedy, SelectUniform}).Draw(t, "select"),
				Floor:  rapid.SampledFrom([]float64{0, 0.05}).Draw(t, "floor"), Discount: rapid.SampledFrom([]float64{0, 0.5, 1}).Draw(t, "discount"),
				Window: rapid.IntRange(0, 3).Draw(t, "window"),
			},
			Stop: &Stop{MaxPeriods: 5, ProbBest: 0.99, ValueRemaining: 0.01, BeatsControl: 0.999}, ReportAt: []int{1, 50, 3},
		}
		for _, p := range rapid.SliceOfN(rate, 1, 4).Draw(t, "rates") {
			b.Arms = append(b.Arms, TrueArm{Rate: Rates{p}})
		}
		a, err := b.Run(context.Background(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := json.Marshal(a); err != nil {
			t.Fatalf("%+v: %v", a, err)
		}
		got, sum := a.(BanditAnswer), 0.0
		for _, share := range got.Share {
			sum += share
		}
		early, late := got.Regret["1"].Mean, got.Regret["50"].Mean
		if math.Abs(sum-1) > 1e-9 || early < 0 || early > 1 || late < early || late > 50 {
			t.Fatalf("got %+v", got)
		}
	})
}
