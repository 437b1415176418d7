package services

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine/state"
)

// Sealer seals learned state and opens it again.
type Sealer interface {
	Seal(state.Scope, state.State) ([]byte, error)
	Open(state.Scope, []byte) (state.State, error)
}

// Keyset is the keyset of learned state as its file has it: when `samplit keys rotate` replaces the file, it goes on with the new
// keys. It is safe for concurrent use.
type Keyset struct {
	path string
	mu   sync.Mutex
	read fs.FileInfo // of the file that keys came from
	keys *state.Keyset
}

// LoadKeyset reads the keyset of learned state, or makes one when nothing is sealed yet. A keyset that cannot open what the
// database holds is an error: starting fresh would throw away what was learned.
func LoadKeyset(ctx context.Context, d *db.DB, path string) (*Keyset, error) {
	sample, err := sealedSample(ctx, d)
	if err != nil {
		return nil, err
	}
	keys, err := state.Load(path, sample != nil)
	if err != nil {
		return nil, fmt.Errorf("STATE_KEYSET: %w", err)
	}
	k := &Keyset{path: path, keys: keys}
	return k, k.fits(sample)
}

// OpenKeyset reads the keyset without the database. Whether it can open what that holds, Check tells later.
func OpenKeyset(path string) (*Keyset, error) {
	keys, err := state.Load(path, true)
	if err != nil {
		return nil, fmt.Errorf("STATE_KEYSET: %w", err)
	}
	return &Keyset{path: path, keys: keys}, nil
}

// Check is an error when the keyset cannot open what the database holds.
func (k *Keyset) Check(ctx context.Context, d *db.DB) error {
	sample, err := sealedSample(ctx, d)
	if err != nil {
		return err
	}
	return k.fits(sample)
}

func (k *Keyset) fits(sample *db.SealedSampleRow) error {
	if sample == nil {
		return nil
	}
	if _, err := k.Open(scopeOf(sample.AccountID, sample.ExperimentID, sample.Split, sample.Version), sample.Sealed); err != nil {
		return fmt.Errorf("STATE_KEYSET %s: %w", k.path, err)
	}
	return nil
}

// sealedSample is some learned state, nil when there is none.
func sealedSample(ctx context.Context, d *db.DB) (*db.SealedSampleRow, error) {
	var sample db.SealedSampleRow
	err := d.AsSystem(ctx, func(s *db.Store) (err error) {
		sample, err = s.SealedSample(ctx)
		return err
	})
	switch {
	case errors.Is(err, db.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read sealed state: %w", err)
	}
	return &sample, nil
}

func scopeOf(account, experiment uuid.UUID, split int16, version int64) state.Scope {
	return state.Scope{Account: account, Experiment: experiment, Split: int(split), Version: version}
}

// Seal encrypts s with the newest key of the file. It fails when the file no longer holds the keys known so far: what they seal
// could not be opened after a restart.
func (k *Keyset) Seal(scope state.Scope, s state.State) ([]byte, error) {
	keys, err := k.current()
	if err != nil {
		return nil, err
	}
	return keys.Seal(scope, s)
}

// Open returns the state sealed for scope. What is known opens although the file cannot be read now.
func (k *Keyset) Open(scope state.Scope, sealed []byte) (state.State, error) {
	keys, lost := k.current()
	s, err := keys.Open(scope, sealed)
	if errors.Is(err, state.ErrWrongKey) && lost != nil {
		err = errors.Join(err, lost)
	}
	return s, err
}

// current returns the keys, read again if the file is another one than before. With an error they are those known so far.
func (k *Keyset) current() (*state.Keyset, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	file, err := os.Stat(k.path)
	if err != nil {
		return k.keys, fmt.Errorf("STATE_KEYSET: %w", err)
	}
	if k.read != nil && os.SameFile(file, k.read) && file.ModTime().Equal(k.read.ModTime()) {
		return k.keys, nil
	}
	next, err := state.Load(k.path, true)
	if err != nil {
		return k.keys, fmt.Errorf("STATE_KEYSET: %w", err)
	}
	if !next.Extends(k.keys) {
		return k.keys, fmt.Errorf("STATE_KEYSET %s: %w", k.path, state.ErrWrongKey)
	}
	k.keys, k.read = next, file
	return next, nil
}
