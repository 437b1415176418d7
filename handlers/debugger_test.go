package handlers

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/services"
)

// node is a whole server behind a socket: pages, tracker and debugger, with all their loops.
type node struct {
	*testBundle
	url       string
	snapshot  *services.Snapshot
	committer *services.Committer
	debugger  *services.Debugger
}

func (b *testBundle) node(d *db.DB) *node {
	t := b.t
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	n := &node{snapshot: services.NewSnapshot(d, "http://tracker.test", time.Now, log), committer: services.NewCommitter(d, time.Now, log)}
	tracker := services.NewTracker(d, n.snapshot, n.committer, services.NewAPIKeys(d, time.Now), services.TrackerLimits{Remembered: 1000, AssignWait: time.Minute}, time.Now, log)
	n.testBundle = setupWith(t, bundleOptions{db: d, change: func(deps *Deps) {
		deps.Debugger = services.NewDebugger(d, deps.Installations, tracker, time.Now, log)
		n.debugger = deps.Debugger
		deps.Quarantine = services.NewQuarantine(d, n.committer, n.snapshot, time.Now)
	}})
	public, err := NewTracker(TrackerDeps{Tracker: tracker, Limits: services.NewLimits(n.snapshot, services.LimitRules{}, time.Now),
		Errors: n.e.HTTPErrorHandler, Metrics: n.registry})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var running []chan struct{}
	for _, run := range []func(context.Context){n.snapshot.Run, n.committer.Run, n.debugger.Run} {
		done := make(chan struct{})
		running = append(running, done)
		go func() { defer close(done); run(ctx) }()
	}
	server := httptest.NewServer(Root(n.e, public, nil))
	t.Cleanup(func() {
		n.debugger.Stop()
		server.Close()
		cancel()
		for _, done := range running {
			<-done
		}
	})
	n.url = server.URL
	return n
}

// sightingEvent is what a stream sent.
type sightingEvent struct{ id, kind, data string }

// reading is an open stream.
type reading struct {
	t      testing.TB
	events chan sightingEvent
	close  context.CancelFunc
}

// watch opens the stream of a site as a browser would; a status other than 200 is returned instead.
func (n *node) watch(br *browser, target string, header ...string) (*reading, int) {
	n.t.Helper()
	ctx, cancel := context.WithCancel(n.t.Context())
	n.t.Cleanup(cancel)
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, n.url+target, nil)
	if err != nil {
		n.t.Fatal(err)
	}
	q.Host = "localhost:8080"
	for _, c := range br.cookies {
		q.AddCookie(c)
	}
	for i := 0; i+1 < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(q)
	if err != nil {
		n.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return nil, resp.StatusCode
	}
	for name, want := range map[string]string{"Content-Type": "text/event-stream", "Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no", "Content-Encoding": ""} {
		if got := resp.Header.Get(name); got != want {
			n.t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	r := &reading{n.t, make(chan sightingEvent, 1000), cancel}
	go r.read(resp)
	if first := r.next(); first.kind != "open" {
		n.t.Fatalf("the stream begins with %+v", first)
	}
	return r, http.StatusOK
}

func (r *reading) read(resp *http.Response) {
	defer close(r.events)
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	var e sightingEvent
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case lines.Text() == "":
			if e.kind != "" {
				r.events <- e
			}
			e = sightingEvent{}
		case name == "id":
			e.id = value
		case name == "event":
			e.kind = value
		case name == "data":
			e.data += value
		}
	}
}

// next is the next event; the zero one when the server has ended the stream.
func (r *reading) next() sightingEvent {
	r.t.Helper()
	select {
	case e := <-r.events:
		return e
	case <-time.After(time.Minute):
		r.t.Fatal("nothing was sent in a minute")
	}
	return sightingEvent{}
}

// until reads up to the row that holds all texts.
func (r *reading) until(texts ...string) sightingEvent {
	r.t.Helper()
	for {
		e := r.next()
		if e.kind == "" {
			r.t.Fatalf("the stream ended before a row with %q", texts)
		}
		found := true
		for _, text := range texts {
			found = found && strings.Contains(e.data, text)
		}
		if found {
			return e
		}
	}
}

// site gives an owner a running experiment on their site, known to the nodes.
func (n *node) running() (o owner, token string, x members) {
	n.t.Helper()
	o = n.owner().withSite()
	_, site := o.call(http.MethodGet, "/installations/"+o.site, nil, http.StatusOK)
	x = o.experiment(members{"key": "headline-" + uuid.NewString()[:8]})
	o.status(x, members{"status": "running"}, http.StatusOK)
	if err := n.snapshot.Refresh(n.t.Context()); err != nil {
		n.t.Fatal(err)
	}
	return o, site["token"].(string), x
}

func (n *node) track(path, body string, want int) {
	n.t.Helper()
	q, err := http.NewRequestWithContext(n.t.Context(), http.MethodPost, n.url+"/api/v1/tracker/"+path, strings.NewReader(body))
	if err != nil {
		n.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(q)
	if err != nil {
		n.t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != want {
		n.t.Fatalf("%s answered %d, want %d", path, resp.StatusCode, want)
	}
}

func TestDebuggerShowsWhatArrivesAndWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	d := ownDatabase(t)
	n := (&testBundle{t: t}).node(d)
	o, token, x := n.running()
	key := x["key"].(string)
	r, _ := n.watch(o.browser, "/debugger/"+o.site+"/stream")
	send := func(path, rest string, want int) {
		n.track(path, fmt.Sprintf(`{"installation_token":%q,%s}`, token, rest), want)
	}
	about := func(visitor string) string { return fmt.Sprintf(`"experiment":%q,"visitor_id":%q`, key, visitor) }

	send("assign", about("anna"), 200)
	r.until("Asked for a variant", key, ">anna<", "Counted", "assign")
	send("assign", about("anna"), 200)
	r.until("Known visitor", ">anna<")
	send("assign", about("anna")+`,"context":{"url":"https://shop.example/elsewhere?secret=1"}`, 200)
	if e := r.until("Not in the test", "not one of the experiment", "/elsewhere"); strings.Contains(e.data, "secret") {
		t.Errorf("a query is shown: %s", e.data)
	}
	send("assign", `"experiment":"nothing<b>","visitor_id":"anna"`, 200)
	if e := r.until("No experiment of this site has that id or key", "nothing&lt;b&gt;"); strings.Contains(e.data, "<b>") {
		t.Errorf("markup: %s", e.data)
	}
	send("convert", about("anna")+`,"event_id":"order-1","value":19.9`, 200)
	r.until("Reached a goal", "19.9", "convert", "Counted")
	send("convert", about("anna")+`,"event_id":"order-1"`, 200)
	r.until("Duplicate")
	send("convert", about("late")+`,"event_id":"order-2"`, 200)
	r.until("Waiting", ">late<")
	send("convert", about("anna")+`,"value":"much"`, 422)
	r.until("Rejected", "bad_value")
	send("convert", `"experiment":"headline-none","visitor_id":"anna"`, 422)
	r.until("Rejected", "unknown_experiment")
	send("events", fmt.Sprintf(`"events":[{"type":"pageview","visitor_id":"ben","url":"https://shop.example/cart?card=4111"},
		{"type":"custom","name":"scrolled","visitor_id":"ben"},{"type":"dance","visitor_id":"ben"},{"type":"conversion","visitor_id":"ben","value":1e20,"experiment":%q}]`, key), 200)
	if e := r.until("Page view", "https://shop.example/cart"); strings.Contains(e.data, "4111") {
		t.Errorf("a query is shown: %s", e.data)
	}
	r.until("Custom event", "scrolled", "Stored")
	r.until("Rejected", "bad_type")
	r.until("Rejected", "bad_value")
	send("identify", `"visitor_id":"ben","user_id":"user-7"`, 200)
	r.until("Identified", "user-7")
	send("assign", about("smp-test-12345678"), 200)
	r.until("Not counted", "A test visitor is served")
	send("convert", about("smp-test-12345678"), 200)
	r.until("Reached a goal", "Not counted", "smp-test-12345678")
}

func TestDebuggerHearsEveryNode(t *testing.T) {
	t.Parallel()
	d := ownDatabase(t)
	here, there := (&testBundle{t: t}).node(d), (&testBundle{t: t}).node(d)
	o, token, x := here.running()
	if err := there.snapshot.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	body := fmt.Sprintf(`{"installation_token":%q,"experiment":%q,"visitor_id":"far"}`, token, x["key"])
	there.track("assign", body, 200) // nobody watches
	r, _ := here.watch(o.browser, "/debugger/"+o.site+"/stream")
	if err := there.snapshot.Refresh(t.Context()); err != nil { // it would by itself, within a second
		t.Fatal(err)
	}
	there.track("assign", body, 200)
	if e := r.until(">far<"); !strings.Contains(e.data, "Known visitor") {
		t.Errorf("the first row is of before somebody watched: %s", e.data)
	}
	here.track("assign", strings.Replace(body, "far", "near", 1), 200)
	r.until(">near<")
}

func TestDebuggerFiltersAndShowsNothingTwice(t *testing.T) {
	t.Parallel()
	d := ownDatabase(t)
	n := (&testBundle{t: t}).node(d)
	o, token, x := n.running()
	path := "/debugger/" + o.site + "/stream"
	assign := func(visitor string) {
		n.track("assign", fmt.Sprintf(`{"installation_token":%q,"experiment":%q,"visitor_id":%q}`, token, x["key"], visitor), 200)
	}
	all, _ := n.watch(o.browser, path)
	one, _ := n.watch(o.browser, path+"?visitor=b1")
	trouble, _ := n.watch(o.browser, path+"?outcome=trouble&kind=conversion")
	for _, v := range []string{"a1", "b1", "c1", "a1"} {
		assign(v)
	}
	n.track("convert", fmt.Sprintf(`{"installation_token":%q,"visitor_id":"b1","goal":"none"}`, token), 422)
	if e := one.next(); !strings.Contains(e.data, ">b1<") || !strings.Contains(e.data, "Asked for a variant") {
		t.Errorf("filtered by visitor, first: %s", e.data)
	}
	if e := one.next(); !strings.Contains(e.data, "unknown_goal") {
		t.Errorf("filtered by visitor, second: %s", e.data)
	}
	if e := trouble.next(); !strings.Contains(e.data, "unknown_goal") {
		t.Errorf("filtered by outcome: %s", e.data)
	}
	a := all.until(">a1<")
	rest := []sightingEvent{all.next(), all.next(), all.next()}
	all.close()
	again, _ := n.watch(o.browser, path, "Last-Event-ID", a.id)
	for i, want := range rest {
		if got := again.next(); got != want {
			t.Errorf("after the break, event %d is %+v, want %+v", i, got, want)
		}
	}
	again.until("unknown_goal")
	unknown, _ := n.watch(o.browser, path+"?after="+uuid.NewString())
	assign("d1")
	if e := unknown.next(); !strings.Contains(e.data, ">d1<") {
		t.Errorf("who comes from elsewhere is shown old events: %s", e.data)
	}
}

func TestDebuggerIsForMembersAndBounded(t *testing.T) {
	t.Parallel()
	d := ownDatabase(t)
	n := (&testBundle{t: t}).node(d)
	o, token, x := n.running()
	path := "/debugger/" + o.site + "/stream"
	stranger := n.owner()
	for _, p := range []string{path, "/debugger/" + o.site, "/debugger/" + uuid.NewString() + "/stream"} {
		if _, status := n.watch(stranger.browser, p); status != http.StatusNotFound {
			t.Errorf("a stranger at %s gets %d, want 404", p, status)
		}
	}
	if _, status := n.watch(n.browser(), path); status != http.StatusSeeOther {
		t.Errorf("signed out: %d, want the way to sign in", status)
	}
	v := n.viewer(o)
	n.want(v.get("/debugger/"+o.site), http.StatusOK)
	var open []*reading
	for range 4 {
		r, status := n.watch(v, path)
		if status != http.StatusOK {
			t.Fatalf("a viewer gets %d", status)
		}
		open = append(open, r)
	}
	if _, status := n.watch(v, path); status != http.StatusTooManyRequests {
		t.Errorf("the fifth stream of a session gets %d, want 429", status)
	}
	mine, _ := n.watch(o.browser, path) // another session has its own
	open[0].close()
	waitFor(t, func() bool {
		r, status := n.watch(v, path)
		if status == http.StatusOK {
			open[0] = r
		}
		return status == http.StatusOK
	})
	n.want(v.post("/logout", nil), http.StatusSeeOther)
	for _, r := range open {
		for e := r.next(); e.kind != ""; e = r.next() {
			t.Errorf("after signing out: %+v", e)
		}
	}
	n.track("assign", fmt.Sprintf(`{"installation_token":%q,"experiment":%q,"visitor_id":"still"}`, token, x["key"]), 200)
	mine.until(">still<")
	n.debugger.Stop()
	for e := mine.next(); e.kind != ""; e = mine.next() {
		t.Errorf("after the server began to stop: %+v", e)
	}
}

// waitFor tries until something has happened that other goroutines do.
func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for range 600 {
		if ok() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("it did not happen")
}

// A crowd of events must neither wait for who watches nor be shown as if that were all.
func TestDebuggerCountsWhatItLeavesOut(t *testing.T) {
	t.Parallel()
	d := ownDatabase(t)
	n := (&testBundle{t: t}).node(d)
	o, token, _ := n.running()
	r, _ := n.watch(o.browser, "/debugger/"+o.site+"/stream")
	const sent = 500
	events := strings.TrimSuffix(strings.Repeat(`{"type":"pageview","visitor_id":"crowd","url":"https://shop.example/`+strings.Repeat("<", 400)+`"},`, sent), ",")
	n.track("events", fmt.Sprintf(`{"installation_token":%q,"events":[%s]}`, token, events), 200)
	var shown, more atomic.Int64
	for shown.Load()+more.Load() < sent {
		e := r.next()
		var left int64
		if _, after, ok := strings.Cut(e.data, `colspan="4">and `); ok {
			if _, err := fmt.Sscanf(after, "%d more", &left); err != nil {
				t.Fatalf("%s: %v", e.data, err)
			}
			more.Add(left)
			continue
		}
		if len(e.data) > 4000 {
			t.Errorf("a row of %d bytes", len(e.data))
		}
		shown.Add(1)
	}
	if shown.Load() == 0 || shown.Load()+more.Load() != sent {
		t.Errorf("%d shown and %d told of, %d sent", shown.Load(), more.Load(), sent)
	}
}

func TestDebuggerSaysWhyAVisitorSeesWhatTheySee(t *testing.T) {
	t.Parallel()
	d := ownDatabase(t)
	n := (&testBundle{t: t}).node(d)
	o, token, x := n.running()
	key := x["key"].(string)
	ask := func(query string) string {
		t.Helper()
		return n.want(o.get("/debugger/"+o.site+"?"+query), http.StatusOK).body
	}
	if got := ask("visitor=new"); !strings.Contains(got, "Would see") || !strings.Contains(got, "Nothing is stored of this visitor") {
		t.Errorf("a new visitor: %s", got)
	}
	n.track("assign", fmt.Sprintf(`{"installation_token":%q,"experiment":%q,"visitor_id":"new"}`, token, key), 200)
	n.track("events", fmt.Sprintf(`{"installation_token":%q,"events":[{"type":"conversion","visitor_id":"new","experiment":%q,"value":7.5,"url":"https://shop.example/"}]}`, token, key), 200)
	doc := n.want(o.get("/debugger/"+o.site+"?visitor=new"), http.StatusOK).doc(t)
	if why := doc.Find(".visitor-why").Text(); !strings.Contains(why, "stored since") || !strings.Contains(why, "epoch 1") {
		t.Errorf("a known visitor: %s", why)
	}
	if did := doc.Find(".rows-past tbody").Text(); !strings.Contains(did, "Reached a goal") || !strings.Contains(did, "7.5") || !strings.Contains(did, "Counted") {
		t.Errorf("what they did: %s", did)
	}
	n.track("events", fmt.Sprintf(`{"installation_token":%q,"events":[{"type":"pageview","visitor_id":"new","url":"https://shop.example/deep/page"}]}`, token), 200)
	if got := ask("visitor=new"); !strings.Contains(got, "https://shop.example/deep/page does not match") {
		t.Errorf("on another page: %s", got)
	}
	_, patched := o.call(http.MethodPatch, "/experiments/"+x["id"].(string), members{"traffic_allocation": 0.01}, http.StatusOK)
	_ = patched
	if err := n.snapshot.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := ask("visitor=nobody-at-all"); !strings.Contains(got, "is not below the traffic share of 1%") {
		t.Errorf("outside of the traffic: %s", got)
	}
	o.status(x, members{"status": "paused"}, http.StatusOK)
	if err := n.snapshot.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := ask("visitor=nobody-at-all"); !strings.Contains(got, "the experiment is paused") {
		t.Errorf("paused: %s", got)
	}
	bad := n.want(o.get("/debugger/"+o.site+"?visitor="+url.QueryEscape("café")), http.StatusUnprocessableEntity)
	if bad.doc(t).Find("#visitor-error").Length() != 1 {
		t.Errorf("a visitor that cannot be: %s", bad.body)
	}
}

func TestDebuggerFindsItsSite(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.owner()
	if a := b.want(o.get("/debugger"), http.StatusOK); a.doc(t).Find(".empty a[href='/sites/new']").Length() != 1 {
		t.Errorf("without a site: %s", a.body)
	}
	o = o.withSite()
	a := b.want(o.get("/debugger?visitor=a%26b&kind=exposure&site="+uuid.NewString()), http.StatusSeeOther)
	if got, want := a.Header.Get("Location"), "/debugger/"+o.site+"?kind=exposure&visitor=a%26b"; got != want {
		t.Errorf("leads to %s, want %s", got, want)
	}
	doc := b.want(o.get("/debugger/"+o.site), http.StatusOK).doc(t)
	href := doc.Find("[data-test-visitor]").AttrOr("href", "")
	if !strings.HasPrefix(href, "https://shop.example/#samplit-test=smp-test-") || doc.Find(".debugger-empty a[href='/sites/"+o.site+"']").Length() != 1 {
		t.Errorf("the link for a test visitor is %q, the page: %s", href, doc.Find("main").Text())
	}
	if doc := b.want(o.get("/sites/"+o.site), http.StatusOK).doc(t); doc.Find("main a[href='/debugger/"+o.site+"']").Length() != 1 {
		t.Error("the site does not lead to its debugger")
	}
}
