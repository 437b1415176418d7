package services

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"
)

const (
	snapshotFormat = "samplit snapshot 2\n" // another number for what this program could not read
	snapshotLife   = 24 * time.Hour         // after which a file is not served from
	snapshotRenew  = 10 * time.Minute       // in which a file is written again though nothing changed, to tell how old it is
	snapshotPause  = 3 * time.Second        // between two writings at least
	snapshotShare  = 50                     // and so many times as long as a writing takes
)

// SnapshotFile keeps a copy of the snapshot on disk, for a start while the database cannot be reached. It carries a signature:
// what it says is published on customers' pages.
type SnapshotFile struct {
	path  string
	key   []byte
	clock Clock
	log   *slog.Logger

	written *world    // what the file holds; nil when that is not known
	synced  time.Time // when that agreed with the database
	next    time.Time // before which it is not written again
}

// NewSnapshotFile names the file and the key that signs it.
func NewSnapshotFile(path string, key []byte, clock Clock, log *slog.Logger) *SnapshotFile {
	return &SnapshotFile{path: path, key: key, clock: clock, log: log}
}

// SavedSnapshot is what a file held.
type SavedSnapshot struct {
	at      time.Time
	changes changes
}

// Read returns what the file holds, nil when there is none or it cannot be used, which it logs.
func (f *SnapshotFile) Read() *SavedSnapshot {
	saved, err := f.read()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		f.log.Warn("snapshot on disk ignored", slog.String("file", f.path), slog.Any("error", err))
		return nil
	}
	return saved
}

func (f *SnapshotFile) read() (*SavedSnapshot, error) {
	b, err := os.ReadFile(f.path)
	if err != nil {
		return nil, err
	}
	body, ok := bytes.CutPrefix(b, []byte(snapshotFormat))
	if !ok {
		return nil, errors.New("not written by this version")
	}
	at := len(body) - hex.EncodedLen(sha256.Size)
	if at < 0 {
		return nil, errors.New("cut short")
	}
	body, signature := body[:at], body[at:]
	mac := hmac.New(sha256.New, f.key)
	mac.Write(body)
	if !hmac.Equal(hex.AppendEncode(nil, mac.Sum(nil)), signature) {
		return nil, errors.New("its signature is wrong: changed, cut short, or written with another SECRET_KEY")
	}
	saved, err := decodeSnapshot(body)
	if err != nil {
		return nil, err
	}
	if age := f.clock.now().Sub(saved.at); age > snapshotLife {
		return nil, fmt.Errorf("%s old", age.Round(time.Minute))
	}
	return saved, nil
}

// Keep writes the file whenever the snapshot has changed, until ctx ends, and then once more.
func (f *SnapshotFile) Keep(ctx context.Context, s *Snapshot) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			f.next = time.Time{}
			f.update(s)
			return
		case <-tick.C:
			f.update(s)
		}
	}
}

// update writes the file if it is due. A snapshot that has not seen the database has nothing to add.
func (f *SnapshotFile) update(s *Snapshot) {
	w, synced := s.agreed()
	now := f.clock.now()
	if w == nil || now.Before(f.next) || w == f.written && synced.Sub(f.synced) < snapshotRenew {
		return
	}
	err := f.write(w, synced)
	took := f.clock.now().Sub(now)
	f.next = now.Add(max(snapshotPause, snapshotShare*took))
	if err != nil {
		f.next = now.Add(time.Minute)
		f.log.Warn("write snapshot", slog.Any("error", err))
		return
	}
	f.written, f.synced = w, synced
}

// write replaces the file whole: whoever reads it finds the old one or the new one.
func (f *SnapshotFile) write(w *world, synced time.Time) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(f.path), filepath.Base(f.path)+"-*") // mode 0600: it holds tokens
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = temp.Close()
			_ = os.Remove(temp.Name())
		}
	}()
	mac, out := hmac.New(sha256.New, f.key), bufio.NewWriter(temp)
	if _, err := out.WriteString(snapshotFormat); err != nil {
		return err
	}
	if err := encodeSnapshot(io.MultiWriter(out, mac), w, synced); err != nil {
		return err
	}
	if _, err := out.Write(hex.AppendEncode(nil, mac.Sum(nil))); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if err := temp.Sync(); err != nil {
		return err
	}
	if err := temp.Close(); err != nil {
		return err
	}
	return os.Rename(temp.Name(), f.path)
}

// A snapshot is written line by line, so that its text is never in memory whole: first when it agreed with the database, then sites, then
// experiments.
type savedLine struct {
	At         *time.Time       `json:"at,omitempty"`
	Site       *savedSite       `json:"site,omitempty"`
	Experiment *savedExperiment `json:"experiment,omitempty"`
}

func encodeSnapshot(to io.Writer, w *world, at time.Time) error {
	enc := json.NewEncoder(to)
	if err := enc.Encode(savedLine{At: &at}); err != nil {
		return err
	}
	for _, s := range w.byID {
		if err := enc.Encode(savedLine{Site: saveSite(s)}); err != nil {
			return err
		}
		for _, x := range s.byID {
			if err := enc.Encode(savedLine{Experiment: saveExperiment(x)}); err != nil {
				return err
			}
		}
	}
	return nil
}

func decodeSnapshot(b []byte) (*SavedSnapshot, error) {
	var out SavedSnapshot
	for dec := json.NewDecoder(bytes.NewReader(b)); dec.More(); {
		var line savedLine
		if err := dec.Decode(&line); err != nil {
			return nil, err
		}
		switch {
		case line.At != nil:
			out.at = *line.At
		case line.Site != nil:
			out.changes.sites = append(out.changes.sites, line.Site.row())
		case line.Experiment != nil:
			x := line.Experiment.live()
			if err := x.check(); err != nil {
				return nil, err
			}
			out.changes.experiments = append(out.changes.experiments, x)
		}
	}
	return &out, nil
}
