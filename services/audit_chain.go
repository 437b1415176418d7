package services

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"
	"github.com/gowebpki/jcs"
	"golang.org/x/text/unicode/norm"
)

// maxAuditPayload bounds the canonical bytes of one entry.
const maxAuditPayload = 16 << 10

// canonicalPayload returns RFC 8785 bytes of a payload restricted so that every implementation agrees on them: integers within
// ±2^53, decimals, ids and times as strings, NFC text, at most 16 KiB.
func canonicalPayload(payload map[string]any) ([]byte, error) {
	plain, err := restrict(payload)
	if err != nil {
		return nil, fmt.Errorf("audit payload: %w", err)
	}
	raw, err := json.Marshal(plain)
	if err != nil {
		return nil, fmt.Errorf("audit payload: %w", err)
	}
	out, err := jcs.Transform(raw)
	if err != nil {
		return nil, fmt.Errorf("audit payload: %w", err)
	}
	if len(out) > maxAuditPayload {
		return nil, fmt.Errorf("audit payload: %d bytes, at most %d", len(out), maxAuditPayload)
	}
	return out, nil
}

func restrict(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool:
		return v, nil
	case string:
		return norm.NFC.String(v), nil
	case int:
		return restrict(int64(v))
	case int32:
		return int64(v), nil
	case int64:
		if v > 1<<53 || v < -(1<<53) {
			return nil, fmt.Errorf("integer %d is outside ±2^53", v)
		}
		return v, nil
	case uuid.UUID:
		return v.String(), nil
	case time.Time:
		return v.UTC().Format("2006-01-02T15:04:05.000000Z"), nil
	case []int32:
		return restrictList(v)
	case []string:
		return restrictList(v)
	case []any:
		return restrictList(v)
	case []map[string]any:
		return restrictList(v)
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			r, err := restrict(x)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", k, err)
			}
			out[norm.NFC.String(k)] = r
		}
		if len(out) != len(v) {
			return nil, fmt.Errorf("two keys have the same normal form")
		}
		return out, nil
	}
	return nil, fmt.Errorf("a %T is not canonical: write decimals as strings", v)
}

func restrictList[T any](v []T) ([]any, error) {
	out := make([]any, len(v))
	for i, x := range v {
		r, err := restrict(x)
		if err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
		out[i] = r
	}
	return out, nil
}

// auditEntry is one link: what happened, and the hash of the link before it.
type auditEntry struct {
	Account               uuid.UUID
	Seq                   int64
	At                    time.Time
	Actor, Action, Object string
	PayloadHash, Prev     [32]byte
}

// payloadHash = SHA-256("samplit-payload/v1\0" || salt || payload); the salt, deleted on erasure, keeps it from being guessed.
func payloadHash(salt, payload []byte) [32]byte {
	h := sha256.New()
	h.Write([]byte("samplit-payload/v1\x00"))
	h.Write(salt)
	h.Write(payload)
	return [32]byte(h.Sum(nil))
}

// genesis is the hash before an account's first entry.
func genesis(account uuid.UUID) [32]byte {
	return sha256.Sum256(append([]byte("samplit-genesis/v1\x00"), account[:]...))
}

// leaf is what is hashed of an entry; lp(x) is a 32-bit big-endian length and the bytes.
func (e auditEntry) leaf() []byte {
	b := append(make([]byte, 0, 256), "samplit-audit/v1\x00"...)
	b = append(b, e.Account[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Seq))
	b = binary.BigEndian.AppendUint64(b, uint64(e.At.UnixMicro()))
	for _, s := range []string{e.Actor, e.Action, e.Object} {
		b = binary.BigEndian.AppendUint32(b, uint32(min(len(s), math.MaxUint32)))
		b = append(b, s...)
	}
	b = append(b, e.PayloadHash[:]...)
	return append(b, e.Prev[:]...)
}

// hash is the RFC 6962 leaf hash of the entry.
func (e auditEntry) hash() [32]byte {
	return sha256.Sum256(append([]byte{0}, e.leaf()...))
}
