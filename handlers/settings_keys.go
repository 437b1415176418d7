package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

func (h *server) keyRoutes(g groups) {
	g.person.POST("/settings/keys", h.makeKey)
	g.person.POST("/settings/keys/:id/revoke", h.revokeKey)
}

// keyList is nil for those who may not manage keys.
func (h *server) keyList(c echo.Context) (*views.Keys, error) {
	list, err := h.Keys.List(c.Request().Context(), actor(c))
	if services.Code(err) == services.CodeForbidden {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m := &views.Keys{Role: string(services.Editor)}
	for _, k := range list {
		m.List = append(m.List, views.Key{ID: k.ID.String(), Name: k.Name, Ending: k.Ending, Role: string(k.Role), CreatedAt: k.CreatedAt, UsedAt: timeOr(k.UsedAt)})
	}
	return m, nil
}

// makeKey shows the key in its answer: it is kept nowhere, so that there is no page to go to.
func (h *server) makeKey(c echo.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	_, made, err := h.Keys.Create(c.Request().Context(), actor(c), f.Get("key_name"), services.Role(f.Get("role")))
	refused, status := views.Errors(nil), http.StatusOK
	if err != nil {
		var ok bool
		if refused, status, ok = h.refusal(c, err); !ok {
			return err
		}
	}
	m, err := h.settings(c)
	if err != nil {
		return err
	}
	if m.Keys != nil {
		m.Keys.Made, m.Keys.Errors = made, refused
		if refused != nil {
			m.Keys.Name, m.Keys.Role = f.Get("key_name"), f.Get("role")
		}
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return h.render(c, status, views.SettingsPage(h.page(c), m))
}

func (h *server) revokeKey(c echo.Context) error {
	if err := h.Keys.Revoke(c.Request().Context(), actor(c), c.Param("id")); err != nil {
		return err
	}
	if err := h.flash(c, "good", "flash.key_revoked"); err != nil {
		return err
	}
	return redirect(c, "/settings")
}
