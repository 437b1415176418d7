package main

import (
	"context"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/samplit/samplit/db/dbtest"
	"github.com/samplit/samplit/e2e/chaos"
	"github.com/samplit/samplit/e2e/program"
)

// pair is two programs on one database.
type pair struct {
	t     *testing.T
	nodes [2]*program.Program
	runs  [2]*exec.Cmd
	admin *pgx.Conn
	owner *program.Owner // at the first
}

func newPair(t *testing.T) *pair {
	t.Helper()
	address := dbtest.Clone(t)("")
	ctx := context.WithoutCancel(t.Context())
	admin, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close(ctx) })
	settings := []string{"DATABASE_URL=" + address, "BASE_URL=http://pair.localhost", "LIMIT_TOKEN=0", "SECRET_KEY=" + strings.Repeat("one secret of two nodes ", 2),
		"STATE_KEYSET=" + filepath.Join(t.TempDir(), "state.keyset")}
	p := &pair{t: t, admin: admin, nodes: [2]*program.Program{program.New(t, settings...), program.New(t, settings...)}}
	for i, node := range p.nodes {
		p.runs[i] = node.Serve()
	}
	p.owner = p.nodes[0].Register()
	return p
}

// restart ends a node in order and starts it again.
func (p *pair) restart(i int) {
	p.t.Helper()
	if err := p.runs[i].Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	if state, err := p.runs[i].Process.Wait(); err != nil || state.ExitCode() != 0 {
		p.t.Errorf("after SIGTERM: %v, %v", state, err)
	}
	p.runs[i] = p.nodes[i].Serve()
}

// forget takes from the nodes and the database whatever visitors were told.
func (p *pair) forget() {
	p.t.Helper()
	if _, err := p.admin.Exec(p.t.Context(), "DELETE FROM assignments"); err != nil {
		p.t.Fatal(err)
	}
	p.restart(0)
	p.restart(1)
}

func (p *pair) addrs() []string { return []string{p.nodes[0].Addr, p.nodes[1].Addr} }

func (p *pair) await(what string, ok func(node *program.Program) bool) {
	p.t.Helper()
	for _, node := range p.nodes {
		node.Await(what, func() bool { return ok(node) })
	}
}

func (p *pair) awaitEpoch(key string, epoch int) {
	p.t.Helper()
	for _, node := range p.nodes {
		awaitEpoch(node, p.owner, key, epoch)
	}
}

// assign is what a node answers a visitor who is not counted yet.
func (p *pair) assign(node *program.Program, key, visitor string) (status int, answer map[string]any) {
	return node.Post("assign", map[string]any{"installation_token": p.owner.Token, "experiment": key, "visitor_id": visitor, "expose": false})
}

// deaf cuts the connections on which the nodes hear of changes.
func (p *pair) deaf() {
	p.t.Helper()
	var cut int
	err := p.admin.QueryRow(p.t.Context(), "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN samplit_config'").Scan(&cut)
	if err != nil || cut != len(p.nodes) {
		p.t.Fatalf("%v: cut %d connections that listen, want %d", err, cut, len(p.nodes))
	}
}

func TestChangesReachEveryNode(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	id := p.owner.Launch("pair")
	p.awaitEpoch("pair", 1)
	known := map[string]any{}
	for _, node := range p.nodes {
		_, a := p.assign(node, "pair", "known")
		known[node.Addr] = a["variant"].(map[string]any)["key"]
	}
	if a, b := known[p.nodes[0].Addr], known[p.nodes[1].Addr]; a != b {
		t.Errorf("one visitor gets %v at one node and %v at the other", a, b)
	}

	p.owner.Weigh(id, 9, 1)
	p.awaitEpoch("pair", 2)
	p.await("listening", func(*program.Program) bool {
		var n int
		err := p.admin.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN samplit_config'").Scan(&n)
		return err == nil && n == len(p.nodes)
	})
	p.deaf()
	p.owner.Weigh(id, 1, 9)
	p.awaitEpoch("pair", 3) // found by looking

	p.owner.At(p.nodes[1]).Status(id, "paused")
	p.await("pausing", func(node *program.Program) bool {
		_, a := p.assign(node, "pair", uuid.NewString())
		return a["reason"] == "not_running"
	})
	for _, node := range p.nodes {
		if status, a := p.assign(node, "pair", "known"); status != http.StatusOK || a["variant"].(map[string]any)["key"] != known[node.Addr] {
			t.Errorf("a known visitor while it is paused: got %d %v", status, a)
		}
	}
	p.owner.Status(id, "running")
	p.awaitEpoch("pair", 3)

	if _, err := p.admin.Exec(t.Context(), "UPDATE installations SET archived_at = now() WHERE token = $1", p.owner.Token); err != nil {
		t.Fatal(err)
	}
	p.await("refusing the token", func(node *program.Program) bool {
		status, a := p.assign(node, "pair", "known")
		return status == http.StatusUnauthorized && a["code"] == "unknown_token"
	})
}

// The same new visitors come to both nodes at the same time, while the weights change and the nodes hear of it one after the other. The
// first assignment wins at both, and everybody is counted once.
func TestVisitorsOfTwoNodesAreCountedOnce(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	id := p.owner.Launch("race")
	p.awaitEpoch("race", 1)
	crowd := chaos.NewCrowd(t, p.owner.Token, "race", "racer-")
	const rounds, each = 10, 400
	for round := range rounds {
		failed := make(chan int, 2)
		for i := range 2 {
			go func() { failed <- crowd.Visit(round*each, (round+1)*each, p.addrs()[i], p.addrs()[1-i]) }()
		}
		p.owner.At(p.nodes[round%2]).Weigh(id, 1+round%2*8, 9-round%2*8)
		if n := <-failed + <-failed; n > 0 {
			t.Errorf("round %d: %d visits got no variant", round, n)
		}
	}
	t.Logf("%d answers were not stored", crowd.Loose())
	if moved := crowd.Moved(); moved > 0 {
		t.Errorf("%d visitors got another variant at the other node", moved)
	}
	var assignments, counted, visitors int
	err := p.admin.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM assignments WHERE visitor LIKE 'racer-%'),
		(SELECT sum(visitors) FROM rollups), (SELECT count(DISTINCT visitor) FROM assignments WHERE exposed_at IS NOT NULL)`).Scan(&assignments, &counted, &visitors)
	if err != nil || assignments != rounds*each || counted != visitors || counted != rounds*each {
		t.Errorf("%v: %d visitors have %d assignments and are counted %d times, want %d each", err, visitors, assignments, counted, rounds*each)
	}
	if out, code := p.nodes[0].Output("recount"); code != 0 {
		t.Errorf("recount: exit %d: %s", code, out)
	}
}
