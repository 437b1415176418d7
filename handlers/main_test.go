package handlers

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/crypto/bcrypt"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
	"github.com/samplit/samplit/mail"
	"github.com/samplit/samplit/services"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// goodPassword is one that nothing objects to.
const goodPassword = "correct horse battery staple"

// testBundle is a whole server in memory over the package's database.
type testBundle struct {
	t        testing.TB
	e        *echo.Echo
	deps     Deps
	db       *db.DB
	clock    *fakeClock
	mailbox  *mail.Catcher
	registry *prometheus.Registry
	log      *syncBuffer
	secret   services.Secret
	keys     services.Sealer // of learned state
}

type bundleOptions struct {
	db         *db.DB // nil: the package's
	inviteOnly bool
	limited    bool // addresses are slowed down, as in production
	change     func(*Deps)
}

func setup(t testing.TB) *testBundle {
	t.Helper()
	return setupWith(t, bundleOptions{})
}

func setupWith(t testing.TB, o bundleOptions) *testBundle {
	t.Helper()
	b := &testBundle{t: t, db: o.db, clock: &fakeClock{now: time.Now()}, registry: prometheus.NewRegistry(), log: &syncBuffer{}}
	if b.db == nil {
		b.db = dbtest.Open(t)
	}
	b.mailbox = mail.NewCatcher(b.clock.Now)
	var err error
	if b.secret, err = services.NewSecret(strings.Repeat("test secret ", 4)); err != nil {
		t.Fatal(err)
	}
	passwords, err := services.NewPasswords(b.secret, bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	tokens := services.NewTokens(b.db, b.secret, "http://localhost:8080", 30*time.Minute, b.clock.Now)
	rules := services.SignUpRules{BaseURL: "http://localhost:8080", InviteOnly: o.inviteOnly}
	if !o.limited {
		rules.Exempt = func(netip.Addr) bool { return true }
	}
	b.deps = Deps{
		Accounts: services.NewAccounts(b.db, passwords, tokens, services.NewMemoryThrottle(b.clock.Now), mail.New("no-reply@localhost", b.mailbox), b.clock.Now, rules),
		Sessions: services.NewSessions(b.db, b.clock.Now),
		Tokens:   tokens, BaseURL: "http://localhost:8080", TrackerURL: "http://localhost:8080",
		AllowedHosts: []string{"localhost", "*.preview.localhost"}, SessionKey: b.secret.Key("session"), Mailbox: b.mailbox,
		Log: slog.New(slog.NewTextHandler(io.MultiWriter(b.log, t.Output()), nil)), Clock: b.clock.Now, Metrics: b.registry,
	}
	b.keys = productDeps(t, &b.deps, b.db)
	b.deps.Notices = b.notices()
	if o.change != nil {
		o.change(&b.deps)
	}
	b.e = New(b.deps)
	return b
}

// ownDatabase opens a database that no other test sees.
func ownDatabase(t testing.TB) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{URL: dbtest.Clone(t), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// runJobs works on the jobs of the bundle's own database, and on more, until the test ends.
func (b *testBundle) runJobs(more ...db.Worker) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.t.Context()))
	done := make(chan error, 1)
	go func() {
		done <- b.db.RunJobs(ctx, slices.Concat(b.deps.Accounts.Workers(), b.deps.Exports.Workers(), b.deps.Segments.Workers(), b.deps.Erasures.Workers(), more)...)
	}()
	b.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			b.t.Errorf("run jobs: %v", err)
		}
	})
}

// fakeClock stands still until it is moved.
type fakeClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func (c *fakeClock) set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

type syncBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *syncBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// answer is a response, read.
type answer struct {
	*http.Response
	body string
}

func (a answer) doc(t testing.TB) *goquery.Document {
	t.Helper()
	d, err := goquery.NewDocumentFromReader(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// send answers a request as the server would; change may be nil.
func (b *testBundle) send(method, target, body string, change func(*http.Request)) answer {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), method, target, strings.NewReader(body))
	r.Host = "localhost:8080"
	r.RemoteAddr = "192.0.2.1:4711"
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	b.e.ServeHTTP(w, r)
	res := w.Result()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{res, string(text)}
}

// browser keeps cookies like one, and says so with every request.
type browser struct {
	b       *testBundle
	cookies map[string]*http.Cookie
	header  http.Header // sent with every request
}

func (b *testBundle) browser() *browser {
	return &browser{b: b, cookies: map[string]*http.Cookie{}, header: http.Header{"Sec-Fetch-Site": {"same-origin"}, "User-Agent": {
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"}}}
}

func (br *browser) get(target string) answer {
	br.b.t.Helper()
	return br.do(http.MethodGet, target, nil)
}

func (br *browser) post(target string, form url.Values) answer {
	br.b.t.Helper()
	return br.do(http.MethodPost, target, form)
}

func (br *browser) do(method, target string, form url.Values) answer {
	br.b.t.Helper()
	a := br.b.send(method, target, form.Encode(), func(r *http.Request) {
		for name, values := range br.header {
			r.Header[name] = values
		}
		if method == http.MethodPost {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		for _, c := range br.cookies {
			r.AddCookie(c)
		}
	})
	for _, c := range a.Cookies() {
		if c.MaxAge < 0 {
			delete(br.cookies, c.Name)
		} else {
			br.cookies[c.Name] = c
		}
	}
	return a
}

// session is the value of the session cookie, empty when there is none.
func (br *browser) session() string {
	for _, c := range br.cookies {
		if strings.HasSuffix(c.Name, "samplit_session") {
			return c.Value
		}
	}
	return ""
}

// newEmail is an address that no other test has.
func newEmail() string { return uuid.NewString() + "@example.test" }

// registered is a browser of somebody who has just registered.
func (b *testBundle) registered(email string) *browser {
	b.t.Helper()
	br := b.browser()
	a := br.post("/register", url.Values{"email": {email}, "password": {goodPassword}, "name": {"Ana"}})
	if a.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("register: got %d, want 303: %s", a.StatusCode, a.body)
	}
	return br
}

// want fails the test unless the answer has the status.
func (b *testBundle) want(a answer, status int) answer {
	b.t.Helper()
	if a.StatusCode != status {
		b.t.Fatalf("got status %d, want %d: %s", a.StatusCode, status, a.body)
	}
	return a
}
