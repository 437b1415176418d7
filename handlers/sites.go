package handlers

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/static"
	"github.com/samplit/samplit/static/snippet"
	"github.com/samplit/samplit/views"
)

func (h *server) siteRoutes(g groups) {
	g.person.GET("/sites", h.sitesPage)
	g.person.GET("/sites/new", h.newSite)
	g.person.POST("/sites/new", h.createSite)
	g.person.GET("/sites/:id", h.sitePage)
	g.person.GET("/sites/:id/check", h.checkSite)
	g.person.POST("/sites/:id/check", h.watchSite)
	g.person.POST("/sites/:id/rules", h.saveSiteRules)
	g.person.GET("/sites/:id/halt", h.confirmHalt)
	g.person.POST("/sites/:id/halt", h.haltSite)
}

// sitesKey is where a request keeps the names that several parts of its page need.
const sitesKey = "sites"

// siteRefs names the account's sites, for the navigation, for lists and for forms.
func (h *server) siteRefs(c echo.Context) ([]views.SiteRef, error) {
	if refs, ok := c.Get(sitesKey).([]views.SiteRef); ok {
		return refs, nil
	}
	names, err := h.Installations.Names(c.Request().Context(), actor(c))
	if err != nil {
		return nil, err
	}
	refs := make([]views.SiteRef, len(names))
	for i, n := range names {
		refs[i] = views.SiteRef{ID: n.ID.String(), Name: n.Name, Host: n.Host}
	}
	c.Set(sitesKey, refs)
	return refs, nil
}

// navigationSites are the sites for the frame of a page. The page is worth more than they are: without the database, and outside
// the pages for people signed in, there are none.
func (h *server) navigationSites(c echo.Context) []views.SiteRef {
	if _, signedIn := c.Get(actorKey).(services.Actor); !signedIn {
		return nil
	}
	refs, err := h.siteRefs(c)
	if err != nil {
		return nil
	}
	return refs
}

// mostRows bounds what a page lists without pages of its own.
const mostRows = 100

func (h *server) sitesPage(c echo.Context) error {
	list, err := h.Installations.List(c.Request().Context(), actor(c), services.Paging{PerPage: mostRows})
	if err != nil {
		return err
	}
	m := views.SiteList{}
	for _, site := range list.Items {
		m.Sites = append(m.Sites, views.SiteRow{ID: site.ID.String(), Name: site.Name, URL: site.SiteURL, Running: site.Running,
			Install: site.Install(h.Clock()), LastSeen: timeOr(site.LastSeen)})
	}
	return h.render(c, http.StatusOK, views.SitesPage(h.page(c), m))
}

func timeOr(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

func (h *server) newSite(c echo.Context) error {
	if err := actor(c).MayEdit(); err != nil {
		return err
	}
	page := h.page(c)
	return h.show(c, http.StatusOK, views.SiteFormPage(page, views.SiteForm{}), views.SiteFormBody(page, views.SiteForm{}))
}

func (h *server) createSite(c echo.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	m := views.SiteForm{URL: f.Get("url"), Name: f.Get("name")}
	site, err := h.Installations.Create(c.Request().Context(), actor(c), services.InstallationInput{SiteURL: &m.URL, Name: &m.Name})
	if err != nil {
		refused, status, ok := h.refusal(c, err)
		if !ok {
			return err
		}
		m.Errors = renamed(refused, map[string]string{"site_url": "url"})
		page := h.page(c)
		return h.show(c, status, views.SiteFormPage(page, m), views.SiteFormBody(page, m))
	}
	h.startWatch(c, site.ID.String())
	if err := h.flash(c, "good", "flash.site"); err != nil {
		return err
	}
	return redirect(c, "/sites/"+site.ID.String())
}

// renamed gives problems the names that the form's fields have.
func renamed(errs views.Errors, names map[string]string) views.Errors {
	out := make(views.Errors, len(errs))
	for name, text := range errs {
		if other, ok := names[name]; ok {
			name = other
		}
		out[name] = text
	}
	return out
}

// site is the model of a site's page.
func (h *server) site(c echo.Context) (views.Site, error) {
	ctx, by := c.Request().Context(), actor(c)
	site, check, err := h.Installations.Check(ctx, by, c.Param("id"), watchedSince(c))
	if err != nil {
		return views.Site{}, err
	}
	m := views.Site{ID: site.ID.String(), Name: site.Name, URL: site.SiteURL, Token: site.Token, Snippet: site.Snippet, Policy: h.Installations.SnippetPolicy(), Install: installOf(site, check),
		Origins: strings.Join(site.AllowedOrigins, "\n"), Partners: strings.Join(site.Partners, "\n"), Scrubs: site.Scrub,
		Consent: site.Consent == services.ConsentRequired, GA4: site.GA4, Halted: site.Halted, CanEdit: by.MayEdit() == nil}
	loader, err := static.FS.ReadFile("js/loader.js")
	if err != nil {
		return m, err
	}
	m.SnippetAsync = snippet.Async(loader, site.Snippet)
	list, err := h.Experiments.List(ctx, by, services.ExperimentFilter{Site: site.ID, Paging: services.Paging{PerPage: 20}})
	if err != nil {
		return m, err
	}
	if m.Checklist, err = h.siteChecklist(c, site, list.Items); err != nil {
		return m, err
	}
	m.Experiments, err = h.experimentRows(c, list.Items)
	return m, err
}

// siteChecklist leads a new site to its first running experiment, the newest of which it has; nil once there is one.
func (h *server) siteChecklist(c echo.Context, site services.Installation, newest []services.Experiment) (*views.Checklist, error) {
	s, err := h.Installations.Steps(c.Request().Context(), actor(c), site)
	if err != nil || s.Done() {
		return nil, err
	}
	start := "/experiments/new?site=" + site.ID.String()
	preview, launch := start, start
	if len(newest) > 0 {
		launch = "/experiments/" + newest[0].ID.String()
		preview = launch + "/changes"
	}
	return &views.Checklist{Steps: []views.ChecklistStep{
		{Key: "verify", Done: s.Installed, URL: "#snippet-head"}, {Key: "goal", Done: s.Goal, URL: start + "#decision-3"},
		{Key: "experiment", Done: s.Experiment, URL: start}, {Key: "preview", Done: s.Previewed, URL: preview}, {Key: "launch", Done: s.Launched, URL: launch},
	}}, nil
}

func installOf(site services.Installation, check services.InstallCheck) views.Install {
	return views.Install{SiteID: site.ID.String(), State: check.State, Watching: check.Watching(), Since: check.Since, LastSeen: check.LastSeen, Path: check.Path,
		Verdict: check.Verdict, Detail: check.Detail, Checked: check.Looked}
}

func (h *server) sitePage(c echo.Context) error {
	m, err := h.site(c)
	if err != nil {
		return err
	}
	page := h.page(c)
	page.SiteID = m.ID
	return h.render(c, http.StatusOK, views.SitePage(page, m))
}

// checkSite answers what is known now: the part that asks again by itself, or the whole page.
func (h *server) checkSite(c echo.Context) error {
	if !wantsPart(c) {
		return h.sitePage(c)
	}
	site, check, err := h.Installations.Check(c.Request().Context(), actor(c), c.Param("id"), watchedSince(c))
	if err != nil {
		return err
	}
	return h.render(c, http.StatusOK, views.InstallCheck(h.page(c), installOf(site, check)))
}

// watchSite starts waiting for a sign of life, and looks at the page meanwhile.
func (h *server) watchSite(c echo.Context) error {
	now := h.Clock()
	if err := h.Installations.Look(c.Request().Context(), actor(c), c.Param("id")); err != nil {
		return err
	}
	site, check, err := h.Installations.Check(c.Request().Context(), actor(c), c.Param("id"), now)
	if err != nil {
		return err
	}
	h.startWatch(c, site.ID.String())
	if wantsPart(c) {
		return h.render(c, http.StatusOK, views.InstallCheck(h.page(c), installOf(site, check)))
	}
	return redirect(c, "/sites/"+site.ID.String())
}

// watchCookie holds the moment when the browser began to wait for a site; it is sent to that site's pages only. It is no secret and
// proves nothing: the service bounds it.
const watchCookie = "watch"

func (h *server) startWatch(c echo.Context, site string) {
	c.SetCookie(&http.Cookie{Name: watchCookie, Value: strconv.FormatInt(h.Clock().UnixMicro(), 10), Path: "/sites/" + site, MaxAge: 600,
		HttpOnly: true, Secure: h.secureCookies(), SameSite: http.SameSiteLaxMode})
}

func watchedSince(c echo.Context) time.Time {
	at, err := strconv.ParseInt(cookie(c, watchCookie), 10, 64)
	if err != nil || at <= 0 || at > 1e18 {
		return time.Time{}
	}
	return time.UnixMicro(at)
}

// saveSiteRules keeps what a site's snippet does, which pages may send, and whether personal data is taken out.
func (h *server) saveSiteRules(c echo.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	id := c.Param("id")
	if _, err = h.Installations.Update(c.Request().Context(), actor(c), id, siteRules(f)); err != nil {
		wrong, status, ok := h.refusal(c, err)
		if !ok {
			return err
		}
		m, err := h.site(c)
		if err != nil {
			return err
		}
		m.Origins, m.OriginsWrong = f.Get("origins"), wrong.Under("allowed_origins")
		m.Partners, m.PartnersWrong = f.Get("partners"), wrong.Under("partner_domains")
		m.Scrubs, m.Consent, m.GA4 = f.Get("scrub") == "on", f.Get("consent") == "on", f.Get("ga4") == "on"
		return h.render(c, status, views.SitePage(h.page(c), m))
	}
	if err := h.flash(c, "good", "flash.saved"); err != nil {
		return err
	}
	return redirect(c, "/sites/"+id)
}

func siteRules(f url.Values) services.InstallationInput {
	origins, partners, consent := strings.Fields(f.Get("origins")), strings.Fields(f.Get("partners")), services.ConsentOff
	scrub, ga4 := f.Get("scrub") == "on", f.Get("ga4") == "on"
	if f.Get("consent") == "on" {
		consent = services.ConsentRequired
	}
	return services.InstallationInput{AllowedOrigins: &origins, Partners: &partners, Scrub: &scrub, Consent: &consent, GA4: &ga4}
}
