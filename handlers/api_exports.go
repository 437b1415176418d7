package handlers

import (
	"context"
	"net/http"

	"github.com/samplit/samplit/services"
)

func (h *server) exportsAPI(a *api) {
	secured(a, http.MethodPost, "/analytics/experiments/{id}/exports", "Ask for the rows of an experiment as a file", h.apiStartExport, status(http.StatusAccepted))
	secured(a, http.MethodGet, "/analytics/experiments/{id}/exports", "List the files of rows that were asked for, newest first", h.apiExports)
	secured(a, http.MethodDelete, "/analytics/exports/{id}", "Cancel the making of a file, or delete it", h.apiCancelExport)
	secured(a, http.MethodPost, "/analytics/experiments/{id}/shares", "Make a link to the results for people without an account", h.apiShare, status(http.StatusCreated))
	secured(a, http.MethodGet, "/analytics/experiments/{id}/shares", "List the links that hold, newest first", h.apiShares)
	secured(a, http.MethodDelete, "/analytics/shares/{id}", "Withdraw a link", h.apiRevokeShare)
}

type exportInput struct {
	InputID
	Body struct {
		What   string `json:"what" enum:"assignments,conversions"`
		Format string `json:"format" enum:"csv,xlsx,json,parquet"`
	}
}

type exportOutput struct{ Body services.Export }

type exportsOutput struct {
	Body struct {
		Items []services.Export `json:"items"`
	}
}

func (h *server) apiStartExport(ctx context.Context, by services.Actor, in *exportInput) (*exportOutput, error) {
	e, err := h.Exports.Start(ctx, by, in.ID, in.Body.What, in.Body.Format)
	return &exportOutput{e}, err
}

func (h *server) apiExports(ctx context.Context, by services.Actor, in *InputID) (*exportsOutput, error) {
	list, err := h.Exports.List(ctx, by, in.ID)
	out := &exportsOutput{}
	out.Body.Items = list
	return out, err
}

func (h *server) apiCancelExport(ctx context.Context, by services.Actor, in *InputID) (*struct{}, error) {
	_, err := h.Exports.Cancel(ctx, by, in.ID)
	return nil, err
}

type shareInput struct {
	InputID
	Body services.ShareInput
}

type shareOutput struct{ Body services.Share }

type sharesOutput struct {
	Body struct {
		Items []services.Share `json:"items"`
	}
}

func (h *server) apiShare(ctx context.Context, by services.Actor, in *shareInput) (*shareOutput, error) {
	s, err := h.Shares.Create(ctx, by, in.ID, in.Body)
	return &shareOutput{s}, err
}

func (h *server) apiShares(ctx context.Context, by services.Actor, in *InputID) (*sharesOutput, error) {
	list, err := h.Shares.List(ctx, by, in.ID)
	out := &sharesOutput{}
	out.Body.Items = list
	return out, err
}

func (h *server) apiRevokeShare(ctx context.Context, by services.Actor, in *InputID) (*struct{}, error) {
	_, err := h.Shares.Revoke(ctx, by, in.ID)
	return nil, err
}
