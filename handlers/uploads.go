package handlers

import (
	"bytes"
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/locale"
	"github.com/samplit/samplit/services"
)

// pictureBody is a file and the form around it.
const pictureBody = services.MaxUpload + 64<<10

// uploadRoutes are beside the other pages, whose bodies are smaller.
func (h *server) uploadRoutes(e *echo.Echo) {
	e.Group("", h.sameOrigin, limitBody(pictureBody), h.signedIn).POST("/uploads", h.upload)
}

// upload keeps the picture in the field "file" of a form and answers the editor's script.
func (h *server) upload(c echo.Context) error {
	header, err := c.FormFile("file")
	if err != nil {
		return echo.NewHTTPError(http.StatusBadRequest, "Send a form with a file in it.")
	}
	file, err := header.Open()
	if err != nil {
		return err
	}
	defer file.Close()
	picture, err := h.Uploads.Add(c.Request().Context(), actor(c), file)
	if err == nil {
		return c.JSON(http.StatusCreated, picture)
	}
	refused, status, ok := h.refusal(c, err)
	if !ok {
		return err
	}
	ctx := locale.With(c.Request().Context(), h.lang(c))
	for name, message := range refused {
		refused[name] = locale.T(ctx, message)
	}
	return c.JSON(status, map[string]any{"errors": refused})
}

func (h *server) uploadsAPI(a *api) {
	secured(a, http.MethodPost, "/visual-editor/uploads", "Keep a picture for changes: the body is the file", h.apiUpload, status(http.StatusCreated), maxBody(services.MaxUpload+1))
}

type uploadInput struct {
	RawBody []byte `contentType:"application/octet-stream"`
}

type uploadOutput struct{ Body services.Upload }

func (h *server) apiUpload(ctx context.Context, by services.Actor, in *uploadInput) (*uploadOutput, error) {
	picture, err := h.Uploads.Add(ctx, by, bytes.NewReader(in.RawBody))
	return &uploadOutput{picture}, err
}

// pictures is the public door to what was uploaded.
type pictures struct{ svc *services.Uploads }

func (p pictures) routes(e *echo.Echo) {
	e.GET(services.UploadPath+":name", p.serve)
	e.HEAD(services.UploadPath+":name", p.serve)
}

// serve sends a picture for ever: its address is made of its content. Whatever is in the file, a browser takes it for nothing else.
func (p pictures) serve(c echo.Context) error {
	b, media, err := p.svc.Get(c.Request().Context(), c.Param("name"))
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	return c.Blob(http.StatusOK, media, b)
}
