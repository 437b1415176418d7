package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

func (h *server) authRoutes(g groups) {
	g.public.GET("/login", h.loginPage)
	g.public.POST("/login", h.login, limitCredentials)
	g.public.GET("/register", h.registerPage)
	g.public.POST("/register", h.register, limitCredentials)
	g.public.POST("/logout", h.logout)
	h.resetRoutes(g)
}

// limitCredentials bounds a form that carries a password.
func limitCredentials(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if r.ContentLength > credentialBody {
			return echo.ErrStatusRequestEntityTooLarge
		}
		r.Body = http.MaxBytesReader(c.Response(), r.Body, credentialBody)
		return next(c)
	}
}

func (h *server) loginPage(c echo.Context) error {
	next := localPath(c.QueryParam("next"), "")
	if h.person(c) != nil {
		return redirect(c, localPath(next, "/home"))
	}
	return h.render(c, http.StatusOK, views.LoginPage(h.page(c), views.LoginForm{Next: next}))
}

func (h *server) login(c echo.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	next := localPath(f.Get("next"), "/home")
	who, err := h.Accounts.SignIn(c.Request().Context(), f.Get("email"), f.Get("password"), address(c), services.Browser)
	if err != nil {
		refused, status, ok := h.refusal(c, err)
		if !ok {
			return err
		}
		return h.render(c, status, views.LoginPage(h.page(c), views.LoginForm{Email: f.Get("email"), Next: next, Errors: refused}))
	}
	if err := h.startSession(c, who); err != nil {
		return err
	}
	return redirect(c, next)
}

func (h *server) registerPage(c echo.Context) error {
	return h.render(c, http.StatusOK, views.RegisterPage(h.page(c), views.RegisterForm{InviteOnly: h.Accounts.InviteOnly()}))
}

func (h *server) register(c echo.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	in := services.Registration{Email: f.Get("email"), Password: f.Get("password"), Name: f.Get("name"), Company: f.Get("company"), Locale: h.lang(c)}
	who, err := h.Accounts.Register(c.Request().Context(), in, address(c))
	if services.Reason(err) == services.InviteOnly {
		return h.render(c, http.StatusForbidden, views.RegisterPage(h.page(c), views.RegisterForm{InviteOnly: true}))
	}
	if err != nil {
		refused, status, ok := h.refusal(c, err)
		if !ok {
			return err
		}
		return h.render(c, status, views.RegisterPage(h.page(c), views.RegisterForm{Name: in.Name, Email: in.Email, Company: in.Company, Errors: refused}))
	}
	if err := h.startSession(c, who); err != nil {
		return err
	}
	if err := h.flash(c, "good", "flash.welcome"); err != nil {
		return err
	}
	return redirect(c, "/home")
}

func (h *server) logout(c echo.Context) error {
	if who := h.person(c); who != nil {
		if err := h.Accounts.SignOut(c.Request().Context(), who.Actor()); err != nil {
			return err
		}
	}
	if err := h.endSession(c); err != nil {
		return err
	}
	return redirect(c, "/login")
}
