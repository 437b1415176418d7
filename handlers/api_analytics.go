package handlers

import (
	"context"
	"net/http"

	"github.com/samplit/samplit/services"
)

func (h *server) analyticsAPI(a *api) {
	secured(a, http.MethodGet, "/analytics/experiments/{id}", "Results of an experiment", h.apiResults)
}

type resultsInput struct {
	InputID
	Goal string `query:"goal" doc:"Key of a goal; the primary one when left out."`
}

type resultsOutput struct{ Body services.Results }

func (h *server) apiResults(ctx context.Context, by services.Actor, in *resultsInput) (*resultsOutput, error) {
	r, err := h.Analytics.Results(ctx, by, in.ID, in.Goal)
	return &resultsOutput{r}, err
}
