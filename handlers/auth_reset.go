package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

func (h *server) resetRoutes(g groups) {
	g.public.GET("/forgot", h.forgotPage)
	g.public.POST("/forgot", h.forgot, limitCredentials)
	g.public.GET("/reset", h.resetPage)
	g.public.POST("/reset", h.reset, limitCredentials)
}

func (h *server) forgotPage(c echo.Context) error {
	return h.render(c, http.StatusOK, views.ForgotPage(h.page(c), views.ForgotForm{}))
}

// forgot answers the same whether or not the address is somebody's.
func (h *server) forgot(c echo.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	m := views.ForgotForm{Email: f.Get("email"), Sent: true}
	status := http.StatusAccepted
	if err := h.Accounts.RequestReset(c.Request().Context(), m.Email, h.lang(c), address(c)); err != nil {
		var ok bool
		if m.Errors, status, ok = h.refusal(c, err); !ok {
			return err
		}
		m.Sent = false
	}
	return h.render(c, status, views.ForgotPage(h.page(c), m))
}

func (h *server) resetPage(c echo.Context) error {
	m := views.ResetForm{Token: c.QueryParam("token")}
	status := http.StatusOK
	if err := h.Accounts.CheckReset(c.Request().Context(), m.Token); err != nil {
		if !isOver(err) {
			return err
		}
		m.Invalid, status = true, http.StatusBadRequest
	}
	return h.render(c, status, views.ResetPage(h.page(c), m))
}

// reset sets the new password. Whoever could open the link is the owner of the address: they are signed in.
func (h *server) reset(c echo.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	m := views.ResetForm{Token: f.Get("token")}
	who, err := h.Accounts.Reset(c.Request().Context(), m.Token, f.Get("password"))
	if err == nil {
		return h.signInAfterReset(c, who)
	}
	var status int
	var ok bool
	if m.Errors, status, ok = h.refusal(c, err); !ok {
		return err
	}
	if isOver(err) {
		m.Invalid, status = true, http.StatusBadRequest
	}
	return h.render(c, status, views.ResetPage(h.page(c), m))
}

func (h *server) signInAfterReset(c echo.Context, who services.Person) error {
	if err := h.startSession(c, who); err != nil {
		return err
	}
	if err := h.flash(c, "good", "flash.password"); err != nil {
		return err
	}
	return redirect(c, "/home")
}

func isOver(err error) bool { return services.Reason(err) == services.ResetOver }
