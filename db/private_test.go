package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// TestPrivateLife takes one cluster through everything that can happen to it, as root and as an ordinary user.
func TestPrivateLife(t *testing.T) {
	t.Parallel()
	t.Run("ordinary user", func(t *testing.T) {
		t.Parallel()
		testPrivateLife(t, ordinaryUser())
	})
	if os.Geteuid() == 0 {
		t.Run("root", func(t *testing.T) {
			t.Parallel()
			testPrivateLife(t, nil)
		})
	}
}

// lifeBundle is the cluster, the application of the moment, and how many rows must be there.
type lifeBundle struct {
	*privateBundle
	app  *privateApp
	rows int
}

func testPrivateLife(t *testing.T, as *syscall.Credential) {
	parent := filepath.Join(openFolder(t), strings.Repeat("long", 30)) // far beyond what a socket's path may hold
	if err := os.Mkdir(parent, 0o711); err != nil {
		t.Fatal(err)
	}
	if as != nil {
		if err := os.Chown(parent, int(as.Uid), int(as.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	b := &lifeBundle{privateBundle: newPrivateBundle(t, filepath.Join(parent, "postgres"), as)}
	type step struct {
		name string
		run  func(*testing.T)
	}
	steps := []step{
		{"first start", b.firstStart},
		{"second start", b.secondStart},
		{"second instance", b.secondInstance},
		{"application killed and started at once", b.appKilled},
		{"application killed and started after a pause", b.appKilledThenPause},
		{"application and server killed", b.bothKilled},
		{"application and server killed beside a backend that hangs", b.bothKilledWithBackend},
		{"server killed", b.serverKilled},
		{"owner leaves its adopter", b.ownerLeaves},
		{"lock file names another program", b.staleLockFile},
		{"orphan without death signal", b.orphan},
		{"orphan that survives its death signal", b.immortalOrphan},
		{"server that cannot start", b.failedStart},
	}
	if os.Geteuid() == 0 {
		steps = append(steps, step{"files restored by root", b.restored})
	}
	for _, step := range steps {
		if !t.Run(step.name, step.run) {
			return // the steps build on each other
		}
	}
}

// record writes a row that has to survive from now on.
func (b *lifeBundle) record(t *testing.T) {
	t.Helper()
	conn := connect(t, b.app.URL)
	if _, err := conn.Exec(t.Context(), `INSERT INTO kept DEFAULT VALUES`); err != nil {
		t.Fatal(err)
	}
	b.rows++
}

// restart starts an application and checks that no row is lost.
func (b *lifeBundle) restart(t *testing.T, env ...string) {
	t.Helper()
	b.app = b.start(t, env...)
	b.checkRows(t, b.app)
}

func (b *lifeBundle) checkRows(t *testing.T, a *privateApp) {
	t.Helper()
	if got := queryText(t, connect(t, a.URL), `SELECT count(*)::text FROM kept`); got != strconv.Itoa(b.rows) {
		t.Fatalf("rows: got %s, want %d", got, b.rows)
	}
}

func (b *lifeBundle) firstStart(t *testing.T) {
	half := b.cfg.Dir + ".new-123" // what an initdb killed halfway leaves
	if err := os.MkdirAll(filepath.Join(half, "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	if b.as != nil {
		for _, dir := range []string{half, filepath.Join(half, "base")} {
			if err := os.Chown(dir, int(b.as.Uid), int(b.as.Gid)); err != nil {
				t.Fatal(err)
			}
		}
	}
	b.app = b.start(t)
	if !b.app.Owned {
		t.Error("the starter does not own the server")
	}
	if left, _ := filepath.Glob(b.cfg.Dir + ".new-*"); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
	conn := connect(t, b.app.URL)
	for setting, want := range map[string]string{
		"listen_addresses": "", "is_superuser": "on", "server_encoding": "UTF8", "shared_buffers": "128MB", "max_connections": "100",
		"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on",
	} {
		if got := queryText(t, conn, "SHOW "+setting); got != want {
			t.Errorf("%s: got %q, want %q", setting, got, want)
		}
	}
	info, err := os.Lstat(conn.Config().Host)
	if err != nil || info.Mode() != os.ModeDir|0o700 {
		t.Errorf("socket folder: got %v, %v, want mode drwx------", info, err)
	}
	if _, err := conn.Exec(t.Context(), `CREATE TABLE kept (id int GENERATED ALWAYS AS IDENTITY)`); err != nil {
		t.Fatal(err)
	}
	b.record(t)
}

func (b *lifeBundle) secondStart(t *testing.T) {
	socket := connect(t, b.app.URL).Config().Host
	b.app.stop(t)
	if isServer(b.app.PID, b.cfg.Dir) {
		t.Error("server runs after Stop")
	}
	if _, err := os.Lstat(socket); !os.IsNotExist(err) {
		t.Errorf("socket folder after Stop: %v, want none", err)
	}
	b.restart(t)
	b.record(t)
}

func (b *lifeBundle) secondInstance(t *testing.T) {
	second := b.start(t, "TMPDIR="+t.TempDir()) // would put the socket elsewhere
	if second.Owned || second.PID != b.app.PID || second.URL != b.app.URL {
		t.Errorf("got %+v, want an adopter of %+v", second.privateAppReply, b.app.privateAppReply)
	}
	b.checkRows(t, second)
	held := connect(t, b.app.URL)
	second.stop(t)
	queryText(t, held, `SELECT 'still here'`)
}

// restored starts on files that root put back; an ordinary user is told whose they are.
func (b *lifeBundle) restored(t *testing.T) {
	if err := (serverUser{drop: true}).ownCluster(b.cfg.Dir); err != nil {
		t.Fatal(err)
	}
	if b.as == nil {
		b.restart(t)
		b.app.stop(t)
		return
	}
	a := b.begin(t)
	a.await(t)
	if !strings.Contains(a.Err, "belongs to user id 0: run as that user, or as root chown") {
		t.Errorf("got %q", a.Err)
	}
}

// place is the cluster's place as the applications see it.
func (b *lifeBundle) place(t *testing.T) privatePlace {
	t.Helper()
	info, err := os.Stat(b.cfg.Dir)
	if err != nil {
		t.Fatal(err)
	}
	st := info.Sys().(*syscall.Stat_t)
	return privatePlace{b.cfg.Dir, serverUser{uid: int(st.Uid), gid: int(st.Gid), drop: os.Geteuid() == 0}}
}

// TestPrivateCancelled ends the wish for a server while its cluster is being made.
func TestPrivateCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	dir := filepath.Join(openFolder(t), "postgres")
	result := make(chan error, 1)
	go func() {
		p, err := StartPrivate(ctx, PrivateConfig{Dir: dir})
		if err == nil {
			err = errors.Join(errors.New("got a server"), p.Stop(context.Background()))
		}
		result <- err
	}()
	made := func() []string {
		matches, _ := filepath.Glob(dir + ".new-*")
		return matches
	}
	eventually(t, "a cluster is being made", func() bool { return len(made()) > 0 })
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if left := made(); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
	if _, err := StartPrivate(ctx, PrivateConfig{Dir: dir}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before the start: got %v, want context.Canceled", err)
	}
}

func TestPrivateURL(t *testing.T) {
	t.Parallel()
	cfg, err := pgx.ParseConfig(socketURL("/tmp/a b&c=%41", "samplit_app", "samplit"))
	if err != nil {
		t.Fatal(err)
	}
	got := []string{cfg.Host, strconv.Itoa(int(cfg.Port)), cfg.User, cfg.Database}
	if want := "[/tmp/a b&c=%41 5432 samplit_app samplit]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
