package handlers

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
)

// simulateStream plays the simulation of an address and sends server-sent events: progress with {"done","total"}, then done, when
// the page at that address has the answer or says what is wrong, or busy. It stops computing when the client goes away.
func (h *server) simulateStream(c echo.Context) error {
	header := c.Response().Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	c.Response().WriteHeader(http.StatusOK)
	c.Response().Flush()
	in, wrong := simulationOf(c.QueryParams())
	if len(wrong) > 0 {
		return sendEvent(c, "done", "{}")
	}
	percent := 0
	_, err := h.Simulator.Compare(c.Request().Context(), in, func(done, total int) {
		if now := 100 * done / total; now > percent {
			percent = now
			_ = sendEvent(c, "progress", fmt.Sprintf(`{"done":%d,"total":%d}`, done, total)) // of a client that left the context tells
		}
	})
	switch {
	case isBusy(err):
		return sendEvent(c, "busy", "{}")
	case err == nil, services.Code(err) == services.CodeInvalid:
		return sendEvent(c, "done", "{}")
	}
	return err
}

func sendEvent(c echo.Context, event, data string) error {
	_, err := io.WriteString(c.Response(), "event: "+event+"\ndata: "+data+"\n\n")
	if err != nil {
		return errors.Join(errors.New("send event"), err)
	}
	c.Response().Flush()
	return nil
}
