//go:build e2e

package snippet_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/e2e/browser"
	"github.com/samplit/samplit/e2e/program"
	"github.com/samplit/samplit/engine"
)

// server is a running Samplit and somebody who tests a site with it.
type server struct {
	*program.Owner
	t testing.TB
	p *program.Program
}

func newServer(t testing.TB) *server {
	t.Helper()
	p := program.New(t)
	p.Serve()
	return &server{Owner: p.Register(), t: t, p: p}
}

// tag is the line that the site's pages have.
func (s *server) tag() string { return `<script src="` + s.p.URL + "/s/" + s.Token + `.js"></script>` }

// told waits until browsers are told of an experiment, in an epoch of its first split, and returns what they are told.
func (s *server) told(id string, epoch int) (told experiment) {
	s.t.Helper()
	s.p.Await("told to browsers", func() bool {
		answer, err := http.Get(s.p.URL + "/s/" + s.Token + ".json")
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		var all config
		if err := json.NewDecoder(answer.Body).Decode(&all); err != nil {
			s.t.Fatal(err)
		}
		i := slices.IndexFunc(all.X, func(x experiment) bool { return x.ID == id && x.Splits[0].Epoch == epoch })
		if i >= 0 {
			told = all.X[i]
		}
		return i >= 0
	})
	return told
}

// count sends events in batches as a browser does, all of which must be accepted.
func (s *server) count(events []members) {
	s.t.Helper()
	for batch := range slices.Chunk(events, 500) {
		now := time.Now().UnixMilli()
		for _, e := range batch {
			e["id"], e["t"] = uuid.Must(uuid.NewV7()).String(), now
		}
		status, answer := s.p.Post("events", members{"installation_token": s.Token, "sent_at": now, "events": batch})
		if status != http.StatusOK || answer["accepted"] != float64(len(batch)) {
			s.t.Fatalf("%d events: status %d, %v", len(batch), status, answer)
		}
	}
}

// exposures are the events of a visitor who sees an experiment as the server would decide.
func (e experiment) exposures(visitor string) (out []members) {
	for _, s := range e.Splits {
		out = append(out, members{"type": "exposure", "visitor_id": visitor, "experiment": e.ID, "split": s.Key, "arm": s.armOf(visitor), "epoch": s.Epoch})
	}
	return out
}

// armOf is the arm that a new visitor gets by the server's hash.
func (s split) armOf(visitor string) string {
	return s.Arms[engine.Choose(engine.Hash(s.Seed, visitor), engine.Weights(s.Weights).Cumulative())]
}

// dashboard is a tab in which the owner is signed in.
func (s *server) dashboard() *browser.Tab {
	s.t.Helper()
	tab := chromium.NewTab(s.t)
	tab.Open(s.p.URL + "/login")
	tab.Run(fmt.Sprintf(`(form => {
		form.email.value = %s;
		form.password.value = %s;
		form.requestSubmit();
	})(document.querySelector('form[action="/login"]'))`, quote(s.Email), quote(program.Password)))
	tab.Until(`location.pathname === "/home" && document.readyState === "complete"`)
	return tab
}

// results are those of an experiment by the API.
func (s *server) results(id string) members {
	s.t.Helper()
	return s.Call(http.MethodGet, "/analytics/experiments/"+id, nil, http.StatusOK)
}

// visitorOf is the first id of a row of made-up ones that gets an arm, the key of which may join those of several splits by dots.
func (e experiment) visitorOf(arm string) string {
	for i := 0; ; i++ {
		if id := fmt.Sprintf("visitor-%014d", i); e.cellOf(id) == arm {
			return id
		}
	}
}

// cellOf joins the arms that a new visitor gets.
func (e experiment) cellOf(visitor string) string {
	var arms []string
	for _, s := range e.Splits {
		arms = append(arms, s.armOf(visitor))
	}
	return strings.Join(arms, ".")
}

// known makes the tab that of a visitor who has been here before.
func known(tab *browser.Tab, id string) {
	tab.OnNewDocument(`if (!document.cookie.includes("_smp=")) document.cookie = "_smp=` + id + `.20000;path=/"`)
}
