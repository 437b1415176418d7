package proxy

import (
	"bytes"
	"io"
	"net/http"
	"strings"
)

// inside answers requests to hosts of our own from their handlers, and sends all others out.
type inside struct {
	hosts map[string]http.Handler
	out   http.RoundTripper
}

func (i *inside) RoundTrip(r *http.Request) (*http.Response, error) {
	h := i.hosts[strings.ToLower(r.URL.Hostname())]
	if h == nil {
		return i.out.RoundTrip(r)
	}
	w := &memory{header: http.Header{}}
	h.ServeHTTP(w, r)
	return &http.Response{StatusCode: max(w.status, http.StatusOK), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: w.header,
		Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: r}, nil
}

// memory is a ResponseWriter that keeps the answer.
type memory struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (m *memory) Header() http.Header         { return m.header }
func (m *memory) Write(b []byte) (int, error) { return m.body.Write(b) }
func (m *memory) WriteHeader(status int) {
	if m.status == 0 {
		m.status = status
	}
}
