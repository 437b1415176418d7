package handlers

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/samplit/samplit/services"
)

func (h *server) experimentsAPI(a *api) {
	secured(a, http.MethodPost, "/experiments", "Create a draft", h.apiCreateExperiment, status(http.StatusCreated))
	secured(a, http.MethodGet, "/experiments", "List experiments, without change lists", h.apiExperiments)
	secured(a, http.MethodGet, "/experiments/{id}", "One experiment", h.apiExperiment)
	secured(a, http.MethodPatch, "/experiments/{id}", "Change a draft, or the traffic of a running experiment", h.apiUpdateExperiment)
	secured(a, http.MethodPatch, "/experiments/{id}/status", "Start, pause, complete or archive", h.apiExperimentStatus)
	secured(a, http.MethodPost, "/experiments/{id}/duplicate", "Copy as a draft", h.apiDuplicateExperiment, status(http.StatusCreated))
	secured(a, http.MethodPost, "/experiments/{id}/preview", "A link that shows one variant to whoever has it, for a day", h.apiPreviewExperiment)
	secured(a, http.MethodDelete, "/experiments/{id}", "Archive", h.apiArchiveExperiment, status(http.StatusNoContent))
}

type experimentInput struct {
	Body services.ExperimentInput
}

// InputVersion carries the version that a change was made from.
type InputVersion struct {
	IfMatch string `header:"If-Match" doc:"The version the change was made from, as in ETag; 412 when it is no longer the current one."`
}

// version reads If-Match: an entity tag or a bare number. A tag that no version has matches none.
func (in InputVersion) version() *int {
	tag := strings.TrimSpace(in.IfMatch)
	if tag == "" || tag == "*" {
		return nil
	}
	v, err := strconv.Atoi(strings.Trim(strings.TrimPrefix(tag, "W/"), `"`))
	if err != nil {
		v = -1
	}
	return &v
}

type experimentUpdate struct {
	InputID
	InputVersion
	Body services.ExperimentInput
}

type statusInput struct {
	InputID
	InputVersion
	Body struct {
		Status string `json:"status" doc:"running, paused, completed or archived"`
		Winner any    `json:"winner,omitempty" doc:"What everybody sees from now on, only with completed: the key of a variant or combination, or variants by element"`
	}
}

type experimentsInput struct {
	InputPaging
	Query  string `query:"q" doc:"Part of the name or key."`
	Status string `query:"status"`
	Sort   string `query:"sort" doc:"created_at, updated_at or name; - in front sorts descending."`
}

type experimentOutput struct {
	ETag string `header:"ETag"`
	Body services.Experiment
}

type experimentsOutput struct {
	Body services.List[services.Experiment]
}

func experimentReply(x services.Experiment, err error) (*experimentOutput, error) {
	return &experimentOutput{ETag: `"` + strconv.Itoa(x.Version) + `"`, Body: x}, err
}

func (h *server) apiCreateExperiment(ctx context.Context, by services.Actor, in *experimentInput) (*experimentOutput, error) {
	return experimentReply(h.Experiments.Create(ctx, by, in.Body))
}

func (h *server) apiExperiments(ctx context.Context, by services.Actor, in *experimentsInput) (*experimentsOutput, error) {
	list, err := h.Experiments.List(ctx, by, services.ExperimentFilter{Query: in.Query, Status: in.Status, Sort: in.Sort, Paging: in.paging()})
	return &experimentsOutput{list}, err
}

func (h *server) apiExperiment(ctx context.Context, by services.Actor, in *InputID) (*experimentOutput, error) {
	return experimentReply(h.Experiments.Get(ctx, by, in.ID))
}

func (h *server) apiUpdateExperiment(ctx context.Context, by services.Actor, in *experimentUpdate) (*experimentOutput, error) {
	return experimentReply(h.Experiments.Update(ctx, by, in.ID, in.Body, in.version()))
}

func (h *server) apiExperimentStatus(ctx context.Context, by services.Actor, in *statusInput) (*experimentOutput, error) {
	change := services.StatusChange{To: services.Status(in.Body.Status), Version: in.version()}
	switch winner := in.Body.Winner.(type) {
	case nil:
	case string:
		change.Winner = &winner
	case map[string]any:
		change.Winners = texts(winner)
	default:
		return nil, fieldError("winner", "unknown", "Must be the key of a variant, or variants by element.")
	}
	return experimentReply(h.Experiments.SetStatus(ctx, by, in.ID, change))
}

func (h *server) apiDuplicateExperiment(ctx context.Context, by services.Actor, in *InputID) (*experimentOutput, error) {
	return experimentReply(h.Experiments.Duplicate(ctx, by, in.ID))
}

// texts are the members that are strings; others are empty, which is no variant's key.
func texts(members map[string]any) map[string]string {
	out := make(map[string]string, len(members))
	for name, value := range members {
		out[name], _ = value.(string)
	}
	return out
}

type previewInput struct {
	InputID
	Body *struct {
		Force any `json:"force,omitempty" doc:"Key of the variant or combination to show, or variants by element; left out, it is named where the token is used"`
	}
}

type previewOutput struct {
	Body services.Preview
}

func (h *server) apiPreviewExperiment(ctx context.Context, by services.Actor, in *previewInput) (*previewOutput, error) {
	var force services.Force
	var said any
	if in.Body != nil {
		said = in.Body.Force
	}
	switch f := said.(type) {
	case nil:
	case string:
		force = services.Force{"": f}
	case map[string]any:
		force = services.Force(texts(f))
	default:
		return nil, fieldError("force", "unknown", "Must be the key of one of its variants.")
	}
	p, err := h.Previews.Make(ctx, by, in.ID, force)
	return &previewOutput{p}, err
}

type archiveInput struct {
	InputID
	InputVersion
}

func (h *server) apiArchiveExperiment(ctx context.Context, by services.Actor, in *archiveInput) (*struct{}, error) {
	_, err := h.Experiments.SetStatus(ctx, by, in.ID, services.StatusChange{To: services.Archived, Version: in.version()})
	return nil, err
}
