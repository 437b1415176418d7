package handlers

import (
	"context"
	"net/http"
	"time"

	"github.com/samplit/samplit/locale"
	"github.com/samplit/samplit/services"
)

func (h *server) pagesAPI(a *api) {
	secured(a, http.MethodPost, "/visual-editor/pages", "Open a page of a site for editing", h.apiOpenPage, status(http.StatusCreated))
	secured(a, http.MethodDelete, "/visual-editor/pages/{id}", "Close a page", h.apiClosePage)
}

type openPageInput struct {
	Body struct {
		Installation string `json:"installation_id"`
		URL          string `json:"url,omitempty" doc:"A page of the site, in full or from the path on; its front page when left out"`
		Tab          bool   `json:"tab,omitempty" doc:"Open it in a tab of its own, whatever it looks like"`
	}
}

type openPageOutput struct {
	Body struct {
		ID        string    `json:"id"`
		Mode      string    `json:"mode" enum:"proxy,on_page,snapshot"`
		Reason    string    `json:"reason" doc:"Why the page opens this way, in the language of the request"`
		Origin    string    `json:"origin" doc:"That messages of the page come from"`
		URL       string    `json:"url" doc:"What a frame loads; with mode on_page what a tab opens"`
		Sandbox   string    `json:"sandbox,omitempty" doc:"Attribute of the frame"`
		Nonce     string    `json:"nonce"`
		ExpiresAt time.Time `json:"expires_at"`
	}
}

func (h *server) apiOpenPage(ctx context.Context, by services.Actor, in *openPageInput) (*openPageOutput, error) {
	s, err := h.Pages.Open(ctx, by, services.PageWish{Installation: in.Body.Installation, Address: in.Body.URL, Tab: in.Body.Tab})
	if err != nil {
		return nil, err
	}
	out := &openPageOutput{}
	out.Body.ID, out.Body.Mode, out.Body.Reason = s.ID.String(), s.Mode, locale.T(ctx, s.Reason.Key, s.Reason.Args...)
	out.Body.Origin, out.Body.URL, out.Body.Sandbox, out.Body.Nonce, out.Body.ExpiresAt = s.Origin, s.URL, s.Sandbox, s.Nonce, s.Expires
	return out, nil
}

func (h *server) apiClosePage(ctx context.Context, by services.Actor, in *InputID) (*struct{}, error) {
	return nil, h.Pages.End(ctx, by, in.ID)
}
