package handlers

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

// checkPages has the pages of an experiment looked at now.
func (h *server) checkPages(c echo.Context) error {
	if err := h.PageChecks.Ask(c.Request().Context(), actor(c), c.Param("id")); err != nil {
		return err
	}
	if wantsPart(c) {
		return h.checkedPages(c)
	}
	return redirect(c, "/experiments/"+c.Param("id")+"/changes")
}

// checkedPages answers what is known now: the table that asks for itself while a look is under way, or the whole page.
func (h *server) checkedPages(c echo.Context) error {
	if !wantsPart(c) {
		return h.changesPage(c)
	}
	ctx := h.speak(c)
	changes, err := h.Analytics.Changes(ctx, actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	return h.render(c, http.StatusOK, views.ChangeRatesTable(h.page(c), changeRatesOf(ctx, changes)))
}

// changeRatesOf is the table of an experiment's changes.
func changeRatesOf(ctx context.Context, f services.ChangesFared) views.ChangeRates {
	m := views.ChangeRates{Experiment: f.Experiment.ID.String(), Checked: f.Check.At, UnderWay: f.Check.UnderWay, CanCheck: f.Installed}
	for _, r := range f.Rates {
		m.Rows = append(m.Rows, views.ChangeRate{Variant: r.VariantName, VariantID: r.VariantID.String(), Element: r.ElementName, Index: r.Level,
			Change: changeOf(r.Of), Made: r.Found + r.Healed, Healed: r.Healed, Missed: r.Missed, Blocked: r.Conflicts, Check: r.Check,
			Words: r.Words(ctx), Alarm: r.Alarm})
	}
	for _, page := range f.Check.Pages {
		m.Pages = append(m.Pages, views.CheckedPage{URL: page.URL, Problem: page.Problem, Status: page.Status})
	}
	return m
}
