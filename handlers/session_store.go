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
	addressValue  = "address"  // string: from where the person signed in
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
	data := decodeSession(row.Data)
	session.Values[addressValue] = data.Address
	if data.Flash != nil {
		session.Values[flashValue] = *data.Flash
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
	data, err := encodeSession(session)
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

// sessionData is what the row keeps for us.
type sessionData struct {
	Address string       `json:"address,omitempty"`
	Flash   *views.Flash `json:"flash,omitempty"`
}

func encodeSession(session *sessions.Session) ([]byte, error) {
	var data sessionData
	data.Address, _ = session.Values[addressValue].(string)
	if flash, ok := session.Values[flashValue].(views.Flash); ok {
		data.Flash = &flash
	}
	return json.Marshal(data)
}

// decodeSession reads what encodeSession wrote; anything else is empty.
func decodeSession(row []byte) (data sessionData) {
	if json.Unmarshal(row, &data) != nil {
		return sessionData{}
	}
	return data
}
