package services

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// How long a browser stays signed in.
const (
	sessionIdle      = 14 * 24 * time.Hour // after the last request
	SessionLifetime  = 90 * 24 * time.Hour // after signing in
	sessionAnonymous = time.Hour           // nobody signed in: it holds a message
	sessionTouch     = 5 * time.Minute     // how exactly the last request is known
)

// Sessions keeps who is signed in with which browser. The browser holds a random id, the row its SHA-256.
type Sessions struct {
	db    *db.DB
	clock Clock
}

// NewSessions makes the service.
func NewSessions(d *db.DB, clock Clock) *Sessions { return &Sessions{d, clock} }

// Session is one browser's.
type Session struct {
	ID     string  // the credential
	Person *Person // nil when nobody is signed in
	Data   []byte  // the door's own
}

// Person is somebody signed in, in the account they work in.
type Person struct {
	User        uuid.UUID
	Email, Name string
	Locale      string // "en", "es" or empty for the browser's
	Account     uuid.UUID
	AccountName string
	Role        Role
	Unread      int64 // alerts that they have not seen
}

// Actor is the person as services know them.
func (p Person) Actor() Actor { return Actor{Account: p.Account, User: p.User, Role: p.Role} }

// Load returns the session with that id and notes that it was used. Unauthorized: it is unknown or over, or its person was
// disabled or has left the account.
func (s *Sessions) Load(ctx context.Context, id string) (Session, error) {
	return s.load(ctx, id, true)
}

// Peek is Load for what a page does by itself: it does not make the session last longer.
func (s *Sessions) Peek(ctx context.Context, id string) (Session, error) {
	return s.load(ctx, id, false)
}

func (s *Sessions) load(ctx context.Context, id string, used bool) (Session, error) {
	now := s.clock.now()
	out := Session{ID: id}
	err := s.db.Global(ctx, func(st *db.Store) error {
		row, err := st.SessionByID(ctx, credentialHash(id), now)
		if err != nil {
			return fmt.Errorf("session: %w", orUnauthorized(err))
		}
		out.Data = row.Data
		if row.UserID == nil {
			return nil
		}
		if row.Disabled || row.Role == "" || row.AccountID == nil {
			return unauthorized()
		}
		out.Person = &Person{User: *row.UserID, Email: row.Email, Name: row.Name, Locale: row.Locale,
			Account: *row.AccountID, AccountName: row.AccountName, Role: Role(row.Role), Unread: row.Unread}
		if !used || now.Sub(row.SeenAt) < sessionTouch {
			return nil
		}
		return st.TouchSession(ctx, db.TouchSessionParams{ID: credentialHash(id), Now: now,
			ExpiresAt: earlier(now.Add(sessionIdle), row.CreatedAt.Add(SessionLifetime))})
	})
	if err != nil {
		return Session{}, err
	}
	return out, nil
}

// Start begins a session under a new id and ends the one it replaces, if any. Nobody signed in: person is nil.
func (s *Sessions) Start(ctx context.Context, person *Person, userAgent string, data []byte, replaces string) (id string, err error) {
	now := s.clock.now()
	id = newCredential()
	row := db.InsertSessionParams{ID: credentialHash(id), Handle: uuid.New(), Data: notNull(data), UserAgent: clip(userAgent, 300),
		Now: now, ExpiresAt: now.Add(sessionAnonymous)}
	if person != nil {
		row.UserID, row.AccountID, row.ExpiresAt = &person.User, &person.Account, now.Add(sessionIdle)
	}
	err = s.db.Global(ctx, func(st *db.Store) error {
		if replaces != "" {
			if err := st.DeleteSession(ctx, credentialHash(replaces)); err != nil {
				return fmt.Errorf("end replaced session: %w", err)
			}
		}
		return st.InsertSession(ctx, row)
	})
	if err != nil {
		return "", fmt.Errorf("start session: %w", err)
	}
	return id, nil
}

// SetData replaces the door's own data.
func (s *Sessions) SetData(ctx context.Context, id string, data []byte) error {
	return s.db.Global(ctx, func(st *db.Store) error {
		return st.SetSessionData(ctx, notNull(data), credentialHash(id))
	})
}

// End ends a session; an unknown one is fine.
func (s *Sessions) End(ctx context.Context, id string) error {
	return s.db.Global(ctx, func(st *db.Store) error { return st.DeleteSession(ctx, credentialHash(id)) })
}

// SessionInfo is what a person sees of one of their sessions.
type SessionInfo struct {
	Handle    uuid.UUID
	UserAgent string
	Data      []byte // the door's own
	Started   time.Time
	LastSeen  time.Time
	Current   bool
}

// List returns the actor's sessions, the last used first; current is the id of the one that asks.
func (s *Sessions) List(ctx context.Context, by Actor, current string) ([]SessionInfo, error) {
	var out []SessionInfo
	err := s.db.Global(ctx, func(st *db.Store) error {
		rows, err := st.SessionsOfUser(ctx, &by.User, s.clock.now())
		if err != nil {
			return fmt.Errorf("list sessions: %w", err)
		}
		out = make([]SessionInfo, len(rows))
		for i, r := range rows {
			out[i] = SessionInfo{r.Handle, r.UserAgent, r.Data, r.CreatedAt, r.SeenAt, string(r.ID) == string(credentialHash(current))}
		}
		return nil
	})
	return out, err
}

// EndOne signs one of the actor's browsers out. NotFound: it is not theirs, or over already.
func (s *Sessions) EndOne(ctx context.Context, by Actor, handle uuid.UUID) error {
	return s.db.InTx(ctx, by.Account, func(st *db.Store) error {
		n, err := st.DeleteSessionByHandle(ctx, handle, &by.User)
		if err != nil {
			return fmt.Errorf("end session: %w", err)
		}
		if n == 0 {
			return notFound("session")
		}
		_, err = record(ctx, st, s.clock.now(), by, "user.session_ended", userObject(by.User), map[string]any{"session": handle})
		return err
	})
}

// EndOthers signs all of the actor's browsers out but the current one.
func (s *Sessions) EndOthers(ctx context.Context, by Actor, current string) error {
	return s.db.InTx(ctx, by.Account, func(st *db.Store) error {
		if err := st.DeleteSessionsOfUser(ctx, &by.User, credentialHash(current)); err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
		_, err := record(ctx, st, s.clock.now(), by, "user.sessions_ended", userObject(by.User), nil)
		return err
	})
}

func accountObject(id uuid.UUID) string { return "account:" + id.String() }

func userObject(id uuid.UUID) string { return "user:" + id.String() }

// newCredential is an unguessable text: 256 random bits.
func newCredential() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// credentialHash is what is stored of a credential. It needs no salt: the credential is random.
func credentialHash(credential string) []byte {
	sum := sha256.Sum256([]byte(credential))
	return sum[:]
}

func unauthorized() error {
	return &Error{Code: CodeUnauthorized, Message: "Sign in to do this."}
}

func orUnauthorized(err error) error {
	if errors.Is(err, db.ErrNotFound) {
		return unauthorized()
	}
	return err
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func notNull(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// clip keeps what the database can hold of a text from outside, at most n bytes.
func clip(text string, n int) string {
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "")
	if len(text) > n {
		text = strings.ToValidUTF8(text[:n], "")
	}
	return text
}
