package edge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/samplit/samplit/engine"
	"github.com/samplit/samplit/proxy"
)

// maxConfig bounds what is read from the tracker.
const maxConfig = 8 << 20

// site is what is served; it is never changed.
type site struct {
	// consent: nobody may be remembered who has not said yes, and only the page's script knows who has.
	consent bool
	// partners are the domains that visitors go between, the site's own among them.
	partners    []string
	experiments []experiment
}

// experiment is one as the snippet is told of it.
type experiment struct {
	Key       string          `json:"key"`
	State     string          `json:"state"`
	Traffic   float64         `json:"traffic"`
	URL       string          `json:"url"`
	Remote    bool            `json:"remote"`
	Targeting json.RawMessage `json:"targeting"`
	Start     int64           `json:"start"`
	End       int64           `json:"end"`
	In        []filter        `json:"in"`
	Splits    []split         `json:"splits"`
}

type filter struct {
	Seed   string       `json:"seed"`
	Ranges [][2]float64 `json:"ranges"`
}

type split struct {
	Seed    string           `json:"seed"`
	Epoch   int              `json:"epoch"`
	Arms    []string         `json:"arms"`
	Weights engine.Weights   `json:"weights"`
	Changes [][]proxy.Change `json:"changes"`
	Winner  *int             `json:"winner"`
}

// Refresh asks the tracker for the experiments once. After an error the last good ones go on.
func (e *Edge) Refresh(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, e.source, nil)
	if err != nil {
		return err
	}
	if e.etag != "" {
		r.Header.Set("If-None-Match", e.etag)
	}
	answer, err := e.cfg.Client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusOK:
	case http.StatusNotModified:
		return nil
	case http.StatusNotFound:
		return errors.New("the tracker knows no such installation token")
	default:
		return fmt.Errorf("the tracker answered %s", answer.Status)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxConfig+1))
	if err != nil {
		return err
	}
	if len(body) > maxConfig {
		return errors.New("the tracker's answer is too long")
	}
	s, err := parse(body)
	if err != nil {
		return err
	}
	e.site.Store(s)
	e.etag = answer.Header.Get("ETag")
	return nil
}

// parse reads the configuration of the snippet. Experiments that servers cannot decide or show are left to it.
func parse(data []byte) (*site, error) {
	var c struct {
		V        int          `json:"v"`
		Consent  bool         `json:"consent"`
		Partners []string     `json:"partners"`
		X        []experiment `json:"x"`
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, fmt.Errorf("read the tracker's answer: %w", err)
	}
	if c.V != 1 {
		return nil, fmt.Errorf("the tracker speaks version %d, this edge version 1", c.V)
	}
	s := &site{consent: c.Consent, partners: c.Partners}
	for _, x := range c.X {
		if x.served() {
			s.experiments = append(s.experiments, x)
		}
	}
	return s, nil
}

// served says whether servers can decide and show an experiment: who it is for depends on nothing but the page and the visitor's id, and
// nobody is sent elsewhere.
func (x experiment) served() bool {
	if x.Remote || x.Targeting != nil {
		return false
	}
	redirect := func(c proxy.Change) bool { return c.Action == "redirect" }
	return !slices.ContainsFunc(x.Splits, func(s split) bool {
		whole := len(s.Arms) > 0 && len(s.Weights) == len(s.Arms) && len(s.Changes) == len(s.Arms)
		return !whole || slices.ContainsFunc(s.Changes, func(list []proxy.Change) bool { return slices.ContainsFunc(list, redirect) })
	})
}
