package services

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/google/uuid"
)

// linkSigner makes the part of an address that lets whoever has it see one thing of one account, until a moment. Each kind of link
// has a key of its own.
type linkSigner struct{ key []byte }

// linked is what a link leads to.
type linked struct {
	account, id uuid.UUID
	until       time.Time // zero: for ever
}

const (
	linkBody = 16 + 16 + 8
	linkMAC  = 16
)

func (s linkSigner) sign(l linked) string {
	b := make([]byte, 0, linkBody+sha256.Size)
	b = append(append(b, l.account[:]...), l.id[:]...)
	seconds := int64(0)
	if !l.until.IsZero() {
		seconds = l.until.Unix()
	}
	b = binary.BigEndian.AppendUint64(b, uint64(seconds))
	return base64.RawURLEncoding.EncodeToString(append(b, s.mac(b)...))
}

// open reads a link; ok is false for one that was not signed here. Whether its time is over is the caller's to say.
func (s linkSigner) open(token string) (l linked, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) != linkBody+linkMAC || !hmac.Equal(s.mac(b[:linkBody]), b[linkBody:]) {
		return l, false
	}
	copy(l.account[:], b)
	copy(l.id[:], b[16:])
	if seconds := binary.BigEndian.Uint64(b[32:]); seconds > 0 {
		l.until = time.Unix(int64(seconds), 0)
	}
	return l, true
}

func (s linkSigner) mac(body []byte) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write(body)
	return h.Sum(nil)[:linkMAC]
}
