package main

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
	"github.com/samplit/samplit/e2e/chaos"
	"github.com/samplit/samplit/e2e/program"
	"github.com/samplit/samplit/engine"
)

// victim is a program with its private database, both of which can be killed.
type victim struct {
	t *testing.T
	*program.Program
	server  *exec.Cmd
	private *db.Private
	x       dbtest.Running
}

func newVictim(t *testing.T) *victim {
	t.Helper()
	v := &victim{t: t, Program: program.New(t, "LIMIT_TOKEN=0")}
	v.server = v.Serve()
	v.private, _ = v.Database()
	d, err := db.Open(t.Context(), db.Config{URL: func(r db.Role) string { return v.private.URL(string(r), db.PrivateDatabase) }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	v.x = dbtest.Experiment(t, d, "sequential")
	awaitServed(t, v.Program, v.x)
	return v
}

// awaitServed waits until a program knows an experiment.
func awaitServed(t *testing.T, p *program.Program, x dbtest.Running) {
	t.Helper()
	p.Await("serving the experiment", func() bool {
		_, a := p.Post("assign", map[string]any{"installation_token": x.Token, "experiment": x.Key, "visitor_id": "first", "expose": false})
		return a["assigned"] == true
	})
}

// traffic is the experiment's, sent to url, of visitors of its own.
func traffic(x dbtest.Running, url, prefix string, seed uint64) *chaos.Traffic {
	return &chaos.Traffic{URL: url, Token: x.Token, Experiment: x.Key, Arms: []string{"control", "b"}, Weights: engine.Weights{5000, 5000}, Goal: x.GoalKey,
		Prefix: prefix, Seed: seed}
}

func (v *victim) address() string { return v.private.URL("postgres", db.PrivateDatabase) }

// connect waits for the database, which whoever ran it may have stopped; the test's own hold on it starts it again.
func (v *victim) connect() (conn *pgx.Conn) {
	v.t.Helper()
	ctx := context.WithoutCancel(v.t.Context())
	v.Await("connected", func() bool {
		var err error
		conn, err = pgx.Connect(ctx, v.address())
		return err == nil
	})
	v.t.Cleanup(func() { _ = conn.Close(ctx) })
	return conn
}

// killProgram kills the program and starts it again, while clients go on.
func (v *victim) killProgram() {
	v.t.Helper()
	v.die()
	v.server = v.Serve()
}

// die kills the program.
func (v *victim) die() {
	v.t.Helper()
	kill(v.t, v.server.Process.Pid)
	_, _ = v.server.Process.Wait()
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// killPostgres kills the postmaster, which the program has to start again.
func (v *victim) killPostgres() {
	v.t.Helper()
	old := v.private.PID()
	kill(v.t, old)
	v.Await("PostgreSQL started again", func() bool { return v.private.PID() != old })
}

// drain lets the program store what waits and end.
func (v *victim) drain() {
	v.t.Helper()
	if err := v.server.Process.Signal(syscall.SIGTERM); err != nil {
		v.t.Fatal(err)
	}
	if state, err := v.server.Process.Wait(); err != nil || state.ExitCode() != 0 {
		v.t.Errorf("after SIGTERM: %v, %v", state, err)
	}
}

// chaosSeed chooses who is killed when. SEED repeats a run.
func chaosSeed(t *testing.T) uint64 {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("SEED=%d", seed)
	return seed
}

// Clients keep sending while the program and its database are killed again and again; whatever was acknowledged is there afterwards,
// and everything once.
func TestNothingAcknowledgedIsLostOrDoubled(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	seed := chaosSeed(t)
	random := rand.New(rand.NewPCG(seed, 0))
	watch := chaos.WatchBalance(t, v.address)
	tr := traffic(v.x, "http://"+v.Addr, "visitor-", seed)
	tr.Start(t)
	for n := range chaosKills {
		next := (int64(n) + 1) * chaosEvents / (chaosKills + 1)
		v.Await("acknowledging", func() bool { return tr.Acknowledged() >= next })
		time.Sleep(time.Duration(random.IntN(50)) * time.Millisecond) // anywhere in a commit
		switch random.IntN(3) {
		case 0:
			v.killProgram()
		case 1:
			v.killPostgres()
		default:
			kill(t, v.private.PID())
			v.killProgram()
		}
	}
	v.Await("acknowledging", func() bool { return tr.Acknowledged() >= chaosEvents })
	tr.Stop()
	if samples := watch.Stop(); samples < chaosKills {
		t.Errorf("the balance was looked at %d times", samples)
	}
	v.drain()
	v.check(tr, "visitor-")
	if out, code := v.Output("recount"); code != 0 {
		t.Errorf("recount: exit %d: %s", code, out)
	}
}

// check holds the ledger against the database.
func (v *victim) check(tr *chaos.Traffic, prefix string) {
	v.t.Helper()
	conn := v.connect()
	found, err := tr.Check(v.t.Context(), conn, prefix)
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Logf("%s; %d requests came back", found, tr.Refused())
	if !found.Clean() {
		v.t.Errorf("not every promise was kept: %s", found)
	}
	b, err := chaos.ReadBalance(v.t.Context(), conn)
	if err != nil {
		v.t.Fatal(err)
	}
	if err := b.Check(); err != nil || b.Duplicate == 0 {
		v.t.Errorf("at the end: %v, %+v", err, b)
	}
}

// The checks above can fail: each finds what it is for.
func TestChaosWouldBeFound(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	const few = 4000

	lied := traffic(v.x, chaos.Liar(t, "http://"+v.Addr), "lied-", 1)
	lied.Start(t)
	v.Await("acknowledging", func() bool { return lied.Acknowledged() >= few })
	v.killProgram()
	lied.Stop()
	found, err := lied.Check(t.Context(), v.connect(), "lied-")
	if err != nil || found.Lost == 0 {
		t.Errorf("acknowledged before it is stored: %v, %v, want losses", found, err)
	}

	twice := traffic(v.x, "http://"+v.Addr, "twice-", 2)
	twice.FreshIDs = true
	twice.Start(t)
	v.Await("acknowledging", func() bool { return twice.Acknowledged() >= few })
	twice.Stop()
	found, err = twice.Check(t.Context(), v.connect(), "twice-")
	if err != nil || found.Doubled == 0 || found.Lost > 0 {
		t.Errorf("sent again under new ids: %v, %v, want events doubled and none lost", found, err)
	}
	v.drain()
	v.tamper()
}

// tamper changes counts behind the program's back, which the balance and recount find.
func (v *victim) tamper() {
	v.t.Helper()
	conn := v.connect()
	if b, err := chaos.ReadBalance(v.t.Context(), conn); err != nil || b.Check() != nil {
		v.t.Fatalf("before: %v, %+v", err, b)
	}
	for _, statement := range []string{"UPDATE tallies SET n = n + 1 WHERE kind = 'applied'", "UPDATE rollups SET converters = converters + 1 WHERE converters > 0"} {
		if _, err := conn.Exec(v.t.Context(), statement); err != nil {
			v.t.Fatal(err)
		}
	}
	if b, err := chaos.ReadBalance(v.t.Context(), conn); err != nil || b.Check() == nil {
		v.t.Errorf("a counter that was changed is not found: %v, %+v", err, b)
	}
	if out, code := v.Output("recount"); code != 1 {
		v.t.Errorf("recount after a count was changed: exit %d: %s", code, out)
	}
}
