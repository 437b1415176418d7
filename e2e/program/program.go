// Package program runs the real binary as a test's own installation: its port, its data folder, its private database.
package program

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/e2e/port"
)

// buildOnce makes the binary that tests start, since only another process can be killed.
var buildOnce = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "samplit-bin-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "samplit")
	out, err := exec.Command("go", "build", "-o", path, "github.com/samplit/samplit/cmd/samplit").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return path, nil
})

// Program is an installation of its own: binary, port, data folder.
type Program struct {
	Addr string // host:port it listens on
	URL  string // its BASE_URL
	Dir  string // its DATA_DIR
	t    testing.TB
	path string
	env  []string
}

// New prepares an installation; extra settings are NAME=value.
func New(t testing.TB, extra ...string) *Program {
	t.Helper()
	path, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	addr := port.Free(t)
	// t.TempDir is closed to the database's user when tests run as root.
	dir, err := os.MkdirTemp("", "samplit-program-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	_, port, _ := net.SplitHostPort(addr)
	p := &Program{Addr: addr, URL: "http://localhost:" + port, t: t, path: path, Dir: dir}
	p.env = append(os.Environ(), "ADDR="+addr, "BASE_URL="+p.URL, "TRACKER_URL=", "ADMIN_ADDR=", "DATA_DIR="+dir, "DATABASE_URL=", "LEARN_INTERVAL=1s",
		"LOG_LEVEL=error", "ENVIRONMENT=development")
	p.env = append(p.env, extra...)
	return p
}

func (p *Program) command(args ...string) *exec.Cmd {
	cmd := exec.Command(p.path, args...)
	cmd.Env, cmd.Dir = p.env, p.Dir
	return cmd
}

// Output runs a command to its end and returns what it printed and its exit code.
func (p *Program) Output(args ...string) (string, int) {
	p.t.Helper()
	out, err := p.command(args...).CombinedOutput()
	code := 0
	if exit, ok := err.(*exec.ExitError); ok {
		code = exit.ExitCode()
	} else if err != nil {
		p.t.Fatal(err)
	}
	return string(out), code
}

// Serve starts the server and waits until it is ready.
func (p *Program) Serve() *exec.Cmd {
	p.t.Helper()
	cmd := p.Launch(os.Stderr)
	p.Await("ready", func() bool { return p.Says("/readyz") })
	return cmd
}

// Live starts the server and waits until it answers, ready or not.
func (p *Program) Live() *exec.Cmd {
	p.t.Helper()
	cmd := p.Launch(os.Stderr)
	p.Await("live", func() bool { return p.Says("/healthz") })
	return cmd
}

// Launch starts the server and waits for nothing; log gets what it prints.
func (p *Program) Launch(log io.Writer) *exec.Cmd {
	p.t.Helper()
	cmd := p.command("serve")
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = cmd.Process.Kill(); _, _ = cmd.Process.Wait() })
	return cmd
}

// Says asks a door of health whether all is well.
func (p *Program) Says(path string) bool {
	resp, err := http.Get("http://" + p.Addr + path)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

func (p *Program) Await(what string, ok func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if ok() {
			return
		}
	}
	p.t.Fatalf("not %s after two minutes; %s", what, p.words())
}

// words are what the program says of its dependencies.
func (p *Program) words() string {
	resp, err := http.Get("http://" + p.Addr + "/readyz")
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	return fmt.Sprint(resp.Status, " ", string(b), err)
}

// Database opens the program's private database, starting it when nobody runs it.
func (p *Program) Database() (*db.Private, *pgx.Conn) {
	p.t.Helper()
	ctx := context.WithoutCancel(p.t.Context())
	private, err := db.StartPrivate(ctx, db.PrivateConfig{Dir: filepath.Join(p.Dir, "postgres"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = private.Stop(ctx) })
	conn, err := pgx.Connect(ctx, private.URL("postgres", db.PrivateDatabase))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = conn.Close(ctx) })
	return private, conn
}

// Post sends JSON to the tracker; status 0 means that nothing answered.
func (p *Program) Post(path string, body map[string]any) (status int, answer map[string]any) {
	raw, err := json.Marshal(body)
	if err != nil {
		p.t.Error(err)
		return 0, nil
	}
	client := http.Client{Timeout: 20 * time.Second}
	resp, err := client.Post("http://"+p.Addr+"/api/v1/tracker/"+path, "application/json", strings.NewReader(string(raw)))
	if err != nil {
		return 0, nil
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil
	}
	_ = json.Unmarshal(b, &answer)
	return resp.StatusCode, answer
}
