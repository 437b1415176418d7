//go:build e2e

package snippet_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/samplit/samplit/static/snippet"
)

// patience bounds how long a test waits for something that must come; none measures how long it took.
const patience = 20 * time.Second

const token = "inst_test"

// tracker stands for the Samplit server: it serves the snippet with a configuration and collects what the snippet sends.
type tracker struct {
	*httptest.Server
	t testing.TB

	mu       sync.Mutex
	config   config
	requests []request
	// answer, when set, decides the status of an event request.
	answer func(request, http.ResponseWriter) int
	// decide answers assign: what it returns is sent as JSON, nil as a fault of the server.
	decide    func(question) any
	questions []question
	// delay holds the script file back.
	delay time.Duration
	// hold, when set, holds it back until it is closed.
	hold chan struct{}
}

// request is one POST of the snippet.
type request struct {
	path   string
	mode   string // Sec-Fetch-Mode: cors for fetch, no-cors for a beacon
	cookie string
	size   int
	events []event
	raw    map[string]any
	status int
}

// question is a request for an assignment.
type question struct {
	Token      string `json:"installation_token"`
	Experiment string `json:"experiment"`
	VisitorID  string `json:"visitor_id"`
	Preview    string `json:"preview"`
	Expose     *bool  `json:"expose"`
	Context    struct {
		URL, Referrer, Device string
		Returning             *bool
		UTM, Cookies          map[string]string
	} `json:"context"`
}

type event struct {
	ID         string   `json:"id"`
	Type       string   `json:"type"`
	T          int64    `json:"t"`
	VisitorID  string   `json:"visitor_id"`
	Experiment string   `json:"experiment"`
	Split      string   `json:"split"`
	Arm        string   `json:"arm"`
	Epoch      int      `json:"epoch"`
	Goal       string   `json:"goal"`
	Name       string   `json:"name"`
	Value      *float64 `json:"value"`
	Currency   string   `json:"currency"`
	Order      string   `json:"order"`
	URL        string   `json:"url"`
}

func newTracker(t testing.TB, experiments ...experiment) *tracker {
	t.Helper()
	tr := &tracker{t: t}
	tr.Server = httptest.NewServer(tr)
	t.Cleanup(tr.Close)
	if experiments == nil {
		experiments = []experiment{}
	}
	tr.config = config{V: 1, Token: token, Base: tr.URL, X: experiments}
	return tr
}

// reconfigure replaces the experiments for the pages loaded from now on.
func (tr *tracker) reconfigure(experiments ...experiment) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.config.X = experiments
}

// holdScript holds the script file back until hold is closed; nil does not.
func (tr *tracker) holdScript(hold chan struct{}) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.hold = hold
}

// respond sets how event requests are answered from now on; nil accepts them.
func (tr *tracker) respond(answer func(request, http.ResponseWriter) int) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.answer = answer
}

func (tr *tracker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Access-Control-Expose-Headers", "Retry-After")
	switch {
	case r.Method == http.MethodGet && (r.URL.Path == "/s/"+token+".js" || r.URL.Path == "/s/"+token+".async.js"):
		time.Sleep(tr.delay)
		tr.mu.Lock()
		hold := tr.hold
		tr.mu.Unlock()
		if hold != nil {
			<-hold
		}
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		io.WriteString(w, tr.script(strings.HasSuffix(r.URL.Path, ".async.js")))
	case r.Method == http.MethodGet && r.URL.Path == "/s/"+token+".json":
		tr.mu.Lock()
		defer tr.mu.Unlock()
		json.NewEncoder(w).Encode(tr.config)
	case r.Method == http.MethodGet && r.URL.Path == "/s/preview.js":
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		http.ServeFile(w, r, "../../static/js/preview.js")
	case r.Method == http.MethodPost && r.URL.Path == "/api/v1/tracker/assign":
		tr.assign(w, r)
	case r.Method == http.MethodPost:
		tr.collect(w, r)
	default:
		tr.t.Errorf("tracker got %s %s", r.Method, r.URL)
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

// script is what the server serves: the parts of the committed runtime that the configuration needs.
func (tr *tracker) script(loader bool) string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	inline, err := json.Marshal(tr.config)
	if err != nil {
		tr.t.Error(err)
	}
	return script(tr.t, string(inline), loader)
}

// built is the committed runtime with all its parts.
func built(t testing.TB) string {
	code, err := os.ReadFile("../../static/js/snippet.js")
	if err != nil {
		t.Error(err)
	}
	return string(code)
}

// script is the runtime for a configuration.
func script(t testing.TB, config string, loader bool) string {
	runtime, err := snippet.Parse([]byte(built(t)))
	if err != nil {
		t.Error(err)
		return ""
	}
	code, err := runtime.Script([]byte(config), snippet.Form{Loader: loader})
	if err != nil {
		t.Error(err)
	}
	return string(code)
}

func (tr *tracker) collect(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return // the page left in the middle of it
	}
	if kind := r.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/plain") {
		tr.t.Errorf("got Content-Type %q, want text/plain", kind)
	}
	got := request{path: r.URL.Path, mode: r.Header.Get("Sec-Fetch-Mode"), cookie: r.Header.Get("Cookie"), size: len(body), status: http.StatusOK}
	batch := struct {
		Token  string  `json:"installation_token"`
		SentAt int64   `json:"sent_at"`
		Events []event `json:"events"`
	}{}
	if err := json.Unmarshal(body, &batch); err != nil {
		tr.t.Errorf("body %q: %v", body, err)
	}
	if err := json.Unmarshal(body, &got.raw); err != nil {
		tr.t.Errorf("body %q: %v", body, err)
	}
	if batch.Token != token {
		tr.t.Errorf("got token %q, want %q", batch.Token, token)
	}
	got.events = batch.Events
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if tr.answer != nil {
		got.status = tr.answer(got, w)
	}
	tr.requests = append(tr.requests, got)
	w.WriteHeader(got.status)
}

func (tr *tracker) assign(w http.ResponseWriter, r *http.Request) {
	var q question
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		tr.t.Errorf("assign: %v", err)
	}
	tr.mu.Lock()
	tr.questions = append(tr.questions, q)
	decide := tr.decide
	tr.mu.Unlock()
	answer := decide(q) // which may take its time
	if answer == nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		tr.t.Error(err)
	}
}

// asked returns the questions so far.
func (tr *tracker) asked() []question {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return append([]question{}, tr.questions...)
}

// seen returns the requests so far.
func (tr *tracker) seen() []request {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return append([]request{}, tr.requests...)
}

// accepted returns the events that were answered with 200 and that match.
func (tr *tracker) accepted(match func(event) bool) []event {
	var found []event
	for _, r := range tr.seen() {
		for _, e := range r.events {
			if r.status == http.StatusOK && match(e) {
				found = append(found, e)
			}
		}
	}
	return found
}

// await waits until n accepted events match, and returns them.
func (tr *tracker) await(n int, what string, match func(event) bool) []event {
	tr.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		found := tr.accepted(match)
		if len(found) >= n {
			return found
		}
		if time.Now().After(deadline) {
			tr.t.Fatalf("got %d of %d %s in %+v", len(found), n, what, tr.seen())
		}
	}
}

func ofType(kind string) func(event) bool {
	return func(e event) bool { return e.Type == kind }
}

func exposureOf(e experiment) func(event) bool {
	return func(got event) bool { return got.Type == "exposure" && got.Experiment == e.ID }
}

func conversionOf(e experiment, goal string) func(event) bool {
	return func(got event) bool {
		return got.Type == "conversion" && got.Experiment == e.ID && got.Goal == goal
	}
}
