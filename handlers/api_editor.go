package handlers

import (
	"context"
	"net/http"

	"github.com/samplit/samplit/services"
)

func (h *server) editorAPI(a *api) {
	secured(a, http.MethodGet, "/visual-editor/{id}/variants/{variant}", "The changes of a draft's variant as the visual editor lists them", h.apiEditorList)
	secured(a, http.MethodPost, "/visual-editor/{id}/variants/{variant}/ops", "Change the list step by step", h.apiSaveEdits, maxBody(maxEdits))
	secured(a, http.MethodPost, "/visual-editor/{id}/variants/{variant}/undo", "Take back the last own step", h.apiUndoEdit)
	secured(a, http.MethodPost, "/visual-editor/{id}/variants/{variant}/redo", "Take the last undone step again", h.apiRedoEdit)
}

// InputVariant names a variant of an experiment.
type InputVariant struct {
	InputID
	Variant string `path:"variant" doc:"Id of the variant" maxLength:"64"`
}

type editsInput struct {
	InputVariant
	Body services.EditInput
}

type stepInput struct {
	InputVariant
	Body struct {
		Request string `json:"request" doc:"Any text of at most 64 characters that no other save has: sent twice it counts once"`
	}
}

type editorListOutput struct {
	Body services.EditorList
}

func (h *server) apiEditorList(ctx context.Context, by services.Actor, in *InputVariant) (*editorListOutput, error) {
	list, err := h.Editor.List(ctx, by, in.ID, in.Variant)
	return &editorListOutput{list}, err
}

func (h *server) apiSaveEdits(ctx context.Context, by services.Actor, in *editsInput) (*editorListOutput, error) {
	list, err := h.Editor.Save(ctx, by, in.ID, in.Variant, in.Body)
	return &editorListOutput{list}, err
}

func (h *server) apiUndoEdit(ctx context.Context, by services.Actor, in *stepInput) (*editorListOutput, error) {
	list, err := h.Editor.Undo(ctx, by, in.ID, in.Variant, in.Body.Request)
	return &editorListOutput{list}, err
}

func (h *server) apiRedoEdit(ctx context.Context, by services.Actor, in *stepInput) (*editorListOutput, error) {
	list, err := h.Editor.Redo(ctx, by, in.ID, in.Variant, in.Body.Request)
	return &editorListOutput{list}, err
}
