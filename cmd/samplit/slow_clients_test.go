package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/netutil"
)

// slowServer is a server of little patience that counts the bodies it got whole.
func slowServer(t *testing.T, most int) (address string, whole *atomic.Int64) {
	t.Helper()
	whole = &atomic.Int64{}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			http.Error(w, "cut off", http.StatusBadRequest)
			return
		}
		whole.Add(1)
		fmt.Fprint(w, "ok")
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(h, serverTimes{header: 500 * time.Millisecond, read: time.Second, write: 10 * time.Second, idle: 500 * time.Millisecond}, slog.New(slog.DiscardHandler))
	go func() {
		if err := s.Serve(netutil.LimitListener(l, most)); !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serve: %v", err)
		}
	}()
	t.Cleanup(func() { _ = s.Close() })
	return l.Addr().String(), whole
}

func dial(t *testing.T, address, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	return c
}

// Whatever a client holds back, its connection ends; nothing of a body that did not come whole is taken.
func TestSlowClientsAreCutOff(t *testing.T) {
	t.Parallel()
	address, whole := slowServer(t, 100)
	for name, text := range map[string]string{
		"nothing":         "",
		"half a header":   "POST / HTTP/1.1\r\nHost: x\r\n",
		"half a body":     "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345",
		"half a chunk":    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123",
		"idle afterwards": "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		c := dial(t, address, text)
		if _, err := io.Copy(io.Discard, c); err != nil && !strings.Contains(err.Error(), "reset") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := whole.Load(); n != 1 {
		t.Errorf("%d bodies were taken as whole, want the empty one", n)
	}
}

// Idle connections beyond the bound wait; they do not keep others out for longer than they may be idle.
func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	address, whole := slowServer(t, 5)
	for range 50 {
		dial(t, address, "")
	}
	c := dial(t, address, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || answer.StatusCode != http.StatusOK || whole.Load() != 1 {
		t.Errorf("behind 50 idle connections: %v, %v", answer, err)
	}
}

func TestUsualTimesAreThoseThatAreDocumented(t *testing.T) {
	t.Parallel()
	s := newServer(http.NotFoundHandler(), usualTimes, slog.New(slog.DiscardHandler))
	if s.ReadTimeout != 10*time.Second || s.ReadHeaderTimeout != 5*time.Second || s.MaxHeaderBytes != 32<<10 {
		t.Errorf("read %v, header %v, %d bytes", s.ReadTimeout, s.ReadHeaderTimeout, s.MaxHeaderBytes)
	}
}
