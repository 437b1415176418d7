package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/samplit/samplit/services"
)

// demoTraffic sends simulated visitors through the tracker, as browsers would: see a variant, perhaps reach the goal.
type demoTraffic struct {
	tracker  string // URL
	token    string
	plans    []services.DemoPlan
	visitors int
	over     time.Duration // spread evenly over so long
	client   *http.Client
}

const demoClients = 16

func newDemoTraffic(tracker, token string, plans []services.DemoPlan, visitors int, over time.Duration) *demoTraffic {
	dialer := &net.Dialer{Timeout: 3 * time.Second}
	transport := &http.Transport{MaxIdleConnsPerHost: demoClients, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		// Not every resolver knows that names under localhost are this machine.
		if host, port, err := net.SplitHostPort(addr); err == nil && strings.HasSuffix(host, ".localhost") {
			addr = net.JoinHostPort("localhost", port)
		}
		return dialer.DialContext(ctx, network, addr)
	}}
	return &demoTraffic{tracker, token, plans, visitors, over, &http.Client{Transport: transport, Timeout: 15 * time.Second}}
}

// run sends everybody and returns how many visitors had some request refused.
func (d *demoTraffic) run(ctx context.Context, p *progress) (failed int64, err error) {
	var done, bad atomic.Int64
	var first atomic.Pointer[error]
	queue := make(chan int)
	var wg sync.WaitGroup
	for range demoClients {
		wg.Go(func() {
			for range queue {
				if err := d.visit(ctx); err != nil {
					bad.Add(1)
					first.CompareAndSwap(nil, &err)
				}
				done.Add(1)
			}
		})
	}
	start := time.Now()
	for i := range d.visitors {
		due := start.Add(time.Duration(float64(d.over) * float64(i) / float64(d.visitors)))
		select {
		case <-ctx.Done():
		case <-time.After(time.Until(due)):
		}
		if ctx.Err() != nil {
			break
		}
		queue <- i
		p.at(int(done.Load()))
	}
	close(queue)
	wg.Wait()
	p.at(int(done.Load()))
	if e := first.Load(); e != nil {
		err = *e
	}
	return bad.Load(), errors.Join(ctx.Err(), err)
}

func (d *demoTraffic) visit(ctx context.Context) error {
	visitor := fmt.Sprintf("demo-%016x%016x", rand.Uint64(), rand.Uint64())
	for _, plan := range d.plans {
		var a struct {
			Assigned bool
			Variant  struct{ Key string }
		}
		err := d.post(ctx, "assign", map[string]any{"installation_token": d.token, "experiment": plan.Experiment, "visitor_id": visitor,
			"context": map[string]any{"url": plan.URL, "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"}}, &a)
		if err != nil {
			return err
		}
		if !a.Assigned || rand.Float64() >= plan.Rates[a.Variant.Key] {
			continue
		}
		err = d.post(ctx, "convert", map[string]any{"installation_token": d.token, "experiment": plan.Experiment, "goal": plan.Goal,
			"visitor_id": visitor, "event_id": visitor + "/" + plan.Goal}, nil)
		if err != nil {
			return err
		}
	}
	return nil
}

// post sends one request, again when the server asks for it.
func (d *demoTraffic) post(ctx context.Context, path string, body map[string]any, out any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	for try := range 5 {
		var retry bool
		if retry, err = d.once(ctx, path, raw, out); err == nil || !retry {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(try+1) * time.Second):
		}
	}
	return err
}

func (d *demoTraffic) once(ctx context.Context, path string, raw []byte, out any) (retry bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.tracker+"/api/v1/tracker/"+path, bytes.NewReader(raw))
	if err != nil {
		return false, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := d.client.Do(req)
	if err != nil {
		return true, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	switch {
	case err != nil:
		return true, err
	case resp.StatusCode == http.StatusServiceUnavailable || resp.StatusCode == http.StatusTooManyRequests:
		return true, fmt.Errorf("%s: %s", path, resp.Status)
	case resp.StatusCode != http.StatusOK:
		return false, fmt.Errorf("%s: %s: %.200s", path, resp.Status, answer)
	case out == nil:
		return false, nil
	}
	return false, json.Unmarshal(answer, out)
}
