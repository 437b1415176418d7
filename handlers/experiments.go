package handlers

import (
	"net/http"
	"strconv"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

func (h *server) experimentRoutes(g groups) {
	g.person.GET("/experiments", h.experimentsPage)
	g.person.GET("/experiments/new", h.newExperiment)
	g.person.POST("/experiments/new", h.createExperiment)
	g.person.GET("/experiments/:id/edit", h.editExperiment)
	g.person.POST("/experiments/:id/edit", h.updateExperiment)
	g.person.GET("/experiments/:id/changes", h.changesPage)
	g.person.GET("/experiments/:id/pages", h.checkedPages)
	g.person.POST("/experiments/:id/pages", h.checkPages)
	g.person.GET("/experiments/:id/preview", h.previewVariant)
	g.person.GET("/experiments/:id/settings", h.experimentSettingsPage)
	g.person.POST("/experiments/:id/traffic", h.changeTraffic)
	g.person.GET("/experiments/:id/history", h.experimentHistoryPage)
	g.person.GET("/experiments/:id/confirm", h.confirmStatus)
	g.person.POST("/experiments/:id/status", h.changeStatus)
	g.person.POST("/experiments/:id/duplicate", h.duplicateExperiment)
}

const listPage = 25

func (h *server) experimentsPage(c echo.Context) error {
	ctx, by := c.Request().Context(), actor(c)
	m := views.ExperimentList{Query: c.QueryParam("q"), Status: c.QueryParam("status"), Page: 1}
	if n, err := strconv.Atoi(c.QueryParam("page")); err == nil && n > 0 {
		m.Page = min(n, 10_000)
	}
	filter := services.ExperimentFilter{Query: m.Query, Status: m.Status, Paging: services.Paging{Page: m.Page, PerPage: listPage}}
	filter.Site, _ = uuid.Parse(c.QueryParam("site"))
	list, err := h.Experiments.List(ctx, by, filter)
	if services.Code(err) == services.CodeInvalid { // a made-up filter finds nothing
		err = nil
	}
	if err != nil {
		return err
	}
	m.Total, m.Pages = list.Total, (list.Total+listPage-1)/listPage
	if m.Any = m.Total > 0; !m.Any {
		if m.Any, err = h.Experiments.Any(ctx, by); err != nil {
			return err
		}
	}
	if m.Rows, err = h.experimentRows(c, list.Items); err != nil {
		return err
	}
	page := h.page(c)
	if filter.Site != uuid.Nil {
		page.SiteID = filter.Site.String()
	}
	return h.show(c, http.StatusOK, views.ExperimentsPage(page, m), views.ExperimentRows(page, m))
}

// experimentRows says of each experiment how it is going.
func (h *server) experimentRows(c echo.Context, list []services.Experiment) ([]views.ExperimentRow, error) {
	ctx := h.speak(c)
	summaries, err := h.Analytics.Summaries(ctx, actor(c), list)
	if err != nil {
		return nil, err
	}
	refs, err := h.siteRefs(c)
	if err != nil {
		return nil, err
	}
	return rowsOf(list, summaries, refs), nil
}

func rowsOf(list []services.Experiment, summaries map[uuid.UUID]services.Summary, sites []views.SiteRef) []views.ExperimentRow {
	rows := make([]views.ExperimentRow, 0, len(list))
	for _, x := range list {
		r := summaries[x.ID].Results
		row := views.ExperimentRow{ID: x.ID.String(), Name: x.Name, Site: siteHost(sites, x.InstallationID), Status: string(x.Status), Method: x.Allocator,
			Visitors: r.Visitors(), Goal: x.Primary().Name, Trend: summaries[x.ID].Trend, Started: timeOr(x.StartedAt), Updated: x.UpdatedAt}
		if row.Visitors > 0 {
			row.Verdict = r.State()
			leader := r.Contender()
			row.Leader, row.Lift = leader.Name, liftOf(leader.Lift)
		}
		if r.Verdict.DaysLeft != nil {
			row.DaysLeft = *r.Verdict.DaysLeft
		}
		rows = append(rows, row)
	}
	return rows
}

func siteHost(sites []views.SiteRef, id uuid.UUID) string {
	for _, site := range sites {
		if site.ID == id.String() {
			return site.Host
		}
	}
	return ""
}

func liftOf(l *services.Lift) *views.Lift {
	if l == nil {
		return nil
	}
	return &views.Lift{Mean: l.Mean, Low: l.Low, High: l.High}
}

// experiment is the head of every page about one experiment.
func (h *server) experiment(c echo.Context, x services.Experiment) (views.Experiment, error) {
	refs, err := h.siteRefs(c)
	if err != nil {
		return views.Experiment{}, err
	}
	m := views.Experiment{ID: x.ID.String(), Name: x.Name, Hypothesis: x.Hypothesis, Key: x.Key, Status: string(x.Status), Method: x.Allocator,
		SiteID: x.InstallationID.String(), Site: siteHost(refs, x.InstallationID), URL: x.URL, Goal: x.Primary().Name,
		Started: timeOr(x.StartedAt), Ended: timeOr(x.CompletedAt), Version: x.Version, CanEdit: actor(c).MayEdit() == nil}
	if x.Winner != nil {
		m.Winner = x.ArmName(*x.Winner)
	}
	return m, nil
}

// changesPage says what exactly is different.
func (h *server) changesPage(c echo.Context) error {
	ctx := h.speak(c)
	changes, err := h.Analytics.Changes(ctx, actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	x := changes.Experiment
	head, err := h.experiment(c, x)
	if err != nil {
		return err
	}
	m := views.Changes{Experiment: head, Who: storedRules(x.Rules), Rates: changeRatesOf(ctx, changes)}
	for _, e := range x.Elements {
		shares := e.Shares()
		for i, v := range e.Variants {
			row := views.VariantChanges{Index: i, Name: v.Name, Weight: shares[i], Key: v.Key, ID: v.ID.String()}
			if x.Mode != services.ModeSingle {
				row.Element, row.Key = e.Name, x.Alone(e.Key, v.Key)
			}
			for _, change := range v.Changes {
				row.Changes = append(row.Changes, changeOf(change))
			}
			m.Variants = append(m.Variants, row)
		}
	}
	if x.Mode != services.ModeSingle {
		m.Matrix = matrixOf(x.Definition)
		m.Combinations = x.Combinations()
	}
	return h.render(c, http.StatusOK, views.ChangesPage(h.page(c), m))
}

// previewVariant opens the site with a variant. It is a link and not a form: the page's policy lets no form lead to another site, and
// a token changes nothing.
func (h *server) previewVariant(c echo.Context) error {
	p, err := h.Previews.Make(c.Request().Context(), actor(c), c.Param("id"), services.Force{"": c.QueryParam("variant")})
	if services.Code(err) == services.CodeInvalid {
		return echo.ErrNotFound
	}
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.Redirect(http.StatusSeeOther, p.URL)
}

func changeOf(change services.Change) views.Change {
	out := views.Change{Action: change.Action, Selector: change.Selector, Name: change.Name}
	if change.Value != nil {
		out.Value = *change.Value
	}
	return out
}

func (h *server) duplicateExperiment(c echo.Context) error {
	x, err := h.Experiments.Duplicate(h.speak(c), actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	if err := h.flash(c, "good", "flash.duplicated"); err != nil {
		return err
	}
	return redirect(c, "/experiments/"+x.ID.String()+"/edit")
}
