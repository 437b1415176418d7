package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/locale"
	"github.com/samplit/samplit/views"
)

// page is what every page needs besides its own model. Taking it for a whole page takes the message that a redirect left, too.
func (h *server) page(c echo.Context) views.Page {
	p := views.Page{
		Lang: h.lang(c), Theme: cookie(c, "theme"), Slim: cookie(c, "nav") == "slim", CSPNonce: nonce(c),
		Path: c.Request().URL.Path, Now: h.Clock(), DevMail: h.Mailbox != nil,
	}
	if who := h.person(c); who != nil {
		p.User = &views.User{Name: who.Name, Email: who.Email}
		p.Account = views.Account{Name: who.AccountName}
		p.Sites = h.navigationSites(c)
		p.Unread = who.Unread
	}
	if !wantsPart(c) {
		p.Flash = h.takeFlash(c)
	}
	return p
}

// lang is the language to answer in: the person's choice, else the cookie's, else the browser's.
func (h *server) lang(c echo.Context) string {
	chosen := ""
	if who := h.person(c); who != nil {
		chosen = who.Locale
	}
	return locale.Match(c.Request().Header.Get("Accept-Language"), chosen, cookie(c, "lang"))
}

func cookie(c echo.Context, name string) string {
	if found, err := c.Cookie(name); err == nil {
		return found.Value
	}
	return ""
}

// setChoice remembers a choice of looks for a year. Scripts may read and change it: it is no secret.
func (h *server) setChoice(c echo.Context, name, value string) {
	maxAge := 365 * 24 * 3600
	if value == "" {
		maxAge = -1
	}
	c.SetCookie(&http.Cookie{Name: name, Value: value, Path: "/", MaxAge: maxAge, Secure: h.secureCookies(), SameSite: http.SameSiteLaxMode})
}
