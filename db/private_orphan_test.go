package db

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// staleLockFile is what a power cut leaves once the machine has given the number to a program of the same account, here one
// that even has the server's name.
func (b *lifeBundle) staleLockFile(t *testing.T) {
	path := filepath.Join(b.cfg.Dir, "postmaster.pid")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	b.app.stop(t)
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	innocent := exec.Command(filepath.Join(openFolder(t), "postgres"))
	if err := os.Symlink(sleep, innocent.Path); err != nil {
		t.Fatal(err)
	}
	innocent.Args = []string{"sleep", "3600"}
	innocent.SysProcAttr = b.place(t).user.attr()
	if err := innocent.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = innocent.Process.Kill(), innocent.Wait() }()
	_, rest, _ := bytes.Cut(text, []byte("\n"))
	if err := os.WriteFile(path, fmt.Appendf(nil, "%d\n%s", innocent.Process.Pid, rest), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, ownerOf(info), -1); err != nil {
		t.Fatal(err)
	}
	b.restart(t)
	if err := innocent.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the other program: %v, want it alive", err)
	}
}

// orphan is a server whose starter was killed on a system without death signals.
func (b *lifeBundle) orphan(t *testing.T) {
	b.app.stop(t)
	server, exited := b.startOrphan(t, lifeOwned)
	b.restart(t)
	if b.app.PID != server || !b.app.Owned {
		t.Errorf("got %+v, want server %d taken over", b.app.privateAppReply, server)
	}
	b.app.stop(t)
	<-exited
}

// immortalOrphan ought to have got a death signal, but did not.
func (b *lifeBundle) immortalOrphan(t *testing.T) {
	server, exited := b.startOrphan(t, lifeTied)
	p, err := openPrivate(t.Context(), b.cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.attempt(t.Context(), false); !errors.Is(err, errBusy) {
		t.Errorf("at first: got %v, want errBusy", err)
	}
	p.patience = 0
	if err := p.ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p.PID() != server || !p.Owned() {
		t.Errorf("got server %d, owned %v, want %d taken over", p.PID(), p.Owned(), server)
	}
	if err := p.leave(t.Context()); err != nil {
		t.Error(err)
	}
	<-exited
}

// failedStart keeps nobody else from trying.
func (b *lifeBundle) failedStart(t *testing.T) {
	cfg := b.cfg
	cfg.Settings = map[string]string{"shared_buffers": "many"}
	p, err := openPrivate(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.attempt(t.Context(), false); err == nil {
		t.Fatal("a server without sense started")
	}
	other, err := openLock(b.place(t).usersPath(), p.place.user)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if free, err := other.try(lockExclusive); err != nil || !free {
		t.Errorf("after a failed start nobody else can start one: %v, %v", free, err)
	}
}

// startOrphan starts a server that nobody holds and waits until it answers.
func (b *lifeBundle) startOrphan(t *testing.T, life string) (pid int, exited <-chan struct{}) {
	t.Helper()
	found, err := findPrograms(t.Context(), programPatterns)
	if err != nil {
		t.Fatal(err)
	}
	place := b.place(t)
	socket, err := socketFolder(t.Context(), place, found.newest())
	if err != nil {
		t.Fatal(err)
	}
	if err := makeSocketFolder(socket, place.user); err != nil {
		t.Fatal(err)
	}
	cmd := serverCommand(place, found.newest(), privateServer{socket: socket, life: life}, nil, 0)
	setDeathSignal(cmd.SysProcAttr, 0)
	exited, err = spawn(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		select {
		case <-exited:
		default:
			_ = cmd.Process.Signal(syscall.SIGQUIT)
			<-exited
		}
	})
	connect(t, socketURL(socket, privateSuperuser, PrivateDatabase))
	return cmd.Process.Pid, exited
}

func TestFatalLine(t *testing.T) {
	t.Parallel()
	const predecessor = "2026-11-22 22:00:00 UTC [41] FATAL:  terminating connection due to unexpected postmaster exit\n"
	for name, test := range map[string]struct{ log, want string }{
		"own, after another's": {predecessor + "2026-11-22 22:00:00 UTC [42] FATAL:  lock file exists\nHINT:  none\n", "lock file exists"},
		"child's panic":        {predecessor + "x [43] PANIC:  no checkpoint\nx [42] LOG:  shutting down\n", "no checkpoint"},
		"another's only":       {predecessor, "terminating connection due to unexpected postmaster exit"},
		"no level":             {"cannot open shared object\n", "cannot open shared object"},
		"nothing":              {"", "no message"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log, err := os.Create(filepath.Join(t.TempDir(), "log"))
			if err != nil {
				t.Fatal(err)
			}
			defer log.Close()
			if _, err := log.WriteString("FATAL:  of an earlier run\n" + test.log); err != nil {
				t.Fatal(err)
			}
			if got := fatalLine(log, int64(len("FATAL:  of an earlier run\n")), 42); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
