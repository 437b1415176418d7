package handlers

import (
	"encoding/csv"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
	"github.com/samplit/samplit/engine"
)

const (
	iPhone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1"
	tablet = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
	laptop = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0"
)

// segmentCrowd sends visitors of one kind and their conversions, and tells how many of each arm there were.
type segmentCrowd struct {
	r      *rulesBundle
	name   string
	rates  [2]float64 // of control and b
	counts [2]int
}

// converts says whether the next visitor of an arm does, so that the arm keeps its rate.
func (c *segmentCrowd) converts(arm int) bool {
	n := float64(c.counts[arm])
	c.counts[arm]++
	return int((n+1)*c.rates[arm]) > int(n*c.rates[arm])
}

// browse has browsers report what they saw, as the snippet does.
func (c *segmentCrowd) browse(visitors int, agent string, context members, page string) {
	c.r.b.t.Helper()
	for i := range visitors {
		visitor := fmt.Sprintf("%s-%d", c.name, i)
		arm := engine.Choose(engine.Hash(engine.Seed("seg", ""), visitor), engine.Weights{5000, 5000}.Cumulative())
		events := []members{{"id": visitor, "type": "exposure", "visitor_id": visitor, "experiment": "seg", "arm": []string{"control", "b"}[arm], "epoch": 1, "url": page}}
		if c.converts(arm) {
			events = append(events, members{"id": visitor + "!", "type": "conversion", "visitor_id": visitor, "experiment": "seg"})
		}
		got := c.r.post("/api/v1/tracker/events", members{"installation_token": c.r.token, "context": context, "events": events}, "Origin", "https://shop.example", "User-Agent", agent)
		if got["accepted"] != float64(len(events)) {
			c.r.b.t.Fatalf("%v: %v", events, got)
		}
	}
}

// ask has a server ask for its visitors.
func (c *segmentCrowd) ask(visitors int, visit members) {
	c.r.b.t.Helper()
	for i := range visitors {
		visitor := fmt.Sprintf("%s-%d", c.name, i)
		arm := 0
		if c.r.assign("seg", visitor, visit)["variant"].(members)["key"] == "b" {
			arm = 1
		}
		if c.converts(arm) {
			c.r.post("/api/v1/tracker/convert", members{"installation_token": c.r.token, "experiment": "seg", "visitor_id": visitor})
		}
	}
}

// waitSegments has groups counted by whoever asks on the page, and returns what the API says of them.
func (o owner) waitSegments(id string) members {
	b := o.program.b
	b.t.Helper()
	a := b.want(o.post("/experiments/"+id+"/segments", url.Values{}), http.StatusSeeOther)
	if got := a.Header.Get("Location"); got != "/experiments/"+id+"#segments" {
		b.t.Errorf("without scripts, asking leads to %s", got)
	}
	for range 600 {
		_, r := o.call(http.MethodGet, "/analytics/experiments/"+id, nil, http.StatusOK)
		if s := r["segments"].(members); s["counting"] == false {
			return s
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Fatal("the count does not end")
	return nil
}

// segment is a group of the answer, nil without it.
func segment(segments members, dimension, value string) (variants []any) {
	for _, d := range segments["dimensions"].([]any) {
		if d.(members)["key"] != dimension {
			continue
		}
		for _, v := range d.(members)["values"].([]any) {
			if v.(members)["value"] == value {
				return v.(members)["variants"].([]any)
			}
		}
	}
	return nil
}

func TestGroupsOfVisitorsAreCountedAndShown(t *testing.T) {
	t.Parallel()
	urls := dbtest.Clone(t)
	d, err := db.Open(t.Context(), db.Config{URL: urls, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	b := setupWith(t, bundleOptions{db: d})
	b.runJobs()
	o := b.owner().withSite()
	r := bundleOfSite(t, o.program)
	x := r.start("seg", `{}`)
	id := x["id"].(string)
	if first := b.want(o.get("/experiments/"+id), http.StatusOK).body; !strings.Contains(first, "Not counted yet") {
		t.Error("before the first count the page does not say so")
	}

	phones := &segmentCrowd{r: r, name: "phone", rates: [2]float64{0.1, 0.7}}
	phones.browse(300, iPhone, members{"referrer": "https://www.google.com/", "returning": false}, "https://shop.example/shoes")
	laptops := &segmentCrowd{r: r, name: "laptop", rates: [2]float64{0.3, 0.3}}
	laptops.ask(260, members{"url": "https://shop.example/?utm_source=news&utm_medium=email", "user_agent": laptop, "returning": true, "country": "es"})
	few := &segmentCrowd{r: r, name: "tablet", rates: [2]float64{0, 1}}
	few.browse(5, tablet, members{"referrer": "https://l.facebook.com/", "returning": true}, "https://shop.example/")
	nobody := &segmentCrowd{r: r, name: "nobody"}
	nobody.ask(3, members{"device": "toaster", "country": "Atlantis"})
	r.post(flagsPath+"/seg", members{"context": members{"targetingKey": "flag", "user_agent": iPhone, "referrer": "https://chatgpt.com/"}})

	got := o.waitSegments(id)
	if got["as_of"] == nil || got["problem"] != nil {
		t.Errorf("got %v", got)
	}
	for _, want := range []struct {
		dimension, value string
		crowd            *segmentCrowd
		more             int // visitors of other crowds in it
		state            any
	}{
		{"device", "mobile", phones, 1, "better"}, {"device", "desktop", laptops, 0, "open"}, {"device", "tablet", few, 0, "early"}, {"device", "unknown", nobody, 0, nil},
		{"source", "search", phones, 0, "better"}, {"source", "email", laptops, 0, "open"}, {"source", "social", few, 0, "early"}, {"source", "assistant", nil, 1, "early"},
		{"visitor", "new", phones, 0, "better"}, {"country", "ES", laptops, 0, "open"},
	} {
		variants := segment(got, want.dimension, want.value)
		if len(variants) != 2 {
			t.Errorf("%s %s: got %v", want.dimension, want.value, variants)
			continue
		}
		visitors := 0
		for arm, v := range variants {
			visitors += int(v.(members)["visitors"].(float64))
			if want.crowd != nil && want.more == 0 && v.(members)["visitors"] != float64(want.crowd.counts[arm]) {
				t.Errorf("%s %s: %v visitors of arm %d, want %d", want.dimension, want.value, v.(members)["visitors"], arm, want.crowd.counts[arm])
			}
		}
		all := want.more
		if want.crowd != nil {
			all += want.crowd.counts[0] + want.crowd.counts[1]
		}
		if b := variants[1].(members); visitors != all || b["state"] != want.state || want.state != nil && (want.state == "early") != (b["lift"] == nil) {
			t.Errorf("%s %s: %d visitors, want %d; %v, want state %v", want.dimension, want.value, visitors, all, b, want.state)
		}
	}
	if got["comparisons"] != 7.0 { // mobile, desktop; search, email; new, returning; ES
		t.Errorf("%v comparisons, want 7", got["comparisons"])
	}
	o.segmentsOnThePage(id)
	o.segmentsInFiles(id, got)
	kept := dbtest.Texts(t, urls(""), "SELECT DISTINCT coalesce(segment, '') FROM assignments ORDER BY 1")
	if diff := cmp.Diff([]string{"", "derES", "ma", "msn", "tor"}, kept); diff != "" {
		t.Errorf("kept of visitors (-want +got):\n%s", diff)
	}

	stranger := b.owner()
	b.want(stranger.post("/experiments/"+id+"/segments", url.Values{}), http.StatusNotFound)
}

// segmentsOnThePage looks at what people see.
func (o owner) segmentsOnThePage(id string) {
	b := o.program.b
	b.t.Helper()
	for lang, words := range map[string][2]string{"en": {"Phone", "7 comparisons were made"}, "es": {"Móvil", "Se hicieron 7 comparaciones"}} {
		b.want(o.post("/settings", url.Values{"name": {"Ana"}, "lang": {lang}, "theme": {""}}), http.StatusSeeOther)
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(b.want(o.get("/experiments/"+id), http.StatusOK).body))
		if err != nil {
			b.t.Fatal(err)
		}
		section := doc.Find("#segments")
		if text := section.Text(); !strings.Contains(text, words[0]) || !strings.Contains(text, words[1]) {
			b.t.Errorf("%s: the section lacks %v", lang, words)
		}
		if early := section.Find("tr.is-early"); early.Length() == 0 || early.Find(".lift-cell strong").Length() > 0 {
			b.t.Errorf("%s: of %d groups that are too small something is claimed", lang, early.Length())
		}
	}
	b.want(o.post("/settings", url.Values{"name": {"Ana"}, "lang": {"en"}, "theme": {""}}), http.StatusSeeOther)
	part := b.want(o.htmx(http.MethodPost, "/experiments/"+id+"/segments", url.Values{}), http.StatusOK).body
	if !strings.Contains(part, `hx-get="/experiments/`+id+`/segments"`) || !strings.Contains(part, "Being counted now") {
		b.t.Errorf("asked by a script, the section does not ask for itself: %.300s", part)
	}
}

// segmentsInFiles compares the numbers of files with those of the API.
func (o owner) segmentsInFiles(id string, segments members) {
	b := o.program.b
	b.t.Helper()
	rows, err := csv.NewReader(strings.NewReader(b.want(o.get("/experiments/"+id+"/export/segments"), http.StatusOK).body)).ReadAll()
	if err != nil {
		b.t.Fatal(err)
	}
	found := 0
	for _, row := range table(b.t.(*testing.T), rows) {
		for _, v := range segment(segments, row["dimension"], row["value"]) {
			if v := v.(members); v["key"] == row["variant"] {
				found++
				if row["visitors"] != fmt.Sprint(v["visitors"]) || row["conversions"] != fmt.Sprint(v["conversions"]) {
					b.t.Errorf("got %v, want %v", row, v)
				}
			}
		}
	}
	if found == 0 || found != len(rows)-1 {
		b.t.Errorf("%d of %d rows are of the answer", found, len(rows)-1)
	}
}
