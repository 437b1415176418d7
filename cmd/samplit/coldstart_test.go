package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
	"github.com/samplit/samplit/e2e/line"
	"github.com/samplit/samplit/e2e/program"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// fetch is what a program's door answers.
func fetch(t *testing.T, r *http.Request) (status int, header http.Header, body string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(b)
}

// distant is a program whose database is at the end of a line.
type distant struct {
	t *testing.T
	*program.Program
	line    *line.Line
	address string // of the database, directly
	away    bool   // the line was closed before the program started
	x       dbtest.Running
}

func newDistant(t *testing.T, extra ...string) *distant {
	t.Helper()
	at := dbtest.Clone(t)
	direct, err := db.Open(t.Context(), db.Config{URL: at, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(direct.Close)
	l, databaseURL := line.New(t, at(""))
	return &distant{t: t, Program: program.New(t, append(extra, "DATABASE_URL="+databaseURL)...), line: l, address: at(""), x: dbtest.Experiment(t, direct, "thompson")}
}

func (c *distant) get(path string) (int, http.Header, string) {
	c.t.Helper()
	r, err := http.NewRequest(http.MethodGet, "http://"+c.Addr+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return fetch(c.t, r)
}

func (c *distant) post(path, body string) (int, http.Header, string) {
	c.t.Helper()
	r, err := http.NewRequest(http.MethodPost, "http://"+c.Addr+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.x.Token)
	return fetch(c.t, r)
}

// arms are the variants of some visitors.
func (c *distant) arms() map[string]any {
	c.t.Helper()
	arms := map[string]any{}
	for i := range 50 {
		visitor := fmt.Sprint("visitor ", i)
		status, out := c.Post("assign", map[string]any{"installation_token": c.x.Token, "experiment": c.x.Key, "visitor_id": visitor})
		if status != http.StatusOK || out["assigned"] != true {
			c.t.Fatalf("%s: got %d %v, want an assignment", visitor, status, out)
		}
		if c.away && out["stored"] != false {
			c.t.Errorf("%s: got %v without a database, want stored false", visitor, out)
		}
		arms[visitor] = out["variant"].(map[string]any)["key"]
	}
	return arms
}

func (c *distant) stop(cmd *os.Process) {
	c.t.Helper()
	if err := cmd.Signal(syscall.SIGTERM); err != nil {
		c.t.Fatal(err)
	}
	if state, err := cmd.Wait(); err != nil || state.ExitCode() != 0 {
		c.t.Errorf("after SIGTERM: %v, %v", state, err)
	}
}

// texts are the files and the flags that visitors' browsers and customers' servers load.
func (c *distant) texts() (out [3]string) {
	c.t.Helper()
	var status [3]int
	status[0], _, out[0] = c.get("/s/" + c.x.Token + ".js")
	status[1], _, out[1] = c.get("/api/features/" + c.x.Token)
	status[2], _, out[2] = c.post("/ofrep/v1/evaluate/flags", `{"context":{"targetingKey":"visitor 1"}}`)
	if status != [3]int{200, 200, 200} {
		c.t.Fatalf("snippet, features and flags: got %v", status)
	}
	return out
}

func TestAServerStartsWithoutItsDatabase(t *testing.T) {
	t.Parallel()
	c := newDistant(t)
	c.line.Open()
	server := c.Serve()
	arms, texts := c.arms(), c.texts()
	c.stop(server.Process)
	c.line.Close()

	c.away = true
	server = c.Live()
	if got := c.arms(); fmt.Sprint(got) != fmt.Sprint(arms) {
		t.Errorf("without the database visitors get %v, want %v", got, arms)
	}
	if got := c.texts(); got != texts {
		t.Errorf("without the database: got %v, want %v", got, texts)
	}
	event := fmt.Sprintf(`{"installation_token":%q,"events":[{"id":%q,"type":"conversion","visitor_id":"visitor 1","experiment":"test"}]}`,
		c.x.Token, uuid.Must(uuid.NewV7()))
	status, header, body := c.post("/api/v1/tracker/events", event)
	if after, err := strconv.Atoi(header.Get("Retry-After")); status != http.StatusServiceUnavailable || err != nil || after < 1 {
		t.Errorf("events: got %d, Retry-After %q, %s, want 503", status, header.Get("Retry-After"), body)
	}
	if status, _, body := c.get("/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "as of ") {
		t.Errorf("readyz: got %d %q, want 503 and the age of what is served", status, body)
	}

	c.away = false
	c.line.Open()
	c.Await("ready", func() bool { return c.Says("/readyz") })
	status, _, body = c.post("/api/v1/tracker/events", event)
	var out struct{ Accepted, Duplicates int }
	if err := json.Unmarshal([]byte(body), &out); err != nil || status != http.StatusOK || out.Accepted != 1 || out.Duplicates != 0 {
		t.Errorf("the same event with the database back: got %d %s", status, body)
	}
	c.Await("storing", func() bool {
		_, out := c.Post("assign", map[string]any{"installation_token": c.x.Token, "experiment": c.x.Key, "visitor_id": "visitor 1"})
		return out["stored"] == true
	})
	if got := c.arms(); fmt.Sprint(got) != fmt.Sprint(arms) {
		t.Errorf("with the database back visitors get %v, want %v", got, arms)
	}
	c.stop(server.Process)
}

// lines is what a program logs while it runs.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// A file that cannot be trusted is as good as none: then a start is what it was, and waits for the database.
func TestAServerWithoutAGoodFileWaitsForItsDatabase(t *testing.T) {
	t.Parallel()
	c := newDistant(t, "LOG_LEVEL=info")
	if err := os.WriteFile(filepath.Join(c.Dir, "snapshot"), []byte("samplit snapshot 1\nforged"), 0o600); err != nil {
		t.Fatal(err)
	}
	var log lines
	server := c.Launch(&log)
	c.Await("waiting", func() bool { return strings.Contains(log.String(), "waiting for the database") })
	if conn, err := net.Dial("tcp", c.Addr); err == nil {
		conn.Close()
		t.Error("it serves something while it waits")
	}
	c.line.Open()
	c.Await("ready", func() bool { return c.Says("/readyz") })
	if n := strings.Count(log.String(), "snapshot on disk ignored"); n != 1 {
		t.Errorf("the forged file is mentioned %d times, want once:\n%s", n, log.String())
	}
	c.stop(server.Process)
}
