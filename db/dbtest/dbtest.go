// Package dbtest gives tests a real PostgreSQL: one private cluster shared by all packages, a migrated template, and a database
// of its own for each package. Tests isolate themselves by making their own account.
package dbtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/samplit/samplit/db"
)

var (
	mu      sync.Mutex
	cluster *db.Private
	own     string // name of this package's database
	open    *db.DB
)

// Main runs a package's tests and gives its database back afterwards. Call it from TestMain.
func Main(m *testing.M) {
	code := m.Run()
	if err := release(); err != nil {
		fmt.Fprintln(os.Stderr, "dbtest:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// Open returns the package's database, started and migrated by the first caller.
func Open(t testing.TB) *db.DB {
	t.Helper()
	mu.Lock()
	defer mu.Unlock()
	if open != nil {
		return open
	}
	ctx := t.Context()
	url := create(t)
	d, err := db.Open(context.WithoutCancel(ctx), db.Config{URL: url, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("open test database: %v", err)
	}
	open = d
	return d
}

// URL returns the address of the package's database for a role, and for the owner when role is empty.
func URL(t testing.TB, role db.Role) string {
	t.Helper()
	Open(t)
	return address(own, role)
}

// Clone makes a further empty, migrated database and returns its addresses by role; it is dropped when the test ends.
func Clone(t testing.TB) func(db.Role) string {
	t.Helper()
	Open(t)
	name := fresh(t)
	t.Cleanup(func() {
		if err := drop(context.WithoutCancel(t.Context()), name); err != nil {
			t.Errorf("drop %s: %v", name, err)
		}
	})
	return func(r db.Role) string { return address(name, r) }
}

// Cluster is the running test server.
func Cluster(t testing.TB) *db.Private {
	t.Helper()
	Open(t)
	return cluster
}

func create(t testing.TB) func(db.Role) string {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("samplit-test-%d", os.Getuid()), "postgres")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 3*time.Minute)
	defer cancel()
	var err error
	cluster, err = db.StartPrivate(ctx, db.PrivateConfig{Dir: dir, Linger: true, Log: slog.New(slog.DiscardHandler),
		Settings: map[string]string{"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "300"}})
	if err != nil {
		t.Fatalf("start test cluster: %v", err)
	}
	own = fresh(t)
	return func(r db.Role) string { return address(own, r) }
}

// fresh clones the template of the current migrations into a new database and returns its name.
func fresh(t testing.TB) string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 3*time.Minute)
	defer cancel()
	admin, err := pgx.Connect(ctx, cluster.URL("postgres", "postgres"))
	if err != nil {
		t.Fatalf("connect to test cluster: %v", err)
	}
	defer admin.Close(ctx)
	// The lock covers the clone too: a template in use by another clone cannot be copied.
	if _, err := admin.Exec(ctx, "SELECT pg_advisory_lock(hashtextextended('samplit.template', 0))"); err != nil {
		t.Fatalf("lock template: %v", err)
	}
	template, err := ensureTemplate(ctx, admin)
	if err != nil {
		t.Fatalf("make template: %v", err)
	}
	name := "t_" + hex.EncodeToString(uuid.New().NodeID()) + hex.EncodeToString(fmt.Appendf(nil, "%d", os.Getpid()))
	if _, err := admin.Exec(ctx, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, template)); err != nil {
		t.Fatalf("clone template: %v", err)
	}
	return name
}

func ensureTemplate(ctx context.Context, admin *pgx.Conn) (string, error) {
	hash := sha256.New()
	err := fs.WalkDir(db.Migrations(), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := fs.ReadFile(db.Migrations(), path)
		hash.Write(b)
		return err
	})
	if err != nil {
		return "", err
	}
	// Event partitions are made relative to the day of migration.
	fmt.Fprint(hash, time.Now().UTC().Format(time.DateOnly))
	name := "tpl_" + hex.EncodeToString(hash.Sum(nil)[:12])
	var there bool
	if err := admin.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil || there {
		return name, err
	}
	half := name + "_half"
	for _, stmt := range []string{"DROP DATABASE IF EXISTS " + half + " WITH (FORCE)", "CREATE DATABASE " + half} {
		if _, err := admin.Exec(ctx, stmt); err != nil {
			return "", err
		}
	}
	if err := db.Migrate(ctx, cluster.URL("postgres", half), true, slog.New(slog.DiscardHandler)); err != nil {
		return "", err
	}
	_, err = admin.Exec(ctx, fmt.Sprintf("ALTER DATABASE %s RENAME TO %s", half, name))
	return name, err
}

func address(name string, r db.Role) string {
	if r == "" {
		return cluster.URL("postgres", name)
	}
	return cluster.URL(string(r), name)
}

func release() error {
	mu.Lock()
	defer mu.Unlock()
	if cluster == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if open != nil {
		open.Close()
	}
	if own != "" && os.Getenv("KEEPDB") == "" {
		if err := drop(ctx, own); err != nil {
			return err
		}
	}
	return cluster.Stop(ctx)
}

func drop(ctx context.Context, name string) error {
	admin, err := pgx.Connect(ctx, cluster.URL("postgres", "postgres"))
	if err != nil {
		return err
	}
	defer admin.Close(ctx)
	_, err = admin.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	return err
}
