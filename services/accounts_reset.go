package services

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// resetLasts is how long a link to choose a new password works.
const resetLasts = 30 * time.Minute

// staleMail is the age from which a message that could not be sent is not worth sending any more.
const staleMail = 2 * time.Hour

// resetJob asks for a link to be mailed. Whether anybody has the address is found out by the job, where nobody measures the time.
type resetJob struct {
	Email string    `json:"email"`
	Lang  string    `json:"lang"`
	At    time.Time `json:"at"`
}

func (resetJob) Kind() string { return "mail.reset" }

// RequestReset has a link to choose a new password mailed, if the address is somebody's; lang is the language of the page. The
// answer is the same either way. Limited: too many from this address.
func (a *Accounts) RequestReset(ctx context.Context, email, lang string, from netip.Addr) error {
	const free = 3
	if err := a.take(ctx, from, "reset"); err != nil {
		return err
	}
	email, ok := canonicalEmail(email)
	if !ok {
		fields := Fields{}
		fields.add("email", "email", "This is not an e-mail address. It looks like name@example.com.")
		return fields.err()
	}
	if a.throttle.Take(ctx, "reset/person/"+email, free) > 0 {
		return nil // the links mailed before still work; to say more would tell who has an account
	}
	return a.db.Global(ctx, func(s *db.Store) error {
		return s.Enqueue(ctx, resetJob{email, lang, a.clock.now()})
	})
}

// sendReset makes the link and mails it.
func (a *Accounts) sendReset(ctx context.Context, job resetJob) error {
	now := a.clock.now()
	if now.Sub(job.At) > staleMail {
		return nil
	}
	token := newCredential()
	var user db.User
	err := a.db.Global(ctx, func(s *db.Store) (err error) {
		if user, err = s.UserByEmail(ctx, job.Email); err != nil || user.DisabledAt != nil {
			return err
		}
		return s.InsertPasswordReset(ctx, db.InsertPasswordResetParams{ID: credentialHash(token), UserID: user.ID, Now: now, ExpiresAt: now.Add(resetLasts)})
	})
	if errors.Is(err, db.ErrNotFound) || user.DisabledAt != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make reset: %w", err)
	}
	link := a.rules.BaseURL + "/reset?token=" + url.QueryEscape(token)
	return a.mailer.SendReset(ctx, Recipient{user.Email, user.Name, firstOf(user.Locale, job.Lang)}, link, resetLasts)
}

// CheckReset reports whether a link still works. Invalid with reason ResetOver: it was used, is too old, or never was.
func (a *Accounts) CheckReset(ctx context.Context, token string) error {
	return a.db.Global(ctx, func(s *db.Store) error {
		_, err := a.openReset(ctx, s, token)
		return err
	})
}

// Reset sets a new password by a mailed link, which works once, and ends every session and token of the person. Invalid: the
// link is over (reason ResetOver), or Fields say what is wrong with the password.
func (a *Accounts) Reset(ctx context.Context, token, password string) (Person, error) {
	var user db.User
	err := a.db.Global(ctx, func(s *db.Store) error {
		reset, err := a.openReset(ctx, s, token)
		if err != nil {
			return err
		}
		user, err = s.UserByID(ctx, reset.UserID)
		return err
	})
	if err != nil {
		return Person{}, err
	}
	fields := Fields{}
	fields.checkPassword("password", password, user.Email)
	if err := fields.err(); err != nil {
		return Person{}, err
	}
	hash, err := a.passwords.hash(ctx, password)
	if err != nil {
		return Person{}, err
	}
	by, err := a.homeOf(ctx, user.ID)
	if err != nil {
		return Person{}, err
	}
	err = a.db.InTx(ctx, by.Account, func(s *db.Store) error {
		if _, err := a.openReset(ctx, s, token); err != nil {
			return err // two came at once: the row's lock let one through
		}
		return a.setPassword(ctx, s, by, hash, "", "user.password_reset")
	})
	a.tokens.forget(by)
	if err != nil {
		return Person{}, err
	}
	return a.Me(ctx, by)
}

// openReset locks the reset that a token opens.
func (a *Accounts) openReset(ctx context.Context, s *db.Store, token string) (db.PasswordReset, error) {
	reset, err := s.LockPasswordReset(ctx, credentialHash(token))
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return reset, fmt.Errorf("password reset: %w", err)
	}
	if err != nil || reset.UsedAt != nil || !a.clock.now().Before(reset.ExpiresAt) {
		return reset, &Error{Code: CodeInvalid, Reason: ResetOver, Message: "This link was used or is too old. Ask for a new one."}
	}
	return reset, nil
}

func (a *Accounts) homeOf(ctx context.Context, user uuid.UUID) (by Actor, err error) {
	err = a.db.Global(ctx, func(s *db.Store) error {
		by, err = home(ctx, s, user)
		return err
	})
	return by, err
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
