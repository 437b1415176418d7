package handlers

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
	"github.com/samplit/samplit/services"
)

// failing adds routes that end in errors, behind the same chains as ours.
func (b *testBundle) failing(path string, fail func(echo.Context) error) {
	h := &server{Deps: b.deps}
	b.e.GET(path, fail, h.sameOrigin, compress)
}

func TestUnexpectedErrorsTellNothingAndAreLoggedOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.failing("/broken", func(echo.Context) error { return errors.New("secret table users_secret") })
	b.failing("/api/v1/broken", func(echo.Context) error { return errors.New("secret table users_secret") })
	b.failing("/panics", func(echo.Context) error { panic("secret table users_secret") })
	for _, path := range []string{"/broken", "/api/v1/broken", "/panics"} {
		a := b.want(b.send(http.MethodGet, path, "", nil), http.StatusInternalServerError)
		id := a.Header.Get("X-Request-Id")
		if strings.Contains(a.body, "users_secret") || strings.Contains(a.body, "goroutine") {
			t.Errorf("%s tells internals: %s", path, a.body)
		}
		if !strings.Contains(a.body, id) {
			t.Errorf("%s does not name the request", path)
		}
		if got := strings.Count(b.log.String(), `msg="unexpected error" request_id=`+id); got != 1 {
			t.Errorf("%s: logged %d times, want once", path, got)
		}
	}
	for _, want := range []string{`samplit_unexpected_errors_total{kind="error"} 2`, `samplit_unexpected_errors_total{kind="panic"} 1`} {
		if !strings.Contains(b.metricsText(), want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	a := b.send(http.MethodGet, "/broken", "", func(r *http.Request) { r.Header.Set("HX-Request", "true") })
	if b.want(a, http.StatusInternalServerError); strings.Contains(a.body, "<html") {
		t.Error("htmx got a whole page")
	}
}

func TestStatusOfEachCode(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var now error
	b.failing("/api/v1/fails", func(echo.Context) error { return now })
	for code, want := range map[services.ErrorCode]int{
		services.CodeNotFound: 404, services.CodeInvalid: 422, services.CodeConflict: 409, services.CodeStale: 412, services.CodeForbidden: 403,
		services.CodeUnauthorized: 401, services.CodeLimited: 429, services.CodeUnknownToken: 401, services.CodeUnavailable: 503, services.CodeInternal: 500,
	} {
		now = &services.Error{Code: code, Message: "What to do."}
		a := b.send(http.MethodGet, "/api/v1/fails", "", nil)
		p := decoded[problem](t, a)
		if a.StatusCode != want || p.Code != string(code) {
			t.Errorf("%s: got %d %s, want %d", code, a.StatusCode, p.Code, want)
		}
		if retry := a.Header.Get("Retry-After"); (want == 503 || want == 429) != (retry != "") {
			t.Errorf("%s: Retry-After is %q", code, retry)
		}
	}
}

func TestClientThatLeftIsNoError(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.failing("/slow", func(c echo.Context) error { return c.Request().Context().Err() })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b.send(http.MethodGet, "/slow", "", func(r *http.Request) { *r = *r.WithContext(ctx) })
	if log := b.log.String(); strings.Contains(log, "unexpected") || !strings.Contains(log, "status=499") {
		t.Errorf("got log %s", log)
	}
}

func TestLogsHoldNoSecrets(t *testing.T) {
	t.Parallel()
	b := setup(t)
	email := newEmail()
	br := b.registered(email)
	b.want(br.get("/reset?token=SECRETTOKEN"), http.StatusBadRequest)
	made := b.apiLogin(email, goodPassword)
	b.want(b.getBearer("/api/v1/auth/me", made.AccessToken), http.StatusOK)
	log := b.log.String()
	for _, secret := range []string{"SECRETTOKEN", email, goodPassword, "horse", made.AccessToken, made.RefreshToken, br.session()} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	if !strings.Contains(log, "route=/reset status=400") {
		t.Errorf("the log does not name the route: %s", log)
	}
}

// switchable is a way to the test database that can be cut and mended.
type switchable struct {
	listener net.Listener
	mu       sync.Mutex
	away     bool
	conns    []net.Conn
}

func (s *switchable) serve(target string) {
	for {
		in, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.join(in, target)
	}
}

func (s *switchable) join(in net.Conn, target string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		_ = in.Close()
		return
	}
	out, err := net.Dial("unix", target)
	if err != nil {
		_ = in.Close()
		return
	}
	s.conns = append(s.conns, in, out)
	go func() { _, _ = io.Copy(out, in) }()
	go func() { _, _ = io.Copy(in, out) }()
}

func (s *switchable) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = true
	for _, c := range s.conns {
		_ = c.Close()
	}
}

func (s *switchable) mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away, s.conns = false, nil
}

// databaseToLose opens a database of its own over a connection that can be cut. It writes to log.
func databaseToLose(t *testing.T, log *slog.Logger) (*db.DB, *switchable) {
	t.Helper()
	clone := dbtest.Clone(t)
	dir, err := os.MkdirTemp("", "cut")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	var real string
	address := func(r db.Role) string {
		u, err := url.Parse(clone(r))
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		real = q.Get("host")
		q.Set("host", dir)
		u.RawQuery = q.Encode()
		return u.String()
	}
	address(db.App)
	found, err := filepath.Glob(filepath.Join(real, ".s.PGSQL.*[0-9]"))
	if err != nil || len(found) != 1 {
		t.Fatalf("sockets in %s: %v, %v", real, found, err)
	}
	l, err := net.Listen("unix", filepath.Join(dir, filepath.Base(found[0])))
	if err != nil {
		t.Fatal(err)
	}
	s := &switchable{listener: l}
	go s.serve(found[0])
	t.Cleanup(func() { _ = l.Close(); s.cut() })
	d, err := db.Open(t.Context(), db.Config{URL: address, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d, s
}

func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	d, line := databaseToLose(t, slog.New(slog.DiscardHandler))
	b := setupWith(t, bundleOptions{db: d})
	email := newEmail()
	br := b.registered(email)
	line.cut()
	for _, ask := range []struct {
		name string
		a    answer
	}{
		{"page", br.get("/settings")},
		{"sign in", b.browser().post("/login", url.Values{"email": {email}, "password": {goodPassword}})},
		{"API", b.postJSON("/api/v1/auth/login", `{"email":"`+email+`","password":"`+goodPassword+`"}`)},
	} {
		if ask.a.StatusCode != http.StatusServiceUnavailable || ask.a.Header.Get("Retry-After") == "" {
			t.Errorf("%s: got %d, Retry-After %q, want 503 with one", ask.name, ask.a.StatusCode, ask.a.Header.Get("Retry-After"))
		}
	}
	if strings.Contains(b.log.String(), "level=ERROR") || strings.Contains(b.log.String(), "level=WARN") {
		t.Error("a database that is away is logged by every request")
	}
	if want := `samplit_unavailable_total{cause="database"} 3`; !strings.Contains(b.metricsText(), want) {
		t.Errorf("metrics lack %s", want)
	}
	b.want(br.get("/login"), http.StatusOK)
	b.want(br.get("/static/css/app.css"), http.StatusOK)
}

func TestCompression(t *testing.T) {
	t.Parallel()
	b := setup(t)
	plain := b.want(b.send(http.MethodGet, "/login", "", nil), http.StatusOK)
	for accept, coding := range map[string]string{"": "", "gzip": "gzip", "gzip, deflate, br": "br", "br;q=0, gzip;q=0.5": "gzip", "identity": "", "br;q=0": ""} {
		a := b.send(http.MethodGet, "/login", "", func(r *http.Request) { r.Header.Set("Accept-Encoding", accept) })
		if got := a.Header.Get("Content-Encoding"); got != coding || !strings.Contains(strings.Join(a.Header.Values("Vary"), ","), "Accept-Encoding") {
			t.Errorf("Accept-Encoding %q: got %q, Vary %q, want %q", accept, got, a.Header.Values("Vary"), coding)
			continue
		}
		text := []byte(a.body)
		switch coding {
		case "br":
			text, _ = io.ReadAll(brotli.NewReader(bytes.NewReader(text)))
		case "gzip":
			r, err := gzip.NewReader(bytes.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			text, _ = io.ReadAll(r)
		}
		if stable(string(text)) != stable(plain.body) {
			t.Errorf("Accept-Encoding %q: another page came out", accept)
		}
	}
	small := b.send(http.MethodPost, "/api/v1/auth/login", "{", func(r *http.Request) { r.Header.Set("Accept-Encoding", "br") })
	if got := small.Header.Get("Content-Encoding"); got != "" {
		t.Errorf("a small answer was compressed: %q", got)
	}
	none := b.send(http.MethodOptions, "/api/v1/auth/me", "", func(r *http.Request) { r.Header.Set("Accept-Encoding", "br") })
	b.want(none, http.StatusNoContent)
}
