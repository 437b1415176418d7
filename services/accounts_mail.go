package services

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// welcomeJob asks for the message after registering.
type welcomeJob struct {
	User uuid.UUID `json:"user"`
	At   time.Time `json:"at"`
}

func (welcomeJob) Kind() string { return "mail.welcome" }

func (a *Accounts) sendWelcome(ctx context.Context, job welcomeJob) error {
	if a.clock.now().Sub(job.At) > staleMail {
		return nil
	}
	var user db.User
	err := a.db.Global(ctx, func(s *db.Store) (err error) {
		user, err = s.UserByID(ctx, job.User)
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("welcome: %w", err)
	}
	return a.mailer.SendWelcome(ctx, Recipient{user.Email, user.Name, firstOf(user.Locale, "en")}, a.rules.BaseURL+"/home")
}

// expiryJob throws away sessions, refresh tokens and resets that are over.
type expiryJob struct{}

func (expiryJob) Kind() string { return "accounts.expiry" }

func (a *Accounts) deleteExpired(ctx context.Context) error {
	now := a.clock.now()
	return a.db.Global(ctx, func(s *db.Store) error {
		for _, del := range []func(context.Context, time.Time) (int64, error){
			s.DeleteExpiredSessions, s.DeleteExpiredRefreshTokens, s.DeleteExpiredPasswordResets,
		} {
			if _, err := del(ctx, now); err != nil {
				return fmt.Errorf("delete expired: %w", err)
			}
		}
		return nil
	})
}
