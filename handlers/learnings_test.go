package handlers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/samplit/samplit/services"
)

// withKey makes the owner's program use a secret key, which does not run out.
func (o owner) withKey() owner {
	o.browser.b.t.Helper()
	_, key := o.call(http.MethodPost, "/integrations/keys", members{"name": "tests", "role": "admin"}, http.StatusCreated)
	o.token = key["key"].(string)
	return o
}

// ended runs an experiment with visitors and conversions by arm on its primary goal, and ends it. Its numbers have settled.
func (o owner) ended(over members, winner string, arms ...[2]int) (id string) {
	o.browser.b.t.Helper()
	b := o.browser.b
	id, x := o.running(over)
	for arm, c := range arms {
		b.visits(x, arm, c[0], b.clock.Now(), map[string]int{"buy": c[1]})
	}
	change := members{"status": "completed"}
	if winner != "" {
		change["winner"] = winner
	}
	o.call(http.MethodPatch, "/experiments/"+id+"/status", change, http.StatusOK)
	b.clock.advance(11 * time.Minute)
	return id
}

func (o owner) learnings(query string) (out services.Learnings) {
	o.browser.b.t.Helper()
	a, _ := o.call(http.MethodGet, "/analytics/learnings"+query, nil, http.StatusOK)
	if err := json.Unmarshal([]byte(a.body), &out); err != nil {
		o.browser.b.t.Fatal(err)
	}
	return out
}

func named(list services.Learnings) (names []string) {
	for _, l := range list.Items {
		names = append(names, l.Name)
	}
	return names
}

// Every ended experiment has a learning with what its numbers say; people write to it, find it by words, tag and outcome.
func TestLearnings(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite().withKey()
	if got := o.learnings(""); len(got.Items) != 0 || b.want(o.get("/learnings"), http.StatusOK).doc(t).Find(".empty a[href='/experiments']").Length() != 1 {
		t.Fatalf("a new account has learnings %+v", got)
	}
	won := o.ended(members{"name": "Shorter headline", "hypothesis": "Nobody reads it"}, "b", [2]int{600, 60}, [2]int{610, 140})
	o.ended(members{"name": "Bigger basket"}, "", [2]int{900, 200}, [2]int{905, 90})
	o.ended(members{"name": "Early stop"}, "", [2]int{20, 2}, [2]int{21, 3})
	_, running := o.running(members{"name": "Still running"})

	all := o.learnings("")
	if diff := cmp.Diff([]string{"Early stop", "Bigger basket", "Shorter headline"}, named(all)); diff != "" {
		t.Fatalf("learnings (-want +got):\n%s", diff)
	}
	for i, want := range []string{"inconclusive", "lost", "won"} {
		if all.Items[i].Outcome != want {
			t.Errorf("%s is %s, want %s", all.Items[i].Name, all.Items[i].Outcome, want)
		}
	}
	var results services.Results
	a, _ := o.call(http.MethodGet, "/analytics/experiments/"+won, nil, http.StatusOK)
	if err := json.Unmarshal([]byte(a.body), &results); err != nil {
		t.Fatal(err)
	}
	lift := results.Variants[1].Lift
	if e := all.Items[2].Effect; !all.Items[2].Shipped || e == nil || *e != (services.Effect{Mean: lift.Mean, Low: lift.Low, High: lift.High}) {
		t.Errorf("effect %+v, want the lift of the results, %+v", e, lift)
	}

	b.want(o.get("/experiments/"+running["id"].(string)+"/learning"), http.StatusConflict)
	form := url.Values{"text": {"The second line\nwas the trouble."}, "tags": {"Headline,  home  page, headline,"}, "version": {"0"}}
	b.want(o.post("/experiments/"+won+"/learning", form), http.StatusSeeOther)
	if got := o.learnings("?tag=home+page"); len(got.Items) != 1 || cmp.Diff(got.Items[0].Tags, []string{"headline", "home page"}) != "" || got.Items[0].Author == "" {
		t.Errorf("by tag: %+v", got.Items)
	}
	for query, want := range map[string]int{"q=troub+secon": 1, "q=reads": 1, "q=head": 1, "q=trouble+basket": 0, "outcome=lost": 1, "outcome=lost&q=short": 0, "q=%27+%3A*+%26+%5C%27": 3,
		"installation_id=" + o.site: 3, "installation_id=018f0000-0000-7000-8000-000000000000": 0} {
		if got := o.learnings("?" + query); len(got.Items) != want {
			t.Errorf("%s: %v, want %d", query, named(got), want)
		}
	}
	for _, query := range []string{"outcome=great", "after=x", "after=1-x", "installation_id=x", "q=" + strings.Repeat("x", 201)} {
		o.call(http.MethodGet, "/analytics/learnings?"+query, nil, http.StatusUnprocessableEntity)
	}
	if got := b.want(o.get("/experiments/"+won+"/history"), http.StatusOK).doc(t).Find(".rows-history tbody tr").First().Text(); !strings.Contains(got, "learned") {
		t.Errorf("the record begins with %q", got)
	}
}

// Two people who write at once: the second is told. What is too long is refused with what was typed.
func TestLearningsAreNotOverwritten(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite().withKey()
	id := o.ended(nil, "", [2]int{300, 30}, [2]int{300, 33})
	path := "/experiments/" + id + "/learning"
	b.want(o.post(path, url.Values{"text": {"first"}, "version": {"0"}}), http.StatusSeeOther)
	doc := b.want(o.post(path, url.Values{"text": {"second"}, "version": {"0"}}), http.StatusConflict).doc(t)
	if got := doc.Find("textarea").Text(); got != "second" {
		t.Errorf("typed text %q is lost", got)
	}
	b.want(o.post(path, url.Values{"text": {strings.Repeat("x", 4001)}, "version": {"1"}}), http.StatusUnprocessableEntity)
	b.want(o.post(path, url.Values{"tags": {"a,b,c,d,e,f,g,h,i,j,k"}, "version": {"1"}}), http.StatusUnprocessableEntity)
	b.want(o.post(path, url.Values{"tags": {strings.Repeat("x", 41)}, "version": {"1"}}), http.StatusUnprocessableEntity)
	if got := o.learnings("").Items[0]; got.Text != "first" || got.Version != 1 {
		t.Errorf("got %+v, want the first text", got)
	}
}

// Lists go on below the last of a page, also where several ended at one moment.
func TestLearningsByPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite().withKey()
	for i := range 27 {
		id, _ := o.running(members{"name": fmt.Sprint("Test ", i)})
		o.call(http.MethodPatch, "/experiments/"+id+"/status", members{"status": "completed"}, http.StatusOK)
	}
	first := o.learnings("")
	second := o.learnings("?after=" + first.Next)
	seen := map[string]bool{}
	for _, name := range append(named(first), named(second)...) {
		seen[name] = true
	}
	if len(first.Items) != 25 || len(second.Items) != 2 || len(seen) != 27 || second.Next != "" {
		t.Errorf("pages of %d and %d with %d names", len(first.Items), len(second.Items), len(seen))
	}
	if next, _ := b.want(o.get("/learnings?q=test"), http.StatusOK).doc(t).Find("a[rel=next]").Attr("href"); !strings.Contains(next, "q=test") {
		t.Errorf("the next page is %q", next)
	}
}
