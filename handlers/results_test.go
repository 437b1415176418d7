package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// visits brings visitors of one day to an arm; by goal, the first of them reach it.
func (b *testBundle) visits(x members, arm, visitors int, at time.Time, reached map[string]int) {
	b.t.Helper()
	id := uuid.MustParse(x["id"].(string))
	account, site := b.home(x)
	batch, events := db.Batch{Now: at}, db.Batch{Now: at}
	for i := range visitors {
		visitor := fmt.Sprintf("%d-%d-%s", arm, i, uuid.NewString())
		batch.Assignments = append(batch.Assignments, db.NewAssignment{Account: account, Experiment: id, Visitor: visitor, Arm: int16(arm), Epoch: 1,
			Propensity: .5, At: at, Exposed: true, Door: db.DoorAssign, Counted: true})
		for _, g := range x["goals"].([]any) {
			if goal := g.(members); i < reached[goal["key"].(string)] {
				events.Events = append(events.Events, db.NewEvent{Account: account, ID: uuid.Must(uuid.NewV7()), Day: at.UTC().Truncate(24 * time.Hour), Kind: db.KindConversion,
					Installation: site, Experiment: id, Goal: uuid.MustParse(goal["id"].(string)), Window: 7, Visitor: visitor, Occurred: at.Add(time.Second), Received: at.Add(time.Second)})
			}
		}
	}
	for _, part := range []db.Batch{batch, events} {
		if _, err := b.db.Apply(b.t.Context(), part); err != nil {
			b.t.Fatal(err)
		}
	}
}

func threeGoals() []members {
	return []members{{"key": "buy", "name": "Bought", "type": "custom", "primary": true}, {"key": "read", "name": "Read on", "type": "custom", "role": "secondary"},
		{"key": "stay", "name": "Stayed", "type": "custom", "role": "guardrail"}}
}

// running creates and starts an experiment of an owner with a site.
func (o owner) running(over members) (id string, x members) {
	o.browser.b.t.Helper()
	body := members{"installation_id": o.site, "name": "Headline", "variants": twoArms(), "goals": threeGoals()}
	for k, v := range over {
		body[k] = v
	}
	_, made := o.call(http.MethodPost, "/experiments", body, http.StatusCreated)
	id = made["id"].(string)
	o.call(http.MethodPatch, "/experiments/"+id+"/status", members{"status": "running"}, http.StatusOK)
	_, x = o.call(http.MethodGet, "/experiments/"+id, nil, http.StatusOK)
	return id, x
}

// A winner that harms a guardrail says so above its button, and every other goal has a verdict of its own.
func TestOtherGoalsHaveVerdicts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	id, x := o.running(nil)
	now := b.clock.Now()
	b.visits(x, 0, 900, now, map[string]int{"buy": 90, "read": 300, "stay": 500})
	b.visits(x, 1, 900, now, map[string]int{"buy": 190, "read": 310, "stay": 300})
	doc := b.want(o.get("/experiments/"+id), http.StatusOK).doc(t)
	chips := doc.Find("#goals .chip").Map(func(_ int, s *goquery.Selection) string { return strings.TrimSpace(s.Text()) })
	if strings.Join(chips, ", ") != "No clear difference, Harmed" {
		t.Errorf("verdicts %q", chips)
	}
	warning := strings.TrimSpace(doc.Find(".verdict .note-warn").Text())
	if !strings.Contains(warning, "Stayed") || doc.Find(".next .btn-primary").AttrOr("href", "") != "#goals" || doc.Find(".next a.btn").Length() != 2 {
		t.Errorf("warning %q, first button %q", warning, doc.Find(".next .btn-primary").Text())
	}
	_, api := o.call(http.MethodGet, "/analytics/experiments/"+id, nil, http.StatusOK)
	goals := api["goals"].([]any)
	if len(goals) != 2 || goals[1].(members)["states"].(members)["b"] != "worse" || goals[0].(members)["states"].(members)["b"] != "open" {
		t.Errorf("API says %v", goals)
	}
}

func TestEveryFigureIsExplained(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	id, x := o.running(nil)
	b.visits(x, 0, 500, b.clock.Now(), map[string]int{"buy": 50})
	b.visits(x, 1, 510, b.clock.Now(), map[string]int{"buy": 60})
	page := b.want(o.get("/experiments/"+id), http.StatusOK).doc(t)
	links := page.Find("#row-b a.figure")
	if links.Length() != 6 {
		t.Errorf("%d figures lead somewhere, want 6", links.Length())
	}
	numbers := b.want(o.get("/experiments/"+id+"/numbers/b"), http.StatusOK).doc(t)
	links.Each(func(_ int, s *goquery.Selection) {
		address := s.AttrOr("href", "")
		place, key, _ := strings.Cut(address, "#")
		if !strings.HasPrefix(place, "/experiments/"+id+"/numbers/b?goal=buy") || numbers.Find(".figures #"+key).Length() != 1 {
			t.Errorf("%q leads nowhere", address)
		}
		shown, explained := strings.Fields(s.Text())[0], strings.Fields(numbers.Find("#" + key + " strong").Text())[0]
		if shown != explained {
			t.Errorf("%s: the table says %s, the explanation %s", key, shown, explained)
		}
	})
	if text := numbers.Find("#rate pre").Text(); !strings.Contains(text, "60 ÷ 510 = 11.76%") {
		t.Errorf("formula %q", text)
	}
	if text := numbers.Find("#chance pre").Text(); !strings.Contains(text, "Beta(1 + 60, 1 + 450)") {
		t.Errorf("formula %q", text)
	}
	b.want(o.get("/experiments/"+id+"/numbers/zebra"), http.StatusNotFound)
	b.want(o.get("/experiments/"+id+"/numbers/b?goal=zebra"), http.StatusNotFound)
	b.want(b.owner().get("/experiments/"+id+"/numbers/b"), http.StatusNotFound)
	b.want(o.get("/experiments/"+o.draft()+"/numbers/b"), http.StatusNotFound)
}

func TestPeriods(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.clock.set(time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC))
	o := b.owner().withSite()
	id, x := o.running(nil)
	for d := range 4 {
		b.visits(x, 0, 100, b.clock.Now().AddDate(0, 0, d), map[string]int{"buy": 10 + d})
		b.visits(x, 1, 100, b.clock.Now().AddDate(0, 0, d), map[string]int{"buy": 20 + d})
	}
	b.clock.set(time.Date(2026, 11, 23, 18, 0, 0, 0, time.UTC))
	for query, want := range map[string]struct{ cells, problem string }{
		"":                              {"11.50%11.50%", ""},
		"from=2026-11-22&to=2026-11-23": {"12.50%10.50%", ""},
		"from=2026-11-23&to=2026-11-30": {"13.00%12.00%", "from 20 Nov to 23 Nov only"},
		"from=2027-01-01&to=2027-01-02": {"", "from 20 Nov to 23 Nov only"},
		"from=2026-11-23&to=2026-11-22": {"", "must not come after"},
		"from=yesterday":                {"", "not a date"},
		"from=9999999-01-01":            {"", "not a date"},
	} {
		doc := b.want(o.get("/experiments/"+id+"?"+query), http.StatusOK).doc(t)
		cells := doc.Find(".rows-period tbody tr").First().Find("td.num")
		got := ""
		cells.Slice(0, 2).Each(func(_ int, s *goquery.Selection) { got += strings.Fields(s.Text())[0] })
		if want.cells != "" && query != "" && got != want.cells {
			t.Errorf("%s: cells %s, want %s", query, got, want.cells)
		}
		problem := doc.Find("#period .note").Text()
		if !strings.Contains(problem, want.problem) || want.problem == "" && problem != "" {
			t.Errorf("%s: problem %q, want %q", query, problem, want.problem)
		}
	}
	days := o.get("/experiments/" + id).doc(t).Find(".days tbody tr")
	if days.Length() != 4 || !strings.Contains(days.First().Text(), "13.00%") {
		t.Errorf("%d days, the newest %q", days.Length(), days.First().Text())
	}
}

func TestNotes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	id, x := o.running(nil)
	b.visits(x, 0, 10, b.clock.Now(), nil)
	today := b.clock.Now().UTC().Format(time.DateOnly)
	for _, bad := range []url.Values{{"day": {today}}, {"day": {"soon"}, "text": {"x"}}, {"day": {today}, "text": {strings.Repeat("ü", 201)}}, {"day": {"1066-10-14"}, "text": {"x"}}} {
		doc := b.want(o.post("/experiments/"+id+"/notes", bad), http.StatusUnprocessableEntity).doc(t)
		if doc.Find(".note-form .field-error").Length() != 1 {
			t.Errorf("%v: no error at the field", bad)
		}
	}
	const hostile = `<script>alert(1)</script> ` + "\u202e" + `مرحبا`
	b.want(o.post("/experiments/"+id+"/notes", url.Values{"day": {today}, "text": {hostile}}), http.StatusSeeOther)
	page := o.get("/experiments/" + id)
	doc := page.doc(t)
	if got := strings.TrimSpace(doc.Find(".notes li bdi").Text()); got != hostile {
		t.Errorf("noted %q", got)
	}
	if data := doc.Find("#rates-data").Text(); !strings.Contains(data, "alert(1)") || strings.Contains(data, "<script>") {
		t.Errorf("the chart's notes: %s", data)
	}
	remove := doc.Find(".notes form").AttrOr("action", "")
	stranger := b.owner()
	b.want(stranger.post(remove, nil), http.StatusNotFound)
	b.want(stranger.post("/experiments/"+id+"/notes", url.Values{"day": {today}, "text": {"x"}}), http.StatusNotFound)
	b.want(o.post("/experiments/"+id+"/notes/zebra/remove", nil), http.StatusNotFound)
	b.want(o.post(remove, nil), http.StatusSeeOther)
	b.want(o.post(remove, nil), http.StatusNotFound)
	if n := o.get("/experiments/" + id).doc(t).Find(".notes li").Length(); n != 0 {
		t.Errorf("%d notes after the only one was removed", n)
	}
	if history := o.get("/experiments/" + id + "/history").body; !strings.Contains(history, "Added a note to") || !strings.Contains(history, "Removed a note from") {
		t.Error("the record of changes says nothing of notes")
	}
}
