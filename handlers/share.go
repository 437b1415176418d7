package handlers

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/locale"
	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

func (h *server) shareRoutes(g groups) {
	g.person.GET("/experiments/:id/share", h.sharePage)
	g.person.POST("/experiments/:id/shares", h.makeShare)
	g.person.POST("/shares/:id/revoke", h.revokeShare)
	g.public.GET("/shared/:token", h.sharedPage)
}

func (h *server) sharePage(c echo.Context) error { return h.showShare(c, http.StatusOK, nil) }

// showShare draws the tab with what was refused, if anything.
func (h *server) showShare(c echo.Context, status int, refused views.Errors) error {
	m, err := h.shareModel(c)
	if err != nil {
		return err
	}
	m.Errors = refused
	return h.render(c, status, views.SharePage(h.page(c), m))
}

func (h *server) shareModel(c echo.Context) (m views.Share, err error) {
	ctx, by, id := c.Request().Context(), actor(c), c.Param("id")
	x, err := h.Experiments.Get(ctx, by, id)
	if err != nil {
		return m, err
	}
	if m.Experiment, err = h.experiment(c, x); err != nil || !m.Experiment.CanEdit {
		return m, err
	}
	m.Days = "30"
	if m.Exports, err = h.exportRows(c, id); err != nil {
		return m, err
	}
	links, err := h.Shares.List(ctx, by, id)
	if err != nil {
		return m, err
	}
	for _, l := range links {
		row := views.ShareLink{ID: l.ID.String(), URL: l.Link, Author: l.Author, Text: l.Text, Site: l.URL, Money: l.Money, CreatedAt: l.CreatedAt, ExpiresAt: timeOr(l.ExpiresAt)}
		if l.Public {
			m.Public = &row
		} else {
			m.Links = append(m.Links, row)
		}
	}
	return m, nil
}

func (h *server) makeShare(c echo.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	on := func(name string) bool { return f.Get(name) == "on" }
	days, _ := strconv.Atoi(f.Get("days")) // what is no number is refused as too few
	in := services.ShareInput{Public: on("public"), Days: days, Text: on("text"), URL: on("url"), Money: on("money")}
	_, err = h.Shares.Create(c.Request().Context(), actor(c), c.Param("id"), in)
	switch services.Code(err) {
	case services.CodeInvalid:
		refused, status, _ := h.refusal(c, err)
		return h.showShare(c, status, refused)
	case services.CodeConflict:
		panel := "links"
		if in.Public {
			panel = "public"
		}
		return h.showShare(c, http.StatusConflict, views.Errors{panel: h.reason(c, err)})
	}
	if err != nil {
		return err
	}
	return redirect(c, "/experiments/"+c.Param("id")+"/share")
}

// reason is why something cannot be done now, as a message or a sentence.
func (h *server) reason(c echo.Context, err error) string {
	var e *services.Error
	if !errors.As(err, &e) {
		return ""
	}
	return words(locale.With(c.Request().Context(), h.lang(c)), e.Reason, e.Message)
}

func (h *server) revokeShare(c echo.Context) error {
	experiment, err := h.Shares.Revoke(c.Request().Context(), actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	if err := h.flash(c, "good", "flash.share_revoked"); err != nil {
		return err
	}
	return redirect(c, "/experiments/"+experiment.String()+"/share")
}

// sharedPolicy is for a page without scripts, forms and frames.
const sharedPolicy = "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// sharedPage is for whoever has the link: it knows nobody, remembers nothing and tells search engines to stay away.
func (h *server) sharedPage(c echo.Context) error {
	p := views.Page{Lang: locale.Match(c.Request().Header.Get("Accept-Language")), Now: h.Clock()}
	ctx := locale.With(c.Request().Context(), p.Lang)
	shared, err := h.Shares.Open(ctx, c.Param("token"))
	status, page := http.StatusOK, views.LinkOverPage(p, "error.link_over")
	switch {
	case services.Code(err) == services.CodeNotFound:
		status = http.StatusNotFound
		if reason := h.reason(c, err); reason == "error.link_bad" {
			page = views.LinkOverPage(p, reason)
		}
	case err != nil:
		return err
	default:
		page = views.SheetPage(p, sharedSheet(ctx, shared))
	}
	return h.renderAlone(c, p.Lang, status, page)
}

// sharedSheet is the sheet of a link.
func sharedSheet(ctx context.Context, shared services.Shared) views.Sheet {
	m := sheetOf(ctx, shared.Results, shared.Money)
	m.Expires, m.Experiment.Site = shared.ExpiresAt, shared.Site
	return m
}
