package handlers

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

// session returns the browser's session, loaded when first asked for. An error is the database's, and the session is then empty.
func (h *server) session(c echo.Context) (*sessions.Session, error) {
	return h.store.Get(c.Request(), h.store.name)
}

// person is who is signed in with this browser; nil when nobody is, or when it cannot be found out now.
func (h *server) person(c echo.Context) *services.Person {
	if isProgram(c) {
		return nil
	}
	s, err := h.session(c)
	if err != nil {
		return nil
	}
	who, _ := s.Values[personValue].(*services.Person)
	return who
}

// signedIn lets people in who are signed in, and sends the others to the sign-in page, from where they come back.
func (h *server) signedIn(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if _, err := h.session(c); err != nil {
			return err
		}
		who := h.person(c)
		if who == nil {
			return h.toLogin(c)
		}
		c.Set(actorKey, who.Actor())
		return next(c)
	}
}

// actor is who asks. Only handlers behind signedIn have one.
func actor(c echo.Context) services.Actor {
	a, ok := c.Get(actorKey).(services.Actor)
	if !ok {
		panic("handlers: a route outside the signed-in group asked for its actor")
	}
	return a
}

// toLogin sends somebody to sign in. Where they wanted to go is remembered for a page, not for a form that was lost.
func (h *server) toLogin(c echo.Context) error {
	to := "/login"
	if c.Request().Method == http.MethodGet && !wantsPart(c) {
		to += "?next=" + url.QueryEscape(c.Request().URL.RequestURI())
	}
	return redirect(c, to)
}

// localPath returns a path on this site to go to, or otherwise when the wanted one leads anywhere else.
func localPath(wanted, otherwise string) string {
	u, err := url.Parse(wanted)
	switch {
	case err != nil, u.Scheme != "", u.Host != "", u.Opaque != "", u.User != nil, len(wanted) > 1000,
		!strings.HasPrefix(u.Path, "/"), strings.HasPrefix(u.Path, "//"), strings.ContainsAny(u.Path, "\\\r\n\t"):
		return otherwise
	}
	return (&url.URL{Path: u.Path, RawQuery: u.RawQuery}).String()
}

// startSession signs a person in with this browser, under a new id: one that was planted before is worth nothing.
func (h *server) startSession(c echo.Context, who services.Person) error {
	s, err := h.session(c)
	if err != nil {
		return err
	}
	s.Values[personValue], s.Values[replacesValue], s.Values[addressValue] = &who, s.ID, c.RealIP()
	s.ID = ""
	return s.Save(c.Request(), c.Response())
}

// endSession signs this browser out.
func (h *server) endSession(c echo.Context) error {
	s, err := h.session(c)
	if err != nil {
		return err
	}
	s.Options.MaxAge = -1
	return s.Save(c.Request(), c.Response())
}

// flash leaves a message for the next page: kind "good", "info", "warn" or "bad", text a message id or a finished sentence.
func (h *server) flash(c echo.Context, kind, text string) error {
	return h.setFlash(c, views.Flash{Kind: kind, Text: text})
}

// setFlash leaves a message that may carry a way back.
func (h *server) setFlash(c echo.Context, f views.Flash) error {
	s, err := h.session(c)
	if err != nil {
		return err
	}
	s.Values[flashValue] = f
	return s.Save(c.Request(), c.Response())
}

// takeFlash returns the message left for this page, once.
func (h *server) takeFlash(c echo.Context) *views.Flash {
	s, err := h.session(c)
	if err != nil {
		return nil
	}
	f, ok := s.Values[flashValue].(views.Flash)
	if !ok {
		return nil
	}
	delete(s.Values, flashValue)
	if err := s.Save(c.Request(), c.Response()); err != nil {
		// The message will be shown again; the page is worth more than that.
		h.Log.WarnContext(c.Request().Context(), "flash not cleared", slog.String("request_id", requestID(c)), slog.String("error", err.Error()))
	}
	return &f
}
