package proxy

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Page is what an address answered.
type Page struct {
	URL    *url.URL // after redirects
	Status int
	Header http.Header
	Body   []byte // decoded
}

const (
	maxRatio = 100 // of what is decoded to what was sent
	// Below minRate bytes a second, once graceful has passed, a body trickles.
	minRate  = 1 << 10
	graceful = 2 * time.Second
)

// Answer is what an address answers, while it arrives. Reading gives the decoded body; an error is a *Refusal when a rule ended it.
type Answer struct {
	URL    *url.URL // after redirects that were followed
	Status int
	Header http.Header

	sent    *metered
	body    io.Reader
	close   func() error
	cancel  func()
	reason  func(error) error
	size, n int64
}

func newAnswer(answer *http.Response, size int64) (*Answer, error) {
	if answer.StatusCode < 200 {
		return nil, refuse(RuleStatus, "status %d", answer.StatusCode)
	}
	a := &Answer{URL: answer.Request.URL, Status: answer.StatusCode, Header: answer.Header, close: answer.Body.Close, size: size}
	a.sent = &metered{from: answer.Body, start: time.Now()}
	a.body = a.sent
	switch encoding := strings.ToLower(strings.Join(answer.Header.Values("Content-Encoding"), ", ")); {
	case encoding == "" || encoding == "identity" || answer.Request.Method == http.MethodHead || answer.StatusCode == http.StatusNotModified:
	case encoding == "gzip" || encoding == "x-gzip":
		z, err := gzip.NewReader(a.sent)
		if err != nil {
			return nil, decodeError(err)
		}
		a.body = z
	default:
		return nil, refuse(RuleEncoding, "content encoding %q", encoding)
	}
	return a, nil
}

func (a *Answer) Read(b []byte) (int, error) {
	n, err := a.body.Read(b)
	a.n += int64(n)
	switch {
	case a.n > a.size:
		err = refuse(RuleSize, "more than %d bytes", a.size)
	case a.n > 1<<20 && a.n > maxRatio*a.sent.n:
		err = refuse(RuleSize, "%d bytes grew to %d", a.sent.n, a.n)
	}
	if err != nil && err != io.EOF {
		err = a.reason(decodeError(err))
	}
	return n, err
}

// Close ends the request.
func (a *Answer) Close() error {
	defer a.cancel()
	return a.close()
}

func decodeError(err error) error {
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) {
		return refuse(RuleEncoding, "%v", err)
	}
	return err
}

// metered counts what was sent, and refuses to wait for a trickle.
type metered struct {
	from  io.Reader
	start time.Time
	n     int64
}

func (m *metered) Read(b []byte) (int, error) {
	n, err := m.from.Read(b)
	m.n += int64(n)
	if took := time.Since(m.start); err == nil && took > graceful && float64(m.n) < minRate*took.Seconds() {
		return n, refuse(RuleSlow, "%d bytes in %s", m.n, took)
	}
	return n, err
}
