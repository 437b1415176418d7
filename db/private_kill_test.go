package db

import (
	"bytes"
	"os"
	"syscall"
	"testing"
)

func (b *lifeBundle) appKilled(t *testing.T) {
	for range 3 {
		b.record(t)
		b.app.kill()
		b.restart(t)
		if !b.app.Owned {
			t.Fatal("the server has no owner")
		}
	}
}

func (b *lifeBundle) appKilledThenPause(t *testing.T) {
	b.record(t)
	b.app.kill()
	if hasDeathSignal {
		eventually(t, "server follows its starter", func() bool { return !isServer(b.app.PID, b.cfg.Dir) })
	}
	b.restart(t)
}

func (b *lifeBundle) bothKilled(t *testing.T) {
	for range 3 {
		b.record(t)
		b.app.killWithServer(t)
		b.restart(t)
	}
}

// bothKilledWithBackend freezes a backend, so that the shared memory of the dead server stays in use.
func (b *lifeBundle) bothKilledWithBackend(t *testing.T) {
	b.record(t)
	backend := int(connect(t, b.app.URL).PgConn().PID())
	if err := syscall.Kill(backend, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	defer syscall.Kill(backend, syscall.SIGCONT)
	b.app.killWithServer(t)
	b.app = b.begin(t)
	eventually(t, "server refuses to start beside the old backend", func() bool {
		log, err := os.ReadFile(b.cfg.Dir + ".log")
		return err == nil && bytes.Contains(log, []byte("pre-existing shared memory block"))
	})
	if err := syscall.Kill(backend, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if b.app.await(t); b.app.Err != "" {
		t.Fatal(b.app.Err)
	}
	b.checkRows(t, b.app)
}

func (b *lifeBundle) serverKilled(t *testing.T) {
	b.record(t)
	if err := syscall.Kill(b.app.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	b.checkRows(t, b.app) // at the same address
	b.app.stop(t)
	if pm, ok := readPostmaster(b.cfg.Dir); ok {
		t.Errorf("after Stop: postmaster.pid names %d, want none", pm.pid)
	}
	b.restart(t)
}

func (b *lifeBundle) ownerLeaves(t *testing.T) {
	second := b.start(t)
	b.app.stop(t)
	eventually(t, "another server", func() bool {
		pm, ok := readPostmaster(b.cfg.Dir)
		return ok && pm.pid != b.app.PID
	})
	b.app = second
	b.record(t)
	b.checkRows(t, second)
	second.stop(t)
	if pm, ok := readPostmaster(b.cfg.Dir); ok {
		t.Errorf("after the adopter's Stop: postmaster.pid names %d, want none", pm.pid)
	}
	b.restart(t)
}
