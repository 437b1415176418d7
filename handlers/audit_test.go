package handlers

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/samplit/samplit/audit"
)

// readBundle checks a downloaded record as somebody outside does.
func (b *testBundle) readBundle(body string, since string) audit.Report {
	b.t.Helper()
	key, err := audit.ParseKey(b.deps.Notary.PublicKey())
	if err != nil {
		b.t.Fatal(err)
	}
	r, err := audit.Verify(strings.NewReader(body), key, since)
	if err != nil {
		b.t.Fatalf("the downloaded record: %v", err)
	}
	return r
}

func TestRecordIsDownloadedAndVerifies(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.registered(newEmail())
	seal := b.want(br.get("/audit/checkpoint"), http.StatusOK)
	if got := seal.Header.Get("Content-Disposition"); !strings.Contains(got, ".checkpoint") {
		t.Errorf("got %q, want a file to keep", got)
	}
	bundle := b.want(br.get("/audit/bundle"), http.StatusOK)
	if r := b.readBundle(bundle.body, seal.body); r.Entries == 0 {
		t.Error("got an empty record")
	}
	if key := b.want(br.get("/audit/key"), http.StatusOK).body; key != b.deps.Notary.PublicKey()+"\n" {
		t.Errorf("got key %q", key)
	}
}

func TestAuditPageSaysHowTheRecordStands(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.registered(newEmail())
	if doc := b.want(br.get("/audit"), http.StatusOK).doc(t); !strings.Contains(doc.Find("#seal h2").Text(), "first seal") {
		t.Errorf("before a seal: %q", doc.Find("#seal h2").Text())
	}
	doc := b.want(br.post("/audit/verify", nil), http.StatusOK).doc(t)
	if doc.Find("#seal .chip-winner").Length() != 1 || !strings.Contains(doc.Find("#seal .gain").Text(), "In order") {
		t.Errorf("after a check: %s", doc.Find("#seal").Text())
	}
	events := b.want(br.post("/audit/verify/stream", nil), http.StatusOK)
	if _, found, _ := strings.Cut(events.body, "event: found\n"); events.Header.Get("Content-Type") != "text/event-stream" || !strings.Contains(found, "In order") || strings.Contains(found, "\n<") {
		t.Errorf("as events: %q", events.body)
	}
	if text := b.want(br.get("/audit?what=user&who=system"), http.StatusOK).doc(t).Find(".empty").Text(); !strings.Contains(text, "Nothing like that") {
		t.Errorf("a filter that nothing passes: %q", text)
	}
	if n := b.want(br.get("/audit?what=nonsense%25"), http.StatusOK).doc(t).Find(".rows-history tbody tr").Length(); n == 0 {
		t.Error("an unknown filter hides everything")
	}
	if doc := b.want(br.get("/audit/certificate"), http.StatusOK).doc(t); !strings.Contains(doc.Find(".certificate-text").First().Text(), "samplit/audit/") {
		t.Error("the certificate shows no seal")
	}
}

func TestAuditAPI(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.program()
	_, seal := p.call(http.MethodGet, "/audit/checkpoint", nil, http.StatusOK)
	_, list := p.call(http.MethodGet, "/audit/entries?from=0&limit=2", nil, http.StatusOK)
	if items := list["items"].([]any); len(items) != 2 || items[0].(map[string]any)["action"] != "account.created" || list["has_more"] != true {
		t.Errorf("got entries %v", list)
	}
	for path, status := range map[string]int{
		"/audit/proof/inclusion?seq=0": 200, "/audit/proof/inclusion?seq=999": 404, "/audit/proof/inclusion": 422, "/audit/proof/inclusion?seq=-1": 422,
		"/audit/proof/consistency?from=1": 200, "/audit/proof/consistency?from=0": 422, "/audit/proof/consistency?from=1&to=9999": 404,
		"/audit/proof/decision?experiment=x&visitor=v": 404, "/audit/entries?limit=1000": 422,
	} {
		p.call(http.MethodGet, path, nil, status)
	}
	if _, found := p.call(http.MethodPost, "/audit/verify", nil, http.StatusOK); found["ok"] != true {
		t.Errorf("got %v, want a record in order", found)
	}
	if _, erased := p.call(http.MethodPost, "/audit/erasures", members{"entries": [][]int{{0, 1}}, "reason": "asked"}, http.StatusOK); erased["erased"] != 2.0 {
		t.Errorf("got %v, want two erased", erased)
	}
	p.call(http.MethodPost, "/audit/erasures", members{"entries": [][]int{{5, 900}}, "reason": "asked"}, http.StatusUnprocessableEntity)
	p.call(http.MethodPost, "/audit/erasures", members{"entries": [][]int{}, "reason": ""}, http.StatusUnprocessableEntity)
	var body bytes.Buffer
	a := b.send(http.MethodGet, "/api/v1/audit/bundle", "", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+p.token) })
	body.WriteString(a.body)
	if r := b.readBundle(body.String(), seal["checkpoint"].(string)); r.Erased != 2 {
		t.Errorf("got %+v, want two erased", r)
	}
}
