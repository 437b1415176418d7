package handlers

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"

	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

// Values of a session.
const (
	personValue   = "person"   // *services.Person
	flashValue    = "flash"    // views.Flash
	replacesValue = "replaces" // string: id of the session that the next Save ends
)

// sessionStore is a gorilla store over the sessions service. The cookie holds a random id, signed; everything else is in the row.
type sessionStore struct {
	rows   *services.Sessions
	codec  securecookie.Codec
	name   string
	secure bool
}

func newSessionStore(rows *services.Sessions, key []byte, secure, hostPrefix bool) *sessionStore {
	s := &sessionStore{rows: rows, name: "samplit_session", secure: secure,
		codec: securecookie.New(key, nil).MaxAge(0)} // the row knows when it is over
	if hostPrefix {
		s.name = "__Host-" + s.name
	}
	return s
}

// Get implements sessions.Store: the request's session, loaded once.
func (s *sessionStore) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(s, name)
}

// New implements sessions.Store. A cookie that is missing, forged, over or there twice gives a new, empty session; an error is
// the database's.
func (s *sessionStore) New(r *http.Request, name string) (*sessions.Session, error) {
	session := sessions.NewSession(s, name)
	session.IsNew = true
	session.Options = &sessions.Options{Path: "/", MaxAge: int(services.SessionLifetime.Seconds()), Secure: s.secure,
		HttpOnly: true, SameSite: http.SameSiteLaxMode}
	id, ok := s.cookie(r, name)
	if !ok {
		return session, nil
	}
	row, err := s.rows.Load(r.Context(), id)
	if services.Code(err) == services.CodeUnauthorized {
		return session, nil
	}
	if err != nil {
		return session, err
	}
	session.ID, session.IsNew = id, false
	if row.Person != nil {
		session.Values[personValue] = row.Person
	}
	var flash views.Flash
	if json.Unmarshal(row.Data, &flash) == nil && flash.Text != "" {
		session.Values[flashValue] = flash
	}
	return session, nil
}

// cookie returns the id in the one cookie of that name. Two are somebody's attempt to plant one: neither counts.
func (s *sessionStore) cookie(r *http.Request, name string) (id string, ok bool) {
	found := r.CookiesNamed(name)
	if len(found) != 1 {
		return "", false
	}
	err := s.codec.Decode(name, found[0].Value, &id)
	return id, err == nil
}

// Save implements sessions.Store: without an id it begins a session, with one it stores its message, with a negative age it ends it.
func (s *sessionStore) Save(r *http.Request, w http.ResponseWriter, session *sessions.Session) error {
	ctx := r.Context()
	data, err := encodeFlash(session)
	if err != nil {
		return err
	}
	switch {
	case session.Options.MaxAge < 0:
		if session.ID != "" {
			if err := s.rows.End(ctx, session.ID); err != nil {
				return err
			}
		}
		http.SetCookie(w, sessions.NewCookie(session.Name(), "", session.Options))
		return nil
	case session.ID != "":
		return s.rows.SetData(ctx, session.ID, data)
	}
	person, _ := session.Values[personValue].(*services.Person)
	replaces, _ := session.Values[replacesValue].(string)
	if session.ID, err = s.rows.Start(ctx, person, r.UserAgent(), data, replaces); err != nil {
		return err
	}
	delete(session.Values, replacesValue)
	signed, err := s.codec.Encode(session.Name(), session.ID)
	if err != nil {
		return errors.Join(errors.New("sign session cookie"), err)
	}
	http.SetCookie(w, sessions.NewCookie(session.Name(), signed, session.Options))
	return nil
}

func encodeFlash(session *sessions.Session) ([]byte, error) {
	flash, ok := session.Values[flashValue].(views.Flash)
	if !ok {
		return nil, nil
	}
	return json.Marshal(flash)
}
