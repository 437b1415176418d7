package main

import (
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/uuid"

	"github.com/samplit/samplit/e2e/program"
)

// acks is what clients were told is stored.
type acks struct {
	mu  sync.Mutex
	ids []uuid.UUID
	n   atomic.Int64
}

func (a *acks) add(id uuid.UUID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ids = append(a.ids, id)
	a.n.Add(1)
}

// Clients keep converting while the program and then its database are killed; whatever was acknowledged is there afterwards, once.
func TestAcknowledgedConversionsSurviveKills(t *testing.T) {
	t.Parallel()
	p := program.New(t)
	server := p.Serve()
	if out, code := p.Output("demo"); code != 0 {
		t.Fatalf("demo: exit %d: %s", code, out)
	}
	private, conn := p.Database()
	var token string
	if err := conn.QueryRow(t.Context(), "SELECT token FROM installations").Scan(&token); err != nil {
		t.Fatal(err)
	}
	p.Await("in the snapshot", func() bool {
		_, a := p.Post("assign", map[string]any{"installation_token": token, "experiment": "demo-button", "visitor_id": "probe"})
		return a["assigned"] == true
	})

	var got acks
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for c := range 16 {
		clients.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				convertUntilAcknowledged(t, p, token, fmt.Sprintf("client-%d-%d", c, i/10), &got, stop)
			}
		})
	}
	flowing := func(n int64) {
		t.Helper()
		from := got.n.Load()
		p.Await("acknowledging", func() bool { return got.n.Load() >= from+n })
	}
	flowing(300)
	kill(t, server.Process.Pid)
	_, _ = server.Process.Wait()
	server = p.Serve()
	flowing(300)
	kill(t, private.PID())
	flowing(300)
	close(stop)
	clients.Wait()
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if state, err := server.Process.Wait(); err != nil || state.ExitCode() != 0 {
		t.Errorf("after SIGTERM: %v, %v", state, err)
	}
	checkAcknowledged(t, p, got.ids)
	if out, code := p.Output("recount"); code != 0 {
		t.Errorf("recount: exit %d: %s", code, out)
	}
}

// convertUntilAcknowledged sends one conversion as an honest client does: the same id until somebody says it is stored.
func convertUntilAcknowledged(t *testing.T, p *program.Program, token, visitor string, got *acks, stop <-chan struct{}) {
	id := uuid.Must(uuid.NewV7())
	p.Post("assign", map[string]any{"installation_token": token, "experiment": "demo-button", "visitor_id": visitor})
	for {
		status, _ := p.Post("convert", map[string]any{"installation_token": token, "experiment": "demo-button", "goal": "add-to-cart",
			"visitor_id": visitor, "event_id": id.String()})
		switch status {
		case 200:
			got.add(id)
			return
		case 0, 503:
			select {
			case <-stop: // not acknowledged: it may or may not be there
				return
			default:
			}
		default:
			t.Errorf("convert: status %d", status)
			return
		}
	}
}

func checkAcknowledged(t *testing.T, p *program.Program, ids []uuid.UUID) {
	t.Helper()
	_, conn := p.Database()
	rows, err := conn.Query(t.Context(), "SELECT event_id, count(*) FROM events WHERE kind = 2 GROUP BY 1")
	if err != nil {
		t.Fatal(err)
	}
	stored := map[uuid.UUID]int{}
	for rows.Next() {
		var id uuid.UUID
		var n int
		if err := rows.Scan(&id, &n); err != nil {
			t.Fatal(err)
		}
		stored[id] = n
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	lost, doubled := 0, 0
	for _, id := range ids {
		switch stored[id] {
		case 0:
			lost++
		case 1:
		default:
			doubled++
		}
	}
	t.Logf("%d acknowledged, %d stored", len(ids), len(stored))
	if lost > 0 || doubled > 0 {
		t.Errorf("of %d acknowledged conversions %d are lost and %d stored more than once", len(ids), lost, doubled)
	}
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}
