package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// An editor stops everything on a site after a question, everybody sees that it is stopped, and the audit trail tells who did it.
func TestSiteIsHalted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	page := "/sites/" + o.site
	if n := b.want(o.get(page), http.StatusOK).doc(t).Find(`a[href="` + page + `/halt"]`).Length(); n != 1 {
		t.Fatalf("%d links to the question, want 1", n)
	}
	question := b.want(o.get(page+"/halt"), http.StatusOK).doc(t)
	if n := question.Find(`form[action="` + page + `/halt"] input[name=halted][value=on]`).Length(); n != 1 {
		t.Fatalf("%d forms that halt the site, want 1", n)
	}
	b.want(o.post(page+"/halt", url.Values{"halted": {"on"}}), http.StatusSeeOther)
	if _, site := o.call(http.MethodGet, "/installations/"+o.site, nil, http.StatusOK); site["halted"] != true {
		t.Errorf("stored %v", site)
	}
	halted := b.want(o.get(page), http.StatusOK)
	if !strings.Contains(halted.body, "Everything is stopped on this site") || strings.Contains(halted.body, `href="`+page+`/halt"`) {
		t.Error("the page does not say that the site is halted")
	}
	b.want(o.post(page+"/halt", url.Values{}), http.StatusSeeOther)
	if _, site := o.call(http.MethodGet, "/installations/"+o.site, nil, http.StatusOK); site["halted"] != false {
		t.Errorf("stored %v", site)
	}
	trail := b.want(o.get("/audit"), http.StatusOK).body
	for _, done := range []string{"Stopped everything on the site", "Let the site go on"} {
		if !strings.Contains(trail, done) {
			t.Errorf("the trail does not say %q", done)
		}
	}
	stranger := b.owner()
	b.want(stranger.get(page+"/halt"), http.StatusNotFound)
	b.want(stranger.post(page+"/halt", url.Values{"halted": {"on"}}), http.StatusNotFound)
}
