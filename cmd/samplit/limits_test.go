package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
	"github.com/samplit/samplit/e2e/program"
	"github.com/samplit/samplit/e2e/redis"
)

// asks sends n requests of one site to a program, some at a time, and counts those let through. Anything but an answer and a refusal
// fails the test.
func asks(t *testing.T, p *program.Program, x dbtest.Running, n int) (passed int) {
	t.Helper()
	var ok atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range n / 8 {
				switch status, out := p.Post("assign", map[string]any{"installation_token": x.Token, "experiment": x.Key, "visitor_id": "v"}); status {
				case http.StatusOK:
					ok.Add(1)
				case http.StatusTooManyRequests:
				default:
					t.Errorf("got %d %v, want 200 or 429", status, out)
				}
			}
		})
	}
	wg.Wait()
	return int(ok.Load())
}

// Two servers on one database count together in Redis; one killed or frozen costs nobody an answer.
func TestServersShareTheirLimits(t *testing.T) {
	t.Parallel()
	server := redis.Start(t)
	at := dbtest.Clone(t)
	direct, err := db.Open(t.Context(), db.Config{URL: at, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(direct.Close)
	x := dbtest.Experiment(t, direct, "sequential")
	settings := []string{"DATABASE_URL=" + at(""), "REDIS_URL=" + server.URL, "LIMIT_TOKEN=400/h"}
	a, b := program.New(t, settings...), program.New(t, settings...)
	a.Serve()
	b.Serve()

	if first := asks(t, a, x, 240); first != 240 {
		t.Errorf("the first server let %d of 240 through", first)
	}
	// What is left of 400, but for what each of eight requests at once paid ahead. Alone the second server would let all 240 through.
	if second := asks(t, b, x, 240); second < 96 || second > 200 {
		t.Errorf("the second server let %d through after 240 of 400 at the first, want about 160", second)
	}
	server.Freeze()
	alone := asks(t, a, x, 80)
	asks(t, b, x, 80)
	server.Thaw()
	server.Kill()
	alone += asks(t, a, x, 480)
	asks(t, b, x, 80)
	// By its own count the first server has 160 left of 400, and one more every nine seconds.
	if alone < 120 || alone > 200 {
		t.Errorf("without Redis the first server let %d of 560 through, want what it had left, about 160", alone)
	}
}

// Without Redis each server counts for itself: two let twice as much through, as the documentation says.
func TestServersWithoutRedisCountForThemselves(t *testing.T) {
	t.Parallel()
	at := dbtest.Clone(t)
	direct, err := db.Open(t.Context(), db.Config{URL: at, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(direct.Close)
	x := dbtest.Experiment(t, direct, "sequential")
	for range 2 {
		p := program.New(t, "DATABASE_URL="+at(""), "LIMIT_TOKEN=100/h")
		p.Serve()
		if passed := asks(t, p, x, 160); passed < 100 || passed > 103 { // one more every 36 seconds
			t.Errorf("a server let %d of 160 through, want its own 100", passed)
		}
	}
}

// One site sends all it can. The other sites on the server are answered as ever, and none of their requests is refused.
func TestOneSiteCannotTakeTheOthersTurn(t *testing.T) {
	t.Parallel()
	c := newDistant(t, "LIMIT_TOKEN=50/s")
	c.line.Open()
	c.Serve()
	loud, quiet := c.Register(), c.Register()
	loud.Launch("loud")
	quiet.Launch("quiet")
	awaitEpoch(c.Program, loud, "loud", 1)
	awaitEpoch(c.Program, quiet, "quiet", 1)

	var flood, refused atomic.Int64
	stop := make(chan struct{})
	var wg sync.WaitGroup
	defer wg.Wait()
	defer close(stop)
	for range 16 {
		wg.Go(func() {
			events := make([]any, 500)
			for i := range events {
				events[i] = map[string]any{"type": "custom", "visitor_id": "flood", "name": "flood"}
			}
			for {
				select {
				case <-stop:
					return
				default:
				}
				status, _ := c.Post("events", map[string]any{"installation_token": loud.Token, "events": events})
				flood.Add(1)
				if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
					refused.Add(1)
				}
			}
		})
	}
	c.Await("flooded", func() bool { return refused.Load() > 20 })
	for i := range 20 { // fewer than its own limit
		visitor := fmt.Sprint("guest ", i)
		if status, a := c.Post("assign", map[string]any{"installation_token": quiet.Token, "experiment": "quiet", "visitor_id": visitor}); status != http.StatusOK {
			t.Errorf("assign: got %d %v", status, a)
		}
		if status, a := c.Post("convert", map[string]any{"installation_token": quiet.Token, "goal": "buy", "visitor_id": visitor}); status != http.StatusOK {
			t.Errorf("convert: got %d %v", status, a)
		}
	}
	t.Logf("of %d requests of the flood %d were refused", flood.Load(), refused.Load())
}
