package handlers

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
)

// A browser that refuses everywhere leaves nothing here, unless its user has said yes on the site.
func TestGlobalPrivacyControlIsHonoured(t *testing.T) {
	t.Parallel()
	b := newTrackerBundle(t)
	event := func(visitor, more string) string {
		return fmt.Sprintf(`{"installation_token":"TOKEN"%s,"events":[{"id":"%s","type":"pageview","t":%d,"visitor_id":"%s","url":"http://site.test/"}]}`,
			more, uuid.Must(uuid.NewV7()), time.Now().UnixMilli(), visitor)
	}
	const yes = `,"consent":"granted"`
	for _, c := range []struct {
		path, body, gpc, field string
		want                   any
	}{
		{"events", event("v1", ""), "1", "accepted", 0.0},
		{"events", event("v2", yes), "1", "accepted", 1.0},
		{"events", event("v3", ""), "0", "accepted", 1.0},
		{"assign", `{"installation_token":"TOKEN","experiment":"test","visitor_id":"v4"}`, "1", "reason", "private"},
		{"assign", `{"installation_token":"TOKEN","experiment":"test","visitor_id":"v5"` + yes + `}`, "1", "assigned", true},
		{"convert", `{"installation_token":"TOKEN","goal":"buy","visitor_id":"v6"}`, "1", "accepted", false},
		{"identify", `{"installation_token":"TOKEN","visitor_id":"v7","user_id":"u"}`, "1", "identified", false},
	} {
		if status, got := b.send(c.path, c.body, "Sec-GPC", c.gpc, "Origin", "http://site.test"); status != 200 || got[c.field] != c.want {
			t.Errorf("%s %s with Sec-GPC %s: %d %v, want %s %v", c.path, c.body, c.gpc, status, got, c.field, c.want)
		}
	}
}
