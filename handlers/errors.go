package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

// statusOf says how each kind of trouble is answered.
var statusOf = map[services.ErrorCode]int{
	services.CodeInternal:     http.StatusInternalServerError,
	services.CodeUnavailable:  http.StatusServiceUnavailable,
	services.CodeNotFound:     http.StatusNotFound,
	services.CodeInvalid:      http.StatusUnprocessableEntity,
	services.CodeConflict:     http.StatusConflict,
	services.CodeStale:        http.StatusPreconditionFailed,
	services.CodeForbidden:    http.StatusForbidden,
	services.CodeUnauthorized: http.StatusUnauthorized,
	services.CodeLimited:      http.StatusTooManyRequests,
	services.CodeUnknownToken: http.StatusUnauthorized,
}

// statusClientGone is what the log says of a request whose client did not wait for the answer.
const statusClientGone = 499

// answerError answers every request that ended in an error: a program with problem+json, htmx with a fragment, a person with a
// page, somebody who must sign in first with the way there.
func (h *server) answerError(err error, c echo.Context) {
	if c.Response().Committed {
		h.logError(c, err, "error after the answer began")
		return
	}
	if errors.Is(c.Request().Context().Err(), context.Canceled) {
		c.Response().Status = statusClientGone
		return
	}
	p := h.problem(c, err)
	for name, values := range p.GetHeaders() {
		c.Response().Header()[name] = values
	}
	if err := h.writeProblem(c, p); err != nil {
		h.logError(c, err, "error page failed")
	}
}

func (h *server) writeProblem(c echo.Context, p *problem) error {
	switch {
	case c.Request().Method == http.MethodHead:
		return c.NoContent(p.Status)
	case isProgram(c):
		body, err := json.Marshal(p)
		if err != nil {
			return err
		}
		return c.Blob(p.Status, problemType, body)
	case p.Status == http.StatusUnauthorized:
		return h.toLogin(c)
	case p.Status == http.StatusMisdirectedRequest:
		return c.String(p.Status, p.Detail+"\n")
	}
	page := h.page(c)
	m := views.Problem{Status: p.pageStatus(), RequestID: p.RequestID, RetryAfter: p.retryAfter}
	return h.show(c, p.Status, views.ProblemPage(page, m), views.ProblemBody(page, m))
}

// problem turns an error into its answer. What nobody foresaw is logged here, once, and counted; the answer does not tell it.
func (h *server) problem(c echo.Context, err error) *problem {
	p := &problem{RequestID: requestID(c)}
	var known *services.Error
	var web *echo.HTTPError
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &known):
		p.Status, p.Code, p.Detail = statusOf[known.Code], string(known.Code), known.Message
		if known.Reason != "" {
			p.Code = known.Reason
		}
		p.addFields(known.Fields)
	case errors.As(err, &tooLarge):
		p.Status = http.StatusRequestEntityTooLarge
	case errors.As(err, &web):
		p.Status = web.Code
		p.Detail, _ = web.Message.(string)
	case errors.Is(err, context.DeadlineExceeded):
		p.Status = http.StatusServiceUnavailable
	default:
		p.Status = statusOf[services.Code(err)]
	}
	p.complete(err)
	if p.Status >= http.StatusInternalServerError {
		h.unexpected(c, p.Status, err)
	}
	return p
}

// isProgram says whether a program asks, which gets JSON and whose cookies mean nothing.
func isProgram(c echo.Context) bool {
	for _, prefix := range []string{"/api/", "/ofrep/", "/s/"} {
		if strings.HasPrefix(c.Request().URL.Path, prefix) {
			return true
		}
	}
	return false
}

// unexpected logs what an operator should look at. Requests turned away while the database is not there, or while too many ask
// at once, are counted only: they may be thousands a second, and the database has said so once.
func (h *server) unexpected(c echo.Context, status int, err error) {
	if status == http.StatusServiceUnavailable {
		cause := causeOf(err)
		h.metrics.unavailable.WithLabelValues(cause).Inc()
		if cause == "timeout" {
			h.Log.WarnContext(c.Request().Context(), "out of time", slog.String("request_id", requestID(c)), slog.String("error", err.Error()))
		}
		return
	}
	kind := "error"
	var p *panicError
	if errors.As(err, &p) {
		kind = "panic"
		err = errors.New(p.Error() + "\n" + string(p.stack))
	}
	h.metrics.unexpected.WithLabelValues(kind).Inc()
	h.logError(c, err, "unexpected error")
}

// causeOf names why a request has to come back later.
func causeOf(err error) string {
	var known *services.Error
	switch {
	case errors.As(err, &known):
		return "busy"
	case services.Code(err) == services.CodeUnavailable:
		return "database"
	}
	return "timeout"
}

func (h *server) logError(c echo.Context, err error, message string) {
	h.Log.ErrorContext(c.Request().Context(), message, slog.String("request_id", requestID(c)),
		slog.String("route", c.Path()), slog.String("error", err.Error()))
}

// retryAfter is when another try is worth it, in seconds: what the limiter said, or soon, but not everybody at once.
func retryAfter(status int, err error) int {
	var wait services.RetryAfter
	switch {
	case errors.As(err, &wait):
		return wait.Seconds()
	case status == http.StatusServiceUnavailable, status == http.StatusTooManyRequests:
		return 1 + rand.IntN(4)
	}
	return 0
}

func retryAfterHeader(seconds int) http.Header {
	if seconds == 0 {
		return nil
	}
	return http.Header{"Retry-After": {strconv.Itoa(seconds)}}
}
