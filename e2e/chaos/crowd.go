package chaos

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// Crowd is visitors who come back: whoever has been told a variant that is stored must never be told another one.
type Crowd struct {
	Token, Experiment, Prefix string

	t     testing.TB
	http  *http.Client
	mu    sync.Mutex
	told  map[string]string // variant by visitor
	epoch map[string]int    // in which it was first told
	moved int
	loose int
}

// NewCrowd is of visitors who are known to nobody yet.
func NewCrowd(t testing.TB, token, experiment, prefix string) *Crowd {
	return &Crowd{Token: token, Experiment: experiment, Prefix: prefix, t: t, told: map[string]string{}, epoch: map[string]int{},
		http: &http.Client{Timeout: longest, Transport: &http.Transport{MaxIdleConnsPerHost: clients}}}
}

// Visit sends visitors from..to to one of the programs at the addresses each, and returns how many got no variant. What the
// visitors are told is remembered and held against what they were told before.
func (c *Crowd) Visit(from, to int, addrs ...string) (failed int) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	for k := range clients {
		wg.Go(func() {
			for i := from + k; i < to; i += clients {
				if !c.visit(fmt.Sprint(c.Prefix, i), addrs[i%len(addrs)]) {
					mu.Lock()
					failed++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return failed
}

// Rest lets go of the connections.
func (c *Crowd) Rest() { c.http.CloseIdleConnections() }

// Moved is how many visits told a visitor another variant than before.
func (c *Crowd) Moved() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.moved
}

// Loose is how many answers said that they are not stored, since the database took longer than a page may wait. What such an answer tells a
// visitor whom the program does not know may change.
func (c *Crowd) Loose() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.loose
}

// Told is how many visitors each variant was told, by the epoch in which they first came.
func (c *Crowd) Told() map[int]map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[int]map[string]int{}
	for visitor, variant := range c.told {
		epoch := c.epoch[visitor]
		if out[epoch] == nil {
			out[epoch] = map[string]int{}
		}
		out[epoch][variant]++
	}
	return out
}

type told struct {
	Assigned, Stored bool
	Epoch            int
	Variant          struct{ Key string }
}

// visit asks until the answer is stored.
func (c *Crowd) visit(visitor, addr string) bool {
	for range 50 {
		a, err := c.ask(visitor, addr)
		if err != nil {
			c.t.Logf("%s: %v", visitor, err)
			return false
		}
		if c.note(visitor, a) {
			return true
		}
	}
	return false
}

func (c *Crowd) note(visitor string, a told) (stored bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before, known := c.told[visitor]
	switch {
	case !a.Stored:
		c.loose++
	case !known:
		c.told[visitor], c.epoch[visitor] = a.Variant.Key, a.Epoch
	case before != a.Variant.Key:
		c.moved++
	}
	return a.Stored
}

func (c *Crowd) ask(visitor, addr string) (a told, err error) {
	body, err := json.Marshal(map[string]any{"installation_token": c.Token, "experiment": c.Experiment, "visitor_id": visitor})
	if err != nil {
		return a, err
	}
	resp, err := c.http.Post("http://"+addr+"/api/v1/tracker/assign", "application/json", strings.NewReader(string(body)))
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(raw, &a); err != nil || resp.StatusCode != http.StatusOK || !a.Assigned {
		return a, fmt.Errorf("got %d %s", resp.StatusCode, raw)
	}
	return a, nil
}
