package handlers

import (
	"context"
	"net/http"

	"github.com/samplit/samplit/services"
)

func (h *server) erasuresAPI(a *api) {
	secured(a, http.MethodPost, "/audit/people/find", "Count what is stored of a person", h.apiFindPerson)
	secured(a, http.MethodPost, "/audit/people/erasures", "Erase what is stored of a person", h.apiErasePerson, status(http.StatusAccepted))
	secured(a, http.MethodGet, "/audit/people/erasures", "List the erasures of people, newest first", h.apiPersonErasures)
	secured(a, http.MethodGet, "/audit/people/erasures/{id}", "How far an erasure of a person is", h.apiPersonErasure)
}

type personInput struct {
	Body struct {
		Names []string `json:"names" minItems:"1" maxItems:"20" doc:"Visitor ids and user ids of one person, as they were sent. Names that identify tied to them are found."`
	}
}

type tracesOutput struct{ Body services.Traces }

type personErasureOutput struct{ Body services.Erasure }

type personErasuresOutput struct {
	Body struct {
		Items []services.Erasure `json:"items"`
	}
}

func (h *server) apiFindPerson(ctx context.Context, by services.Actor, in *personInput) (*tracesOutput, error) {
	t, err := h.Erasures.Find(ctx, by, in.Body.Names)
	return &tracesOutput{t}, err
}

func (h *server) apiErasePerson(ctx context.Context, by services.Actor, in *personInput) (*personErasureOutput, error) {
	e, err := h.Erasures.Request(ctx, by, in.Body.Names)
	return &personErasureOutput{e}, err
}

func (h *server) apiPersonErasures(ctx context.Context, by services.Actor, _ *struct{}) (*personErasuresOutput, error) {
	list, err := h.Erasures.List(ctx, by)
	out := &personErasuresOutput{}
	out.Body.Items = list
	return out, err
}

func (h *server) apiPersonErasure(ctx context.Context, by services.Actor, in *InputID) (*personErasureOutput, error) {
	e, err := h.Erasures.Get(ctx, by, in.ID)
	return &personErasureOutput{e}, err
}
