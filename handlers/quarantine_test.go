package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// setAside leaves events of an account in quarantine, as the committer does with what the database refuses.
func (b *testBundle) setAside(o owner, names ...string) {
	b.t.Helper()
	now := time.Now().UTC()
	for _, name := range names {
		e := db.NewEvent{Account: o.account(), ID: uuid.Must(uuid.NewV7()), Day: now.Truncate(24 * time.Hour), Kind: db.KindCustom, Installation: uuid.MustParse(o.site),
			Name: name, Visitor: "<i>v", Occurred: now, Received: now}
		if err := b.db.Quarantine(b.t.Context(), e.Account, []db.NewEvent{e}, nil, now, errors.New("<script>refused")); err != nil {
			b.t.Fatal(err)
		}
	}
}

func TestQuarantinePage(t *testing.T) {
	t.Parallel()
	n := (&testBundle{t: t}).node(ownDatabase(t))
	o := n.owner().withSite()
	o.get("/home") // takes the notice about the new site
	if doc := n.want(o.get("/quarantine"), http.StatusOK).doc(t); doc.Find(".empty").Length() != 1 || doc.Find("main form").Length() != 0 {
		t.Errorf("nothing is set aside: %s", doc.Find("main").Text())
	}
	n.setAside(o, "one", "two", "three")
	if doc := n.want(o.get("/debugger/"+o.site), http.StatusOK).doc(t); !strings.Contains(doc.Find(".note a[href='/quarantine']").Parent().Text(), "3 events") {
		t.Errorf("the debugger does not tell: %s", doc.Find("main").Text())
	}
	a := n.want(o.get("/quarantine"), http.StatusOK)
	if doc := a.doc(t); doc.Find("tbody tr").Length() != 3 || strings.Contains(a.body, "<script>refused") || strings.Contains(a.body, "<i>v") || !strings.Contains(doc.Find("pre").Text(), "three") {
		t.Errorf("listed: %s", doc.Find("main").Text())
	}
	v := n.viewer(o)
	if doc := n.want(v.get("/quarantine"), http.StatusOK).doc(t); doc.Find("tbody tr").Length() != 3 || doc.Find("main form, main a[href*=discard]").Length() != 0 {
		t.Error("a viewer is offered what only admins may")
	}
	for _, path := range []string{"/quarantine/retry", "/quarantine/discard"} {
		n.want(v.post(path, url.Values{"count": {"3"}}), http.StatusForbidden)
	}
	n.want(v.get("/quarantine/discard"), http.StatusForbidden)

	id := a.doc(t).Find("tbody form input[name=id]").First().AttrOr("value", "")
	n.want(o.post("/quarantine/retry", url.Values{"id": {id}}), http.StatusSeeOther)
	doc := n.want(o.get("/quarantine"), http.StatusOK).doc(t)
	if doc.Find("tbody tr").Length() != 2 || !strings.Contains(doc.Find(".flash").Text(), "Stored: 1.") {
		t.Errorf("after one was tried: %s", doc.Find("main").Text())
	}
	n.want(o.post("/quarantine/retry", url.Values{"id": {id}}), http.StatusNotFound)
	for _, typed := range []string{"", "all", "3", "-2"} {
		a := n.want(o.post("/quarantine/discard", url.Values{"count": {typed}}), http.StatusUnprocessableEntity)
		if a.doc(t).Find("#count-error").Length() != 1 {
			t.Errorf("typed %q: %s", typed, a.body)
		}
	}
	part := n.want(o.htmx(http.MethodGet, "/quarantine/discard", nil), http.StatusOK)
	if strings.Contains(part.body, "<html") || !strings.Contains(part.body, "Discard 2 entries?") {
		t.Errorf("the question: %s", part.body)
	}
	n.want(o.post("/quarantine/discard", url.Values{"count": {"2"}}), http.StatusSeeOther)
	if doc := n.want(o.get("/quarantine"), http.StatusOK).doc(t); doc.Find(".empty").Length() != 1 {
		t.Error("something is left")
	}
	if doc := n.want(o.get("/audit"), http.StatusOK).doc(t); !strings.Contains(doc.Text(), "Discarded set-aside events") || !strings.Contains(doc.Text(), "Tried set-aside events again") {
		t.Errorf("the audit: %s", doc.Find("main").Text())
	}
}

func TestQuarantineAPI(t *testing.T) {
	t.Parallel()
	n := (&testBundle{t: t}).node(ownDatabase(t))
	o, stranger := n.owner().withSite(), n.owner().withSite()
	n.setAside(o, "one", "two", "three")
	_, list := o.call(http.MethodGet, "/installations/quarantine?per_page=2", nil, http.StatusOK)
	items := list["items"].([]any)
	first := items[0].(members)
	if list["total"] != 3.0 || len(items) != 2 || first["kind"] != "custom" || !strings.Contains(first["body"].(string), "three") {
		t.Errorf("listed %v", list)
	}
	if _, theirs := stranger.call(http.MethodGet, "/installations/quarantine", nil, http.StatusOK); theirs["total"] != 0.0 {
		t.Errorf("a stranger sees %v", theirs)
	}
	stranger.call(http.MethodPost, "/installations/quarantine/retry", members{"id": first["id"]}, http.StatusNotFound)
	stranger.call(http.MethodPost, "/installations/quarantine/discard", members{"id": first["id"], "count": 1}, http.StatusNotFound)
	if _, got := o.call(http.MethodPost, "/installations/quarantine/retry", members{"id": first["id"]}, http.StatusOK); got["applied"] != 1.0 || got["left"] != 2.0 {
		t.Errorf("one: %v", got)
	}
	o.call(http.MethodPost, "/installations/quarantine/discard", members{"count": 3}, http.StatusPreconditionFailed)
	o.call(http.MethodPost, "/installations/quarantine/discard", members{}, http.StatusUnprocessableEntity)
	if _, got := o.call(http.MethodPost, "/installations/quarantine/retry", members{}, http.StatusOK); got["applied"] != 2.0 || got["left"] != 0.0 {
		t.Errorf("all: %v", got)
	}
}
