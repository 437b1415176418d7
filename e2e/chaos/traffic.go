package chaos

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/engine"
)

const (
	clients = 16
	// batch is how many visitors a request reports, with two events each.
	batch = 50
	// repeated is the part of what was acknowledged that is sent again.
	repeated = .3
	// longest is more than the program promises to take over any answer of the tracker.
	longest = 20 * time.Second
)

// Traffic is what a site's visitors do: each sees a variant and reaches the goal, once. The experiment has one split and one epoch.
type Traffic struct {
	URL        string // of the tracker
	Token      string
	Experiment string
	Arms       []string
	Weights    engine.Weights
	Goal       string
	Prefix     string // of visitors' names
	Seed       uint64
	// FreshIDs sends again under new ids: the mistake of a client that is counted twice.
	FreshIDs bool
	// Unavailable, if any, hears of answers that say to come back.
	Unavailable func(answer string)

	*Ledger
	t    testing.TB
	http *http.Client
	stop chan struct{}
	wg   sync.WaitGroup
}

// Start sends until Stop.
func (tr *Traffic) Start(t testing.TB) {
	tr.Ledger, tr.t, tr.stop = newLedger(), t, make(chan struct{})
	tr.http = &http.Client{Timeout: longest, Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	for i := range clients {
		c := &client{Traffic: tr, name: fmt.Sprintf("%s%d-", tr.Prefix, i), rand: rand.New(rand.NewPCG(tr.Seed, uint64(i)))}
		tr.wg.Go(c.run)
	}
}

// Stop ends the traffic: what nobody acknowledged yet may or may not be stored.
func (tr *Traffic) Stop() {
	close(tr.stop)
	tr.wg.Wait()
	tr.http.CloseIdleConnections()
}

func (tr *Traffic) stopped() bool {
	select {
	case <-tr.stop:
		return true
	default:
		return false
	}
}

// client is one of those who send.
type client struct {
	*Traffic
	name     string
	visitors int
	rand     *rand.Rand
}

func (c *client) run() {
	for !c.stopped() {
		if c.rand.IntN(20) == 0 {
			c.single()
			continue
		}
		c.batch()
	}
}

// visitor is somebody new.
func (c *client) visitor() string {
	c.visitors++
	return c.name + strconv.Itoa(c.visitors)
}

// single sends one visitor with a request for each step. Sometimes the goal is reported first, as it happens on a slow line.
func (c *client) single() {
	visitor, id := c.visitor(), uuid.Must(uuid.NewV7())
	assign := func() {
		c.send("assign", func() any {
			return map[string]any{"installation_token": c.Token, "experiment": c.Experiment, "visitor_id": visitor}
		}, func(a answer) {
			if a.Stored {
				c.assigned(visitor, a.Variant.Key)
			}
		})
	}
	convert := func() {
		body := func() any {
			return map[string]any{"installation_token": c.Token, "experiment": c.Experiment, "goal": c.Goal, "visitor_id": visitor, "event_id": id}
		}
		c.send("convert", body, func(answer) { c.acknowledge([]uuid.UUID{id}) })
		if c.FreshIDs {
			id = uuid.Must(uuid.NewV7())
		}
		if c.rand.Float64() < repeated {
			c.send("convert", body, func(answer) {})
		}
	}
	steps := []func(){assign, convert}
	if c.rand.IntN(3) == 0 {
		steps[0], steps[1] = convert, assign
	}
	for _, step := range steps {
		step()
	}
}

type event struct {
	ID         uuid.UUID `json:"id"`
	Type       string    `json:"type"`
	T          int64     `json:"t"`
	Visitor    string    `json:"visitor_id"`
	Experiment string    `json:"experiment"`
	Arm        string    `json:"arm,omitempty"`
	Epoch      int       `json:"epoch,omitempty"`
	Goal       string    `json:"goal,omitempty"`
}

// batch sends the events of many visitors at once, as a browser's or a server's queue does.
func (c *client) batch() {
	now := time.Now().UnixMilli()
	var events []event
	for range batch {
		visitor := c.visitor()
		arm := c.Arms[engine.Choose(engine.Hash(engine.Seed(c.Experiment, ""), visitor), c.Weights.Cumulative())]
		events = append(events,
			event{ID: uuid.Must(uuid.NewV7()), Type: "exposure", T: now - 10, Visitor: visitor, Experiment: c.Experiment, Arm: arm, Epoch: 1},
			event{ID: uuid.Must(uuid.NewV7()), Type: "conversion", T: now - 5, Visitor: visitor, Experiment: c.Experiment, Goal: c.Goal})
	}
	ids := make([]uuid.UUID, len(events))
	for i, e := range events {
		ids[i] = e.ID
	}
	body := func() any {
		sent := events
		if c.rand.Float64() < repeated {
			sent = append(sent[:len(sent):len(sent)], events[c.rand.IntN(len(events))]) // one of them twice
		}
		return map[string]any{"installation_token": c.Token, "sent_at": now, "events": sent}
	}
	c.send("events", body, func(a answer) {
		if len(a.Rejected) > 0 {
			c.t.Errorf("events were rejected: %v", a.Rejected[0])
			return
		}
		c.acknowledge(ids)
	})
	if c.rand.Float64() < repeated {
		if c.FreshIDs {
			for i := range events {
				events[i].ID = uuid.Must(uuid.NewV7())
			}
		}
		c.send("events", body, func(answer) {})
	}
}

type answer struct {
	Stored   bool
	Variant  struct{ Key string }
	Rejected []any
}

// send does as an honest client does: the same again until somebody says it is stored, or the traffic stops.
func (c *client) send(path string, body func() any, stored func(answer)) {
	for !c.stopped() {
		status, header, raw := c.post(path, body())
		switch status {
		case http.StatusOK:
			var a answer
			if err := json.Unmarshal(raw, &a); err != nil {
				c.t.Errorf("%s: %v: %q", path, err, raw)
			}
			stored(a)
			return
		case http.StatusServiceUnavailable, http.StatusTooManyRequests:
			if after, err := strconv.Atoi(header.Get("Retry-After")); err != nil || after < 1 {
				c.t.Errorf("%s: %d with Retry-After %q", path, status, header.Get("Retry-After"))
			}
			if c.Unavailable != nil {
				c.Unavailable(string(raw))
			}
		case 0: // nobody there
		default:
			c.t.Errorf("%s: got %d %s", path, status, raw)
			return
		}
		c.refused.Add(1)
		select { // sooner than told, or the test would take long
		case <-c.stop:
		case <-time.After(time.Duration(50+c.rand.IntN(100)) * time.Millisecond):
		}
	}
}

func (c *client) post(path string, body any) (status int, header http.Header, answer []byte) {
	raw, err := json.Marshal(body)
	if err != nil {
		c.t.Error(err)
		return 0, nil, nil
	}
	resp, err := c.http.Post(c.URL+"/api/v1/tracker/"+path, "application/json", strings.NewReader(string(raw)))
	if err != nil {
		return 0, nil, nil
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil, nil // cut off: it does not count as an answer
	}
	return resp.StatusCode, resp.Header, answer
}
