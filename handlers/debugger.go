package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

func (h *server) debuggerRoutes(g groups) {
	g.person.GET("/debugger", h.debuggerStart)
	g.person.GET("/debugger/:id", h.debuggerPage)
	g.person.GET(debuggerStream, h.streamSightings)
}

// debuggerStart goes to the site that was chosen, else to the first; without any it says what to do.
func (h *server) debuggerStart(c echo.Context) error {
	refs, err := h.siteRefs(c)
	if err != nil {
		return err
	}
	if len(refs) == 0 {
		return h.render(c, http.StatusOK, views.DebuggerPage(h.page(c), views.Debugger{}))
	}
	site := refs[0].ID
	for _, ref := range refs {
		if ref.ID == c.QueryParam("site") {
			site = ref.ID
		}
	}
	to := "/debugger/" + site
	if q := sightingFilter(c).Query().Encode(); q != "" {
		to += "?" + q
	}
	return redirect(c, to)
}

// sightingFilter reads the filter of an address.
func sightingFilter(c echo.Context) views.SightingFilter {
	return views.SightingFilter{Visitor: c.QueryParam("visitor"), Kind: c.QueryParam("kind"), Outcome: c.QueryParam("outcome")}
}

func (h *server) debuggerPage(c echo.Context) error {
	ctx, by := c.Request().Context(), actor(c)
	site, err := h.Installations.Get(ctx, by, c.Param("id"))
	if err != nil {
		return err
	}
	id := site.ID.String()
	m := views.Debugger{SiteID: id, Host: site.Host(), Silent: site.LastSeen == nil, Filter: sightingFilter(c), TestVisitor: services.NewTestVisitor()}
	if services.IsTestVisitor(m.Filter.Visitor) {
		m.TestVisitor = m.Filter.Visitor
	}
	m.TestURL = site.SiteURL + "/#samplit-test=" + m.TestVisitor
	status := http.StatusOK
	if m.Filter.Visitor != "" {
		report, err := h.Debugger.Visitor(ctx, by, id, m.Filter.Visitor)
		if services.Code(err) == services.CodeInvalid {
			m.Error, m.Filter.Visitor, status = "debugger.c_bad_visitor", "", http.StatusUnprocessableEntity
		} else if err != nil {
			return err
		} else {
			m.Visitor = visitorReport(report)
		}
	}
	if m.SetAside, err = h.Quarantine.Count(ctx, by); err != nil {
		return err
	}
	m.Stream = "/debugger/" + id + "/stream?" + m.Filter.Query().Encode()
	page := h.page(c)
	page.SiteID = id
	return h.render(c, status, views.DebuggerPage(page, m))
}

func visitorReport(r services.VisitorReport) *views.VisitorReport {
	out := &views.VisitorReport{Page: r.Page, Unsearched: r.Unsearched, More: r.More}
	for _, v := range r.Verdicts {
		verdict := views.VisitorVerdict{ID: v.Experiment.String(), Name: v.Name, URL: v.URL, Reason: v.Reason, Paused: v.Status == string(services.Paused),
			Rules: v.Rules, Winner: v.Winner, Traffic: v.Traffic, Number: v.Number}
		for _, a := range v.Arms {
			verdict.Arms = append(verdict.Arms, views.VisitorArm{Element: a.Element, Arm: a.Arm, Epoch: int(a.Epoch), Stored: a.Stored, Exposed: a.Exposed,
				Counted: a.Counted, Since: a.Since, Owner: a.Owner, Number: a.Number, From: a.From, To: a.To})
		}
		out.Verdicts = append(out.Verdicts, verdict)
	}
	for _, e := range r.Events {
		out.Events = append(out.Events, views.Sighting{At: e.At, Kind: e.Kind, Experiment: e.Experiment, Split: e.Split, Arm: e.Arm, Epoch: int(e.Epoch),
			Goal: e.Goal, Name: e.Name, Value: e.Value, Page: e.Page, Outcome: e.State})
	}
	return out
}
