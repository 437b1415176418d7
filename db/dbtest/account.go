package dbtest

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// Account makes a person and an account that belongs to nobody else's test.
func Account(t testing.TB, d *db.DB) (account, user uuid.UUID) {
	t.Helper()
	account, user = uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
	now := time.Now()
	err := d.InTx(t.Context(), account, func(s *db.Store) error {
		if err := s.InsertUser(t.Context(), db.InsertUserParams{ID: user, Email: user.String() + "@example.test", Name: "Test", PasswordHash: "-", Now: now}); err != nil {
			return err
		}
		if err := s.InsertAccount(t.Context(), db.InsertAccountParams{ID: account, Name: "Test", Now: now}); err != nil {
			return err
		}
		return s.InsertMember(t.Context(), db.InsertMemberParams{AccountID: account, UserID: user, Role: "owner", Now: now})
	})
	if err != nil {
		t.Fatalf("make account: %v", err)
	}
	return account, user
}
