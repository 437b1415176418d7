package handlers

import (
	"bufio"
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/samplit/samplit/services"
)

const (
	shortSimulation = "/simulate?rate=4&rate=6&daily=500&days=14&seed=7"
	longSimulation  = "/simulate/stream?rate=4&rate=4.1&rate=4.2&rate=4.3&rate=4.4&rate=4.5&rate=4.6&rate=4.7&daily=500&days=90&seed=7"
)

func TestSimulatorNeedsNoAccount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.browser()
	doc := b.want(br.get("/simulate"), http.StatusOK).doc(t)
	if rates := doc.Find(`input[name="rate"]`); rates.Length() != 2 || doc.Find("#headline").Length() != 0 || doc.Find(".empty").Length() != 1 {
		t.Errorf("an empty page has %d rates and %d headlines", rates.Length(), doc.Find("#headline").Length())
	}
	if seed, _ := doc.Find(`input[name="seed"]`).Attr("value"); seed == "" {
		t.Error("the form has no seed")
	}
	a := b.want(br.get(shortSimulation), http.StatusOK)
	doc = a.doc(t)
	if text := doc.Find("#headline").Text(); !strings.HasPrefix(text, "Smart traffic brings about ") {
		t.Errorf("headline %q", text)
	}
	if link := doc.Find("#simulate-link").Text(); link != "http://localhost:8080/simulate?daily=500&days=14&rate=4&rate=6&seed=7" {
		t.Errorf("link %q", link)
	}
	for _, chart := range []string{"lost", "shares"} {
		if doc.Find("#"+chart+"-data").Length() != 1 || doc.Find(`figure:has([data-plot="`+chart+`"]) tbody tr`).Length() != 14 {
			t.Errorf("chart %s has no data or no table of 14 days", chart)
		}
	}
	if again := b.want(b.browser().get(shortSimulation), http.StatusOK); changing.ReplaceAllString(again.doc(t).Find("#result").Text(), "") != changing.ReplaceAllString(doc.Find("#result").Text(), "") {
		t.Error("the same address shows something else")
	}
	br.header.Set("Accept-Language", "es")
	if text := b.want(br.get(shortSimulation), http.StatusOK).doc(t).Find("#headline").Text(); !strings.HasPrefix(text, "El tráfico inteligente consigue") {
		t.Errorf("in Spanish %q", text)
	}
}

func TestSimulatorFormGrowsAndShrinks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	values := func(target string) (out []string) {
		t.Helper()
		doc := b.want(b.browser().get(target), http.StatusOK).doc(t)
		for _, input := range doc.Find(`input[name="rate"]`).EachIter() {
			value, _ := input.Attr("value")
			out = append(out, value)
		}
		if doc.Find("#headline").Length() > 0 {
			t.Errorf("%s ran", target)
		}
		return out
	}
	for target, want := range map[string][]string{
		shortSimulation + "&do=add":                                    {"4", "6", "6"},
		shortSimulation + "&do=remove-1":                               {"4", "6"}, // fewer than two are no test
		"/simulate?rate=1&rate=2&rate=3&do=remove-1&seed=1":            {"1", "3"},
		"/simulate?rate=1&rate=2&rate=3&do=remove-0&seed=1":            {"1", "2", "3"},
		"/simulate?rate=1" + strings.Repeat("&rate=2", 20) + "&do=add": {"1", "2", "2", "2", "2", "2", "2", "2"},
	} {
		if diff := cmp.Diff(want, values(target)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", target, diff)
		}
	}
}

func TestSimulatorExplainsWhatItRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for query, want := range map[string]string{
		"rate=4&rate=x&daily=500&days=14&seed=7":   "#rate-1-error",
		"rate=4&rate=101&daily=500&days=14&seed=7": "#rate-1-error",
		"rate=4&rate=NaN&daily=500&days=14&seed=7": "#rate-1-error",
		"rate=4&rate=5&daily=0&days=14&seed=7":     "#daily-error",
		"rate=4&rate=5&daily=1&days=1e9&seed=7":    "#days-error",
		"rate=4&daily=500&days=14&seed=7":          ".note-bad",
		"rate=4&rate=5&daily=500&days=14&seed=x":   ".note-bad",
		"rate=4&rate=5&daily=500&days=14&seed=-1":  ".note-bad",
		"seed=7&daily=&days=":                      "#daily-error",
	} {
		a := b.want(b.browser().get("/simulate?"+query), http.StatusUnprocessableEntity)
		if doc := a.doc(t); doc.Find(want).Length() != 1 || strings.Contains(doc.Find(want).Text(), "error.") {
			t.Errorf("%s: no %s: %s", query, want, doc.Find("form[data-simulate]").Text())
		}
	}
}

// upload sends a file as the form does.
func (br *browser) upload(file string) answer {
	br.b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range map[string]string{"daily": "700", "days": "21"} {
		if err := w.WriteField(name, value); err != nil {
			br.b.t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("csv", "visitors.csv")
	if err != nil {
		br.b.t.Fatal(err)
	}
	if _, err := part.Write([]byte(file)); err != nil {
		br.b.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		br.b.t.Fatal(err)
	}
	return br.b.send(http.MethodPost, "/simulate", body.String(), func(r *http.Request) {
		for name, values := range br.header {
			r.Header[name] = values
		}
		r.Header.Set("Content-Type", w.FormDataContentType())
	})
}

func TestSimulatorReadsRatesFromAFile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.browser()
	file := "visitor_id,variant,converted\n" + strings.Repeat("v,a,0\n", 3) + "w,a,1\nx,b,1\ny,control,0\nz,control,1\nq,control,0\n"
	a := b.want(br.upload(file), http.StatusSeeOther)
	to, err := url.Parse(a.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(url.Values{"rate": {"33.33", "50", "100"}, "daily": {"700"}, "days": {"21"}, "from": {"file"}}, to.Query()); diff != "" || to.Path != "/simulate" {
		t.Errorf("to %s (-want +got):\n%s", to, diff)
	}
	if doc := b.want(br.get(to.String()), http.StatusOK).doc(t); doc.Find(".note-good").Length() != 1 || doc.Find("#headline").Length() != 0 {
		t.Error("the page does not say where the rates come from, or ran already")
	}
	for file, want := range map[string]string{"variant,visitors,conversions\na,10,11\n": "Line 2: there are 11 conversions", "variant,visitors,conversions\na,10,1\n": "two to eight"} {
		if text := b.want(br.upload(file), http.StatusUnprocessableEntity).doc(t).Find("#csv-error").Text(); !strings.Contains(text, want) {
			t.Errorf("%q: %q, want %q", file, text, want)
		}
	}
	b.want(br.upload("visitor_id,variant,converted\n"+strings.Repeat("v,a,0\n", uploadLimit/6)), http.StatusRequestEntityTooLarge)
	b.want(br.post("/simulate", url.Values{"csv": {"x"}}), http.StatusBadRequest)
}

func TestSimulatorStartsFromTheAccountsTraffic(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner().withSite()
	doc := b.want(o.get("/simulate"), http.StatusOK).doc(t)
	if doc.Find("#nav").Length() != 1 {
		t.Error("somebody signed in is outside the usual frame")
	}
	if value, _ := doc.Find("#rate-0").Attr("value"); value != "4" {
		t.Errorf("without traffic the first rate is %q", value)
	}
}

// occupy takes every place of the simulator until the test ends.
func (b *testBundle) occupy() {
	b.t.Helper()
	ctx, leave := context.WithCancel(context.WithoutCancel(b.t.Context()))
	var guests sync.WaitGroup
	b.t.Cleanup(func() { leave(); guests.Wait() })
	for i := range max(1, runtime.GOMAXPROCS(0)/2) {
		inside := make(chan struct{})
		guests.Go(func() {
			in := services.Simulation{Rates: []float64{.1, .2}, Daily: 100, Days: 10, Seed: int64(i), Strategy: "adaptive"}
			_, _ = b.deps.Simulator.Compare(ctx, in, func(done, _ int) {
				if done == 1 {
					close(inside)
				}
				<-ctx.Done()
			})
		})
		<-inside
	}
}

func TestBusySimulatorSaysSo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.occupy()
	a := b.want(b.browser().get(shortSimulation), http.StatusServiceUnavailable)
	if doc := a.doc(t); doc.Find(".simulator-answer > .note-warn:not([hidden])").Length() != 1 || a.Header.Get("Retry-After") == "" {
		t.Errorf("the page does not say that it is busy: %s", doc.Find("#result").Text())
	}
	a = b.want(b.send(http.MethodPost, "/api/v1/simulate", `{"rates":[0.04,0.05],"daily":1000,"days":7}`, sendsJSON), http.StatusServiceUnavailable)
	if !strings.Contains(a.body, `"code":"busy"`) || a.Header.Get("Retry-After") == "" {
		t.Errorf("the API answers %s", a.body)
	}
	a = b.want(b.browser().get(strings.Replace(shortSimulation, "?", "/stream?", 1)), http.StatusOK)
	if !strings.Contains(a.body, "event: busy\n") {
		t.Errorf("the stream says %q", a.body)
	}
}

func sendsJSON(r *http.Request) { r.Header.Set("Content-Type", "application/json") }

func TestSimulatorStreamsProgress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.want(b.browser().get(strings.Replace(shortSimulation, "?", "/stream?", 1)), http.StatusOK)
	if a.Header.Get("Content-Type") != "text/event-stream" || !strings.HasPrefix(a.body, "event: progress\ndata: {\"done\":") || !strings.HasSuffix(a.body, "event: done\ndata: {}\n\n") {
		t.Errorf("got %s: %s", a.Header.Get("Content-Type"), a.body)
	}
	b.want(b.browser().get(shortSimulation), http.StatusOK)
	if load := b.deps.Simulator.Load(); load.Finished != 1 {
		t.Errorf("%d simulations were computed for one result, want 1", load.Finished)
	}
	for _, wrong := range []string{"rate=x&rate=5&daily=1&days=1&seed=1", "rate=4&rate=5&daily=0&days=1&seed=1"} {
		if a := b.want(b.browser().get("/simulate/stream?"+wrong), http.StatusOK); a.body != "event: done\ndata: {}\n\n" {
			t.Errorf("%s: got %q", wrong, a.body)
		}
	}
}

// Whoever closes the stream stops the computing.
func TestLeavingStopsTheSimulation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	server := httptest.NewServer(b.e)
	defer server.Close()
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+longSimulation, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "localhost"
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if line, err := bufio.NewReader(resp.Body).ReadString('\n'); err != nil || line != "event: progress\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	if load := b.deps.Simulator.Load(); load.Running != 1 {
		t.Errorf("load %+v, want one running", load)
	}
	leave()
	for b.deps.Simulator.Load().Running > 0 {
		time.Sleep(time.Millisecond)
	}
	if diff := cmp.Diff(services.SimulatorLoad{Cancelled: 1}, b.deps.Simulator.Load()); diff != "" {
		t.Errorf("load (-want +got):\n%s", diff)
	}
}

func TestSimulateAPI(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := &program{b: b}
	const csv = "visitor_id,variant,converted\n1,a,1\n2,a,0\n3,b,1\n4,b,1\n"
	_, got := p.call(http.MethodPost, "/simulate", members{"rates": []float64{0.04, 0.06}, "daily": 500, "days": 14, "seed": 7}, http.StatusOK)
	if runs, _ := got["runs"].(float64); runs != 200 {
		t.Errorf("runs %v", got["runs"])
	}
	fixed, _ := got["fixed"].(map[string]any)
	lost, _ := fixed["lost"].([]any)
	extra, _ := got["extra"].(map[string]any)
	if mean, _ := extra["mean"].(float64); len(lost) != 14 || mean <= 0 || !strings.HasPrefix(got["headline"].(string), "Smart traffic brings") {
		t.Errorf("got %v", got)
	}
	_, es := p.call(http.MethodPost, "/simulate", members{"rates": []float64{0.04, 0.06}, "daily": 500, "days": 14, "seed": 7}, http.StatusOK, "Accept-Language", "es")
	if !strings.HasPrefix(es["headline"].(string), "El tráfico inteligente") || !cmp.Equal(es["extra"], got["extra"]) {
		t.Errorf("in Spanish %v", es["headline"])
	}
	_, file := p.call(http.MethodPost, "/simulate", members{"csv": csv, "daily": 100, "days": 3}, http.StatusOK)
	if diff := cmp.Diff([]any{0.5, 1.0}, file["input"].(map[string]any)["rates"]); diff != "" {
		t.Errorf("rates of the file (-want +got):\n%s", diff)
	}
	for want, body := range map[string]members{
		"rates":    {"rates": []float64{0.04}, "daily": 500, "days": 14},
		"rates[1]": {"rates": []float64{0.04, 2}, "daily": 500, "days": 14},
		"daily":    {"rates": []float64{0.04, 0.05}, "daily": 0, "days": 14},
		"days":     {"rates": []float64{0.04, 0.05}, "daily": 500, "days": 4000},
		"csv":      {"rates": []float64{0.04, 0.05}, "csv": csv, "daily": 500, "days": 14},
		"strategy": {"rates": []float64{0.04, 0.05}, "daily": 500, "days": 14, "strategy": "multi_step"},
		"runs":     {"rates": []float64{0.04, 0.05}, "daily": 500, "days": 14, "runs": 1e9},
	} {
		a, _ := p.call(http.MethodPost, "/simulate", body, http.StatusUnprocessableEntity)
		if !strings.Contains(a.body, `"field":"`+want+`"`) {
			t.Errorf("%s: %s", want, a.body)
		}
	}
}
