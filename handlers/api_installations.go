package handlers

import (
	"context"
	"net/http"

	"github.com/samplit/samplit/services"
)

func (h *server) installationsAPI(a *api) {
	secured(a, http.MethodPost, "/installations", "Add a site", h.apiCreateInstallation, status(http.StatusCreated))
	secured(a, http.MethodGet, "/installations", "List sites, newest first", h.apiInstallations)
	secured(a, http.MethodGet, "/installations/{id}", "One site", h.apiInstallation)
	secured(a, http.MethodPatch, "/installations/{id}", "Change a site's name or address", h.apiUpdateInstallation)
}

// InputPaging is the part of a query that every list understands. It is exported, as all parts of inputs are, because huma reads
// embedded structs only then.
type InputPaging struct {
	Page    int `query:"page" doc:"From 1."`
	PerPage int `query:"per_page" doc:"At most 100; 20 when left out."`
}

func (p InputPaging) paging() services.Paging {
	return services.Paging{Page: p.Page, PerPage: p.PerPage}
}

// InputID is the id in the path.
type InputID struct {
	ID string `path:"id" maxLength:"100"`
}

type installationInput struct {
	Body services.InstallationInput
}

type installationUpdate struct {
	InputID
	Body services.InstallationInput
}

type installationOutput struct{ Body services.Installation }

type installationsOutput struct {
	Body services.List[services.Installation]
}

func (h *server) apiCreateInstallation(ctx context.Context, by services.Actor, in *installationInput) (*installationOutput, error) {
	site, err := h.Installations.Create(ctx, by, in.Body)
	return &installationOutput{site}, err
}

func (h *server) apiInstallations(ctx context.Context, by services.Actor, in *InputPaging) (*installationsOutput, error) {
	list, err := h.Installations.List(ctx, by, in.paging())
	return &installationsOutput{list}, err
}

func (h *server) apiInstallation(ctx context.Context, by services.Actor, in *InputID) (*installationOutput, error) {
	site, err := h.Installations.Get(ctx, by, in.ID)
	return &installationOutput{site}, err
}

func (h *server) apiUpdateInstallation(ctx context.Context, by services.Actor, in *installationUpdate) (*installationOutput, error) {
	site, err := h.Installations.Update(ctx, by, in.ID, in.Body)
	return &installationOutput{site}, err
}
