package services

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"github.com/maypok86/otter/v2"

	"github.com/samplit/samplit/db"
)

const (
	tokenAudience  = "samplit-api"
	tokenType      = "at+jwt" // RFC 9068; keeps any other JWT of ours from being an access token
	tokenLeeway    = 30 * time.Second
	longestToken   = 4 << 10
	refreshPrefix  = "rt_"
	refreshIdle    = 30 * 24 * time.Hour
	standingMaxAge = 30 * time.Second // how late a disabled person or a changed role is noticed
)

// Tokens issues and checks the bearer tokens of programs.
type Tokens struct {
	db       *db.DB
	clock    Clock
	key      []byte
	kid      string
	issuer   string
	ttl      time.Duration
	standing *otter.Cache[membership, standing]
}

type membership struct{ user, account uuid.UUID }

// standing is what a person's tokens are worth, as read at a moment.
type standing struct {
	version int32
	role    Role
	at      time.Time
}

// NewTokens makes the service. The issuer is the public URL of this installation, ttl the life of an access token.
func NewTokens(d *db.DB, secret Secret, issuer string, ttl time.Duration, clock Clock) *Tokens {
	key := secret.Key("access token")
	sum := sha256.Sum256(key)
	return &Tokens{db: d, clock: clock, key: key, kid: hex.EncodeToString(sum[:4]), issuer: issuer, ttl: ttl,
		standing: otter.Must(&otter.Options[membership, standing]{MaximumSize: 50_000})}
}

// TokenPair is what a program signs in with.
type TokenPair struct {
	Access    string
	ExpiresIn time.Duration
	Refresh   string
}

type accessClaims struct {
	Account uuid.UUID `json:"acc"`
	Version int32     `json:"ver"`
	jwt.RegisteredClaims
}

// Issue begins a family of refresh tokens for somebody who has just signed in.
func (t *Tokens) Issue(ctx context.Context, p Person) (TokenPair, error) {
	var pair TokenPair
	err := t.db.Global(ctx, func(s *db.Store) (err error) {
		_, pair, err = t.issue(ctx, s, p.User, p.Account, uuid.New())
		return err
	})
	return pair, err
}

func (t *Tokens) issue(ctx context.Context, s *db.Store, user, account, family uuid.UUID) (Person, TokenPair, error) {
	now := t.clock.now()
	person, version, err := personIn(ctx, s, user, account)
	if err != nil {
		return Person{}, TokenPair{}, err
	}
	refresh := refreshPrefix + newCredential()
	err = s.InsertRefreshToken(ctx, db.InsertRefreshTokenParams{ID: credentialHash(refresh), Family: family,
		UserID: user, AccountID: account, Now: now, ExpiresAt: now.Add(refreshIdle)})
	if err != nil {
		return Person{}, TokenPair{}, fmt.Errorf("store refresh token: %w", err)
	}
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, accessClaims{Account: account, Version: version,
		RegisteredClaims: jwt.RegisteredClaims{Issuer: t.issuer, Audience: jwt.ClaimStrings{tokenAudience}, Subject: user.String(),
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(t.ttl))}})
	token.Header["typ"], token.Header["kid"] = tokenType, t.kid
	access, err := token.SignedString(t.key)
	if err != nil {
		return Person{}, TokenPair{}, fmt.Errorf("sign access token: %w", err)
	}
	return person, TokenPair{access, t.ttl, refresh}, nil
}

// Refresh takes a refresh token and returns new tokens. Unauthorized: the token is unknown, over or revoked, or the person may
// no longer; a token that comes a second time was copied, so its whole family ends.
func (t *Tokens) Refresh(ctx context.Context, refresh string) (Person, TokenPair, error) {
	var person Person
	var pair TokenPair
	stolen := false
	now := t.clock.now()
	err := t.db.Global(ctx, func(s *db.Store) error {
		row, err := s.LockRefreshToken(ctx, credentialHash(refresh))
		if err != nil {
			return fmt.Errorf("refresh token: %w", orUnauthorized(err))
		}
		if stolen = row.UsedAt != nil; stolen {
			return s.RevokeRefreshFamily(ctx, &now, row.Family) // must commit: the refusal comes after
		}
		if row.RevokedAt != nil || !now.Before(row.ExpiresAt) {
			return unauthorized()
		}
		if err := s.UseRefreshToken(ctx, &now, row.ID); err != nil {
			return fmt.Errorf("use refresh token: %w", err)
		}
		person, pair, err = t.issue(ctx, s, row.UserID, row.AccountID, row.Family)
		return err
	})
	if err == nil && stolen {
		err = unauthorized()
	}
	if err != nil {
		return Person{}, TokenPair{}, err
	}
	return person, pair, nil
}

// Revoke ends the family of a refresh token; an unknown token is fine.
func (t *Tokens) Revoke(ctx context.Context, refresh string) error {
	now := t.clock.now()
	return t.db.Global(ctx, func(s *db.Store) error {
		row, err := s.LockRefreshToken(ctx, credentialHash(refresh))
		if errors.Is(err, db.ErrNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("refresh token: %w", err)
		}
		return s.RevokeRefreshFamily(ctx, &now, row.Family)
	})
}

// Verify returns who an access token speaks for. Unauthorized: it is not ours, not an access token, over, or the person may no
// longer; the last is noticed within a minute.
func (t *Tokens) Verify(ctx context.Context, access string) (Actor, error) {
	claims, err := t.parse(access)
	if err != nil {
		return Actor{}, &Error{Code: CodeUnauthorized, Message: "The access token is not valid. Sign in or refresh it.", Err: err}
	}
	user, err := uuid.Parse(claims.Subject)
	if err != nil {
		return Actor{}, unauthorized()
	}
	now, err := t.stands(ctx, membership{user, claims.Account})
	if err != nil {
		return Actor{}, err
	}
	if now.version != claims.Version {
		return Actor{}, unauthorized()
	}
	return Actor{Account: claims.Account, User: user, Role: now.role}, nil
}

// parse accepts exactly what issue makes: one algorithm, one key, no header that names another, no claim twice.
func (t *Tokens) parse(access string) (*accessClaims, error) {
	if len(access) > longestToken {
		return nil, fmt.Errorf("token of %d bytes", len(access))
	}
	if err := strictParts(access); err != nil {
		return nil, err
	}
	var claims accessClaims
	_, err := jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithIssuer(t.issuer),
		jwt.WithAudience(tokenAudience), jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(tokenLeeway),
		jwt.WithTimeFunc(t.clock), jwt.WithStrictDecoding()).ParseWithClaims(access, &claims, func(token *jwt.Token) (any, error) {
		if len(token.Header) != 3 || token.Header["typ"] != tokenType || token.Header["kid"] != t.kid {
			return nil, jwt.ErrTokenUnverifiable
		}
		return t.key, nil
	})
	if err != nil {
		return nil, err
	}
	return &claims, nil
}

// strictParts refuses a header or claims with a name twice, which two readers may understand differently.
func strictParts(access string) error {
	parts := strings.Split(access, ".")
	if len(parts) != 3 {
		return jwt.ErrTokenMalformed
	}
	for _, part := range parts[:2] {
		text, err := base64.RawURLEncoding.Strict().DecodeString(part)
		if err != nil {
			return err
		}
		if !jsontext.Value(text).IsValid() {
			return jwt.ErrTokenMalformed
		}
	}
	return nil
}

// stands returns what a person's tokens are worth, at most standingMaxAge old.
func (t *Tokens) stands(ctx context.Context, m membership) (standing, error) {
	now := t.clock.now()
	if known, ok := t.standing.GetIfPresent(m); ok && now.Sub(known.at).Abs() < standingMaxAge {
		return known, nil
	}
	var out standing
	err := t.db.Global(ctx, func(s *db.Store) error {
		person, version, err := personIn(ctx, s, m.user, m.account)
		out = standing{version, person.Role, now}
		return err
	})
	if err != nil {
		return standing{}, err
	}
	t.standing.Set(m, out)
	return out, nil
}

// forget makes the next Verify of a person look again.
func (t *Tokens) forget(p Actor) { t.standing.Invalidate(membership{p.User, p.Account}) }
