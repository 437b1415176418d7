package db

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPrivateClosedHome has the data folder where only its owner can enter. Root's server, which runs as somebody else,
// gets a folder under /var/lib/samplit and stays there; an ordinary user's server runs in place.
func TestPrivateClosedHome(t *testing.T) {
	t.Parallel()
	home := filepath.Join(openFolder(t), "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	wanted := filepath.Join(home, "data", "postgres")
	used := wanted
	if os.Geteuid() == 0 {
		used = filepath.Join(fallbackRoot, shortHash(wanted), "postgres")
		t.Cleanup(func() { _ = os.RemoveAll(filepath.Dir(used)) })
	}
	start := func() string {
		var log bytes.Buffer
		cfg := PrivateConfig{Dir: wanted, Log: slog.New(slog.NewTextHandler(&log, nil)), Settings: map[string]string{"fsync": "off"}}
		p, err := StartPrivate(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if got := queryText(t, connect(t, p.URL(privateSuperuser, PrivateDatabase)), "SHOW data_directory"); got != used {
			t.Errorf("data folder: got %s, want %s", got, used)
		}
		if err := p.Stop(t.Context()); err != nil {
			t.Errorf("Stop: %v", err)
		}
		if err := p.Stop(t.Context()); err != nil {
			t.Errorf("second Stop: %v", err)
		}
		return log.String()
	}
	if moved := strings.Count(start(), "wanted="+wanted); moved != strings.Count(used, fallbackRoot) {
		t.Errorf("log lines about the other folder: got %d", moved)
	}
	if err := os.Chmod(home, 0o711); err != nil {
		t.Fatal(err)
	}
	start() // still on the same data
}

func TestPrivateDataFolderRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ file, content, want string }{
		"newer major":   {"PG_VERSION", "99\n", "was made by PostgreSQL 99, which is not installed (found "},
		"old major":     {"PG_VERSION", "12\n", "was made by PostgreSQL 12, and Samplit needs 15 or later"},
		"old scheme":    {"PG_VERSION", "9.6\n", "was made by PostgreSQL 9, and Samplit needs 15 or later"},
		"no version":    {"PG_VERSION", "pear\n", "PG_VERSION says"},
		"other content": {"letter.txt", "Dear", "is not empty and holds no PostgreSQL cluster"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(openFolder(t), "postgres")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, test.file), []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			checkRefused(t, dir, test.want)
		})
	}
}

// checkRefused wants StartPrivate on dir to fail with one line that holds want.
func checkRefused(t *testing.T, dir, want string) {
	t.Helper()
	p, err := StartPrivate(t.Context(), PrivateConfig{Dir: dir})
	if err == nil {
		t.Fatalf("got a server, %v, want an error with %q", p.Stop(t.Context()), want)
	}
	if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %q, want one line with %q", err, want)
	}
}

func TestPrivateSocketFolderRefused(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openFolder(t), "postgres")
	found, err := findPrograms(t.Context(), programPatterns)
	if err != nil {
		t.Fatal(err)
	}
	place, err := findPlace(t.Context(), dir, found.newest(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	socket, err := socketFolder(t.Context(), place, found.newest())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(socket) })

	if err := os.Symlink(openFolder(t), socket); err != nil {
		t.Fatal(err)
	}
	checkRefused(t, dir, "is not a folder but a symbolic link")
	if err := os.Remove(socket); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(socket, 0o755); err != nil {
		t.Fatal(err)
	}
	checkRefused(t, dir, "has mode 0755 instead of 0700")
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("data folder: %v, want none made", err)
	}
	stranger := serverUser{uid: place.user.uid + 1}
	if err := checkSocketFolder(socket, stranger.uid); err == nil || !strings.Contains(err.Error(), "belongs to user id") {
		t.Errorf("another account's folder: got %v, want it refused", err)
	}
	if os.Geteuid() == 0 {
		if err := os.Chown(socket, stranger.uid, -1); err != nil {
			t.Fatal(err)
		}
		checkRefused(t, dir, "belongs to user id")
	}
}

func TestPrivateSocketFolderIsShort(t *testing.T) {
	long := filepath.Join(t.TempDir(), strings.Repeat("t", 100))
	t.Setenv("TMPDIR", long)
	place := privatePlace{dir: "/srv/data/postgres"}
	if got, err := socketFolder(t.Context(), place, serverPrograms{}); err != nil || filepath.Dir(got) != "/tmp" {
		t.Errorf("got %s, %v, want it in /tmp", got, err)
	}
}

func TestPrivateServerLogIsPutAside(t *testing.T) {
	t.Parallel()
	place := privatePlace{dir: filepath.Join(t.TempDir(), "postgres")}
	if err := os.WriteFile(place.logPath(), []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(place.logPath(), maxServerLog+1); err != nil {
		t.Fatal(err)
	}
	for _, wantBegin := range []int64{0, 3} {
		log, begin, err := openServerLog(place)
		if err != nil {
			t.Fatal(err)
		}
		defer log.Close()
		if begin != wantBegin {
			t.Errorf("begin: got %d, want %d", begin, wantBegin)
		}
		if _, err := log.WriteString("new"); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(place.logPath() + ".old"); err != nil || info.Size() != maxServerLog+1 {
		t.Errorf("old log: got %v, %v", info, err)
	}
}
