package db

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// privateAppEnv makes the test binary a small application that holds a private server until its standard input ends.
const privateAppEnv = "SAMPLIT_TEST_PRIVATE_APP"

// testPatience bounds waits for things that must happen; only a failing test ever waits that long.
const testPatience = 2 * time.Minute

type privateAppReply struct {
	URL   string
	Owned bool
	PID   int
	Err   string
}

// init, and not a test or TestMain, so that the child is an application and nothing else.
func init() {
	order := os.Getenv(privateAppEnv)
	if order == "" {
		return
	}
	var cfg PrivateConfig
	if err := json.Unmarshal([]byte(order), &cfg); err != nil {
		panic(err)
	}
	p, err := StartPrivate(context.Background(), cfg)
	if err != nil {
		_ = json.NewEncoder(os.Stdout).Encode(privateAppReply{Err: err.Error()})
		os.Exit(1)
	}
	_ = json.NewEncoder(os.Stdout).Encode(privateAppReply{URL: p.URL(privateSuperuser, PrivateDatabase), Owned: p.Owned(), PID: p.PID()})
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := p.Stop(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// privateBundle is a cluster, the account its applications run as (nil: this one), and those applications.
type privateBundle struct {
	cfg  PrivateConfig
	as   *syscall.Credential
	apps []*privateApp
}

// newPrivateBundle ends what a failed test left running.
func newPrivateBundle(t *testing.T, dir string, as *syscall.Credential) *privateBundle {
	b := &privateBundle{cfg: PrivateConfig{Dir: dir}, as: as}
	t.Cleanup(func() {
		for _, a := range b.apps {
			_ = a.stdin.Close()
			_ = a.cmd.Wait()
		}
	})
	return b
}

// privateApp is a process that called StartPrivate.
type privateApp struct {
	privateAppReply
	cmd   *exec.Cmd
	stdin io.Closer
	reply *bufio.Reader
}

// begin runs an application without waiting for its reply.
func (b *privateBundle) begin(t *testing.T, env ...string) *privateApp {
	t.Helper()
	order, err := json.Marshal(b.cfg)
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if b.as != nil {
		exe = "/proc/self/exe" // go test keeps the binary in a folder that others cannot enter
	}
	cmd := exec.Command(exe)
	cmd.Dir = "/"
	cmd.Env = append(append(os.Environ(), env...), privateAppEnv+"="+string(order))
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: b.as}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	a := &privateApp{cmd: cmd, stdin: stdin, reply: bufio.NewReader(stdout)}
	b.apps = append(b.apps, a)
	return a
}

// await reads the application's reply.
func (a *privateApp) await(t *testing.T) {
	t.Helper()
	line, err := a.reply.ReadBytes('\n')
	if err != nil {
		t.Fatalf("application ended without a reply: %v, %v", err, a.cmd.Wait())
	}
	if err := json.Unmarshal(line, &a.privateAppReply); err != nil {
		t.Fatal(err)
	}
}

// start runs an application whose StartPrivate has to succeed.
func (b *privateBundle) start(t *testing.T, env ...string) *privateApp {
	t.Helper()
	a := b.begin(t, env...)
	a.await(t)
	if a.Err != "" {
		t.Fatalf("StartPrivate: %s", a.Err)
	}
	return a
}

// stop ends the application in order.
func (a *privateApp) stop(t *testing.T) {
	t.Helper()
	_ = a.stdin.Close()
	if err := a.cmd.Wait(); err != nil {
		t.Fatalf("application's end: %v", err)
	}
}

// kill is kill -9, and returns when nothing of the process is left.
func (a *privateApp) kill() {
	_ = a.cmd.Process.Kill()
	_ = a.cmd.Wait()
}

// killWithServer kills application and postmaster; the application is frozen first, so that it cannot start another.
func (a *privateApp) killWithServer(t *testing.T) {
	t.Helper()
	if err := a.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(a.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	a.kill()
}

// connect opens a session, waiting until the server accepts it.
func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testPatience)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, url)
		if err == nil {
			t.Cleanup(func() { _ = conn.Close(context.Background()) })
			return conn
		}
		if sleepCtx(ctx, busyPoll) != nil {
			t.Fatalf("connect: %v", err)
		}
	}
}

// queryText returns the single text that sql yields.
func queryText(t *testing.T, conn *pgx.Conn, sql string) string {
	t.Helper()
	var s string
	if err := conn.QueryRow(t.Context(), sql).Scan(&s); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return s
}

// eventually waits until ok, and fails when that never happens.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(testPatience); !ok(); time.Sleep(lockPoll) {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
	}
}

// openFolder makes a folder that every account can pass through; t.TempDir is closed to others.
func openFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "samplit-private-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// ordinaryUser is an account without rights when the test runs as root, and nil, this account, otherwise.
func ordinaryUser() *syscall.Credential {
	if os.Geteuid() != 0 {
		return nil
	}
	return &syscall.Credential{Uid: 65534, Gid: 65534}
}
