package handlers

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/samplit/samplit/services"
)

// busy has somebody come and buy on a node again and again, until stopped, and answers how many purchases were taken.
func (n *room) busy(token string, names []string, stop <-chan struct{}) (bought int) {
	post := func(path, body string) bool {
		w := httptest.NewRecorder()
		n.h.ServeHTTP(w, httptest.NewRequestWithContext(n.t.Context(), http.MethodPost, "/api/v1/tracker/"+path, strings.NewReader(body)))
		if w.Code != http.StatusOK {
			n.t.Errorf("%s of %s answered %d: %s", path, body, w.Code, w.Body)
		}
		return w.Code == http.StatusOK
	}
	for i := 0; ; i++ {
		select {
		case <-stop:
			return bought
		case <-time.After(5 * time.Millisecond):
		}
		who := names[i%len(names)]
		post("assign", fmt.Sprintf(`{"installation_token":%q,"experiment":"shop","visitor_id":%q}`, token, who))
		if post("convert", fmt.Sprintf(`{"installation_token":%q,"visitor_id":%q,"event_id":"%p-%d","order":"busy-%p-%d","value":3}`, token, who, n, i, n, i)) {
			bought++
		}
	}
}

// Whoever goes on buying while they are erased, on two nodes at once, is counted once for each purchase; and once they have stopped
// nothing tells of them.
func TestAPersonIsErasedWhoIsBusy(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.runJobs()
	h.run(revenueExperiment(nil))
	nodes := []*room{h.nodes[0], h.join()}
	h.live()
	h.program.token = h.key
	before := h.stored("kind = 2")
	stop, bought := make(chan struct{}), make([]int, len(nodes))
	var all sync.WaitGroup
	for i, n := range nodes {
		all.Go(func() { bought[i] = n.busy(h.site, []string{anaID, "browser-of-ben", anaMail}, stop) })
	}
	for range 3 {
		if e := h.erase(anaMail, anaID); e["state"] != services.ErasureDone && e["state"] != services.ErasureFailed {
			t.Errorf("an erasure ended as %v", e)
		}
		h.look()
	}
	close(stop)
	all.Wait()
	h.look()
	if bought[0] == 0 || bought[1] == 0 {
		t.Fatalf("purchases meanwhile, by node: %v", bought)
	}
	if e := h.erase(anaMail, anaID); e["state"] != services.ErasureDone {
		t.Errorf("the last erasure ended as %v", e)
	}
	if got := h.mentions(anaTexts); got != "aliases 2" {
		t.Errorf("stored of Ana afterwards: %s", got)
	}
	var n int
	if _, err := fmt.Sscan(before, &n); err != nil {
		t.Fatal(err)
	}
	if got, want := h.stored("kind = 2"), fmt.Sprint(n+bought[0]+bought[1]); got != want {
		t.Errorf("%s purchases are stored, want %s", got, want)
	}
	if got := h.balance(); got != "0" {
		t.Errorf("accepted events are off by %s", got)
	}
	h.recount()
}
