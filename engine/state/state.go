// Package state keeps what a split has learned: a versioned encoding of it, sealed with a key so that it cannot be
// read, altered or moved to another row of the database, and the keyset that does the sealing.
package state

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
)

const (
	format    = 1         // version of the encoding
	maxArms   = 64        // arms of a split
	maxKey    = 256       // bytes of an arm's key: the keys of its variants, joined
	maxSeed   = 256       // bytes of a hash seed: experiment and element key
	maxSealed = 64 * 1024 // bytes of a sealed state
)

// State is what a split has learned at one moment.
type State struct {
	Epoch       int    `json:"epoch"`        // the epoch it led to, ≥ 1
	Seed        string `json:"seed"`         // hash seed of the split
	HashVersion int    `json:"hash_version"` // version of the hash, 1 or 2
	Counts      string `json:"counts"`       // SHA-256 of the counts it was computed from, 64 hex digits
	Arms        []Arm  `json:"arms"`         // in the order of the split
}

// Arm is the posterior of an arm: Beta(Alpha, Beta), finite and positive.
type Arm struct {
	Key   string  `json:"key"`
	Alpha float64 `json:"alpha"`
	Beta  float64 `json:"beta"`
}

// encoded is a State with the version of its encoding in front.
type encoded struct {
	Format int `json:"format"`
	State
}

// encode returns the canonical bytes of s: equal states have equal bytes, and floats survive exactly.
func (s State) encode() ([]byte, error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	return json.Marshal(encoded{Format: format, State: s})
}

// decode reads what encode wrote and refuses everything else.
func decode(plain []byte) (State, error) {
	var e encoded
	d := json.NewDecoder(bytes.NewReader(plain))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		return State{}, fmt.Errorf("decode state: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return State{}, errors.New("decode state: data after the end")
	}
	if e.Format != format {
		return State{}, fmt.Errorf("decode state: format %d, want %d", e.Format, format)
	}
	return e.State, e.validate()
}

func (s State) validate() error {
	if s.Epoch < 1 || s.HashVersion < 1 || s.HashVersion > 2 || len(s.Seed) > maxSeed {
		return fmt.Errorf("state of epoch %d, hash version %d, seed of %d bytes", s.Epoch, s.HashVersion, len(s.Seed))
	}
	if digest, err := hex.DecodeString(s.Counts); err != nil || len(digest) != 32 {
		return errors.New("state without a SHA-256 of its counts")
	}
	if len(s.Arms) < 1 || len(s.Arms) > maxArms {
		return fmt.Errorf("state of %d arms", len(s.Arms))
	}
	for _, a := range s.Arms {
		if len(a.Key) > maxKey || !positive(a.Alpha) || !positive(a.Beta) {
			return fmt.Errorf("state with arm %.64q of Beta(%v, %v)", a.Key, a.Alpha, a.Beta)
		}
	}
	return nil
}

func positive(x float64) bool { return x > 0 && !math.IsInf(x, 1) }
