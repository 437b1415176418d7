package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/e2e/program"
)

// convertOnce reports a conversion under an id that may be sent again.
func convertOnce(p *program.Program, o *program.Owner, id uuid.UUID) (status int, answer map[string]any) {
	return p.Post("convert", map[string]any{"installation_token": o.Token, "goal": "buy", "visitor_id": "buyer", "event_id": id})
}

// wantVariants checks that visitors get an answer whatever the database does.
func (c *distant) wantVariants(o *program.Owner) {
	c.t.Helper()
	for _, visitor := range []string{"buyer", uuid.NewString()} {
		if status, a := c.Post("assign", map[string]any{"installation_token": o.Token, "experiment": "fault", "visitor_id": visitor}); status != http.StatusOK || a["assigned"] != true {
			c.t.Errorf("assign: got %d %v", status, a)
		}
	}
}

// newFault is a program on a line that is open, with an experiment that one visitor is in.
func newFault(t *testing.T) (*distant, *program.Owner) {
	t.Helper()
	c := newDistant(t)
	c.line.Open()
	c.Serve()
	o := c.Register()
	o.Launch("fault")
	awaitEpoch(c.Program, o, "fault", 1)
	c.wantVariants(o)
	return c, o
}

// A connection that swallowed a question holds nobody: each request ends in the time promised for it, and the program finds new
// experiments again although its old connections never answer.
func TestAnswersThatNeverComeHoldNobody(t *testing.T) {
	t.Parallel()
	c, o := newFault(t)
	c.line.Hang()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			status, _ := c.Post("identify", map[string]any{"installation_token": o.Token, "visitor_id": "buyer", "user_id": "person"})
			if status != http.StatusServiceUnavailable {
				t.Errorf("identify: got %d, want 503", status)
			}
		})
	}
	c.wantVariants(o)
	wg.Wait()
	c.Await("not ready", func() bool { return !c.Says("/readyz") })
	c.line.Release()
	c.Await("ready", func() bool { return c.Says("/readyz") })
	c.Await("listing", func() bool {
		status, _, _ := o.Ask(http.MethodGet, "/experiments", nil)
		return status == http.StatusOK
	})
	o.Launch("later")
	awaitEpoch(c.Program, o, "later", 1)
}

// After a failover the addresses may lead to a standby for a while. Nothing is promised on it, and the program finds the way back
// although nobody cuts the connections it has.
func TestNothingIsPromisedOnAReadOnlyServer(t *testing.T) {
	t.Parallel()
	c, o := newFault(t)
	id := uuid.Must(uuid.NewV7())
	const mode = "ALTER DATABASE %s SET default_transaction_read_only = %s"
	admin := c.connect() // its own session stays as it is
	name := admin.Config().Database
	if _, err := admin.Exec(t.Context(), fmt.Sprintf(mode, name, "on")); err != nil {
		t.Fatal(err)
	}
	c.line.Open() // new connections are read-only
	c.Await("connected to the standby", func() bool { return c.Says("/readyz") })
	for range 10 {
		if status, a := convertOnce(c.Program, o, id); status != http.StatusServiceUnavailable {
			t.Errorf("convert on a standby: got %d %v, want 503", status, a)
		}
	}
	c.wantVariants(o)
	if _, err := admin.Exec(t.Context(), fmt.Sprintf(mode, name, "off")); err != nil {
		t.Fatal(err)
	}
	c.Await("taking the conversion", func() bool {
		status, a := convertOnce(c.Program, o, id)
		return status == http.StatusOK && a["duplicate"] == false
	})
}

// An administrator's lock on the events costs clients a 503 and nothing else: the conversion is not set aside as a bad one.
func TestALongLockLosesNothing(t *testing.T) {
	t.Parallel()
	c, o := newFault(t)
	tx, err := c.connect().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "LOCK TABLE events IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	ids := make([]uuid.UUID, 4)
	for i := range ids {
		ids[i] = uuid.Must(uuid.NewV7())
		wg.Go(func() {
			if status, a := convertOnce(c.Program, o, ids[i]); status != http.StatusServiceUnavailable {
				t.Errorf("convert while the table is locked: got %d %v, want 503", status, a)
			}
		})
	}
	c.wantVariants(o)
	wg.Wait()
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		c.Await("taking the conversion", func() bool { status, _ := convertOnce(c.Program, o, id); return status == http.StatusOK })
	}
	c.wantStored(4, 0)
}

// wantStored checks how many conversions of the buyer there are, and how many events were set aside.
func (c *distant) wantStored(conversions, aside int) {
	c.t.Helper()
	var gotConversions, gotAside int
	err := c.connect().QueryRow(c.t.Context(), "SELECT (SELECT count(*) FROM events WHERE kind = 2 AND part = 0), (SELECT count(*) FROM quarantine)").Scan(&gotConversions, &gotAside)
	if err != nil || gotConversions != conversions || gotAside != aside {
		c.t.Errorf("%v: got %d conversions and %d events set aside, want %d and %d", err, gotConversions, gotAside, conversions, aside)
	}
}

func TestAMissingDayIsMadeWhenAnEventNeedsIt(t *testing.T) {
	t.Parallel()
	c, o := newFault(t)
	c.exec("DROP TABLE events_" + time.Now().UTC().Format("20060102"))
	if status, a := convertOnce(c.Program, o, uuid.Must(uuid.NewV7())); status != http.StatusOK {
		t.Errorf("convert on a day without a partition: got %d %v", status, a)
	}
	c.wantStored(1, 0)
}

// An event that the database refuses, whatever the reason, is set aside and told so, and its neighbours are stored.
func TestAPoisonousEventStandsAlone(t *testing.T) {
	t.Parallel()
	c, o := newFault(t)
	c.exec("ALTER TABLE events ADD CONSTRAINT poison CHECK (name IS DISTINCT FROM 'poison')")
	tr := launched(o, c.Program, "fault", "neighbour-")
	tr.Start(t)
	const poisonous = 10
	for i := range poisonous {
		status, a := c.Post("events", map[string]any{"installation_token": o.Token, "events": []any{
			map[string]any{"id": fmt.Sprint("bad ", i), "type": "custom", "visitor_id": "v", "name": "poison"}}})
		if status != http.StatusUnprocessableEntity || a["code"] != "quarantined" {
			t.Errorf("poison: got %d %v, want 422 quarantined", status, a)
		}
	}
	c.Await("acknowledging", func() bool { return tr.Acknowledged() > 2000 })
	tr.Stop()
	c.settle(tr, "neighbour-")
	var aside int
	if err := c.connect().QueryRow(t.Context(), "SELECT count(*) FROM quarantine").Scan(&aside); err != nil || aside != poisonous {
		t.Errorf("%v: got %d events set aside, want %d", err, aside, poisonous)
	}
}

// A program that is told to end while clients go on answers what it has begun: no 5xx, and nothing acknowledged is lost.
func TestATermSignalUnderLoadLosesNothing(t *testing.T) {
	t.Parallel()
	c := newDistant(t)
	c.line.Open()
	server := c.Serve()
	o := c.Register()
	o.Launch("fault")
	awaitEpoch(c.Program, o, "fault", 1)
	tr := launched(o, c.Program, "fault", "load-")
	tr.Unavailable = func(answer string) { t.Errorf("a request was refused while the program ended: %s", answer) }
	tr.Start(t)
	for range 3 {
		from := tr.Acknowledged()
		c.Await("acknowledging", func() bool { return tr.Acknowledged() > from+1000 })
		c.stop(server.Process)
		server = c.Serve()
	}
	tr.Stop()
	c.stop(server.Process)
	c.settle(tr, "load-")
}

// Without a free connection on the server, requests wait a bounded time and visitors none; when there are some again it goes on.
func TestAServerWithoutFreeConnections(t *testing.T) {
	t.Parallel()
	p := program.New(t)
	private, err := db.StartPrivate(t.Context(), db.PrivateConfig{Dir: filepath.Join(p.Dir, "postgres"), Log: slog.New(slog.DiscardHandler),
		Settings: map[string]string{"max_connections": "25", "fsync": "off"}})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.WithoutCancel(t.Context())
	t.Cleanup(func() { _ = private.Stop(ctx) })
	p.Serve()
	o := p.Register()
	o.Launch("fault")
	awaitEpoch(p, o, "fault", 1)

	var taken []*pgx.Conn
	take := func() {
		for {
			conn, err := pgx.Connect(ctx, private.URL("postgres", db.PrivateDatabase))
			if err != nil {
				return
			}
			taken = append(taken, conn)
		}
	}
	take()
	if len(taken) == 0 {
		t.Fatal("no connection could be taken")
	}
	const cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE backend_type = 'client backend' AND usename <> 'postgres'"
	id := uuid.Must(uuid.NewV7())
	p.Await("refusing", func() bool { // the program may be faster once or twice
		if _, err := taken[0].Exec(ctx, cut); err != nil {
			t.Fatal(err)
		}
		take()
		status, _ := convertOnce(p, o, id)
		return status == http.StatusServiceUnavailable
	})
	if status, a := p.Post("assign", map[string]any{"installation_token": o.Token, "experiment": "fault", "visitor_id": "v"}); status != http.StatusOK {
		t.Errorf("assign: got %d %v", status, a)
	}
	askAll(t, o, p)
	for _, conn := range taken {
		_ = conn.Close(ctx)
	}
	p.Await("taking the conversion", func() bool { status, _ := convertOnce(p, o, id); return status == http.StatusOK })
	p.Await("ready", func() bool { return p.Says("/readyz") })
}

// The pages come back by themselves after PostgreSQL was killed, and no connection remembers whose it was.
func TestTenantsStayApartWhenPostgresIsKilled(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	owners := []*program.Owner{v.Register(), v.Register()}
	for i, o := range owners {
		o.Launch(fmt.Sprint("of-", i))
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				mine := n % 2
				status, list, raw := owners[mine].Ask(http.MethodGet, "/experiments", nil)
				switch {
				case status == http.StatusServiceUnavailable:
					time.Sleep(20 * time.Millisecond)
				case status != http.StatusOK || list["total"] != 1. || !strings.Contains(raw, fmt.Sprint(`"of-`, mine, `"`)):
					t.Errorf("owner %d: got %d %s", mine, status, raw)
				}
			}
		})
	}
	defer wg.Wait()
	defer close(stop)
	for range 2 {
		v.killPostgres()
		v.Await("listing again", func() bool {
			status, _, _ := owners[0].Ask(http.MethodGet, "/experiments", nil)
			return status == http.StatusOK
		})
	}
}
