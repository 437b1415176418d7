//go:build e2e

package snippet_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/samplit/samplit/static/snippet"
)

// A site whose own host leads to the tracker asks nobody else, and the cookie goes along, so that the host can renew it.
func TestSnippetBelowAPathOfThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	inline, err := json.Marshal(config{V: 1, Token: token, Base: "https://elsewhere.invalid", X: []experiment{test("own", text("#title", "new"))}})
	if err != nil {
		t.Fatal(err)
	}
	runtime, err := snippet.Parse([]byte(built(t)))
	if err != nil {
		t.Fatal(err)
	}
	code, err := runtime.Script(inline, snippet.Form{Below: "/_smp"})
	if err != nil {
		t.Fatal(err)
	}
	type sent struct{ cookie, body string }
	got := make(chan sent, 10)
	s.mux.HandleFunc("GET /_smp/s/{file}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		write(w, string(code))
	})
	s.mux.HandleFunc("POST /_smp/api/v1/tracker/events", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		write(w, `{"accepted":1}`)
		got <- sent{r.Header.Get("Cookie"), string(body)}
	})
	s.document("/{$}", `<base href="https://elsewhere.invalid/"><script src="`+s.URL+`/_smp/s/inst_test.js"></script>`, headline)
	tab := chromium.NewTab(t)
	tab.Open(s.URL)
	tab.Until(`title.textContent === "new"`)
	first := <-got
	_, value, kept := strings.Cut(first.cookie, "_smp=")
	if id, _, _ := strings.Cut(value, "."); !kept || !strings.Contains(first.body, id) {
		t.Errorf("cookie %q, events %s", first.cookie, first.body)
	}
	noErrors(t, tab)
}
