package services

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/sync/semaphore"
	"golang.org/x/text/unicode/norm"
)

// Bounds of a password, in characters after normalisation.
const (
	MinPassword = 8
	MaxPassword = 256
)

// A stored hash starts with how the password went into bcrypt.
const (
	plainTag  = "b1." // as it is
	keyedTag  = "h1." // HMAC-SHA-256 of it in base64: bcrypt takes 72 bytes, and reads a NUL as the end of a repeating key
	bcryptMax = 72
)

// maxWaitingHashes bounds the queue for bcrypt; whoever comes later is asked to try again.
const maxWaitingHashes = 64

// Passwords hashes and compares, on a bounded number of cores.
type Passwords struct {
	pepper  []byte
	cost    int
	slots   *semaphore.Weighted
	waiting atomic.Int64
	dummy   string // what an unknown person's password is compared with
}

// NewPasswords makes the hasher; cost is bcrypt's.
func NewPasswords(secret Secret, cost int) (*Passwords, error) {
	p := &Passwords{pepper: secret.Key("password"), cost: cost, slots: semaphore.NewWeighted(int64(max(1, runtime.GOMAXPROCS(0)/2)))}
	hash, err := bcrypt.GenerateFromPassword([]byte("nobody has this password"), cost)
	if err != nil {
		return nil, fmt.Errorf("bcrypt cost %d: %w", cost, err)
	}
	p.dummy = plainTag + string(hash)
	return p, nil
}

// hash returns what to store of a password that check has accepted.
func (p *Passwords) hash(ctx context.Context, password string) (string, error) {
	tag, input := p.input(password)
	var hash []byte
	err := p.work(ctx, func() (err error) {
		hash, err = bcrypt.GenerateFromPassword(input, p.cost)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return tag + string(hash), nil
}

// matches compares a password with a stored hash. It costs the same when there is no hash, or one that no password can match.
func (p *Passwords) matches(ctx context.Context, stored, password string) (bool, error) {
	tag, input := p.input(password)
	hash, possible := strings.CutPrefix(stored, tag)
	if !possible {
		hash = strings.TrimPrefix(p.dummy, plainTag)
	}
	var same bool
	err := p.work(ctx, func() error {
		same = bcrypt.CompareHashAndPassword([]byte(hash), input) == nil
		return nil
	})
	return same && possible, err
}

// outdated reports whether a stored hash was made with another cost.
func (p *Passwords) outdated(stored string) bool {
	_, hash, _ := strings.Cut(stored, ".")
	cost, err := bcrypt.Cost([]byte(hash))
	return err == nil && cost != p.cost
}

// input is what goes into bcrypt. A password far over MaxPassword is never stored, so its exact form does not matter.
func (p *Passwords) input(password string) (tag string, input []byte) {
	password = norm.NFC.String(password)
	if len(password) <= bcryptMax && !strings.Contains(password, "\x00") {
		return plainTag, []byte(password)
	}
	mac := hmac.New(sha256.New, p.pepper)
	mac.Write([]byte(password))
	return keyedTag, base64.StdEncoding.AppendEncode(nil, mac.Sum(nil))
}

// work runs fn on one of the slots, waiting for it as long as ctx allows.
func (p *Passwords) work(ctx context.Context, fn func() error) error {
	defer p.waiting.Add(-1)
	if p.waiting.Add(1) > maxWaitingHashes {
		return busy(nil)
	}
	if err := p.slots.Acquire(ctx, 1); err != nil {
		return busy(err)
	}
	defer p.slots.Release(1)
	return fn()
}

func busy(err error) error {
	return &Error{Code: CodeUnavailable, Message: "Too many people are signing in at this moment. Try again in a few seconds.", Err: err}
}

// checkPassword says what is wrong with a new password, if anything. It may not be the person's own address, nor a password that
// guessers try first.
func (f Fields) checkPassword(path, password, email string) {
	password = norm.NFC.String(password)
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password) || n < MinPassword:
		f.add(path, "too_short_password", fmt.Sprintf("Use at least %d characters.", MinPassword))
	case n > MaxPassword:
		f.add(path, "too_long", fmt.Sprintf("Use at most %d characters.", MaxPassword))
	case isCommonPassword(password), email != "" && strings.EqualFold(password, email):
		f.add(path, "common_password", "This is one of the first passwords that guessers try. Choose another one.")
	}
}
