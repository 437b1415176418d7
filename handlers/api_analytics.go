package handlers

import (
	"context"
	"net/http"

	"github.com/samplit/samplit/services"
)

func (h *server) analyticsAPI(a *api) {
	secured(a, http.MethodGet, "/analytics/experiments/{id}", "Results of an experiment", h.apiResults)
	secured(a, http.MethodGet, "/analytics/overview", "What the account's tests did in a period", h.apiOverview)
	secured(a, http.MethodGet, "/analytics/learnings", "List what ended experiments taught, newest first", h.apiLearnings)
	secured(a, http.MethodGet, "/analytics/experiments/{id}/learning", "What an ended experiment taught", h.apiLearning)
	secured(a, http.MethodPut, "/analytics/experiments/{id}/learning", "Write down what an ended experiment taught", h.apiWriteLearning)
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

type overviewInput struct {
	Days int    `query:"days" default:"30" doc:"Length of the period, today included: 7, 30 or 90; 0 is all time."`
	Site string `query:"installation_id" doc:"One site; all when left out."`
}

type overviewOutput struct{ Body services.Overview }

func (h *server) apiOverview(ctx context.Context, by services.Actor, in *overviewInput) (*overviewOutput, error) {
	site, err := services.SiteFilter(in.Site)
	if err != nil {
		return nil, err
	}
	o, err := h.Analytics.Overview(ctx, by, in.Days, site)
	return &overviewOutput{o}, err
}

type learningsInput struct {
	Query   string `query:"q" doc:"Words that must all be in name, hypothesis, text or tags; the end of a word may be left out."`
	Tag     string `query:"tag"`
	Outcome string `query:"outcome" doc:"won, lost, flat or inconclusive"`
	Site    string `query:"installation_id"`
	After   string `query:"after" doc:"The next of the page before."`
}

type learningsOutput struct{ Body services.Learnings }

func (h *server) apiLearnings(ctx context.Context, by services.Actor, in *learningsInput) (*learningsOutput, error) {
	site, err := services.SiteFilter(in.Site)
	if err != nil {
		return nil, err
	}
	list, err := h.Analytics.Learnings(ctx, by, services.LearningFilter{Query: in.Query, Tag: in.Tag, Outcome: in.Outcome, After: in.After, Site: site})
	return &learningsOutput{list}, err
}

type learningOutput struct{ Body services.Learning }

func (h *server) apiLearning(ctx context.Context, by services.Actor, in *InputID) (*learningOutput, error) {
	l, _, err := h.Analytics.Learning(ctx, by, in.ID)
	return &learningOutput{l}, err
}

type writeLearningInput struct {
	InputID
	Body services.LearningInput
}

func (h *server) apiWriteLearning(ctx context.Context, by services.Actor, in *writeLearningInput) (*learningOutput, error) {
	l, err := h.Analytics.WriteLearning(ctx, by, in.ID, in.Body)
	return &learningOutput{l}, err
}
