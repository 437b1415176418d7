package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/views"
)

func (h *server) landingRoutes(g groups) {
	g.public.GET("/", h.landing)
}

// landing is the front page; whoever is signed in goes on to their home.
func (h *server) landing(c echo.Context) error {
	if h.person(c) != nil {
		return redirect(c, "/home")
	}
	return h.render(c, http.StatusOK, views.LandingPage(h.page(c)))
}
