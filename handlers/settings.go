package handlers

import (
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"github.com/mileusna/useragent"

	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

func (h *server) settingsRoutes(g groups) {
	g.person.GET("/settings", h.settingsPage)
	g.person.POST("/settings", h.saveProfile)
	g.person.POST("/settings/password", h.changePassword, limitCredentials)
	g.person.POST("/settings/sessions/:id", h.endSessions)
}

func (h *server) settingsPage(c echo.Context) error {
	m, err := h.settings(c)
	if err != nil {
		return err
	}
	return h.render(c, http.StatusOK, views.SettingsPage(h.page(c), m))
}

// settings is the page as it is stored.
func (h *server) settings(c echo.Context) (views.Settings, error) {
	who := h.person(c)
	m := views.Settings{Profile: views.ProfileForm{Name: who.Name, Email: who.Email, Lang: who.Locale, Theme: cookie(c, "theme")}}
	s, err := h.session(c)
	if err != nil {
		return m, err
	}
	list, err := h.Sessions.List(c.Request().Context(), actor(c), s.ID)
	if err != nil {
		return m, err
	}
	for _, info := range list {
		ua := useragent.Parse(info.UserAgent)
		m.Sessions = append(m.Sessions, views.Session{ID: info.Handle.String(), Device: device(ua), Mobile: ua.Mobile || ua.Tablet,
			Address: decodeSession(info.Data).Address, LastSeen: info.LastSeen, Current: info.Current})
	}
	m.MayErase = actor(c).MayErase() == nil
	m.Keys, err = h.keyList(c)
	return m, err
}

// device names a browser without words that would need a language.
func device(ua useragent.UserAgent) string {
	switch {
	case ua.Name != "" && ua.OS != "":
		return ua.Name + " · " + ua.OS
	case ua.Name != "":
		return ua.Name
	}
	return "?"
}

func (h *server) saveProfile(c echo.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	p := views.ProfileForm{Name: f.Get("name"), Email: h.person(c).Email, Lang: f.Get("lang"), Theme: f.Get("theme")}
	if err := h.Accounts.UpdateProfile(c.Request().Context(), actor(c), p.Name, p.Lang); err != nil {
		refused, status, ok := h.refusal(c, err)
		if !ok {
			return err
		}
		p.Errors = refused
		m, err := h.settings(c)
		if err != nil {
			return err
		}
		m.Profile = p
		page := h.page(c)
		return h.show(c, status, views.SettingsPage(page, m), views.ProfileFormBody(page, p))
	}
	if p.Theme != "paper" && p.Theme != "ink" {
		p.Theme = ""
	}
	h.setChoice(c, "theme", p.Theme)
	if err := h.flash(c, "good", "flash.saved"); err != nil {
		return err
	}
	return redirect(c, "/settings")
}

func (h *server) changePassword(c echo.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	s, err := h.session(c)
	if err != nil {
		return err
	}
	err = h.Accounts.ChangePassword(c.Request().Context(), actor(c), f.Get("current"), f.Get("password"), s.ID, address(c))
	if err != nil {
		refused, status, ok := h.refusal(c, err)
		if !ok {
			return err
		}
		m, err := h.settings(c)
		if err != nil {
			return err
		}
		m.Password.Errors = refused
		page := h.page(c)
		return h.show(c, status, views.SettingsPage(page, m), views.PasswordFormBody(page, m.Password))
	}
	if err := h.startSession(c, *h.person(c)); err != nil {
		return err
	}
	if err := h.flash(c, "good", "flash.password"); err != nil {
		return err
	}
	return redirect(c, "/settings")
}

// endSessions signs one of the person's browsers out, or all but this one.
func (h *server) endSessions(c echo.Context) error {
	ctx, text := c.Request().Context(), "flash.session"
	s, err := h.session(c)
	if err != nil {
		return err
	}
	if c.Param("id") == "others" {
		text = "flash.sessions"
		err = h.Sessions.EndOthers(ctx, actor(c), s.ID)
	} else {
		handle, bad := uuid.Parse(c.Param("id"))
		if bad != nil {
			return echo.ErrNotFound
		}
		err = h.Sessions.EndOne(ctx, actor(c), handle)
	}
	if err != nil && services.Code(err) != services.CodeNotFound {
		return err // a session that is over already is what was wanted
	}
	if err := h.flash(c, "good", text); err != nil {
		return err
	}
	return redirect(c, "/settings")
}
