package handlers

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/samplit/samplit/audit"
	"github.com/samplit/samplit/services"
)

func (h *server) auditAPI(a *api) {
	secured(a, http.MethodGet, "/audit/entries", "Entries of the record of changes, in order", h.apiAuditEntries)
	secured(a, http.MethodGet, "/audit/checkpoint", "A signed checkpoint of the record as it is now", h.apiAuditCheckpoint)
	secured(a, http.MethodGet, auditBundle, "The whole record, to check it without Samplit", h.apiAuditBundle)
	secured(a, http.MethodGet, "/audit/proof/inclusion", "Proof that an entry is in the record", h.apiInclusion)
	secured(a, http.MethodGet, "/audit/proof/consistency", "Proof that a record goes on from an earlier one", h.apiConsistency)
	secured(a, http.MethodGet, "/audit/proof/decision", "Proof of the arm that a visitor was given", h.apiDecision)
	secured(a, http.MethodPost, "/audit/verify", "Self-check of the record by the server", h.apiVerifyAudit)
	secured(a, http.MethodPost, "/audit/erasures", "Erase the content of entries", h.apiEraseAudit)
}

type auditEntry struct {
	Seq      int64          `json:"seq"`
	At       time.Time      `json:"at"`
	Actor    string         `json:"actor" doc:"user:ID, key:ID or system"`
	Action   string         `json:"action"`
	Object   string         `json:"object"`
	Payload  map[string]any `json:"payload" doc:"null when erased"`
	Hash     []byte         `json:"hash" doc:"base64"`
	ErasedAt *time.Time     `json:"erased_at,omitempty"`
}

type auditEntriesInput struct {
	From  int64 `query:"from" minimum:"0" doc:"Number of the first entry"`
	Limit int   `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type auditEntriesOutput struct {
	Body struct {
		Items   []auditEntry `json:"items"`
		HasMore bool         `json:"has_more"`
	}
}

func (h *server) apiAuditEntries(ctx context.Context, by services.Actor, in *auditEntriesInput) (*auditEntriesOutput, error) {
	list, err := h.Audit.Entries(ctx, by, in.From, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &auditEntriesOutput{}
	out.Body.Items = make([]auditEntry, len(list))
	for i, r := range list {
		out.Body.Items[i] = auditEntry(r)
	}
	out.Body.HasMore = len(list) == in.Limit
	return out, nil
}

type checkpointOutput struct {
	Body struct {
		Size       int64     `json:"size" doc:"How many entries it vouches for"`
		Root       string    `json:"root" doc:"base64"`
		Checkpoint string    `json:"checkpoint" doc:"The signed note, to keep as it is"`
		Key        string    `json:"key" doc:"The public key that checks it"`
		At         time.Time `json:"at"`
	}
}

func (h *server) apiAuditCheckpoint(ctx context.Context, by services.Actor, _ *struct{}) (*checkpointOutput, error) {
	signed, err := h.Notary.Checkpoint(ctx, by)
	if err != nil {
		return nil, err
	}
	out := &checkpointOutput{}
	out.Body.Size, out.Body.Root, out.Body.Checkpoint, out.Body.Key, out.Body.At = signed.Size, signed.Root.String(), signed.Note, h.Notary.PublicKey(), signed.At
	return out, nil
}

func (h *server) apiAuditBundle(ctx context.Context, _ services.Actor, _ *struct{}) (*huma.StreamResponse, error) {
	return &huma.StreamResponse{Body: func(huma.Context) {
		if err := h.downloadBundle(echoOf(ctx)); err != nil {
			h.answerError(err, echoOf(ctx))
		}
	}}, nil
}

type inclusionInput struct {
	Seq  int64 `query:"seq" required:"true" minimum:"0"`
	Size int64 `query:"size" minimum:"0" doc:"Entries of the tree; all there are when left out"`
}

type consistencyInput struct {
	From int64 `query:"from" required:"true" minimum:"1"`
	Size int64 `query:"to" minimum:"0" doc:"Entries of the larger tree; all there are when left out"`
}

type decisionInput struct {
	Experiment string `query:"experiment" required:"true" doc:"id"`
	Split      int    `query:"split" minimum:"0" maximum:"1000"`
	Visitor    string `query:"visitor" required:"true" maxLength:"128"`
}

type proofOutput struct{ Body services.Proof }

type decisionOutput struct{ Body services.DecisionProof }

type auditCheckOutput struct{ Body services.AuditCheck }

func (h *server) apiInclusion(ctx context.Context, by services.Actor, in *inclusionInput) (*proofOutput, error) {
	p, err := h.Notary.Inclusion(ctx, by, in.Seq, in.Size)
	return &proofOutput{p}, err
}

func (h *server) apiConsistency(ctx context.Context, by services.Actor, in *consistencyInput) (*proofOutput, error) {
	p, err := h.Notary.Consistency(ctx, by, in.From, in.Size)
	return &proofOutput{p}, err
}

func (h *server) apiDecision(ctx context.Context, by services.Actor, in *decisionInput) (*decisionOutput, error) {
	p, err := h.Notary.Decision(ctx, by, in.Experiment, in.Split, in.Visitor)
	return &decisionOutput{p}, err
}

func (h *server) apiVerifyAudit(ctx context.Context, by services.Actor, _ *struct{}) (*auditCheckOutput, error) {
	found, err := h.Notary.Verify(ctx, by, nil)
	return &auditCheckOutput{found}, err
}

type erasureInput struct {
	Body struct {
		Entries [][2]int64 `json:"entries" minItems:"1" maxItems:"100" doc:"Ranges of entries, first and last of each"`
		Reason  string     `json:"reason" minLength:"1" maxLength:"200" doc:"Stays in the record"`
	}
}

type erasureOutput struct {
	Body struct {
		Erased int64 `json:"erased" doc:"Payloads that are gone now"`
	}
}

func (h *server) apiEraseAudit(ctx context.Context, by services.Actor, in *erasureInput) (*erasureOutput, error) {
	spans := make([]audit.Span, len(in.Body.Entries))
	for i, s := range in.Body.Entries {
		spans[i] = s
	}
	out := &erasureOutput{}
	var err error
	out.Body.Erased, err = h.Notary.Erase(ctx, by, spans, in.Body.Reason)
	return out, err
}
