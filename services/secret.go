package services

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
)

// Secret is SECRET_KEY. Each use derives a key of its own from it, so that no use can be turned against another.
type Secret struct{ key []byte }

// NewSecret refuses a text under 32 bytes.
func NewSecret(text string) (Secret, error) {
	if len(text) < 32 {
		return Secret{}, errors.New("SECRET_KEY must have at least 32 bytes; make one with: openssl rand -base64 48")
	}
	return Secret{[]byte(text)}, nil
}

// Key derives the 32 bytes for one purpose (HKDF-SHA-256).
func (s Secret) Key(purpose string) []byte {
	key, err := hkdf.Key(sha256.New, s.key, nil, "samplit/v1/"+purpose, 32)
	if err != nil {
		panic("services: derive key: " + err.Error()) // only a length that SHA-256 cannot give
	}
	return key
}

// String hides the secret from logs.
func (Secret) String() string { return "[secret]" }

// GoString hides the secret from %#v.
func (Secret) GoString() string { return "[secret]" }
