package handlers

import (
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
)

// relayBody is one post of messages: as many as may be said at once are seldom long.
const relayBody = 1 << 20

// relayRequest says something or, with Messages left out, asks for what was said.
type relayRequest struct {
	Token    string   `json:"token"`
	Nonce    string   `json:"nonce"`
	After    int64    `json:"after"`
	Messages []string `json:"messages"`
}

// relay is the page's end of the conversation with the editor.
func (o *onPage) relay(c echo.Context) error {
	var q relayRequest
	if err := decode(c, relayBody, &q); err != nil {
		return err
	}
	r, err := o.svc.RelayOfPage(c.Request().Context(), q.Token, q.Nonce, c.Request().Header.Get("Origin"))
	if err != nil {
		return err
	}
	return passOn(c, r, q)
}

// relayEdits is the editor's end.
func (h *server) relayEdits(c echo.Context) error {
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, relayBody))
	if err != nil {
		return err
	}
	var q relayRequest
	if err := strictJSON(body, &q); err != nil {
		return echo.NewHTTPError(http.StatusBadRequest, err.Error())
	}
	r, err := h.Pages.RelayOfEditor(c.Request().Context(), actor(c), c.Param("page"))
	if err != nil {
		return err
	}
	return passOn(c, r, q)
}

func passOn(c echo.Context, r *services.PageRelay, q relayRequest) error {
	ctx := c.Request().Context()
	if q.Messages != nil {
		if err := r.Say(ctx, q.Messages); err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	}
	heard, err := r.Hear(ctx, q.After)
	if err != nil {
		return err
	}
	if heard == nil {
		heard = []services.PageMessage{}
	}
	return c.JSON(http.StatusOK, heard)
}
