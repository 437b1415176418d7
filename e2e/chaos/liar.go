package chaos

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// Liar stands between clients and a program and says of everything at once that it is stored. It passes it on, later.
func Liar(t testing.TB, target string) (url string) {
	t.Helper()
	var later sync.WaitGroup
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		later.Go(func() {
			if resp, err := http.Post(target+r.URL.Path, "application/json", bytes.NewReader(body)); err == nil {
				resp.Body.Close()
			}
		})
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"accepted":true,"rejected":[]}`)
	}))
	t.Cleanup(func() { s.Close(); later.Wait() })
	return s.URL
}
