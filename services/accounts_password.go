package services

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// ChangePassword sets the actor's own password and ends every other session and every token of theirs; the door then gives the
// session that asked, named by its id, a new one. Invalid: Fields "current" or "password" say what to fix. Limited: too many tries.
func (a *Accounts) ChangePassword(ctx context.Context, by Actor, current, password, session string, from netip.Addr) error {
	var user db.User
	err := a.db.Global(ctx, func(s *db.Store) (err error) {
		user, err = s.UserByID(ctx, by.User)
		return orUnauthorized(err)
	})
	if err != nil {
		return err
	}
	right, err := a.admit(ctx, user.Email, from)
	if err != nil {
		return err
	}
	same, err := a.passwords.matches(ctx, user.PasswordHash, current)
	if err != nil {
		return err
	}
	fields := Fields{}
	if same {
		right()
	} else {
		fields.add("current", "wrong_password", "This is not your password.")
	}
	fields.checkPassword("password", password, user.Email)
	if err := fields.err(); err != nil {
		return err
	}
	hash, err := a.passwords.hash(ctx, password)
	if err != nil {
		return err
	}
	err = a.db.InTx(ctx, by.Account, func(s *db.Store) error {
		return a.setPassword(ctx, s, by, hash, session, "user.password_changed")
	})
	a.tokens.forget(by)
	return err
}

// setPassword stores the hash and ends what the old password opened: tokens, open resets, and sessions but the one to keep.
func (a *Accounts) setPassword(ctx context.Context, s *db.Store, by Actor, hash, keep, action string) error {
	now := a.clock.now()
	if _, err := s.UpdatePassword(ctx, hash, by.User); err != nil {
		return fmt.Errorf("update password: %w", err)
	}
	var kept []byte
	if keep != "" {
		kept = credentialHash(keep)
	}
	if err := s.DeleteSessionsOfUser(ctx, &by.User, kept); err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	if err := s.RevokeRefreshTokensOfUser(ctx, &now, by.User); err != nil {
		return fmt.Errorf("revoke refresh tokens: %w", err)
	}
	if err := s.UsePasswordResets(ctx, &now, by.User); err != nil {
		return fmt.Errorf("close password resets: %w", err)
	}
	_, err := record(ctx, s, now, by, action, userObject(by.User), nil)
	return err
}

// home returns the account in whose record a person's own doings are kept when none is chosen: their oldest.
func home(ctx context.Context, s *db.Store, user uuid.UUID) (Actor, error) {
	m, err := s.Membership(ctx, user, nil)
	if err != nil {
		return Actor{}, fmt.Errorf("membership: %w", err)
	}
	return Actor{Account: m.AccountID, User: user, Role: Role(m.Role)}, nil
}
