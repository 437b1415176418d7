package handlers

import (
	"context"
	"net/http"
	"strconv"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/locale"
	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

func (h *server) homeRoutes(g groups) {
	g.person.GET("/home", h.homePage)
	g.person.GET("/search", h.searchPage)
}

// speak is the request's context with the language to answer in.
func (h *server) speak(c echo.Context) context.Context {
	return locale.With(c.Request().Context(), h.lang(c))
}

func (h *server) homePage(c echo.Context) error {
	ctx := h.speak(c)
	days, _ := strconv.Atoi(c.QueryParam("days")) // anything else is the usual period
	today, err := h.Home.Today(ctx, actor(c), days)
	if err != nil {
		return err
	}
	refs := make([]views.SiteRef, len(today.Sites))
	for i, site := range today.Sites {
		refs[i] = views.SiteRef{ID: site.ID.String(), Name: site.Name, Host: site.Host()}
	}
	c.Set(sitesKey, refs)
	m := views.Home{Running: rowsOf(today.Running, today.Summaries, refs), Activity: historyRows(ctx, today.Activity, nil), Checklist: h.checklist(today.Steps)}
	if len(today.Tasks) == 0 && today.Draft != uuid.Nil && m.Checklist == nil {
		m.Next = "/experiments/" + today.Draft.String()
	}
	if today.Impact.Visitors > 0 {
		m.Impact = impactOf(today.Impact)
	}
	for _, task := range today.Tasks {
		m.Tasks = append(m.Tasks, views.Task{Kind: task.Kind, Title: task.Name, Detail: task.Detail, URL: taskURL(task)})
	}
	return h.render(c, http.StatusOK, views.HomePage(h.page(c), m))
}

func impactOf(i services.Impact) *views.Impact {
	m := &views.Impact{Days: i.Days, Choices: services.ImpactDays, Visitors: i.Visitors}
	for _, g := range i.Gains {
		m.Gains = append(m.Gains, views.Gain{Currency: g.Currency, More: g.More, Low: g.Low, High: g.High})
	}
	return m
}

func taskURL(task services.Task) string {
	if task.Site != uuid.Nil {
		return "/sites/" + task.Site.String()
	}
	return "/experiments/" + task.Experiment.String()
}

// checklist leads a new account on; nil once every step is done.
func (h *server) checklist(s services.FirstSteps) *views.Checklist {
	if s.Done() {
		return nil
	}
	site, experiment := "/sites/new", "/experiments/new"
	if s.SiteID != uuid.Nil {
		site = "/sites/" + s.SiteID.String()
	}
	if s.ExperimentID != uuid.Nil {
		experiment = "/experiments/" + s.ExperimentID.String()
	}
	return &views.Checklist{DemoURL: h.DemoURL, Steps: []views.ChecklistStep{
		{Key: "site", Done: s.Site, URL: site}, {Key: "install", Done: s.Installed, URL: site},
		{Key: "experiment", Done: s.Experiment, URL: experiment}, {Key: "launch", Done: s.Launched, URL: experiment},
		{Key: "visitors", Done: s.Visitors, URL: experiment},
	}}
}
