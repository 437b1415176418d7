// Package line leads programs to a PostgreSQL through something that fails when told to.
package line

import (
	"context"
	"encoding/json"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"github.com/samplit/samplit/e2e/port"
)

// Line is a TCP address that leads to a PostgreSQL.
type Line struct {
	t     testing.TB
	proxy *toxiproxy.Proxy
}

// New makes a line that is closed at first. address is a database of a test cluster, which listens on a Unix socket only;
// databaseURL reaches it through the line.
func New(t testing.TB, address string) (l *Line, databaseURL string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	at := q.Get("port")
	if at == "" {
		at = "5432"
	}
	upstream := bridge(t, filepath.Join(q.Get("host"), ".s.PGSQL."+at))
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	l = &Line{t, toxiproxy.NewProxy(server, "postgres", port.Free(t), upstream)}
	t.Cleanup(l.Close)
	return l, "postgres://" + u.User.String() + "@" + l.proxy.Listen + u.Path + "?sslmode=disable"
}

// Open lets connections through that are made from now on, and cuts those that some fault has broken.
func (l *Line) Open() {
	l.t.Helper()
	l.proxy.Stop()
	l.proxy.Toxics.ResetToxics(context.Background())
	if err := l.proxy.Start(); err != nil {
		l.t.Fatal(err)
	}
}

// Close refuses new connections and cuts those there are.
func (l *Line) Close() { l.proxy.Stop() }

// Hang swallows what PostgreSQL answers, on connections there are and on new ones, which are accepted.
func (l *Line) Hang() { l.fault("timeout", "downstream", map[string]any{"timeout": 0}) }

// Slow delays each answer of PostgreSQL.
func (l *Line) Slow(by time.Duration) {
	l.fault("latency", "downstream", map[string]any{"latency": by.Milliseconds()})
}

// Reset ends each connection with a TCP reset when PostgreSQL answers on it: what was asked has happened, and nobody hears of it.
func (l *Line) Reset() { l.fault("reset_peer", "downstream", map[string]any{"timeout": 0}) }

func (l *Line) fault(kind, direction string, attributes map[string]any) {
	l.t.Helper()
	raw, err := json.Marshal(map[string]any{"type": kind, "stream": direction, "attributes": attributes})
	if err != nil {
		l.t.Fatal(err)
	}
	if _, err := l.proxy.Toxics.AddToxicJson(strings.NewReader(string(raw))); err != nil {
		l.t.Fatal(err)
	}
}

// Release lets answers through again on the connections there are. What was swallowed stays lost: whoever waits for it waits in vain.
func (l *Line) Release() { l.proxy.Toxics.ResetToxics(context.Background()) }
