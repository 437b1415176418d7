package handlers

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

func (h *server) overviewRoutes(g groups) {
	g.person.GET("/analytics", h.analyticsPage)
}

// usualDays is the period when none of those there are is asked for.
const usualDays = 30

// analyticsPage sums up all tests, or those of one site.
func (h *server) analyticsPage(c echo.Context) error {
	days, err := strconv.Atoi(c.QueryParam("days"))
	if err != nil || !slices.Contains(services.OverviewDays, days) {
		days = usualDays
	}
	page, site := h.page(c), siteParam(c)
	if site != uuid.Nil {
		page.SiteID = site.String()
	}
	o, err := h.Analytics.Overview(c.Request().Context(), actor(c), days, site)
	if err != nil {
		return err
	}
	return h.render(c, http.StatusOK, views.AnalyticsPage(page, analyticsOf(o)))
}

// siteParam is the site that a page is narrowed to; what is no id narrows nothing.
func siteParam(c echo.Context) uuid.UUID {
	site, err := uuid.Parse(c.QueryParam("site"))
	if err != nil {
		return uuid.Nil
	}
	return site
}

func analyticsOf(o services.Overview) views.Analytics {
	m := views.Analytics{Days: o.Days, Choices: services.OverviewDays, Ever: o.Ever, Visitors: o.Visitors, Conversions: o.Conversions, Weekly: o.Step == "week",
		Started: o.Started, Ended: o.Ended, Decided: o.Decided, Won: o.Won, Lost: o.Lost, Flat: o.Flat, Undecided: o.Undecided, MedianDays: o.MedianDays, Unjudged: o.Unjudged}
	if o.Since != nil {
		m.Since = day(*o.Since)
	}
	for _, p := range o.Trend {
		m.Trend = append(m.Trend, views.VolumePoint{Day: day(p.Day), Visitors: p.Visitors, Conversions: p.Conversions})
	}
	if w := o.WinRate; w != nil {
		m.WinRate = &views.Span{Value: w.Value, Low: w.Low, High: w.High}
	}
	s := o.Shipped
	m.Shipped = views.ShippedSum{Count: s.Count, Measured: s.Measured, Observed: s.Observed, Basis: s.Basis, Needed: s.Needed}
	if e := s.Shrunken; e != nil {
		m.Shipped.Corrected = &views.Span{Value: e.Mean, Low: e.Low, High: e.High}
	}
	return m
}

// day reads a date that a service wrote.
func day(text string) time.Time {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic("handlers: a service wrote the date " + text)
	}
	return at
}
