package handlers

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// changing is what differs between two answers that say the same: ids of requests and nonces of pages.
var changing = regexp.MustCompile(`[A-Z2-7]{26}|dur=[0-9.]+`)

// TestAnotherAccountsObjectsLookMissing asks every route that takes an id for objects of another account and for objects that do
// not exist: the answers are the same, nothing of the other account is in them, and nothing of it changes.
func TestAnotherAccountsObjectsLookMissing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	victim, stranger := b.owner().withSite(), b.owner().withSite()
	stranger.get("/home") // takes the notice about the new site
	const secret = "Confidential headline of a rival"
	draft := victim.experiment(members{"name": secret})
	running := victim.experiment(members{"name": secret})
	victim.status(running, members{"status": "running"}, http.StatusOK)
	ids := []string{victim.site, draft["id"].(string), running["id"].(string)}
	before := victim.everything(ids)

	walked := 0
	for route, who := range routeClasses {
		method, path, _ := strings.Cut(route, " ")
		if !strings.Contains(path, ":id") || who != session && who != bearer {
			continue
		}
		walked++
		for _, id := range ids {
			missing := uuid.NewString()
			theirs, none := stranger.ask(who, method, path, id), stranger.ask(who, method, path, missing)
			if path == "/settings/sessions/:id" { // ending a session that is not there is done already
				if theirs.StatusCode != none.StatusCode || theirs.Header.Get("Location") != none.Header.Get("Location") {
					t.Errorf("%s: status %d, of a missing session %d", route, theirs.StatusCode, none.StatusCode)
				}
				stranger.get("/settings") // takes the notice, which the next page would show
				continue
			}
			if theirs.StatusCode != none.StatusCode || theirs.StatusCode < 400 {
				t.Errorf("%s of %s: status %d, of a missing object %d", route, id, theirs.StatusCode, none.StatusCode)
			}
			if diff := cmp.Diff(strings.SplitAfter(plain(none.body, missing), ">"), strings.SplitAfter(plain(theirs.body, id), ">")); diff != "" {
				t.Errorf("%s: the answer for another account's object differs (-missing +theirs):\n%s", route, diff)
			}
			if strings.Contains(theirs.body, secret) {
				t.Errorf("%s tells another account's name", route)
			}
		}
	}
	if walked < 20 {
		t.Fatalf("walked %d routes with an id: the table is not complete", walked)
	}
	for i, after := range victim.everything(ids) {
		if after != before[i] {
			t.Errorf("a stranger changed object %s:\nbefore %s\nafter  %s", ids[i], before[i], after)
		}
	}
	for _, list := range []string{"/home", "/sites", "/experiments", "/audit", "/analytics", "/learnings", "/learnings?q=Confidential", "/search?q=Confidential"} {
		if a := stranger.get(list); a.StatusCode != http.StatusOK || strings.Contains(a.body, secret) {
			t.Errorf("%s as a stranger: status %d, tells the name: %v", list, a.StatusCode, strings.Contains(a.body, secret))
		}
	}
}

// ask sends a request that would do something, were the object the asker's own.
func (o owner) ask(who class, method, path, id string) answer {
	o.program.b.t.Helper()
	target := strings.Replace(path, ":id", id, 1)
	if who == session {
		form := url.Values{"status": {"archived"}, "traffic": {"10"}, "version": {"1"}, "name": {"stolen"}}
		if method == http.MethodGet {
			form = nil
		}
		return o.do(method, target, form)
	}
	body := `{"name":"stolen"}`
	if strings.HasSuffix(path, "/status") {
		body = `{"status":"archived"}`
	}
	if method == http.MethodGet || method == http.MethodDelete || strings.HasSuffix(path, "/duplicate") {
		body = ""
	}
	return o.program.b.send(method, target, body, func(r *http.Request) {
		r.Header.Set("Authorization", "Bearer "+o.token)
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
	})
}

// everything is what the owner's API says of its objects.
func (o owner) everything(ids []string) (out []string) {
	o.program.b.t.Helper()
	for i, id := range ids {
		path := "/experiments/"
		if i == 0 {
			path = "/installations/"
		}
		a, _ := o.call(http.MethodGet, path+id, nil, http.StatusOK)
		out = append(out, a.body)
	}
	return out
}

func plain(body, id string) string {
	return changing.ReplaceAllString(strings.ReplaceAll(body, id, "ID"), "X")
}
