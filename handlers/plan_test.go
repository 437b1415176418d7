package handlers

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
)

// looks brings page views of as many visitors to the site of an experiment.
func (b *testBundle) looks(x members, visitors int) {
	b.t.Helper()
	account, site := b.home(x)
	batch := db.Batch{Now: b.clock.Now()}
	for i := range visitors {
		at := b.clock.Now().Add(-time.Duration(i) * 48 * time.Hour / time.Duration(visitors-1))
		batch.Events = append(batch.Events, db.NewEvent{Account: account, ID: uuid.Must(uuid.NewV7()), Day: at.UTC().Truncate(24 * time.Hour), Kind: db.KindPageview,
			Installation: site, Visitor: fmt.Sprint("looker-", i), URL: "https://shop.example/", Occurred: at, Received: at})
	}
	if _, err := b.db.Apply(b.t.Context(), batch); err != nil {
		b.t.Fatal(err)
	}
}

func TestPlanIsStoredBeforeTheStartAndProven(t *testing.T) {
	t.Parallel()
	url := dbtest.Clone(t)
	d, err := db.Open(t.Context(), db.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	b := setupWith(t, bundleOptions{db: d})
	o := b.owner().withSite()
	x := o.experiment(nil)
	path := "/experiments/" + x["id"].(string)
	if text := b.want(o.get(path+"/plan"), http.StatusOK).doc(t).Find(".statement").Text(); !strings.Contains(text, "once the snippet has seen") {
		t.Errorf("without visitors: %q", text)
	}
	b.looks(x, 4000)
	doc := b.want(o.get(path+"/plan"), http.StatusOK).doc(t)
	facts := strings.Join(strings.Fields(doc.Find(".facts").Text()), " ")
	if !strings.Contains(doc.Find(".statement").Text(), "About ") || !strings.Contains(facts, "2,000") || !strings.Contains(facts, "5.0%") {
		t.Errorf("with 2,000 visitors a day: %q, %q", doc.Find(".statement").Text(), facts)
	}
	if text := b.want(o.htmx(http.MethodGet, path+"/plan/mistakes", nil), http.StatusOK).body; !strings.Contains(text, "name a winner") {
		t.Errorf("mistakes: %q", text)
	}
	o.status(x, members{"status": "running"}, http.StatusOK)
	doc = b.want(o.get(path+"/plan"), http.StatusOK).doc(t)
	if got := doc.Find(".forecast .gain").Text(); !strings.Contains(got, "entry") {
		t.Errorf("after the start: %q", doc.Find(".forecast").Text())
	}
	conn, err := pgx.Connect(t.Context(), url(""))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `UPDATE launch_plans SET body = replace(body, '0.05', '0.10')`); err != nil {
		t.Fatal(err)
	}
	if got := b.want(o.get(path+"/plan"), http.StatusOK).doc(t).Find(".forecast .loss").Text(); !strings.Contains(got, "is not what") {
		t.Errorf("an altered plan: %q", got)
	}
	b.want(b.owner().get(path+"/plan"), http.StatusNotFound)
}
