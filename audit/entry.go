package audit

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a SHA-256.
type Hash = tlog.Hash

// Entry is one link: what happened, and the hash of the link before it.
type Entry struct {
	Account               uuid.UUID
	Seq                   int64 // from 0, without gaps
	Micros                int64 // since 1970, UTC; never less than those of the entry before
	Actor, Action, Object string
	PayloadHash, Prev     Hash
}

const (
	payloadPrefix = "samplit-payload/v1\x00"
	genesisPrefix = "samplit-genesis/v1\x00"
	leafPrefix    = "\x00samplit-audit/v1\x00" // the first byte makes it a leaf of RFC 6962
)

// SaltSize is the length of the salt that every payload is hashed with.
const SaltSize = 32

// PayloadHash = SHA-256("samplit-payload/v1\0" || salt || payload). The salt, deleted on erasure, keeps the payload from being guessed.
func PayloadHash(salt, payload []byte) Hash {
	b := make([]byte, 0, 1024)
	b = append(b, payloadPrefix...)
	b = append(b, salt...)
	return sha256.Sum256(append(b, payload...))
}

// Genesis = SHA-256("samplit-genesis/v1\0" || account) is what an account's first entry has as Prev.
func Genesis(account uuid.UUID) Hash {
	return sha256.Sum256(append([]byte(genesisPrefix), account[:]...))
}

// Hash is the RFC 6962 leaf hash of the entry, and what the next entry has as Prev:
//
//	SHA-256(0x00 || "samplit-audit/v1\0" || account || seq || micros || lp(actor) || lp(action) || lp(object) || payload_hash || prev)
//
// Integers are big-endian of 64 bits; lp(x) is the 32-bit big-endian length of x in bytes, and x.
func (e Entry) Hash() Hash {
	b := append(make([]byte, 0, 512), leafPrefix...)
	b = append(b, e.Account[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Seq))
	b = binary.BigEndian.AppendUint64(b, uint64(e.Micros))
	for _, s := range [...]string{e.Actor, e.Action, e.Object} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	b = append(b, e.PayloadHash[:]...)
	return sha256.Sum256(append(b, e.Prev[:]...))
}
