package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"github.com/samplit/samplit/locale"
	"github.com/samplit/samplit/services"
)

// api is the door for programs. Add operations with open and secured.
type api struct {
	huma.API
	h *server
}

type echoContextKey struct{}

// humaRules are huma's own settings, which it keeps in package variables: every router has the same.
var humaRules = sync.OnceFunc(func() {
	huma.NewErrorWithContext = shapeProblem
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return shapeProblem(nil, status, message, errs...)
	}
	huma.ValidateStrictCasing = true
})

// newAPI mounts the API under /api/v1: JSON only, no cookie, every error a problem.
func newAPI(e *echo.Echo, h *server) *api {
	humaRules()
	group := e.Group("/api/v1", h.cors(), compress, h.apiLanguage)
	notFound(e, group)
	group.OPTIONS("/*", func(c echo.Context) error { return c.NoContent(http.StatusNoContent) })
	cfg := huma.DefaultConfig("Samplit", "1")
	cfg.CreateHooks = nil // no schema links in answers
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "", "", ""
	cfg.Servers = []*huma.Server{{URL: h.BaseURL + "/api/v1"}}
	format := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: strictJSON}
	cfg.Formats = map[string]huma.Format{"application/json": format, "json": format} // the second for every …+json
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "The access_token of /auth/login, or a secret key, sk_…"},
	}
	a := &api{humaecho.NewWithGroup(e, group, cfg), h}
	a.UseMiddleware(func(ctx huma.Context, next func(huma.Context)) {
		next(huma.WithValue(ctx, echoContextKey{}, humaecho.Unwrap(ctx)))
	})
	a.docs(group)
	return a
}

// option changes an operation before it is registered.
type option func(*huma.Operation)

// status sets the status of success where it is not 200, or 204 without a body.
func status(code int) option { return func(op *huma.Operation) { op.DefaultStatus = code } }

// maxBody bounds the request body more tightly than bodyLimit.
func maxBody(n int64) option { return func(op *huma.Operation) { op.MaxBodyBytes = n } }

// open registers an operation that anybody may call.
//
//	open(a, "POST", "/auth/login", "Sign in", h.apiLogin)
func open[I, O any](a *api, method, path, summary string, fn func(context.Context, *I) (*O, error), options ...option) {
	huma.Register(a, a.operation(method, path, summary, options), func(ctx context.Context, in *I) (*O, error) {
		out, err := fn(ctx, in)
		if err != nil {
			return nil, a.h.problem(echoOf(ctx), err)
		}
		return out, nil
	})
}

// secured registers an operation that wants a bearer token; fn gets whom it speaks for.
//
//	secured(a, "GET", "/experiments/{id}", "One experiment", h.apiExperiment)
func secured[I, O any](a *api, method, path, summary string, fn func(context.Context, services.Actor, *I) (*O, error), options ...option) {
	options = append(options, func(op *huma.Operation) {
		op.Security = []map[string][]string{{"bearer": {}}}
		op.Middlewares = append(op.Middlewares, a.bearer)
	})
	open(a, method, path, summary, func(ctx context.Context, in *I) (*O, error) {
		by, ok := echoOf(ctx).Get(actorKey).(services.Actor)
		if !ok {
			return nil, errors.New("secured operation without an actor")
		}
		return fn(ctx, by, in)
	}, options...)
}

func (a *api) operation(method, path, summary string, options []option) huma.Operation {
	op := huma.Operation{Method: method, Path: path, Summary: summary, MaxBodyBytes: bodyLimit,
		OperationID: operationID(method, path), Tags: []string{strings.Split(path, "/")[1]}}
	for _, set := range options {
		set(&op)
	}
	return op
}

// operationID is what client generators name a call by: GET /experiments/{id} is get-experiments-id.
func operationID(method, path string) string {
	return strings.ToLower(method) + strings.NewReplacer("/", "-", "{", "", "}", "").Replace(path)
}

// bearer answers 401 unless the request carries a valid access token or secret key.
func (a *api) bearer(ctx huma.Context, next func(huma.Context)) {
	c := humaecho.Unwrap(ctx)
	scheme, token, _ := strings.Cut(ctx.Header("Authorization"), " ")
	var by services.Actor
	err := error(&services.Error{Code: services.CodeUnauthorized, Message: "Send an access token: Authorization: Bearer …"})
	switch {
	case !strings.EqualFold(scheme, "Bearer"):
	case strings.HasPrefix(token, services.SecretKeyPrefix):
		by, err = a.h.keyActor(c, token)
	default:
		by, err = a.h.Tokens.Verify(ctx.Context(), token)
	}
	if err != nil {
		a.h.answerError(err, c)
		return
	}
	c.Set(actorKey, by)
	next(ctx)
}

// echoOf returns the echo context of the request that an operation answers.
func echoOf(ctx context.Context) echo.Context {
	c, ok := ctx.Value(echoContextKey{}).(echo.Context)
	if !ok {
		panic("handlers: an operation ran outside the API")
	}
	return c
}

// apiLanguage makes the answer's sentences follow Accept-Language.
func (h *server) apiLanguage(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if r.ContentLength > bodyLimit {
			return echo.ErrStatusRequestEntityTooLarge
		}
		c.SetRequest(r.WithContext(locale.With(r.Context(), locale.Match(r.Header.Get("Accept-Language")))))
		c.Response().Header().Set("Cache-Control", "no-store")
		return next(c)
	}
}

// cors lets pages of the configured origins call the API. No cookie counts here, so none is allowed.
func (h *server) cors() echo.MiddlewareFunc {
	if len(h.CORSOrigins) == 0 {
		return func(next echo.HandlerFunc) echo.HandlerFunc { return next }
	}
	return middleware.CORSWithConfig(middleware.CORSConfig{
		AllowOrigins:  h.CORSOrigins,
		AllowMethods:  []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete},
		AllowHeaders:  []string{"Authorization", "Content-Type", "If-Match", "Idempotency-Key", "Accept-Language"},
		ExposeHeaders: []string{"ETag", "Retry-After", echo.HeaderXRequestID},
		MaxAge:        3600,
	})
}

// maxJSONDepth bounds how deeply a request may nest.
const maxJSONDepth = 32

// strictJSON reads one JSON value: a name twice, text that is not UTF-8 and deep nesting are refused.
func strictJSON(data []byte, v any) error {
	dec := jsontext.NewDecoder(bytes.NewReader(data))
	for {
		_, err := dec.ReadToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || dec.StackDepth() > maxJSONDepth {
			return errBadJSON
		}
	}
	if err := json.Unmarshal(data, v); err != nil {
		return errBadJSON
	}
	return nil
}

// sentence is an error that people read as it is.
type sentence string

func (s sentence) Error() string { return string(s) }

const errBadJSON = sentence("The body is not JSON that can be read: check commas, quotes, names that appear twice, and that it is UTF-8.")
