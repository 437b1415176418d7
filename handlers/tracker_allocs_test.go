package handlers

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// silent is a ResponseWriter that keeps the status and allocates nothing.
type silent struct {
	header http.Header
	status int
}

func (s *silent) Header() http.Header         { return s.header }
func (s *silent) Write(b []byte) (int, error) { return len(b), nil }
func (s *silent) WriteHeader(status int)      { s.status = status }

// A returning visitor's assignment is the hot path of every page view.
func TestAssignOfAReturningVisitorAllocatesLittle(t *testing.T) {
	b := newTrackerBundle(t)
	body := fmt.Sprintf(`{"installation_token":%q,"experiment":"test","visitor_id":"returning"}`, b.x.Token)
	b.send("assign", body)
	for door, path := range map[string]string{"assign": "/api/v1/tracker/assign", "OFREP": flagsPath + "/test"} {
		text := body
		if door == "OFREP" {
			text = `{"context":{"targetingKey":"returning"}}`
		}
		r := httptest.NewRequest(http.MethodPost, path, nil)
		r.Header.Set("Authorization", "Bearer "+b.x.Token)
		reader := strings.NewReader(text)
		r.Body, r.ContentLength = io.NopCloser(reader), int64(len(text))
		w := &silent{header: http.Header{}}
		n := testing.AllocsPerRun(1000, func() {
			reader.Reset(text)
			b.h.ServeHTTP(w, r)
		})
		if w.status != http.StatusOK {
			t.Fatalf("%s: status %d", door, w.status)
		}
		if n > 15 {
			t.Errorf("%s: %.0f allocations, want at most 15", door, n)
		}
		t.Logf("%s: %.0f allocations", door, n)
	}
}
