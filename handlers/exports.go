package handlers

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/locale"
	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

func (h *server) exportRoutes(g groups) {
	g.person.GET("/experiments/:id/export/:format", h.downloadResults)
	g.person.GET("/experiments/:id/print", h.printResults)
	g.person.GET("/experiments/:id/exports", h.exportList)
	g.person.POST("/experiments/:id/exports", h.startExport)
	g.person.POST("/exports/:id/cancel", h.cancelExport)
	g.public.GET(exportFile, h.downloadExport)
}

// exportFile bounds itself: a file may be large.
const exportFile = "/exports/:token"

// downloadTime is how long a download of a file may take.
const downloadTime = 30 * time.Minute

// downloadResults is the results page as a file.
func (h *server) downloadResults(c echo.Context) error {
	file, err := h.Analytics.Export(h.speak(c), actor(c), c.Param("id"), c.Param("format"))
	if err != nil {
		return err
	}
	var body bytes.Buffer // an error while writing is still answered as one
	if err := file.Write(&body); err != nil {
		return err
	}
	attach(c, file.Name)
	return c.Blob(http.StatusOK, file.Media, body.Bytes())
}

// printResults is the results page for paper.
func (h *server) printResults(c echo.Context) error {
	ctx := h.speak(c)
	all, err := h.Analytics.EveryGoal(ctx, actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	head, err := h.experiment(c, all[0].Experiment)
	if err != nil {
		return err
	}
	m := sheetOf(ctx, all, true)
	m.Experiment = head
	return h.renderAlone(c, h.lang(c), http.StatusOK, views.SheetPage(views.Page{Lang: h.lang(c), Theme: cookie(c, "theme"), Now: h.Clock()}, m))
}

// renderAlone answers with a page that runs no scripts.
func (h *server) renderAlone(c echo.Context, lang string, status int, page templ.Component) error {
	var body bytes.Buffer
	if err := page.Render(locale.With(c.Request().Context(), lang), &body); err != nil {
		return err
	}
	header := c.Response().Header()
	header.Set("Content-Security-Policy", sharedPolicy)
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Robots-Tag", "noindex, nofollow")
	return c.HTMLBlob(status, body.Bytes())
}

// sheetOf turns results on several goals into a sheet; money says whether amounts are shown.
func sheetOf(ctx context.Context, all []services.Results, money bool) views.Sheet {
	x := all[0].Experiment
	m := views.Sheet{AsOf: all[0].AsOf, Experiment: views.Experiment{Name: x.Name, Hypothesis: x.Hypothesis, Status: string(x.Status), URL: x.URL,
		Started: timeOr(x.StartedAt), Ended: timeOr(x.CompletedAt)}}
	for _, r := range all {
		g := views.SheetGoal{Results: resultsOf(ctx, r)}
		g.Hidden = g.Money && !money
		for _, e := range r.Elements {
			g.Blocks = append(g.Blocks, views.SheetBlock{Name: e.Name, Headline: r.ElementText(ctx, e), Variants: sheetRows(r, e.Variants)})
		}
		if len(r.Elements) == 0 {
			g.Blocks = []views.SheetBlock{{Variants: sheetRows(r, r.Variants)}}
		}
		m.Goals = append(m.Goals, g)
	}
	return m
}

func sheetRows(r services.Results, list []services.VariantResult) []views.SheetRow {
	rows := make([]views.SheetRow, len(list))
	for i, v := range list {
		rows[i].VariantResult = variantOf(i, v, v.Key == r.Leader().Key && r.Progress.Enough && len(r.Elements) == 0)
		if v.Revenue != nil {
			rows[i].PerVisitor = &v.Revenue.PerVisitor
		}
	}
	return rows
}

func (h *server) exportRows(c echo.Context, experiment string) ([]views.ExportRow, error) {
	list, err := h.Exports.List(c.Request().Context(), actor(c), experiment)
	if err != nil {
		return nil, err
	}
	rows := make([]views.ExportRow, len(list))
	for i, e := range list {
		rows[i] = views.ExportRow{ID: e.ID.String(), What: e.What, Format: e.Format, State: e.State, Written: e.Written, Expected: e.Expected, Bytes: e.Bytes,
			CreatedAt: e.CreatedAt, ExpiresAt: timeOr(e.ExpiresAt), URL: e.URL}
	}
	return rows, nil
}

// exportList is the part of the page that asks for itself.
func (h *server) exportList(c echo.Context) error {
	rows, err := h.exportRows(c, c.Param("id"))
	if err != nil {
		return err
	}
	if !wantsPart(c) {
		return redirect(c, "/experiments/"+c.Param("id")+"/share")
	}
	m := views.Share{Experiment: views.Experiment{ID: c.Param("id")}, Exports: rows}
	return h.render(c, http.StatusOK, views.ExportList(h.page(c), m))
}

func (h *server) startExport(c echo.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	_, err = h.Exports.Start(c.Request().Context(), actor(c), c.Param("id"), f.Get("what"), f.Get("format"))
	switch services.Code(err) {
	case services.CodeInvalid:
		refused, status, _ := h.refusal(c, err)
		return h.showShare(c, status, refused)
	case services.CodeConflict:
		return h.showShare(c, http.StatusConflict, views.Errors{"exports": h.reason(c, err)})
	}
	if err != nil {
		return err
	}
	return redirect(c, "/experiments/"+c.Param("id")+"/share#rows")
}

func (h *server) cancelExport(c echo.Context) error {
	experiment, err := h.Exports.Cancel(c.Request().Context(), actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	return redirect(c, "/experiments/"+experiment.String()+"/share#rows")
}

// downloadExport sends the file of a link to whoever has it.
func (h *server) downloadExport(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), downloadTime)
	defer cancel()
	export, file, err := h.Exports.Open(ctx, c.Param("token"))
	if services.Code(err) == services.CodeNotFound {
		lang := h.lang(c)
		return h.renderAlone(c, lang, http.StatusNotFound, views.LinkOverPage(views.Page{Lang: lang, Now: h.Clock()}, h.reason(c, err)))
	}
	if err != nil {
		return err
	}
	defer file.Close()
	_ = http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(downloadTime)) // where there is none there is nothing to lift
	attach(c, export.FileName())
	header := c.Response().Header()
	header.Set(echo.HeaderContentType, export.Media())
	header.Set("ETag", `"`+export.ID.String()+`"`) // one that was broken off can go on: a file never changes
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Robots-Tag", "noindex, nofollow")
	http.ServeContent(c.Response(), c.Request().WithContext(ctx), "", time.Time{}, file)
	return nil
}
