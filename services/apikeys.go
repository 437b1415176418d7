package services

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/maypok86/otter/v2"

	"github.com/samplit/samplit/db"
)

// SecretKeyPrefix begins every key, so that people and scanners of leaks know one when they see it.
const SecretKeyPrefix = "sk_"

const (
	keyMaxAge = 10 * time.Second // how late another node notices that a key was revoked
	mostKeys  = 100
)

// APIKeys are the keys of an account's programs: for the JSON API, and for conversions of goals that take them from a server only.
type APIKeys struct {
	db    *db.DB
	clock Clock
	known *otter.Cache[[32]byte, knownKey]
}

type knownKey struct {
	by Actor
	at time.Time
}

// NewAPIKeys makes the service.
func NewAPIKeys(d *db.DB, clock Clock) *APIKeys {
	return &APIKeys{d, clock, otter.Must(&otter.Options[[32]byte, knownKey]{MaximumSize: 10_000})}
}

// APIKey is a key without what opens.
type APIKey struct {
	ID        uuid.UUID  `json:"id"`
	Name      string     `json:"name"`
	Ending    string     `json:"ending" doc:"Last characters of the key"`
	Role      Role       `json:"role" enum:"admin,editor,viewer"`
	CreatedAt time.Time  `json:"created_at"`
	UsedAt    *time.Time `json:"used_at" doc:"To the minute"`
}

// Create makes a key and returns it with what opens, which is never told again. Owners and admins may, and people only: a key makes
// no keys. The role is at most admin. Invalid names name or role.
func (a *APIKeys) Create(ctx context.Context, by Actor, name string, role Role) (APIKey, string, error) {
	if err := by.mayManageKeys(); err != nil {
		return APIKey{}, "", err
	}
	f := Fields{}
	k := APIKey{ID: uuid.Must(uuid.NewV7()), Name: f.line("name", name, maxName, true), Role: role, CreatedAt: a.clock.now()}
	if role != Admin && role != Editor && role != Viewer {
		f.add("role", "unknown", "Must be admin, editor or viewer.")
	}
	if err := f.err(); err != nil {
		return APIKey{}, "", err
	}
	secret := SecretKeyPrefix + newCredential()
	k.Ending = Ending(secret)
	err := a.db.InTx(ctx, by.Account, func(s *db.Store) error {
		list, err := s.APIKeys(ctx, by.Account, mostKeys)
		if err != nil {
			return fmt.Errorf("list keys: %w", err)
		}
		if len(list) == mostKeys {
			return conflict("too_many", "An account has at most 100 keys. Revoke one that is not used.")
		}
		seq, err := record(ctx, s, k.CreatedAt, by, "key.created", keyObject(k.ID), map[string]any{"name": audited(k.Name), "role": string(role), "ending": k.Ending})
		if err != nil {
			return err
		}
		err = s.InsertAPIKey(ctx, db.InsertAPIKeyParams{AccountID: by.Account, ID: k.ID, Name: k.Name, Hash: credentialHash(secret), Ending: k.Ending,
			Role: string(role), CreatedBy: by.User, Now: k.CreatedAt, AuditSeq: &seq})
		if err != nil {
			return fmt.Errorf("insert key: %w", err)
		}
		return nil
	})
	return k, secret, err
}

// List returns the keys that open something, newest first. Owners and admins may.
func (a *APIKeys) List(ctx context.Context, by Actor) ([]APIKey, error) {
	if err := by.may(Admin); err != nil {
		return nil, err
	}
	out := []APIKey{}
	err := a.db.InTx(ctx, by.Account, func(s *db.Store) error {
		rows, err := s.APIKeys(ctx, by.Account, mostKeys)
		if err != nil {
			return fmt.Errorf("list keys: %w", err)
		}
		for _, r := range rows {
			out = append(out, APIKey{r.ID, r.Name, r.Ending, Role(r.Role), r.CreatedAt, r.UsedAt})
		}
		return nil
	})
	return out, err
}

// Revoke ends a key: at once here, within ten seconds on every node. NotFound if it is absent, revoked or another account's.
func (a *APIKeys) Revoke(ctx context.Context, by Actor, id string) error {
	if err := by.mayManageKeys(); err != nil {
		return err
	}
	key, err := uuid.Parse(id)
	if err != nil {
		return notFound("key")
	}
	now := a.clock.now()
	var hash []byte
	err = a.db.InTx(ctx, by.Account, func(s *db.Store) error {
		seq, err := record(ctx, s, now, by, "key.revoked", keyObject(key), map[string]any{})
		if err != nil {
			return err
		}
		hash, err = s.RevokeAPIKey(ctx, db.RevokeAPIKeyParams{AccountID: by.Account, ID: key, Now: &now, AuditSeq: &seq})
		return orNotFound(err, "key")
	})
	if err == nil {
		a.known.Invalidate([32]byte(hash))
	}
	return err
}

// Verify returns whom a key speaks for. Unauthorized: it opens nothing.
func (a *APIKeys) Verify(ctx context.Context, secret string) (Actor, error) {
	hash := [32]byte(credentialHash(secret))
	now := a.clock.now()
	if k, ok := a.known.GetIfPresent(hash); ok && now.Sub(k.at).Abs() < keyMaxAge {
		return k.by, nil
	}
	var by Actor
	err := a.db.Global(ctx, func(s *db.Store) error {
		r, err := s.APIKey(ctx, hash[:])
		by = Actor{Account: r.AccountID, User: r.CreatedBy, Role: Role(r.Role), Key: r.ID}
		return err
	})
	switch {
	case errors.Is(err, db.ErrNotFound):
		a.known.Invalidate(hash)
		return Actor{}, &Error{Code: CodeUnauthorized, Message: "This key opens nothing: it is unknown or was revoked."}
	case err != nil:
		return Actor{}, fmt.Errorf("look up key: %w", err)
	}
	a.known.Set(hash, knownKey{by, now})
	a.used(ctx, by, now)
	return by, nil
}

// used notes the minute; that it cannot is no reason to refuse.
func (a *APIKeys) used(ctx context.Context, by Actor, now time.Time) {
	minute := now.Truncate(time.Minute)
	_ = a.db.InTx(ctx, by.Account, func(s *db.Store) error {
		return s.UseAPIKey(ctx, db.UseAPIKeyParams{AccountID: by.Account, ID: by.Key, Now: &minute})
	})
}

func (a Actor) mayManageKeys() error {
	if a.Key != uuid.Nil {
		return &Error{Code: CodeForbidden, Message: "A key cannot make or revoke keys. Sign in."}
	}
	return a.may(Admin)
}

// ErrSecretInBrowser refuses a key that a web page sent.
var ErrSecretInBrowser = &Error{Code: CodeForbidden, Reason: "secret_in_browser",
	Message: "This key is secret, and a web page sent it: everybody can read it there. Revoke it, and send from your server."}

// Ending is what people tell keys apart by.
func Ending(secret string) string { return secret[max(0, len(secret)-4):] }

func keyObject(id uuid.UUID) string { return "key:" + id.String() }
