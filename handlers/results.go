package handlers

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

func (h *server) resultRoutes(g groups) {
	g.person.GET("/experiments/:id", h.resultsPage)
	g.person.GET("/experiments/:id/results", h.resultsPage)
	g.person.GET("/experiments/:id/numbers/:variant", h.numbersPage)
	g.person.GET("/experiments/:id/segments", h.segments)
	g.person.POST("/experiments/:id/segments", h.askSegments)
	g.person.POST("/experiments/:id/notes", h.addNote)
	g.person.POST("/experiments/:id/notes/:note/remove", h.removeNote)
}

// resultsPage is the page, or the part of it that is asked for every few seconds: nothing new is 304 without a body.
func (h *server) resultsPage(c echo.Context) error {
	m, r, err := h.results(c, c.QueryParam("goal"))
	if services.Code(err) == services.CodeInvalid { // a goal it does not have
		return echo.ErrNotFound
	}
	if err != nil {
		return err
	}
	if !wantsPart(c) {
		m.Period = periodOf(r, services.PeriodInput{From: c.QueryParam("from"), To: c.QueryParam("to")})
		return h.render(c, http.StatusOK, views.ResultsPage(h.page(c), m))
	}
	c.Response().Header().Set("ETag", `"`+m.ETag+`"`)
	if matches(c.Request().Header.Get("If-None-Match"), m.ETag) {
		c.Response().Header().Set("Cache-Control", "no-store")
		c.Response().Header().Add("Vary", "HX-Request")
		return c.NoContent(http.StatusNotModified)
	}
	return h.render(c, http.StatusOK, views.ResultsBody(h.page(c), m))
}

// matches reads If-None-Match; compressing turns a tag into a weak one.
func matches(header, tag string) bool {
	for one := range strings.SplitSeq(header, ",") {
		if strings.TrimPrefix(strings.TrimSpace(one), "W/") == `"`+tag+`"` {
			return true
		}
	}
	return false
}

// results is the page's model. Its tag names everything that is shown but the moment of the look.
func (h *server) results(c echo.Context, goal string) (m views.Results, r services.Results, err error) {
	ctx := h.speak(c)
	if r, err = h.Analytics.Results(ctx, actor(c), c.Param("id"), goal); err != nil {
		return m, r, err
	}
	m = resultsOf(ctx, r)
	if m.Experiment, err = h.experiment(c, r.Experiment); err != nil {
		return m, r, err
	}
	m.Experiment.Verdict = m.Verdict.State
	shown, err := json.Marshal(m)
	if err != nil {
		return m, r, err
	}
	sum := sha256.Sum256(append(shown, h.lang(c)...))
	m.ETag, m.AsOf = base64.RawURLEncoding.EncodeToString(sum[:12]), r.AsOf
	return m, r, nil
}

// numbersPage says where the figures of a variant come from.
func (h *server) numbersPage(c echo.Context) error {
	m, r, err := h.results(c, c.QueryParam("goal"))
	if services.Code(err) == services.CodeInvalid || err == nil && m.Launch != nil { // a goal it does not have; nothing has been counted
		return echo.ErrNotFound
	}
	if err != nil {
		return err
	}
	figures, err := r.Explain(h.speak(c), c.Param("variant"))
	if err != nil {
		return err
	}
	page := views.Numbers{Experiment: m.Experiment, Goal: m.Goal}
	for i, v := range r.Variants {
		if v.Key == c.Param("variant") {
			page.Variant = variantOf(i, v, false)
		}
	}
	for _, f := range figures {
		page.Figures = append(page.Figures, views.Figure{Key: f.Key, Value: f.Value, Formula: f.Formula, Method: f.Method})
	}
	return h.render(c, http.StatusOK, views.NumbersPage(h.page(c), page))
}

func (h *server) addNote(c echo.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	typed := views.NoteForm{Day: f.Get("day"), Text: f.Get("text")}
	err = h.Analytics.AddNote(c.Request().Context(), actor(c), c.Param("id"), typed.Day, typed.Text)
	if err == nil {
		return redirect(c, "/experiments/"+c.Param("id")+"#notes")
	}
	errs, status, refused := h.refusal(c, err)
	if !refused {
		return err
	}
	m, _, err := h.results(c, "")
	if err != nil {
		return err
	}
	typed.Errors = errs
	return h.render(c, status, views.NotePage(h.page(c), m, typed))
}

func (h *server) removeNote(c echo.Context) error {
	if err := h.Analytics.RemoveNote(c.Request().Context(), actor(c), c.Param("id"), c.Param("note")); err != nil {
		return err
	}
	return redirect(c, "/experiments/"+c.Param("id")+"#notes")
}
