package handlers

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
)

func (h *server) keysAPI(a *api) {
	secured(a, http.MethodPost, "/integrations/keys", "Make a secret key", h.apiCreateKey, status(http.StatusCreated))
	secured(a, http.MethodGet, "/integrations/keys", "List secret keys, newest first", h.apiKeys)
	secured(a, http.MethodDelete, "/integrations/keys/{id}", "Revoke a secret key", h.apiRevokeKey)
}

// keyActor is whom a secret key speaks for. One that a web page sends is no secret any more: it is refused, and the log says so.
func (h *server) keyActor(c echo.Context, key string) (services.Actor, error) {
	if fromBrowser(c.Request()) {
		h.Log.WarnContext(c.Request().Context(), "a secret key was sent by a web page: revoke it", slog.String("ending", services.Ending(key)),
			slog.String("origin", c.Request().Header.Get("Origin")))
		return services.Actor{}, services.ErrSecretInBrowser
	}
	return h.Keys.Verify(c.Request().Context(), key)
}

type keyInput struct {
	Body struct {
		Name string        `json:"name"`
		Role services.Role `json:"role,omitempty" enum:"admin,editor,viewer" doc:"editor when left out"`
	}
}

type keyOutput struct {
	Body struct {
		services.APIKey
		Key string `json:"key" doc:"What opens; it is never told again"`
	}
}

type keysOutput struct {
	Body struct {
		Items []services.APIKey `json:"items"`
	}
}

func (h *server) apiCreateKey(ctx context.Context, by services.Actor, in *keyInput) (*keyOutput, error) {
	if in.Body.Role == "" {
		in.Body.Role = services.Editor
	}
	k, key, err := h.Keys.Create(ctx, by, in.Body.Name, in.Body.Role)
	out := &keyOutput{}
	out.Body.APIKey, out.Body.Key = k, key
	return out, err
}

func (h *server) apiKeys(ctx context.Context, by services.Actor, _ *struct{}) (*keysOutput, error) {
	list, err := h.Keys.List(ctx, by)
	out := &keysOutput{}
	out.Body.Items = list
	return out, err
}

func (h *server) apiRevokeKey(ctx context.Context, by services.Actor, in *InputID) (*struct{}, error) {
	return nil, h.Keys.Revoke(ctx, by, in.ID)
}
