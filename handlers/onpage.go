package handlers

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/locale"
	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/static"
)

// onPage serves what loads the editor into a page where it is: the snippet asks for it when the page's address holds a token.
type onPage struct {
	svc           *services.Pages
	loader, frame *snippetFile
}

func newOnPage(svc *services.Pages) (*onPage, error) {
	o := &onPage{svc: svc}
	for name, f := range map[string]**snippetFile{"js/onpage.js": &o.loader, "js/frame.js": &o.frame} {
		code, err := static.FS.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read script of the editor: %w", err)
		}
		if *f, err = newSnippetFile(code); err != nil {
			return nil, err
		}
	}
	return o, nil
}

func (o *onPage) routes(e *echo.Echo) {
	e.GET("/s/editor.js", func(c echo.Context) error { return o.loader.send(c) })
	e.GET("/s/frame.js", func(c echo.Context) error { return o.frame.send(c) })
	e.POST("/s/editor/redeem", o.redeem, anyOrigin)
	e.OPTIONS("/s/editor/redeem", preflight, anyOrigin)
	e.POST("/s/editor/copy", o.copy, anyOrigin)
	e.OPTIONS("/s/editor/copy", preflight, anyOrigin)
	e.POST("/s/editor/relay", o.relay, anyOrigin)
	e.OPTIONS("/s/editor/relay", preflight, anyOrigin)
}

type redeemRequest struct {
	Token string `json:"token"`
}

// redeem takes a token from the page that it was made for.
func (o *onPage) redeem(c echo.Context) error {
	var q redeemRequest
	if err := decode(c, maxTrackerBody, &q); err != nil {
		return err
	}
	r, err := o.svc.Redeem(c.Request().Context(), q.Token, c.Request().Header.Get("Origin"))
	if err != nil {
		return err
	}
	ctx := locale.With(c.Request().Context(), locale.Match(c.Request().Header.Get("Accept-Language")))
	return c.JSON(http.StatusOK, map[string]string{"nonce": r.Nonce, "dashboard": r.Dashboard,
		"copy": locale.T(ctx, "page.copy"), "copied": locale.T(ctx, "page.copied"), "failed": locale.T(ctx, "page.not_copied")})
}

// copyBody is a page and the JSON around it, where a character may take six bytes.
const copyBody = 2 * services.MaxCopy

type copyRequest struct {
	Token string `json:"token"`
	Nonce string `json:"nonce"`
	HTML  string `json:"html"`
}

// copy keeps a page as the person who edits it sees it.
func (o *onPage) copy(c echo.Context) error {
	var q copyRequest
	if err := decode(c, copyBody, &q); err != nil {
		return err
	}
	if err := o.svc.Keep(c.Request().Context(), q.Token, q.Nonce, c.Request().Header.Get("Origin"), []byte(q.HTML)); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
