package services

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRulesAreInTheAudit(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	x := d.draft(t, `{"holdout":{"key":"q3","share":0.05},"exclusions":{"emails":["ana@corp.example"]}}`)
	change := d.body(t, `{"holdout":{},"layer":{"key":"top","ranges":[[0,0.5]]}}`)
	change.Exclusions = &Exclusions{Emails: []string{"eva@corp.example"}}
	if _, err := d.Update(t.Context(), d.by, x.ID.String(), change, nil); err != nil {
		t.Fatal(err)
	}
	rows, err := NewAudit(d.db).History(t.Context(), d.by, experimentObject(x.ID), 0, 20)
	if err != nil {
		t.Fatal(err)
	}
	was, is := rows[0].Payload["old"].(map[string]any), rows[0].Payload["new"].(map[string]any)
	for _, change := range []map[string]any{was, is} {
		if hash, _ := change["exclusions"].(string); !strings.HasPrefix(hash, "sha256:") {
			t.Errorf("exclusions %v, want only a hash: entries are never erased", hash)
		}
		delete(change, "exclusions")
	}
	if diff := cmp.Diff(map[string]any{"holdout": `{"key":"q3","share":0.05}`, "layer": ""}, was); diff != "" {
		t.Errorf("old (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"holdout": "", "layer": `{"key":"top","ranges":[[0,0.5]]}`}, is); diff != "" {
		t.Errorf("new (-want +got):\n%s", diff)
	}
}
