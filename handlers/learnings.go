package handlers

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

func (h *server) learningRoutes(g groups) {
	g.person.GET("/learnings", h.learningsPage)
	g.person.GET("/experiments/:id/learning", h.learningPage)
	g.person.POST("/experiments/:id/learning", h.writeLearning)
}

// learningsPage lists what ended experiments taught.
func (h *server) learningsPage(c echo.Context) error {
	f := services.LearningFilter{Query: strings.TrimSpace(c.QueryParam("q")), Tag: c.QueryParam("tag"), Outcome: c.QueryParam("outcome"), After: c.QueryParam("after"), Site: siteParam(c)}
	list, err := h.Analytics.Learnings(c.Request().Context(), actor(c), f)
	if services.Code(err) == services.CodeInvalid { // a made-up filter finds nothing
		err = nil
	}
	if err != nil {
		return err
	}
	refs, err := h.siteRefs(c)
	if err != nil {
		return err
	}
	m := views.LearningList{Query: f.Query, Tag: f.Tag, Outcome: f.Outcome, Any: len(list.Items) > 0 || f.After != "", Tags: list.Tags, Left: list.Left}
	for _, l := range list.Items {
		m.Rows = append(m.Rows, learningRow(l, refs))
	}
	if list.Next != "" {
		query := url.Values{"after": {list.Next}}
		for name, value := range map[string]string{"q": f.Query, "tag": f.Tag, "outcome": f.Outcome, "site": c.QueryParam("site")} {
			if value != "" {
				query.Set(name, value)
			}
		}
		m.Next = "/learnings?" + query.Encode()
	}
	page := h.page(c)
	if f.Site != uuid.Nil {
		page.SiteID = f.Site.String()
	}
	return h.render(c, http.StatusOK, views.LearningsPage(page, m))
}

func learningRow(l services.Learning, sites []views.SiteRef) views.LearningRow {
	row := views.LearningRow{ID: l.Experiment.String(), Name: l.Name, Site: siteHost(sites, l.Site), Hypothesis: l.Hypothesis, Outcome: l.Outcome, Variant: l.Variant,
		Shipped: l.Shipped, Text: l.Text, Author: l.Author, Tags: l.Tags, Ended: l.EndedAt, Written: timeOr(l.WrittenAt)}
	if e := l.Effect; e != nil {
		row.Effect = &views.Lift{Mean: e.Mean, Low: e.Low, High: e.High}
	}
	return row
}

func (h *server) learningPage(c echo.Context) error {
	m, err := h.learningForm(c)
	if err != nil {
		return err
	}
	return h.render(c, http.StatusOK, views.LearningPage(h.page(c), m))
}

// learningForm is the tab as it is stored.
func (h *server) learningForm(c echo.Context) (m views.LearningForm, err error) {
	l, x, err := h.Analytics.Learning(c.Request().Context(), actor(c), c.Param("id"))
	if err != nil {
		return m, err
	}
	if m.Experiment, err = h.experiment(c, x); err != nil {
		return m, err
	}
	m.Learning, m.Text, m.Tags, m.Version = learningRow(l, nil), l.Text, strings.Join(l.Tags, ", "), strconv.Itoa(l.Version)
	return m, nil
}

func (h *server) writeLearning(c echo.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	version, _ := strconv.Atoi(f.Get("version")) // what is no number is that of nothing written
	in := services.LearningInput{Text: f.Get("text"), Tags: views.TypedTags(f.Get("tags")), Version: &version}
	_, err = h.Analytics.WriteLearning(c.Request().Context(), actor(c), c.Param("id"), in)
	if err == nil {
		if err := h.flash(c, "good", "learning.saved"); err != nil {
			return err
		}
		return redirect(c, "/experiments/"+c.Param("id")+"/learning")
	}
	errs, status, refused := h.refusal(c, err)
	if !refused {
		return err
	}
	m, err := h.learningForm(c)
	if err != nil {
		return err
	}
	m.Text, m.Tags, m.Version, m.Errors = f.Get("text"), f.Get("tags"), f.Get("version"), errs
	return h.render(c, status, views.LearningPage(h.page(c), m))
}
