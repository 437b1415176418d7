package db

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// A server says in its own settings (samplit.life) what ends it, so that whoever adopts it knows.
const (
	lifeTied   = "tied"   // the kernel interrupts it when its starter dies
	lifeOwned  = "owned"  // its starter stops it; after a kill it lives on
	lifeShared = "shared" // the last user stops it
)

// privateServer is a running postmaster.
type privateServer struct {
	pid    int
	dir    string // its data folder
	socket string // its socket folder
	life   string
	exited chan struct{} // closed when this process's child is reaped; nil for a server of another process
}

// serverSettings are PostgreSQL's defaults, pinned where a small machine depends on them, with jit off: compiling queries
// costs each backend tens of megabytes and wins only in reports far larger than ours.
func serverSettings(extra map[string]string) map[string]string {
	settings := map[string]string{
		"shared_buffers":  "128MB",
		"max_connections": "100",
		"jit":             "off",
		// What a killed program asked for ends, too: a new server cannot start beside a backend of the old one.
		"client_connection_check_interval": "5s",
		"cluster_name":                     "samplit",
	}
	maps.Copy(settings, extra)
	return settings
}

// serverCommand is the postgres command line. staleLock is the process id in a left-over postmaster.pid that belongs to
// something else by now, 0 if none: PostgreSQL takes this variable for an ancestor and ignores that id in its lock files,
// yet still refuses to start while backends of the old server use its shared memory. Removing the file would lose that.
func serverCommand(place privatePlace, progs serverPrograms, srv privateServer, extra map[string]string, staleLock int) *exec.Cmd {
	args := []string{"-D", place.dir, "-k", srv.socket, "-h", "", "-p", privatePort, "-c", "samplit.life=" + srv.life}
	settings := serverSettings(extra)
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	cmd := exec.Command(progs.postgres(), args...)
	cmd.Dir = place.dir
	cmd.Env = append(childEnv(), "PG_GRANDPARENT_PID="+strconv.Itoa(staleLock))
	cmd.SysProcAttr = place.user.attr()
	if srv.life == lifeShared {
		cmd.SysProcAttr.Setsid = true // nothing that happens to the starter's terminal reaches it
		return cmd
	}
	cmd.SysProcAttr.Setpgid = true // Ctrl-C reaches the application first, which then stops the server in order
	if srv.life == lifeTied {
		setDeathSignal(cmd.SysProcAttr, syscall.SIGINT)
	}
	return cmd
}

// spawn starts cmd and closes the returned channel when it has ended. The thread that forks stays for as long as the child,
// since the death signal follows the thread, not the process.
func spawn(cmd *exec.Cmd) (chan struct{}, error) {
	started, exited := make(chan error, 1), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		_ = cmd.Wait() // why it ended is read from its log
		close(exited)
	}()
	return exited, <-started
}

// gone reports whether the server has ended.
func (s *privateServer) gone() bool {
	if s.exited == nil {
		return !isServer(s.pid, s.dir)
	}
	select {
	case <-s.exited:
		return true
	default:
		return false
	}
}

// stop ends the server: a fast shutdown first; after stopPatience or when ctx ends, an immediate one.
func (s *privateServer) stop(ctx context.Context) error {
	polite, cancel := context.WithTimeout(ctx, stopPatience)
	defer cancel()
	if s.signal(syscall.SIGINT); s.awaitEnd(polite) == nil {
		return nil
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopPatience)
	defer cancel()
	if s.signal(syscall.SIGQUIT); s.awaitEnd(last) == nil {
		return nil
	}
	return fmt.Errorf("server %d on %s does not end: kill it by hand", s.pid, s.dir)
}

const stopPatience = 10 * time.Second

// signal sends sig unless the server has gone: its process id may be another's by now.
func (s *privateServer) signal(sig syscall.Signal) {
	if !s.gone() {
		_ = syscall.Kill(s.pid, sig) // it fails when the server has just gone, which awaitEnd sees
	}
}

func (s *privateServer) awaitEnd(ctx context.Context) error {
	for !s.gone() {
		if err := sleepCtx(ctx, lockPoll); err != nil {
			return err
		}
	}
	return nil
}

// maxServerLog is the size from which a start puts the old log aside.
const maxServerLog = 16 << 20

// openServerLog opens the server's log for appending, and returns where this run's part begins.
func openServerLog(place privatePlace) (f *os.File, begin int64, err error) {
	if info, err := os.Lstat(place.logPath()); err == nil && info.Size() > maxServerLog {
		if err := os.Rename(place.logPath(), place.logPath()+".old"); err != nil {
			return nil, 0, fmt.Errorf("server log: %w", err)
		}
	}
	f, err = openBeside(place.logPath(), os.O_RDWR|os.O_APPEND, place.user)
	if err != nil {
		return nil, 0, fmt.Errorf("server log: %w", err)
	}
	begin, err = f.Seek(0, io.SeekEnd)
	if err != nil {
		f.Close()
		return nil, 0, fmt.Errorf("server log: %w", err)
	}
	return f, begin, nil
}

// fatalLine is why the server with process id pid ended, by its log since begin. Backends of an earlier server may still be
// writing there, hence the id.
func fatalLine(log *os.File, begin int64, pid int) string {
	out, _ := io.ReadAll(io.NewSectionReader(log, begin, 64<<10)) // without a readable log there is nothing to add
	own := fmt.Appendf(nil, "[%d] FATAL:", pid)
	for _, mark := range [][]byte{own, []byte("PANIC:"), []byte("FATAL:")} {
		if _, rest, ok := bytes.Cut(out, mark); ok {
			reason, _, _ := bytes.Cut(rest, []byte("\n"))
			return string(bytes.TrimSpace(reason))
		}
	}
	if len(bytes.TrimSpace(out)) == 0 {
		return "no message"
	}
	return lastLine(out)
}
