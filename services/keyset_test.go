package services

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
	"github.com/samplit/samplit/engine"
	"github.com/samplit/samplit/engine/state"
)

// vault is an installation of its own, since a keyset belongs to a whole database: two learning experiments run.
type vault struct {
	desk
	keys *Keyset
	path string
	ids  []splitID
}

func newVault(t *testing.T) vault {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{URL: dbtest.Clone(t), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	path := filepath.Join(t.TempDir(), "state.keyset")
	keys, err := LoadKeyset(t.Context(), d, path)
	if err != nil {
		t.Fatal(err)
	}
	v := vault{desk: deskOn(t, d, keys), keys: keys, path: path}
	for range 2 {
		v.ids = append(v.ids, v.learning(t))
	}
	return v
}

// learning starts a learning experiment.
func (v vault) learning(t *testing.T) splitID {
	t.Helper()
	x := v.in(t, Running, `{"allocator":"thompson"}`)
	return splitID{v.by.Account, x.ID, 0}
}

// sealed is a row of learned state as it is stored.
func (v vault) sealed(ctx context.Context, id splitID) (row db.OptimisationStateRow, err error) {
	err = v.db.InTx(ctx, id.account, func(s *db.Store) (err error) {
		row, err = s.OptimisationState(ctx, db.OptimisationStateParams{AccountID: id.account, ExperimentID: id.experiment, Split: id.split})
		return err
	})
	return row, err
}

// put writes bytes into a row, as whoever has the database could.
func (v vault) put(t *testing.T, id splitID, row db.OptimisationStateRow) {
	t.Helper()
	err := v.db.InTx(t.Context(), id.account, func(s *db.Store) error {
		now, err := s.OptimisationState(t.Context(), db.OptimisationStateParams{AccountID: id.account, ExperimentID: id.experiment, Split: id.split})
		if err != nil {
			return err
		}
		_, err = s.UpdateOptimisationState(t.Context(), db.UpdateOptimisationStateParams{AccountID: id.account, ExperimentID: id.experiment, Split: id.split,
			Was: now.Version, Version: row.Version, Sealed: row.Sealed, Now: time.Now()})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAStartWithTheWrongKeysetIsRefused(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	if _, err := LoadKeyset(t.Context(), v.db, v.path); err != nil {
		t.Errorf("the right keyset: %v", err)
	}
	missing := filepath.Join(t.TempDir(), "state.keyset")
	if _, err := LoadKeyset(t.Context(), v.db, missing); !errors.Is(err, state.ErrNoKeyset) {
		t.Errorf("no keyset: got %v, want %v", err, state.ErrNoKeyset)
	}
	if _, err := os.Stat(missing); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a keyset was made although there is sealed state: %v", err)
	}
	if _, err := state.Load(missing, false); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKeyset(t.Context(), v.db, missing); !errors.Is(err, state.ErrWrongKey) {
		t.Errorf("another keyset: got %v, want %v", err, state.ErrWrongKey)
	}
	if _, err := RotateKeyset(t.Context(), v.db, missing, time.Now); !errors.Is(err, state.ErrWrongKey) {
		t.Errorf("rotating another keyset: got %v, want %v", err, state.ErrWrongKey)
	}
}

func TestStateThatWasTamperedWithIsRefused(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	a, err := v.sealed(t.Context(), v.ids[0])
	if err != nil {
		t.Fatal(err)
	}
	b, err := v.sealed(t.Context(), v.ids[1])
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(a.Sealed)
	flipped[len(flipped)-1] ^= 1
	for name, row := range map[string]db.OptimisationStateRow{
		"of another experiment": {Version: a.Version, Sealed: b.Sealed},
		"of another version":    {Version: a.Version + 1, Sealed: a.Sealed},
		"with a flipped bit":    {Version: a.Version, Sealed: flipped},
	} {
		v.put(t, v.ids[0], row)
		if _, err := LoadKeyset(t.Context(), v.db, v.path); !errors.Is(err, state.ErrAltered) {
			t.Errorf("%s, at a start: got %v, want %v", name, err, state.ErrAltered)
		}
		if err := v.learn(t.Context(), v.ids[0]); !errors.Is(err, state.ErrAltered) {
			t.Errorf("%s, while learning: got %v, want %v", name, err, state.ErrAltered)
		}
		if now, err := v.sealed(t.Context(), v.ids[0]); err != nil || now.Version != row.Version || !bytes.Equal(now.Sealed, row.Sealed) {
			t.Errorf("%s: it was written over: %v", name, err)
		}
	}
	v.put(t, v.ids[0], a)
	if err := v.learn(t.Context(), v.ids[0]); err != nil {
		t.Errorf("put back: %v", err)
	}
}

// learn writes the next learned state as an epoch would, with the keys of the running server.
func (v vault) learn(ctx context.Context, id splitID) error {
	l := NewLearner(v.db, v.keys, nil, time.Now, slog.New(slog.DiscardHandler))
	return v.db.InTx(ctx, id.account, func(s *db.Store) error {
		if mine, err := s.LockSplit(ctx, id.experiment, id.split); err != nil || !mine {
			return err
		}
		facts := engine.Facts{Arms: []engine.Arm{{Key: "control"}, {Key: "b"}}}
		_, err := l.keep(ctx, s, id, learnedState("test", facts, engine.Proposal{}, 2), time.Now())
		return err
	})
}

// look opens the learned state as it is stored now.
func (v vault) look(ctx context.Context, id splitID) error {
	row, err := v.sealed(ctx, id)
	if err != nil {
		return err
	}
	_, err = v.keys.Open(scopeOf(id.account, id.experiment, id.split, row.Version), row.Sealed)
	return err
}

// A server learns, reads and launches with the keys it started with while the keyset is rotated, twice at once and once more.
func TestRotationUnderLoad(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	var work sync.WaitGroup
	var turns atomic.Int64
	stop := make(chan struct{})
	loop := func(what string, do func() error) {
		work.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := do(); err != nil {
					t.Errorf("%s: %v", what, err)
					return
				}
				turns.Add(1)
			}
		})
	}
	for _, id := range v.ids {
		loop("learn", func() error { return v.learn(t.Context(), id) })
		loop("open", func() error { return v.look(t.Context(), id) })
	}
	rotate := func() {
		if n, err := RotateKeyset(t.Context(), v.db, v.path, time.Now); err != nil {
			t.Errorf("rotate: %d sealed, %v", n, err)
		}
	}
	busy := func() {
		for from := turns.Load(); turns.Load() < from+40 && !t.Failed(); {
			time.Sleep(time.Millisecond)
		}
	}
	busy()
	var both sync.WaitGroup
	both.Go(rotate)
	both.Go(rotate)
	late := v.learning(t)
	both.Wait()
	busy()
	rotate()
	busy()
	close(stop)
	work.Wait()

	keys, err := state.Load(v.path, true)
	if err != nil || keys.String() != "keyset of 4 keys" {
		t.Fatalf("got %v, %v, want the first key and one of each rotation", keys, err)
	}
	for _, id := range append(v.ids, late) {
		row, err := v.sealed(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := keys.Open(scopeOf(id.account, id.experiment, id.split, row.Version), row.Sealed); err != nil || keys.Stale(row.Sealed) {
			t.Errorf("%s: opened with the file: %v; sealed with an older key: %v", id.experiment, err, keys.Stale(row.Sealed))
		}
	}
}

// A server whose keyset file was replaced by another one, or removed, reads on and writes nothing that could not be opened again.
func TestALostKeysetFileStopsSealingOnly(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	saved, err := os.ReadFile(v.path)
	if err != nil {
		t.Fatal(err)
	}
	other, err := state.Generate()
	if err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[error]func() error{
		state.ErrWrongKey: func() error { return other.Save(v.path) },
		fs.ErrNotExist:    func() error { return os.Remove(v.path) },
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		if err := v.learn(t.Context(), v.ids[0]); !errors.Is(err, want) {
			t.Errorf("seal: got %v, want %v", err, want)
		}
		if err := v.look(t.Context(), v.ids[0]); err != nil {
			t.Errorf("open: %v", err)
		}
	}
	if err := os.WriteFile(v.path, saved, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := v.learn(t.Context(), v.ids[0]); err != nil {
		t.Errorf("with the file back: %v", err)
	}
	unknown, err := other.Seal(scopeOf(uuid.Nil, uuid.Nil, 0, 1), learnedState("x", engine.Facts{Arms: []engine.Arm{{Key: "a"}}}, engine.Proposal{}, 1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.keys.Open(scopeOf(uuid.Nil, uuid.Nil, 0, 1), unknown); !errors.Is(err, state.ErrWrongKey) {
		t.Errorf("of another keyset: got %v, want %v", err, state.ErrWrongKey)
	}
}
