package services

import (
	"encoding/json"
	"testing"
	"time"
)

// FuzzRules: rules that can be read are checked, and served or let nobody in.
func FuzzRules(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"targeting":{}}`, `{"targeting":{"conditions":[{"attribute":"url","op":"regex","values":["(a+)+$","^/x","("]}]}}`,
		`{"targeting":{"conditions":[{"attribute":"utm","name":"source","op":"exists","not":true},{"attribute":"cookie","name":"","op":"is","values":[""]}],"timezone":"../etc/passwd"}}`,
		`{"targeting":{"conditions":[{"attribute":"hour","values":["24","-1","9-8"]},{"attribute":"weekday","values":["mon","x"]},{"attribute":"country","values":["es","\u0000"]}],"timezone":"Europe/Madrid"}}`,
		`{"schedule":{"start":"2026-11-26T00:00:00Z","end":"0001-01-01T00:00:00Z"}}`, `{"exclusions":{"ips":["10.0.0.0/8","::/0","1.2.3.4/33"],"emails":["@"]}}`,
		`{"layer":{"key":"l","ranges":[[0.5,0.1],[1],[]]},"holdout":{"key":"h","share":-1e308}}`, `{"layer":{"ranges":[[0,1e-320]]}}`, `null`, `[]`,
	} {
		f.Add(seed, "http://site.test/a?utm_source=x#h")
	}
	now := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	tracker := &Tracker{clock: func() time.Time { return now }}
	f.Fuzz(func(t *testing.T, text, url string) {
		var r Rules
		if json.Unmarshal([]byte(text), &r) != nil {
			return
		}
		x := &live{key: "x", status: "running", traffic: 1, rules: r}
		x.prepare(nil)
		visit := &Visit{URL: url, Referrer: url, UserAgent: text, Device: "mobile", UTM: map[string]string{"source": "x"}, Cookies: map[string]string{"a": url}}
		reason := tracker.refuses(x, "v", visit)
		if x.broken != "" && reason != NotRunning {
			t.Errorf("rules that cannot be read, %s, refuse with %q", x.broken, reason)
		}
	})
}
