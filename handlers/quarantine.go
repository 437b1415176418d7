package handlers

import (
	"context"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/locale"
	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

func (h *server) quarantineRoutes(g groups) {
	g.person.GET("/quarantine", h.quarantinePage)
	g.person.POST("/quarantine/retry", h.retryQuarantine)
	g.person.GET("/quarantine/discard", h.confirmDiscard)
	g.person.POST("/quarantine/discard", h.discardQuarantine)
}

func (h *server) quarantinePage(c echo.Context) error {
	m := views.Quarantine{Page: 1, CanReplay: actor(c).MayReplay() == nil}
	if n, err := strconv.Atoi(c.QueryParam("page")); err == nil && n > 0 {
		m.Page = min(n, 10_000)
	}
	list, err := h.Quarantine.List(c.Request().Context(), actor(c), services.Paging{Page: m.Page, PerPage: listPage})
	if err != nil {
		return err
	}
	m.Total, m.Pages = list.Total, (list.Total+listPage-1)/listPage
	for _, e := range list.Items {
		m.Rows = append(m.Rows, views.HeldRow{ID: e.ID.String(), At: e.At, Kind: e.Kind, Visitor: e.Visitor, Page: e.Page, Reason: e.Reason, Tries: e.Tries, Body: e.Body})
	}
	return h.render(c, http.StatusOK, views.QuarantinePage(h.page(c), m))
}

// retryQuarantine tries one entry or all, and tells what became of them.
func (h *server) retryQuarantine(c echo.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	got, err := h.Quarantine.Retry(c.Request().Context(), actor(c), f.Get("id"))
	if err != nil {
		return err
	}
	kind := "good"
	if got.Failed > 0 {
		kind = "warn"
	}
	ctx := locale.With(c.Request().Context(), h.lang(c))
	text := locale.T(ctx, "quarantine.retried", "Applied", got.Applied, "Duplicates", got.Duplicates, "Failed", got.Failed)
	if err := h.flash(c, kind, text); err != nil {
		return err
	}
	return redirect(c, "/quarantine")
}

// confirmDiscard asks before anything is thrown away, and says how much.
func (h *server) confirmDiscard(c echo.Context) error {
	if err := actor(c).MayReplay(); err != nil {
		return err
	}
	m, err := h.discarding(c, c.QueryParam("id"))
	if err != nil {
		return err
	}
	page := h.page(c)
	return h.show(c, http.StatusOK, views.DiscardPage(page, m), views.DiscardBody(page, m))
}

func (h *server) discarding(c echo.Context, id string) (views.Discard, error) {
	m := views.Discard{ID: id, Count: 1}
	if id == "" {
		n, err := h.Quarantine.Count(c.Request().Context(), actor(c))
		m.Count = int(n)
		return m, err
	}
	return m, nil
}

func (h *server) discardQuarantine(c echo.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	m, err := h.discarding(c, f.Get("id"))
	if err != nil {
		return err
	}
	typed, err := strconv.Atoi(f.Get("count"))
	if err == nil {
		_, err = h.Quarantine.Discard(c.Request().Context(), actor(c), m.ID, typed)
	}
	switch {
	case services.Code(err) == services.CodeForbidden, services.Code(err) == services.CodeNotFound, services.Code(err) == services.CodeUnavailable:
		return err
	case err != nil: // not a number, or not the right one
		m.Errors = views.Errors{"count": "error.type_count"}
		page := h.page(c)
		return h.show(c, http.StatusUnprocessableEntity, views.DiscardPage(page, m), views.DiscardBody(page, m))
	}
	if err := h.flash(c, "good", "flash.discarded"); err != nil {
		return err
	}
	return redirect(c, "/quarantine")
}

func (h *server) quarantineAPI(a *api) {
	secured(a, http.MethodGet, "/installations/quarantine", "What could not be stored, newest first", h.apiQuarantine)
	secured(a, http.MethodPost, "/installations/quarantine/retry", "Try one entry again, or the oldest 500", h.apiRetryQuarantine)
	secured(a, http.MethodPost, "/installations/quarantine/discard", "Throw one entry away, or all", h.apiDiscardQuarantine)
}

type quarantineOutput struct {
	Body services.List[services.QuarantineEntry]
}

type retryInput struct {
	Body struct {
		ID string `json:"id,omitempty" maxLength:"100" doc:"Of an entry; without it the oldest 500 are tried."`
	}
}

type retryOutput struct{ Body services.Retried }

type discardInput struct {
	Body struct {
		ID    string `json:"id,omitempty" maxLength:"100" doc:"Of an entry; without it all go."`
		Count int    `json:"count" minimum:"1" doc:"How many entries you expect to go; any other number changes nothing and is 412."`
	}
}

type discardOutput struct {
	Body struct {
		Discarded int `json:"discarded"`
	}
}

func (h *server) apiQuarantine(ctx context.Context, by services.Actor, in *InputPaging) (*quarantineOutput, error) {
	list, err := h.Quarantine.List(ctx, by, in.paging())
	return &quarantineOutput{list}, err
}

func (h *server) apiRetryQuarantine(ctx context.Context, by services.Actor, in *retryInput) (*retryOutput, error) {
	got, err := h.Quarantine.Retry(ctx, by, in.Body.ID)
	return &retryOutput{got}, err
}

func (h *server) apiDiscardQuarantine(ctx context.Context, by services.Actor, in *discardInput) (*discardOutput, error) {
	out := &discardOutput{}
	var err error
	out.Body.Discarded, err = h.Quarantine.Discard(ctx, by, in.Body.ID, in.Body.Count)
	return out, err
}
