package services

import (
	"encoding/json"
	"os"
	"testing"
	"time"
)

// targetingVector is a case that every client decides alike. Those of the server cannot be told by a browser.
type targetingVector struct {
	Name      string
	Targeting Targeting
	Context   vectorContext
	Match     bool
	Server    bool
}

type vectorContext struct {
	URL       string            `json:"url"`
	Device    string            `json:"device"`
	Referrer  string            `json:"referrer"`
	Country   string            `json:"country"`
	UTM       map[string]string `json:"utm"`
	Cookies   map[string]string `json:"cookies"`
	Returning *bool             `json:"returning"`
	Now       time.Time         `json:"now"`
}

func (c vectorContext) visit() *Visit {
	return &Visit{URL: c.URL, Device: c.Device, Referrer: c.Referrer, Country: c.Country, UTM: c.UTM, Cookies: c.Cookies, Returning: c.Returning}
}

func targetingVectors(t testing.TB) (out []targetingVector) {
	t.Helper()
	raw, err := os.ReadFile("../static/src/testdata/targeting.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	if len(out) < 60 {
		t.Fatalf("got %d vectors, want at least 60", len(out))
	}
	return out
}

func TestTargetingVectors(t *testing.T) {
	t.Parallel()
	for _, v := range targetingVectors(t) {
		f := Fields{}
		if kept := f.targeting(v.Targeting); len(f) > 0 || len(v.Targeting.Conditions) > 0 && !sameJSON(t, kept, v.Targeting) {
			t.Errorf("%s: not as it is kept: %v, %v", v.Name, kept, f)
		}
		j, err := Rules{Targeting: &v.Targeting}.compile()
		if err != nil {
			t.Fatalf("%s: %v", v.Name, err)
		}
		if got := j.targets(v.Context.visit(), v.Context.Now); got != v.Match {
			t.Errorf("%s: got %v, want %v", v.Name, got, v.Match)
		}
		server := false
		for _, c := range v.Targeting.Conditions {
			server = server || !c.forBrowsers()
		}
		if server != v.Server {
			t.Errorf("%s: needs the server: got %v, want %v", v.Name, server, v.Server)
		}
	}
}

func sameJSON(t *testing.T, a, b any) bool {
	t.Helper()
	same, err := equalJSON(a, b)
	if err != nil {
		t.Fatal(err)
	}
	return same
}

func TestDeviceIsToldByTheUserAgent(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		"": "",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1": "mobile",
		"Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1":          "tablet",
		"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36":                   "mobile",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36":                                   "desktop",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15":                   "desktop",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0":           "desktop",
	} {
		if got := (&Visit{UserAgent: agent}).device(); got != want {
			t.Errorf("%s: got %q, want %q", agent, got, want)
		}
	}
	if got := (&Visit{Device: "tablet", UserAgent: "Mozilla/5.0 (X11; Linux x86_64)"}).device(); got != "tablet" {
		t.Errorf("told: got %q", got)
	}
}

// An experiment without rules costs nothing, one with rules no memory.
func TestJudgingDoesNotAllocate(t *testing.T) {
	on := true
	rules := Rules{Targeting: &Targeting{Timezone: "Europe/Madrid", Conditions: []Condition{{Attribute: onDevice, Values: []string{"mobile"}},
		{Attribute: onReferrer, Op: opIs, Values: []string{"https://news.example/"}}, {Attribute: onUTM, Name: "source", Op: opIs, Values: []string{"mail"}},
		{Attribute: onVisitor, Values: []string{"returning"}}, {Attribute: onHour, Values: []string{"0-24"}}}},
		Layer: &Layer{"top", [][]float64{{0, 1}}}, Holdout: &Holdout{"q3", 0.0001}, Exclusions: &Exclusions{UserAgents: []string{"corp"}, Emails: []string{"*@corp.example"}}}
	j, err := rules.compile()
	if err != nil {
		t.Fatal(err)
	}
	x := &live{status: "running", judge: j}
	v := &Visit{URL: "https://shop.example/?utm_source=mail", Device: "mobile", Referrer: "https://news.example/", Returning: &on, UserAgent: "mozilla", Email: "a@b.example"}
	now := time.Now()
	if n := testing.AllocsPerRun(100, func() {
		if x.judge.refuses(x, "visitor", v, now) != "" || x.judge.excludes(v) != "" {
			t.Error("refused")
		}
	}); n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}

func TestPortableExpressions(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]bool{
		`^https://shop\.example/(products|sale)/`: true, `/[a-z0-9_-]+$`: true, `^(?:a|b)$`: true, `a{2,3}b*?c+d?`: true, `\d\D\w\W\b\B`: true, `[^\d.]`: true,
		`([^/]+\.)?google\.`: true, `a.*b`: true, ``: true, `\/\-\$`: true, `[(?i)]`: true, `\(?`: true,
		`(?i)a`: false, `(?s).`: false, `(?P<n>a)`: false, `(?<n>a)`: false, `\pL`: false, `\p{Greek}`: false, `[[:alpha:]]`: false, `[]a]`: false, `[^]a]`: false,
		`\Aa\z`: false, `\Qa.b\E`: false, `\x41`: false, `\101`: false, `\s`: false, `\S`: false, `é`: false, `[\s]`: false, `a{,5}`: false, `a{`: false, `^*`: false,
		`\b+`: false, `$?`: false, `(a+)+$`: false, `(a|a)*b`: false, `(a?){20}`: false, `(?:a*)*`: false, `\C`: false, `(`: false, `[a`: false, `a**`: false, "a\nb": false,
	} {
		if got := portable(expression); got != want {
			t.Errorf("%q: got %v, want %v", expression, got, want)
		}
	}
}
