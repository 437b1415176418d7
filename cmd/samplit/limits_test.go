package main

import (
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
	asks(t, a, x, 80)
	asks(t, b, x, 80)
	server.Thaw()
	server.Kill()
	asks(t, a, x, 80)
	asks(t, b, x, 80)
}
