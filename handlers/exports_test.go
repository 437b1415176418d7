package handlers

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/parquet-go/parquet-go"
	"github.com/xuri/excelize/v2"

	"github.com/samplit/samplit/services"
)

// decided is an experiment whose variant is called like a formula and does better.
func (o owner) decided() members {
	o.program.b.t.Helper()
	x := o.experiment(members{"variants": []members{{"key": "control", "name": "Original", "is_control": true},
		{"key": "b", "name": "=1+1", "changes": []members{{"selector": "h1", "action": "text", "value": "Buy"}}}}})
	o.status(x, members{"status": "running"}, http.StatusOK)
	o.program.b.crowd(x, 0, 3000, 150)
	o.program.b.crowd(x, 1, 3000, 231)
	return x
}

// table reads rows with a head as maps.
func table(t *testing.T, rows [][]string) (out []map[string]string) {
	t.Helper()
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, name := range rows[0] {
			if i < len(row) {
				m[name] = row[i]
			}
		}
		out = append(out, m)
	}
	return out
}

func TestExportedNumbersAreThoseOfTheResults(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	x := o.decided()
	path := "/experiments/" + x["id"].(string)
	_, api := o.call(http.MethodGet, "/analytics/experiments/"+x["id"].(string), nil, http.StatusOK)
	want := api["variants"].([]any)

	text := b.want(o.get(path+"/export/csv"), http.StatusOK)
	if got := text.Header.Get("Content-Disposition"); !strings.Contains(got, ".csv") {
		t.Errorf("got %q, want a file", got)
	}
	rows, err := csv.NewReader(strings.NewReader(text.body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(strings.NewReader(b.want(o.get(path+"/export/xlsx"), http.StatusOK).body))
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := book.GetRows("Variants", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	packed := []byte(b.want(o.get(path+"/export/parquet"), http.StatusOK).body)
	figures, err := parquet.Read[services.ResultRow](bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	var whole struct{ Results []services.Results }
	if err := json.Unmarshal([]byte(b.want(o.get(path+"/export/json"), http.StatusOK).body), &whole); err != nil {
		t.Fatal(err)
	}
	fromCSV, fromXLSX := table(t, rows), table(t, sheet)
	for i, v := range want {
		v := v.(members)
		lift, _ := v["lift"].(members)
		numbers := members{"visitors": v["visitors"], "conversions": v["conversions"], "rate": v["rate"], "rate_low": v["interval"].(members)["low"],
			"prob_best": v["prob_best"], "expected_loss": v["expected_loss"], "weight_now": v["weight_now"], "lift": lift["mean"], "lift_low": lift["low"]}
		for name, value := range numbers {
			text := ""
			if value != nil {
				text = strconv.FormatFloat(value.(float64), 'g', -1, 64)
			}
			if got := fromCSV[i][name]; got != text {
				t.Errorf("CSV, %s of %v: got %q, want %q", name, v["key"], got, text)
			}
			if value == nil {
				continue
			}
			if got, err := strconv.ParseFloat(fromXLSX[i][name], 64); err != nil || math.Abs(got-value.(float64)) > 1e-14*math.Abs(value.(float64)) { // workbooks have 15 digits
				t.Errorf("XLSX, %s of %v: got %q, want %q", name, v["key"], fromXLSX[i][name], text)
			}
		}
		if f, r := figures[i], whole.Results[0].Variants[i]; f.Rate != v["rate"] || f.ExpectedLoss != v["expected_loss"] || r.Rate != v["rate"] || r.ProbBest != v["prob_best"] {
			t.Errorf("%v: Parquet has %+v, JSON %+v, the API %v", v["key"], f, r, v)
		}
	}
	if got := fromCSV[1]["name"]; got != "'=1+1" {
		t.Errorf("CSV: got name %q, want one that no spreadsheet evaluates", got)
	}
	if got := fromXLSX[1]["name"]; got != "=1+1" {
		t.Errorf("XLSX: got name %q, want the text itself", got)
	}
	if formula, err := book.GetCellFormula("Variants", "D3"); err != nil || formula != "" {
		t.Errorf("XLSX: got formula %q, %v", formula, err)
	}
	b.want(o.get(path+"/export/pdf"), http.StatusNotFound)
	b.want(b.owner().get(path+"/export/csv"), http.StatusNotFound)
}

func TestPrintedNumbersAreThoseOfThePage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	path := "/experiments/" + o.decided()["id"].(string)
	page := b.want(o.get(path), http.StatusOK).doc(t)
	a := b.want(o.get(path+"/print"), http.StatusOK)
	print := a.doc(t)
	if got, want := print.Find(".statement").Text(), page.Find(".statement").Text(); got != want || got == "" {
		t.Errorf("got headline %q, want %q", got, want)
	}
	for _, label := range []string{"Visitors", "Rate", "Uplift", "Chance to be better", "You risk, per 1,000"} {
		cell := fmt.Sprintf("td[data-label=%q]", label)
		got, want := cellTexts(print.Find(cell)), cellTexts(page.Find(".rows-variants").First().Find(cell))
		if diff := cmp.Diff(want, got); diff != "" || len(got) == 0 {
			t.Errorf("%s (-page +print):\n%s", label, diff)
		}
	}
	if print.Find("#curves-title").Closest("figure").Find("svg[role=img] path").Length() != 2 {
		t.Error("what is believed of the two variants is not drawn")
	}
	if print.Find("script").Length() > 0 || strings.Contains(a.Header.Get("Content-Security-Policy"), "script-src") {
		t.Error("the page for paper runs scripts")
	}
}

// cellTexts are what cells say, whatever the markup between it.
func cellTexts(cells *goquery.Selection) (said []string) {
	cells.Each(func(_ int, s *goquery.Selection) { said = append(said, strings.Join(strings.Fields(s.Text()), "")) })
	return said
}

// waitExport asks until no export of an experiment is under way, and returns the newest one.
func (o owner) waitExport(id string) members {
	b := o.program.b
	b.t.Helper()
	for range 600 {
		_, list := o.call(http.MethodGet, "/analytics/experiments/"+id+"/exports", nil, http.StatusOK)
		newest := list["items"].([]any)[0].(members)
		if newest["state"] != services.ExportWaiting && newest["state"] != services.ExportRunning {
			return newest
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Fatal("the export does not end")
	return nil
}

func TestRowsAreExportedInTheBackground(t *testing.T) {
	t.Parallel()
	b := setupWith(t, bundleOptions{db: ownDatabase(t)})
	b.runJobs()
	o := b.owner().withSite()
	x := o.decided()
	id := x["id"].(string)
	for what, rows := range map[string]int{"assignments": 6000, "conversions": 381} {
		b.want(o.post("/experiments/"+id+"/exports", url.Values{"what": {what}, "format": {"csv"}}), http.StatusSeeOther)
		e := o.waitExport(id)
		if e["state"] != services.ExportReady || e["written"] != float64(rows) || e["expected"] != float64(rows) {
			t.Fatalf("%s: got %v, want %d rows", what, e, rows)
		}
		link := strings.TrimPrefix(e["url"].(string), "http://localhost:8080")
		file := b.want(b.browser().get(link), http.StatusOK)
		got, err := csv.NewReader(strings.NewReader(file.body)).ReadAll()
		if err != nil || len(got) != rows+1 {
			t.Errorf("%s: got %d rows, %v", what, len(got)-1, err)
		}
		if len(file.Cookies()) > 0 {
			t.Error("a download sets cookies")
		}
	}
	e := o.waitExport(id)
	link := strings.TrimPrefix(e["url"].(string), "http://localhost:8080")
	bad := strings.TrimSuffix(link, link[len(link)-1:]) + "_"
	if text := b.want(b.browser().get(bad), http.StatusNotFound).doc(t).Find("h1").Text(); !strings.Contains(text, "not whole") {
		t.Errorf("an altered link says %q", text)
	}
	b.want(o.post("/experiments/"+id+"/exports", url.Values{"what": {"conversions"}, "format": {"json"}}), http.StatusSeeOther)
	second := o.waitExport(id)
	o.call(http.MethodDelete, "/analytics/exports/"+second["id"].(string), nil, http.StatusNoContent)
	if e := o.waitExport(id); e["state"] != services.ExportDeleted || e["url"] != nil {
		t.Errorf("got %v, want a deleted file", e)
	}
	b.want(b.browser().get(strings.TrimPrefix(second["url"].(string), "http://localhost:8080")), http.StatusNotFound)
	b.clock.advance(25 * time.Hour)
	if text := b.want(b.browser().get(link), http.StatusNotFound).doc(t).Find("h1").Text(); !strings.Contains(text, "does not hold") {
		t.Errorf("an old link says %q", text)
	}
}

func TestExportsAreBoundedCancelledAndOurs(t *testing.T) {
	t.Parallel()
	b := setup(t) // no jobs run: what is asked for waits
	o := b.owner().withSite()
	x := o.decided()
	path := "/analytics/experiments/" + x["id"].(string) + "/exports"
	ask := members{"what": "assignments", "format": "parquet"}
	var last members
	for range 3 {
		_, last = o.call(http.MethodPost, path, ask, http.StatusAccepted)
	}
	o.call(http.MethodPost, path, ask, http.StatusConflict)
	if text := b.want(o.post("/experiments/"+x["id"].(string)+"/exports", url.Values{"what": {"assignments"}, "format": {"csv"}}), http.StatusConflict).doc(t).Find(".note-bad").Text(); !strings.Contains(text, "Three files") {
		t.Errorf("a fourth one is refused with %q", text)
	}
	o.call(http.MethodPost, path, members{"what": "passwords", "format": "csv"}, http.StatusUnprocessableEntity)
	other := b.owner()
	other.call(http.MethodGet, path, nil, http.StatusNotFound)
	other.call(http.MethodDelete, "/analytics/exports/"+last["id"].(string), nil, http.StatusNotFound)
	o.call(http.MethodDelete, "/analytics/exports/"+last["id"].(string), nil, http.StatusNoContent)
	o.call(http.MethodPost, path, ask, http.StatusAccepted)
	history := b.want(o.get("/experiments/"+x["id"].(string)+"/history"), http.StatusOK).body
	for _, want := range []string{"Asked for the visitors of", "Cancelled an export of"} {
		if !strings.Contains(history, want) {
			t.Errorf("the record does not say %q", want)
		}
	}
}

func TestSharedResults(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	x := o.decided()
	path := "/experiments/" + x["id"].(string)
	b.want(o.post(path+"/shares", url.Values{"days": {"7"}, "text": {"on"}, "url": {"on"}, "money": {"on"}}), http.StatusSeeOther)
	tab := b.want(o.get(path+"/share"), http.StatusOK).doc(t)
	link := strings.TrimPrefix(tab.Find(".share-list .copy-text").Text(), "http://localhost:8080")
	stranger := b.browser()
	a := b.want(stranger.get(link), http.StatusOK)
	page := b.want(o.get(path), http.StatusOK).doc(t)
	if got, want := a.doc(t).Find("td.num, td.lift-cell").Text(), page.Find("td.lift-cell").Text(); got == "" || !strings.Contains(strings.Join(strings.Fields(got), " "), strings.Join(strings.Fields(want), " ")[9:]) {
		t.Errorf("got %q, want the numbers of the page: %q", got, want)
	}
	if got, want := a.doc(t).Find(".statement").Text(), page.Find(".statement").Text(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(a.Cookies()) > 0 || a.Header.Get("X-Robots-Tag") != "noindex, nofollow" || !strings.HasPrefix(a.Header.Get("Content-Security-Policy"), "default-src 'none'; style-src 'self'") {
		t.Errorf("got header %v", a.Header)
	}
	if text := b.want(stranger.get(link+"x"), http.StatusNotFound).doc(t).Find("h1").Text(); !strings.Contains(text, "not whole") {
		t.Errorf("an altered link says %q", text)
	}
	revoke, _ := tab.Find(".share-line form").Attr("action")
	b.want(b.owner().post(revoke, nil), http.StatusNotFound)
	b.want(o.post(revoke, nil), http.StatusSeeOther)
	if text := b.want(stranger.get(link), http.StatusNotFound).doc(t).Find("h1").Text(); !strings.Contains(text, "does not hold") {
		t.Errorf("a withdrawn link says %q", text)
	}
	_, made := o.call(http.MethodPost, "/analytics"+path+"/shares", members{"days": 1, "text": true, "url": true, "money": true}, http.StatusCreated)
	b.clock.advance(25 * time.Hour)
	b.want(stranger.get(strings.TrimPrefix(made["link"].(string), "http://localhost:8080")), http.StatusNotFound)
}

func TestPublicPageShowsNumbersAlone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	x := o.decided()
	path := "/analytics/experiments/" + x["id"].(string) + "/shares"
	public := members{"public": true, "text": false, "url": false, "money": false}
	_, made := o.call(http.MethodPost, path, public, http.StatusCreated)
	o.call(http.MethodPost, path, public, http.StatusConflict)
	draft := o.experiment(members{"key": "draft-" + uuid.NewString()[:8]})
	o.call(http.MethodPost, "/analytics/experiments/"+draft["id"].(string)+"/shares", public, http.StatusConflict)
	b.clock.advance(1000 * 24 * time.Hour)
	body := b.want(b.browser().get(strings.TrimPrefix(made["link"].(string), "http://localhost:8080")), http.StatusOK).body
	goal := x["goals"].([]any)[0].(members)["key"].(string)
	for _, hidden := range []string{"=1+1", "shop.example", x["name"].(string), "Bought", "goal-" + goal} {
		if strings.Contains(body, hidden) {
			t.Errorf("the public page shows %q", hidden)
		}
	}
	for _, shown := range []string{"Variant B", "3,000", "7.70%", `id="curves-title"`} {
		if !strings.Contains(body, shown) {
			t.Errorf("the public page does not show %q", shown)
		}
	}
}
