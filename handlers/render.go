package handlers

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/locale"
	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

// frameSourceKey is where a handler leaves what its page may frame, when that is not ourselves.
const frameSourceKey = "frame_source"

// render answers with a component. It is drawn into memory first, so that an error can still be answered as one.
func (h *server) render(c echo.Context, status int, component templ.Component) error {
	var page bytes.Buffer
	n := nonce(c)
	ctx := templ.WithNonce(locale.With(c.Request().Context(), h.lang(c)), n)
	if err := component.Render(ctx, &page); err != nil {
		return err
	}
	header := c.Response().Header()
	frames, ok := c.Get(frameSourceKey).(string)
	if ok { // the editor, which also opens pages in tabs of their own and talks with them
		header.Set("Cross-Origin-Opener-Policy", "same-origin-allow-popups")
	} else {
		frames = "'self'"
	}
	header.Set("Content-Security-Policy", pagePolicy(n, frames))
	header.Set("Cache-Control", "no-store")
	header.Add("Vary", "HX-Request")
	return c.HTMLBlob(status, page.Bytes())
}

// show answers htmx with the part that it asked for, and everybody else with the page. Both come from the same model.
func (h *server) show(c echo.Context, status int, page, part templ.Component) error {
	if wantsPart(c) {
		return h.render(c, status, part)
	}
	return h.render(c, status, page)
}

// wantsPart is true for htmx, but not when it restores a page from history.
func wantsPart(c echo.Context) bool {
	header := c.Request().Header
	return header.Get("HX-Request") == "true" && header.Get("HX-History-Restore-Request") != "true" && header.Get("HX-Boosted") != "true"
}

// redirect sends a browser on after a POST. htmx is told to load the page anew: a 303 would be followed inside its request.
func redirect(c echo.Context, to string) error {
	if c.Request().Header.Get("HX-Request") == "true" {
		c.Response().Header().Set("HX-Redirect", to)
		return c.NoContent(http.StatusOK)
	}
	return c.Redirect(http.StatusSeeOther, to)
}

// form reads a posted form. Text that no database takes is refused; passwords may hold anything.
func form(c echo.Context) (url.Values, error) {
	r := c.Request()
	if err := r.ParseForm(); err != nil {
		return nil, badForm(err)
	}
	for name, values := range r.PostForm {
		for _, v := range values {
			if !utf8.ValidString(v) || strings.Contains(v, "\x00") && !isPasswordField(name) {
				return nil, echo.NewHTTPError(http.StatusBadRequest, "The form holds text that cannot be read.")
			}
		}
	}
	return r.PostForm, nil
}

func isPasswordField(name string) bool { return name == "password" || name == "current" }

func badForm(err error) error {
	if strings.Contains(err.Error(), "too large") {
		return echo.ErrStatusRequestEntityTooLarge
	}
	return echo.NewHTTPError(http.StatusBadRequest, "The form cannot be read.").SetInternal(err)
}

// refusal are a refused form's messages by field, in the reader's language, and the status to answer with; ok is false when err
// is not about what was typed.
func (h *server) refusal(c echo.Context, err error) (out views.Errors, status int, ok bool) {
	var e *services.Error
	if !errors.As(err, &e) {
		return nil, 0, false
	}
	status = http.StatusUnprocessableEntity
	switch {
	case e.Code == services.CodeInvalid, e.Reason == "bad_credentials":
	case e.Code == services.CodeLimited:
		status = http.StatusTooManyRequests
		c.Response().Header().Set("Retry-After", strconv.Itoa(retryAfter(status, err)))
	case e.Code == services.CodeStale:
		status, e = http.StatusConflict, &services.Error{Reason: "changed_elsewhere", Message: e.Message}
	default:
		return nil, 0, false
	}
	ctx := locale.With(c.Request().Context(), h.lang(c))
	out = views.Errors{}
	for name, p := range e.Fields {
		out[name] = words(ctx, p.Reason, p.Message)
	}
	if len(out) == 0 {
		out[""] = words(ctx, e.Reason, e.Message)
	}
	return out, status, true
}

// words are the message for a reason, or the service's own English sentence where there is none.
func words(ctx context.Context, reason, message string) string {
	if id := "error." + reason; locale.Has(ctx, id) {
		return id
	}
	return message
}
