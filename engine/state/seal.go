package state

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Errors of Open. Neither is a reason to start fresh: learned state that cannot be opened is a wrong keyset or a
// changed database, and both are for people to put right.
var (
	// ErrWrongKey says that the state was sealed with a key that this keyset does not have.
	ErrWrongKey = errors.New("sealed state belongs to another keyset: restore the keyset file it was written with")
	// ErrAltered says that the state is not what was sealed for this row and version.
	ErrAltered = errors.New("sealed state was altered, moved or rolled back")
)

// Scope is the row a sealed state belongs to. It is authenticated with the state, so that a state put into another
// account, experiment, split or version does not open.
type Scope struct {
	Account, Experiment [16]byte // UUIDs
	Split               int
	Version             int64 // of the row, growing by one with every write
}

// associated is the scope in a fixed layout: no two scopes share one.
func (s Scope) associated() []byte {
	data := []byte("samplit optimisation state 1\x00")
	data = append(data, s.Account[:]...)
	data = append(data, s.Experiment[:]...)
	data = binary.BigEndian.AppendUint64(data, uint64(s.Split))
	return binary.BigEndian.AppendUint64(data, uint64(s.Version))
}

// Seal encrypts s for scope with the primary key. The error is one of a state out of bounds.
func (k *Keyset) Seal(scope Scope, s State) ([]byte, error) {
	plain, err := s.encode()
	if err != nil {
		return nil, err
	}
	sealed, err := k.aead.Encrypt(plain, scope.associated())
	if err != nil {
		return nil, fmt.Errorf("seal state: %w", err)
	}
	if len(sealed) > maxSealed {
		return nil, fmt.Errorf("seal state: %d bytes, at most %d", len(sealed), maxSealed)
	}
	return sealed, nil
}

// Open returns the state sealed for scope, whichever key of the set sealed it. Errors wrap ErrWrongKey or
// ErrAltered; another error is a state of an unknown encoding.
func (k *Keyset) Open(scope Scope, sealed []byte) (State, error) {
	if len(sealed) > maxSealed || len(sealed) < prefixSize || sealed[0] != tinkPrefix {
		return State{}, ErrAltered
	}
	if !k.has(binary.BigEndian.Uint32(sealed[1:])) {
		return State{}, ErrWrongKey
	}
	plain, err := k.aead.Decrypt(sealed, scope.associated())
	if err != nil {
		return State{}, ErrAltered
	}
	return decode(plain)
}

// Stale reports whether sealed was written with a key that is no longer the primary one: time to seal it again.
func (k *Keyset) Stale(sealed []byte) bool {
	return len(sealed) < prefixSize || binary.BigEndian.Uint32(sealed[1:]) != k.primary()
}

// Every ciphertext of a Tink keyset starts with a version byte and the id of its key.
const (
	tinkPrefix = 1
	prefixSize = 5
)
