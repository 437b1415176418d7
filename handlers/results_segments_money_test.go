package handlers

import (
	"encoding/csv"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
	"github.com/samplit/samplit/engine"
)

// moneyGroup is what the visitors of an arm brought.
type moneyGroup struct {
	visitors, buyers int
	sum, squares     float64
}

// shoppers have visitors with a device see the test; every second one buys, for about the price of their arm.
func (r *rulesBundle) shoppers(device string, visitors int, prices [2]float64) (did [2]moneyGroup) {
	r.b.t.Helper()
	for i := range visitors {
		visitor := fmt.Sprint(device, i)
		arm := engine.Choose(engine.Hash(engine.Seed("seg", ""), visitor), engine.Weights{5000, 5000}.Cumulative())
		events := []members{{"id": visitor, "type": "exposure", "visitor_id": visitor, "experiment": "seg", "arm": []string{"control", "b"}[arm], "epoch": 1,
			"url": "https://shop.example/"}}
		d := &did[arm]
		d.visitors++
		if d.visitors%2 == 0 {
			value := prices[arm] + float64(i%9)
			events = append(events, members{"id": visitor + "!", "type": "conversion", "visitor_id": visitor, "goal": "sales", "value": value, "currency": "EUR"})
			d.buyers++
			d.sum += value
			d.squares += value * value
		}
		got := r.post("/api/v1/tracker/events", members{"installation_token": r.token, "context": members{"device": device}, "events": events}, "Origin", "https://shop.example")
		if got["accepted"] != float64(len(events)) {
			r.b.t.Fatalf("%v: %v", events, got)
		}
	}
	return did
}

func TestGroupsOfARevenueGoalCompareWhatVisitorsBring(t *testing.T) {
	t.Parallel()
	d, err := db.Open(t.Context(), db.Config{URL: dbtest.Clone(t), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	b := setupWith(t, bundleOptions{db: d})
	b.runJobs()
	o := b.owner().withSite()
	r := bundleOfSite(t, o.program)
	id := r.start("seg", `{"goals":[{"key":"sales","name":"Sales","type":"revenue","primary":true,"config":{"currency":"EUR"}},
		{"key":"read","name":"Read","type":"custom","config":{"name":"read"}}]}`)["id"].(string)
	want := map[string][2]moneyGroup{
		"mobile":  r.shoppers("mobile", 300, [2]float64{20, 60}),
		"desktop": r.shoppers("desktop", 300, [2]float64{30, 30}),
		"tablet":  r.shoppers("tablet", 20, [2]float64{10, 900}),
	}
	got := o.waitSegments(id)
	for device, state := range map[string]string{"mobile": "better", "desktop": "open", "tablet": "early"} {
		variants := segment(got, "device", device)
		if len(variants) != 2 {
			t.Fatalf("%s: got %v", device, variants)
		}
		for arm, v := range variants {
			v, did := v.(members), want[device][arm]
			revenue, _ := v["revenue"].(members)
			if v["visitors"] != float64(did.visitors) || v["conversions"] != float64(did.buyers) ||
				revenue["sum"] != did.sum || revenue["per_visitor"] != did.sum/float64(did.visitors) {
				t.Errorf("%s arm %d: got %v, want %+v", device, arm, v, did)
			}
			n := float64(did.visitors)
			half := 1.959964 * math.Sqrt((did.squares-did.sum*did.sum/n)/(n-1)/n)
			if between := revenue["interval"].(members); math.Abs(between["high"].(float64)-between["low"].(float64)-2*half) > 1e-4 {
				t.Errorf("%s arm %d: interval %v, want %f to each side", device, arm, between, half)
			}
		}
		if v := variants[1].(members); v["state"] != state || (v["lift"] == nil) != (state == "early") {
			t.Errorf("%s: got %v, want it %s", device, v, state)
		}
	}
	mean := segment(got, "device", "mobile")[1].(members)["lift"].(members)["mean"].(float64)
	phones := want["mobile"]
	if lift := phones[1].sum / float64(phones[1].visitors) / (phones[0].sum / float64(phones[0].visitors)); math.Abs(mean+1-lift) > 0.01 {
		t.Errorf("phones bring %f times as much, told is %f", lift, mean+1)
	}
	o.moneyOnThePage(id, want)
}

// moneyOnThePage looks at what people see of it, and at the file.
func (o owner) moneyOnThePage(id string, want map[string][2]moneyGroup) {
	b := o.program.b
	b.t.Helper()
	section := func(goal string) string {
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(b.want(o.get("/experiments/"+id+"?goal="+goal), http.StatusOK).body))
		if err != nil {
			b.t.Fatal(err)
		}
		return doc.Find("#segments").Text()
	}
	perVisitor := fmt.Sprintf("%.2f\u00a0EUR", want["mobile"][1].sum/float64(want["mobile"][1].visitors))
	if text := section("sales"); !strings.Contains(text, "Revenue per visitor") || !strings.Contains(text, perVisitor) {
		b.t.Errorf("the section lacks %s: %s", perVisitor, text)
	}
	if text := section("read"); strings.Contains(text, "Revenue") || strings.Contains(text, "EUR") {
		b.t.Errorf("of a goal without values amounts are told: %s", text)
	}
	rows, err := csv.NewReader(strings.NewReader(b.want(o.get("/experiments/"+id+"/export/segments"), http.StatusOK).body)).ReadAll()
	if err != nil {
		b.t.Fatal(err)
	}
	found := 0
	for _, row := range table(b.t.(*testing.T), rows) {
		groups, known := want[row["value"]]
		switch {
		case row["goal"] == "read":
			if row["revenue_sum"] != "" || row["currency"] != "" {
				b.t.Errorf("of a goal without values: %v", row)
			}
		case known:
			found++
			arm := map[string]int{"control": 0, "b": 1}[row["variant"]]
			if row["currency"] != "EUR" || row["revenue_sum"] != fmt.Sprint(groups[arm].sum) || row["revenue_per_visitor"] == "" || row["revenue_per_visitor_low"] == "" {
				b.t.Errorf("got %v, want %+v", row, groups[arm])
			}
		}
	}
	if found != 6 {
		b.t.Errorf("%d rows of devices, want 6", found)
	}
}
