package main

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/samplit/samplit/e2e/chaos"
	"github.com/samplit/samplit/e2e/port"
	"github.com/samplit/samplit/e2e/program"
	"github.com/samplit/samplit/engine"
)

func (c *distant) connect() *pgx.Conn {
	c.t.Helper()
	ctx := context.WithoutCancel(c.t.Context())
	conn, err := pgx.Connect(ctx, c.address)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = conn.Close(ctx) })
	return conn
}

// exec changes the database as an administrator.
func (c *distant) exec(statement string) {
	c.t.Helper()
	if _, err := c.connect().Exec(c.t.Context(), statement); err != nil {
		c.t.Fatalf("%s: %v", statement, err)
	}
}

// launched is the traffic of an experiment that an owner has started.
func launched(o *program.Owner, p *program.Program, key, prefix string) *chaos.Traffic {
	return &chaos.Traffic{URL: "http://" + p.Addr, Token: o.Token, Experiment: key, Arms: []string{"control", "b"}, Weights: engine.Weights{5000, 5000},
		Goal: "buy", Prefix: prefix, Seed: 1}
}

// awaitEpoch waits until a program chooses by an epoch's weights. It takes new visitors to see that.
func awaitEpoch(p *program.Program, o *program.Owner, key string, epoch int) {
	p.Await(fmt.Sprintf("serving epoch %d", epoch), func() bool {
		_, a := p.Post("assign", map[string]any{"installation_token": o.Token, "experiment": key, "visitor_id": uuid.NewString(), "expose": false})
		return a["epoch"] == float64(epoch)
	})
}

// settle checks that a traffic's promises were kept and the counts are right, and ends the program.
func (c *distant) settle(tr *chaos.Traffic, prefix string) {
	c.t.Helper()
	conn := c.connect()
	found, err := tr.Check(c.t.Context(), conn, prefix)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Logf("%s; %d requests came back", found, tr.Refused())
	if !found.Clean() || found.Acknowledged == 0 {
		c.t.Errorf("not every promise was kept: %s", found)
	}
	if b, err := chaos.ReadBalance(c.t.Context(), conn); err != nil || b.Check() != nil {
		c.t.Errorf("%v, %v", err, b.Check())
	}
	if out, code := c.Output("recount"); code != 0 {
		c.t.Errorf("recount: exit %d: %s", code, out)
	}
}

// askAll sends many requests at once that need the database. Each must be answered in the time that the program promises, with what was
// asked for or with when to come back.
func askAll(t *testing.T, o *program.Owner, p *program.Program) {
	t.Helper()
	const pages = 24
	var wg sync.WaitGroup
	for i := range pages {
		wg.Go(func() {
			var status int
			var raw string
			switch i % 3 {
			case 0:
				status, _, raw = o.Ask(http.MethodGet, "/experiments", nil)
			case 1:
				status, _, raw = o.Ask(http.MethodGet, "/auth/me", nil)
			default:
				status, _ = p.Post("identify", map[string]any{"installation_token": o.Token, "visitor_id": "somebody", "user_id": "person"})
			}
			if status != http.StatusOK && status != http.StatusServiceUnavailable {
				t.Errorf("request %d: got %d %s, want 200 or 503", i, status, raw)
			}
		})
	}
	wg.Wait()
}

// Whatever happens to the database, a visitor keeps the variant and no page waits for one: not while the database is gone, hangs, is
// slow, or cuts its connections in the middle, and not afterwards. Events are refused honestly and arrive later, once.
func TestVariantsHoldThroughEveryOutage(t *testing.T) {
	t.Parallel()
	admin := port.Free(t)
	c := newDistant(t, "LIMIT_TOKEN=0", "ADMIN_ADDR="+admin)
	c.line.Open()
	server := c.Serve()
	o := c.Register()
	id := o.Launch("outage")
	crowd := chaos.NewCrowd(t, o.Token, "outage", "known-")
	c.Await("serving", func() bool { return crowd.Visit(0, 1, c.Addr) == 0 })
	if failed := crowd.Visit(0, knownVisitors, c.Addr); failed > 0 {
		t.Fatalf("before: %d of %d got no variant", failed, knownVisitors)
	}
	// From now on the hash alone would give four of ten another variant.
	o.Weigh(id, 9, 1)
	awaitEpoch(c.Program, o, "outage", 2)
	crowd.Rest()
	calm := c.Metric(admin, "go_goroutines")
	tr := launched(o, c.Program, "outage", "busy-")
	tr.Start(t)

	faults := []struct {
		name  string
		begin func()
	}{
		{"stopped", c.line.Close},
		{"hanging", c.line.Hang},
		{"slow", func() { c.line.Slow(2 * time.Second) }},
		{"reset", c.line.Reset},
	}
	for i, fault := range faults {
		from := tr.Acknowledged()
		c.Await("acknowledging", func() bool { return tr.Acknowledged() > from+500 })
		refused := tr.Refused()
		fault.begin()
		c.Await("refusing while "+fault.name, func() bool { return tr.Refused() > refused })
		until := time.Now().Add(outageTime)
		for again := true; again; again = time.Now().Before(until) {
			if failed := crowd.Visit(i*knownVisitors/len(faults), (i+1)*knownVisitors/len(faults), c.Addr); failed > 0 {
				t.Errorf("%s: %d known visitors got no variant", fault.name, failed)
			}
			askAll(t, o, c.Program)
		}
		if i < 2 { // a slow database is there, if not in time for everything, and cut connections are made again
			c.Await("turning requests away at once while "+fault.name, func() bool { return c.Metric(admin, "samplit_database_away") == 1 })
		}
		c.line.Open()
		c.Await("ready after "+fault.name, func() bool { return c.Says("/readyz") })
	}
	from := tr.Acknowledged()
	c.Await("acknowledging", func() bool { return tr.Acknowledged() > from+500 })
	tr.Stop()
	if failed := crowd.Visit(0, knownVisitors, c.Addr); failed > 0 {
		t.Errorf("afterwards: %d of %d got no variant", failed, knownVisitors)
	}
	if moved := crowd.Moved(); moved > 0 {
		t.Errorf("%d visits showed another variant than before", moved)
	}
	crowd.Rest()
	// A few connections of pools come and go.
	c.Await("as many goroutines as before", func() bool { return c.Metric(admin, "go_goroutines") <= calm+10 })
	c.stop(server.Process)
	c.settle(tr, "busy-")
}
