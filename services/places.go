package services

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"
)

// Places tells in which country an address is, by a MaxMind DB file that is read whole: one that is written over cannot hurt.
type Places struct {
	path string
	log  *slog.Logger
	read atomic.Pointer[maxminddb.Reader]
	seen fileState
}

// fileState is by what another file is noticed.
type fileState struct {
	changed time.Time
	size    int64
}

// OpenPlaces reads the file.
func OpenPlaces(path string, log *slog.Logger) (*Places, error) {
	p := &Places{path: path, log: log}
	return p, p.load()
}

// load reads the file; what was read before stays when it cannot be.
func (p *Places) load() error {
	info, err := os.Stat(p.path)
	if err != nil {
		return err
	}
	p.seen = fileState{info.ModTime(), info.Size()}
	b, err := os.ReadFile(p.path)
	if err != nil {
		return err
	}
	r, err := maxminddb.OpenBytes(b)
	if err != nil {
		return fmt.Errorf("%s: %w", p.path, err)
	}
	p.read.Store(r)
	return nil
}

// Run reads the file again when it has changed, which it looks for every ten seconds and when woken, until ctx ends.
func (p *Places) Run(ctx context.Context, wake <-chan os.Signal) {
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-wake:
			p.reload()
		case <-tick.C:
			if info, err := os.Stat(p.path); err == nil && (fileState{info.ModTime(), info.Size()}) != p.seen {
				p.reload()
			}
		}
	}
}

func (p *Places) reload() {
	if err := p.load(); err != nil {
		p.log.Warn("countries of addresses: the file cannot be read, the last one stays", slog.Any("error", err))
		return
	}
	p.log.Info("countries of addresses read again", slog.String("file", p.path))
}

// country is the ISO 3166 code of where the address is, or else is registered; empty when the file does not say.
func (p *Places) country(a netip.Addr) (code string) {
	if !a.IsValid() {
		return ""
	}
	found := p.read.Load().Lookup(a)
	for _, name := range []string{"country", "registered_country"} {
		if err := found.DecodePath(&code, name, "iso_code"); err == nil && code != "" {
			return code
		}
	}
	return ""
}
