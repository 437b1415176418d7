package services

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// Accounts is who may come in: registering, signing in, passwords, the profile.
type Accounts struct {
	db        *db.DB
	passwords *Passwords
	tokens    *Tokens
	throttle  Throttle
	mailer    Mailer
	clock     Clock
	rules     SignUpRules
}

// SignUpRules are the operator's choices.
type SignUpRules struct {
	BaseURL    string // public URL of the app, for the links in messages
	InviteOnly bool   // nobody registers by themselves
	// Exempt tells addresses that are never slowed down (loopback in development); nil exempts none.
	Exempt func(netip.Addr) bool
}

// NewAccounts makes the service.
func NewAccounts(d *db.DB, passwords *Passwords, tokens *Tokens, throttle Throttle, mailer Mailer, clock Clock, rules SignUpRules) *Accounts {
	return &Accounts{d, passwords, tokens, throttle, mailer, clock, rules}
}

// InviteOnly reports whether registering is closed.
func (a *Accounts) InviteOnly() bool { return a.rules.InviteOnly }

// Registration is what a new person tells.
type Registration struct {
	Email, Password, Name string
	Company               string // name of the account; empty is the person's name
	Locale                string // "en", "es" or empty
}

// Register makes a person and the account they own. Invalid: Fields say what to fix, "email_taken" among them; Forbidden:
// registering is closed; Limited: too many from this address.
func (a *Accounts) Register(ctx context.Context, in Registration, from netip.Addr) (Person, error) {
	if a.rules.InviteOnly {
		return Person{}, &Error{Code: CodeForbidden, Reason: InviteOnly, Message: "Registration is by invitation only. Ask an owner of your account to invite you."}
	}
	row, account, fields := in.canonical()
	if err := fields.err(); err != nil {
		return Person{}, err
	}
	if err := a.take(ctx, from, "register"); err != nil {
		return Person{}, err
	}
	hash, err := a.passwords.hash(ctx, in.Password)
	if err != nil {
		return Person{}, err
	}
	now := a.clock.now()
	row.ID, row.PasswordHash, row.Now = uuid.Must(uuid.NewV7()), hash, now
	account.ID, account.Now = uuid.Must(uuid.NewV7()), now
	by := Actor{Account: account.ID, User: row.ID, Role: Owner}
	err = a.db.InTx(ctx, account.ID, func(s *db.Store) error { return createAccount(ctx, s, by, row, account) })
	if db.IsUnique(err, db.UsersEmailKey) {
		fields.add("email", "email_taken", "This address has an account already. Sign in, or choose a new password.")
		return Person{}, fields.err()
	}
	if err != nil {
		return Person{}, err
	}
	return Person{User: row.ID, Email: row.Email, Name: row.Name, Locale: row.Locale, Account: account.ID, AccountName: account.Name, Role: Owner}, nil
}

func createAccount(ctx context.Context, s *db.Store, by Actor, user db.InsertUserParams, account db.InsertAccountParams) error {
	if err := s.InsertUser(ctx, user); err != nil {
		return fmt.Errorf("insert user: %w", err)
	}
	if err := s.InsertAccount(ctx, account); err != nil {
		return fmt.Errorf("insert account: %w", err)
	}
	if err := s.InsertMember(ctx, db.InsertMemberParams{AccountID: account.ID, UserID: user.ID, Role: string(Owner), Now: user.Now}); err != nil {
		return fmt.Errorf("insert member: %w", err)
	}
	if err := startAudit(ctx, s, account.ID, user.Now); err != nil {
		return fmt.Errorf("start audit: %w", err)
	}
	if err := s.Enqueue(ctx, welcomeJob{User: user.ID, At: user.Now}); err != nil {
		return err
	}
	_, err := record(ctx, s, user.Now, by, "account.created", accountObject(account.ID), map[string]any{"owner": user.ID})
	return err
}

// Me returns who the actor is. Unauthorized: they are no longer a member, or disabled.
func (a *Accounts) Me(ctx context.Context, by Actor) (Person, error) {
	var p Person
	err := a.db.Global(ctx, func(s *db.Store) (err error) {
		p, _, err = personIn(ctx, s, by.User, by.Account)
		return err
	})
	return p, err
}

// UpdateProfile changes the actor's own name and language. Invalid: Fields say what to fix.
func (a *Accounts) UpdateProfile(ctx context.Context, by Actor, name, locale string) error {
	fields := Fields{}
	name = cleanName(fields, "name", name)
	checkLocale(fields, "lang", locale)
	if err := fields.err(); err != nil {
		return err
	}
	return a.db.InTx(ctx, by.Account, func(s *db.Store) error {
		if err := s.UpdateUser(ctx, db.UpdateUserParams{ID: by.User, Name: name, Locale: locale}); err != nil {
			return fmt.Errorf("update user: %w", err)
		}
		_, err := record(ctx, s, a.clock.now(), by, "user.updated", userObject(by.User), map[string]any{"lang": locale})
		return err
	})
}

// personIn returns a person in an account with the version of their tokens. Unauthorized: they are gone, disabled or no member.
func personIn(ctx context.Context, s *db.Store, user, account uuid.UUID) (Person, int32, error) {
	row, err := s.Standing(ctx, account, user)
	if err != nil {
		return Person{}, 0, fmt.Errorf("person: %w", orUnauthorized(err))
	}
	if row.Disabled {
		return Person{}, 0, unauthorized()
	}
	return Person{User: user, Email: row.Email, Name: row.Name, Locale: row.Locale, Account: account, AccountName: row.AccountName, Role: Role(row.Role)},
		row.TokenVersion, nil
}

// take counts a try from an address against its budget for one kind of request.
func (a *Accounts) take(ctx context.Context, from netip.Addr, kind string) error {
	if a.rules.Exempt != nil && a.rules.Exempt(from) {
		return nil
	}
	const free = 20
	if wait := a.throttle.Take(ctx, kind+"/address/"+network(from), free); wait > 0 {
		return limited(wait)
	}
	return nil
}

// Workers do the mail, and throw away what is over.
func (a *Accounts) Workers() []db.Worker {
	return []db.Worker{
		db.Work(a.sendReset), db.Work(a.sendWelcome), db.Work(a.recordRefused),
		db.Every(time.Hour, expiryJob{}, func(ctx context.Context, _ expiryJob) error { return a.deleteExpired(ctx) }),
	}
}
