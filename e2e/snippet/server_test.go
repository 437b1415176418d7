//go:build e2e

package snippet_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

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
	p := program.New(t, "LEARN_INTERVAL=1h")
	p.Serve()
	return &server{Owner: p.Register(), t: t, p: p}
}

// tag is the line that the site's pages have.
func (s *server) tag() string { return `<script src="` + s.p.URL + "/s/" + s.Token + `.js"></script>` }

// told waits until browsers are told of an experiment.
func (s *server) told(id string) {
	s.t.Helper()
	s.p.Await("told to browsers", func() bool {
		answer, err := http.Get(s.p.URL + "/s/" + s.Token + ".json")
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		return err == nil && strings.Contains(string(text), id)
	})
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

// visitorOf is the first id of a row of made-up ones that gets an arm of an even split.
func visitorOf(seed string, arms, arm int) string {
	for i := 0; ; i++ {
		id := fmt.Sprintf("visitor-%014d", i)
		even := make([]float64, arms)
		for j := range even {
			even[j] = 1 / float64(arms)
		}
		if engine.ChooseRange(engine.Hash(seed, id), engine.BucketRanges(arms, 1, even)) == arm {
			return id
		}
	}
}

// known makes the tab that of a visitor who has been here before.
func known(tab *browser.Tab, id string) {
	tab.OnNewDocument(`if (!document.cookie.includes("_smp=")) document.cookie = "_smp=` + id + `.20000;path=/"`)
}
