package handlers

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

// A body of nothing but names, and one that repeats its first name at the end, cost memory in proportion to their length.
func TestAFloodOfNamesIsBounded(t *testing.T) {
	b := newTrackerBundle(t) // alone: it looks at how much is allocated
	var names strings.Builder
	for i := 0; names.Len() < 500<<10; i++ {
		fmt.Fprintf(&names, `"%x":0,`, i)
	}
	for _, c := range []struct {
		name, last string
		status     int
	}{
		{"distinct", `"installation_token":"TOKEN"`, http.StatusOK},
		{"the first again", `"0":1`, http.StatusBadRequest},
	} {
		body := "{" + names.String() + c.last + "}"
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		status, answer := b.send("events", body)
		runtime.ReadMemStats(&after)
		if status != c.status {
			t.Errorf("%s: got %d %v, want %d", c.name, status, answer, c.status)
		}
		if used, most := after.TotalAlloc-before.TotalAlloc, uint64(40*len(body)); used > most {
			t.Errorf("%s: %d bytes for a body of %d, want at most %d", c.name, used, len(body), most)
		}
	}
}
