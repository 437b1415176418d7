package services

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// Door says how somebody came in.
type Door string

const (
	Browser Door = "browser"
	API     Door = "api"
)

// SignIn checks an e-mail address and a password. Unauthorized with reason "bad_credentials": one of them is wrong, or the
// person is disabled or belongs to no account; nobody can tell which, from the answer or from its time. Limited: too many tries.
func (a *Accounts) SignIn(ctx context.Context, email, password string, from netip.Addr, door Door) (Person, error) {
	email, ok := canonicalEmail(email)
	right, err := a.admit(ctx, email, from)
	if err != nil {
		return Person{}, err
	}
	user, home, known, err := a.lookUp(ctx, email)
	if err != nil {
		return Person{}, err
	}
	same, err := a.passwords.matches(ctx, user.PasswordHash, password)
	if err != nil {
		return Person{}, err
	}
	if !ok || !known || !same {
		if err := a.refused(ctx, user.ID, home.AccountID, door); err != nil {
			return Person{}, err
		}
		return Person{}, badCredentials()
	}
	right()
	p := Person{User: user.ID, Email: user.Email, Name: user.Name, Locale: user.Locale,
		Account: home.AccountID, AccountName: home.AccountName, Role: Role(home.Role)}
	return p, a.signedIn(ctx, p, user.PasswordHash, password, door)
}

// refusedJob has a refused sign-in written down.
type refusedJob struct {
	Account uuid.UUID `json:"account"` // zero: nobody has the address
	User    uuid.UUID `json:"user"`
	Door    Door      `json:"door"`
}

// Kind names the job.
func (refusedJob) Kind() string { return "accounts.refused" }

// refused has a try written down later, and costs the same whether anybody has the address. Tries are limited, so entries are.
func (a *Accounts) refused(ctx context.Context, user, account uuid.UUID, door Door) error {
	return a.db.Global(ctx, func(s *db.Store) error { return s.Enqueue(ctx, refusedJob{account, user, door}) })
}

// recordRefused tells the account's record that somebody tried a wrong password.
func (a *Accounts) recordRefused(ctx context.Context, job refusedJob) error {
	if job.Account == uuid.Nil {
		return nil
	}
	return a.db.InTx(ctx, job.Account, func(s *db.Store) error {
		_, err := record(ctx, s, a.clock.now(), Actor{Account: job.Account}, "user.sign_in_refused", userObject(job.User), map[string]any{"door": string(job.Door)})
		return err
	})
}

// lookUp finds who may sign in with an address. Nobody known costs the same queries as somebody.
func (a *Accounts) lookUp(ctx context.Context, email string) (user db.User, home db.MembershipRow, known bool, err error) {
	err = a.db.Global(ctx, func(s *db.Store) error {
		var noUser, noMember error
		if user, noUser = s.UserByEmail(ctx, email); noUser != nil && !errors.Is(noUser, db.ErrNotFound) {
			return fmt.Errorf("user by e-mail: %w", noUser)
		}
		if home, noMember = s.Membership(ctx, user.ID, nil); noMember != nil && !errors.Is(noMember, db.ErrNotFound) {
			return fmt.Errorf("membership: %w", noMember)
		}
		known = noUser == nil && noMember == nil && user.DisabledAt == nil
		return nil
	})
	return user, home, known, err
}

// signedIn records the sign-in and, when bcrypt's cost has changed since, stores a new hash.
func (a *Accounts) signedIn(ctx context.Context, p Person, stored, password string, door Door) error {
	fresh := ""
	if a.passwords.outdated(stored) {
		var err error
		if fresh, err = a.passwords.hash(ctx, password); err != nil {
			return err
		}
	}
	return a.db.InTx(ctx, p.Account, func(s *db.Store) error {
		if fresh != "" {
			if err := s.RehashPassword(ctx, fresh, p.User); err != nil {
				return fmt.Errorf("rehash password: %w", err)
			}
		}
		_, err := record(ctx, s, a.clock.now(), p.Actor(), "user.signed_in", userObject(p.User), map[string]any{"door": string(door)})
		return err
	})
}

// SignOut records that the actor left; the door has ended their session or tokens.
func (a *Accounts) SignOut(ctx context.Context, by Actor) error {
	return a.db.InTx(ctx, by.Account, func(s *db.Store) error {
		_, err := record(ctx, s, a.clock.now(), by, "user.signed_out", userObject(by.User), nil)
		return err
	})
}

// admit counts a try against the person and against the address; right takes it back. Whoever signed in from the same network
// before has a count of their own, so that a stranger who keeps guessing cannot keep the person out.
func (a *Accounts) admit(ctx context.Context, email string, from netip.Addr) (right func(), err error) {
	const free = 5
	if err := a.take(ctx, from, "signin"); err != nil {
		return nil, err
	}
	home := "signin/person/" + email + "/" + network(from)
	key := "signin/person/" + email
	if a.throttle.Trusted(ctx, home) {
		key = home
	}
	if wait := a.throttle.Take(ctx, key, free); wait > 0 {
		return nil, limited(wait)
	}
	return func() {
		a.throttle.Refund(ctx, key)
		a.throttle.Refund(ctx, "signin/address/"+network(from))
		a.throttle.Trust(ctx, home)
	}, nil
}

func badCredentials() error {
	return &Error{Code: CodeUnauthorized, Reason: "bad_credentials", Message: "The e-mail address or the password is wrong."}
}
