package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

func (h *server) alertRoutes(g groups) {
	g.person.GET("/alerts", h.alertsPage)
	g.person.POST("/alerts", h.chooseAlerts)
	g.public.GET("/alerts/stop/:kind/:token", h.stopPage)
	g.public.POST("/alerts/stop/:kind/:token", h.stopMail)
}

// alertsPage is what the person was told. Whoever looks at it has seen it.
func (h *server) alertsPage(c echo.Context) error {
	ctx, by := h.speak(c), actor(c)
	list, err := h.Notices.List(ctx, by)
	if err != nil {
		return err
	}
	choices, err := h.Notices.Choices(ctx, by)
	if err != nil {
		return err
	}
	if err := h.Notices.Read(ctx, by); err != nil {
		return err
	}
	h.person(c).Unread = 0
	m := views.Alerts{}
	for _, n := range list {
		row := views.Alert{Kind: n.Kind, Name: n.Name, Lines: n.Lines, At: n.At, New: n.New}
		if n.Experiment != nil {
			row.URL = "/experiments/" + n.Experiment.String()
		}
		m.List = append(m.List, row)
	}
	for _, choice := range choices {
		m.Choices = append(m.Choices, views.AlertChoice{Kind: choice.Kind, Shown: choice.Shown, Mailed: choice.Mailed})
	}
	return h.render(c, http.StatusOK, views.AlertsPage(h.page(c), m))
}

func (h *server) chooseAlerts(c echo.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	var choices []services.NoticeChoice
	for _, kind := range services.NoticeKinds {
		choices = append(choices, services.NoticeChoice{Kind: kind, Shown: f.Get("shown-"+kind) == "on", Mailed: f.Get("mailed-"+kind) == "on"})
	}
	if err := h.Notices.Choose(c.Request().Context(), actor(c), choices); err != nil {
		return err
	}
	if err := h.flash(c, "good", "flash.saved"); err != nil {
		return err
	}
	return redirect(c, "/alerts")
}

// stopPage asks before it stops anything: programs that look through mail follow every link.
func (h *server) stopPage(c echo.Context) error {
	if err := h.Notices.CheckStop(c.Param("kind"), c.Param("token")); err != nil {
		return h.showStop(c, http.StatusNotFound, views.AlertStop{Bad: true})
	}
	return h.showStop(c, http.StatusOK, views.AlertStop{Kind: c.Param("kind")})
}

func (h *server) stopMail(c echo.Context) error {
	err := h.Notices.StopMail(c.Request().Context(), c.Param("kind"), c.Param("token"))
	if services.Code(err) == services.CodeNotFound {
		return h.showStop(c, http.StatusNotFound, views.AlertStop{Bad: true})
	}
	if err != nil {
		return err
	}
	return h.showStop(c, http.StatusOK, views.AlertStop{Kind: c.Param("kind"), Done: true})
}

func (h *server) showStop(c echo.Context, status int, m views.AlertStop) error {
	c.Response().Header().Set("Referrer-Policy", "no-referrer")
	c.Response().Header().Set("X-Robots-Tag", "noindex, nofollow")
	return h.render(c, status, views.AlertStopPage(h.page(c), m))
}
