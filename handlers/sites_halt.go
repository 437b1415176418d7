package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

// confirmHalt asks before everything on a site goes back to the original.
func (h *server) confirmHalt(c echo.Context) error {
	if err := actor(c).MayEdit(); err != nil {
		return err
	}
	m, err := h.site(c)
	if err != nil {
		return err
	}
	page := h.page(c)
	return h.show(c, http.StatusOK, views.HaltPage(page, m), views.HaltBody(page, m))
}

// haltSite stops everything on a site, or lets it go on.
func (h *server) haltSite(c echo.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	halted, done := f.Get("halted") == "on", "flash.site_resumed"
	if halted {
		done = "flash.halted"
	}
	id := c.Param("id")
	if _, err := h.Installations.Update(c.Request().Context(), actor(c), id, services.InstallationInput{Halted: &halted}); err != nil {
		return err
	}
	if err := h.flash(c, "good", done); err != nil {
		return err
	}
	return redirect(c, "/sites/"+id)
}
