package services

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// signed is a snapshot's file with a body of anyone's making and a signature that is right.
func signed(body []byte) []byte {
	mac := hmac.New(sha256.New, snapshotKey)
	mac.Write(body)
	return hex.AppendEncode(append([]byte(snapshotFormat), body...), mac.Sum(nil))
}

// FuzzSnapshotFile: bytes without the signature are never served from, and a body with one is refused or can be.
func FuzzSnapshotFile(f *testing.F) {
	b := newSnapshotBundle(f)
	if err := b.write(b.snap.current.Load(), b.now); err != nil {
		f.Fatal(err)
	}
	genuine := b.bytes(f)
	body := genuine[len(snapshotFormat) : len(genuine)-hex.EncodedLen(sha256.Size)]
	for _, seed := range [][]byte{genuine, genuine[:len(genuine)-1], body, body[:len(body)/2], {}, []byte(snapshotFormat), []byte("null"), []byte("{}\n{}"),
		[]byte(`{"at":"2026-01-01T00:00:00Z"}` + "\n" + `{"site":null,"experiment":null}`), []byte(`{"at":"0000-00-00"}`),
		[]byte(`{"experiment":{"splits":[{"epochs":[{"weights":[]}]}]}}`), []byte(`{"experiment":{"status":"running","traffic":1,"splits":[{"arms":["a"],"epochs":[]}]}}`),
		[]byte(`{"experiment":{"status":"running","rules":{"targeting":{"all":[{"attribute":"x","op":"matches","value":"("}]},"layer":{"ranges":[[2,-1]]}}}}`),
		[]byte(`{"experiment":{"status":"running","traffic":1,"rules":{"layer":{"key":"l","ranges":[[1],[]]}}}}`),
		[]byte(`{"site":{"token":"inst_x"}}{"experiment":{"status":"completed","winner":"b.c","mode":"factorial","elements":[{"key":"a","variants":[{}]}],"splits":[{"arms":["b.c"]}]}}`)} {
		f.Add(seed)
	}
	path := filepath.Join(f.TempDir(), "fuzzed")
	file := NewSnapshotFile(path, snapshotKey, func() time.Time { return b.now }, slog.New(slog.DiscardHandler))
	tracker := &Tracker{clock: func() time.Time { return b.now }}
	f.Fuzz(func(t *testing.T, data []byte) {
		read := func(raw []byte) *SavedSnapshot {
			if err := os.WriteFile(path, raw, 0o600); err != nil {
				t.Fatal(err)
			}
			return file.Read()
		}
		if at := len(data) - hex.EncodedLen(sha256.Size); read(data) != nil && !bytes.Equal(data, signed(data[len(snapshotFormat):at])) {
			t.Fatalf("a forged file is served from: %q", data)
		}
		fresh, err := json.Marshal(savedLine{At: &b.now})
		if err != nil {
			t.Fatal(err)
		}
		saved := read(signed(append(fresh, data...)))
		if saved == nil {
			return
		}
		w := newWorld().with(saved.changes, "http://tracker.test")
		for _, s := range w.byID {
			if _, err := s.config.bytes(); err != nil {
				t.Errorf("snippet of %s: %v", s.id, err)
			}
			if _, err := s.features.bytes(b.now); err != nil {
				t.Errorf("features of %s: %v", s.id, err)
			}
			for _, x := range s.serving {
				for _, url := range []string{"", "http://site.test/"} {
					if x.status != "completed" {
						x.choose("v")
					}
					tracker.decide(x, "v", tracker.refuses(x, "v", &Visit{URL: url}), nil)
				}
			}
		}
	})
}
