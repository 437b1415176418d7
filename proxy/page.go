package proxy

import (
	"bytes"
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

func read(answer *http.Response, size int64) (*Page, error) {
	if answer.StatusCode < 200 {
		return nil, refuse(RuleStatus, "status %d", answer.StatusCode)
	}
	p := &Page{URL: answer.Request.URL, Status: answer.StatusCode, Header: answer.Header}
	sent := &metered{from: answer.Body, start: time.Now()}
	var body io.Reader = sent
	switch encoding := strings.ToLower(strings.Join(answer.Header.Values("Content-Encoding"), ", ")); encoding {
	case "", "identity":
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(sent)
		if err != nil {
			return nil, decodeError(err)
		}
		body = z
	default:
		return nil, refuse(RuleEncoding, "content encoding %q", encoding)
	}
	var out bytes.Buffer
	for {
		n, err := io.CopyN(&out, body, 32<<10)
		switch {
		case int64(out.Len()) > size:
			return nil, refuse(RuleSize, "more than %d bytes", size)
		case out.Len() > 1<<20 && int64(out.Len()) > maxRatio*sent.n:
			return nil, refuse(RuleSize, "%d bytes grew to %d", sent.n, out.Len())
		case err == io.EOF:
			p.Body = out.Bytes()
			return p, nil
		case err != nil:
			return nil, decodeError(err)
		case n == 0:
			return nil, io.ErrNoProgress
		}
	}
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
