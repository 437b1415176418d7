package db

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

var errNoCluster = errors.New("no cluster")

// clusterMajor reads the major version that made the cluster in dir; errNoCluster when dir is missing or empty.
func clusterMajor(dir string) (int, error) {
	version, err := readSmall(filepath.Join(dir, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		entries, err := os.ReadDir(dir)
		if err == nil && len(entries) > 0 {
			return 0, fmt.Errorf("data folder %s is not empty and holds no PostgreSQL cluster: empty it or choose another", dir)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return 0, fmt.Errorf("read data folder: %w", err)
		}
		return 0, errNoCluster
	}
	if err != nil {
		return 0, fmt.Errorf("read cluster version: %w", err)
	}
	number, _, _ := strings.Cut(strings.TrimSpace(version), ".") // 9.6 and older have two parts
	major, err := strconv.Atoi(number)
	if err != nil {
		return 0, fmt.Errorf("read cluster version: %s/PG_VERSION says %.20q", dir, version)
	}
	return major, nil
}

// initCluster makes the cluster under a temporary name and renames it at the end, so that place.dir never holds half a
// cluster. What earlier attempts left behind is removed.
func initCluster(ctx context.Context, place privatePlace, progs serverPrograms, log *slog.Logger) error {
	stale, _ := filepath.Glob(escapeGlob(place.dir) + ".new-*") // well formed once escaped
	for _, dir := range stale {
		if err := os.RemoveAll(dir); err != nil {
			// A child of a killed initdb may still be writing; the next first start tries again.
			log.Warn("half-made cluster not removed", slog.String("dir", dir), slog.Any("error", err))
		}
	}
	tmp, err := os.MkdirTemp(filepath.Dir(place.dir), filepath.Base(place.dir)+".new-")
	if err != nil {
		return fmt.Errorf("create data folder: %w", err)
	}
	defer os.RemoveAll(tmp)
	if err := place.user.own(tmp); err != nil {
		return fmt.Errorf("create data folder: %w", err)
	}
	if err := runInitdb(ctx, place, progs, tmp); err != nil {
		return err
	}
	if err := os.Rename(tmp, place.dir); err != nil {
		return fmt.Errorf("create data folder: %w", err)
	}
	log.Info("private PostgreSQL cluster created", slog.String("dir", place.dir), slog.Int("version", progs.major))
	return nil
}

// runInitdb leaves TCP rejected even if somebody starts the cluster by hand with a port.
func runInitdb(ctx context.Context, place privatePlace, progs serverPrograms, dir string) error {
	ctx, cancel := context.WithTimeout(ctx, initTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, progs.initdb(), "-D", dir, "-U", privateSuperuser, "--auth-local=trust", "--auth-host=reject",
		"-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	cmd.Dir = filepath.Dir(dir)
	cmd.Env = childEnv()
	cmd.SysProcAttr = place.user.attr()
	cmd.SysProcAttr.Setpgid = true
	setDeathSignal(cmd.SysProcAttr, syscall.SIGKILL)
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second

	runtime.LockOSThread() // the death signal follows the thread
	defer runtime.UnlockOSThread()
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("initdb: %w: %s", err, lastLine(out))
	}
	return nil
}

const initTimeout = 3 * time.Minute

// postmasterFile is what a running server says about itself in its data folder.
type postmasterFile struct {
	pid    int
	port   string
	socket string // its socket folder
}

// readPostmaster reads dir/postmaster.pid; false when there is none or it is not complete.
func readPostmaster(dir string) (postmasterFile, bool) {
	text, err := readSmall(filepath.Join(dir, "postmaster.pid"))
	if err != nil {
		return postmasterFile{}, false
	}
	lines := strings.Split(text, "\n") // pid, data folder, start time, port, socket folder, …
	pid, err := strconv.Atoi(lines[0])
	if err != nil || pid <= 1 {
		return postmasterFile{}, false
	}
	pm := postmasterFile{pid: pid}
	if len(lines) > 5 {
		pm.port, pm.socket = lines[3], lines[4]
	}
	return pm, true
}

// childEnv is the environment of initdb and postgres: none of this process's secrets, English messages.
func childEnv() []string {
	env := []string{"LC_ALL=C"}
	for _, name := range []string{"PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TZ"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// readSmall reads at most 4 KB of a file.
func readSmall(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 4096))
	return string(b), err
}

// lastLine is the last line of a program's output that says something.
func lastLine(out []byte) string {
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	return fmt.Sprintf("%.300s", lines[len(lines)-1])
}

// escapeGlob makes a path match itself in filepath.Glob.
func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}
