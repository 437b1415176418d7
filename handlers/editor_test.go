package handlers

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// draftInEditor is an owner with a draft, and the address of its variant's routes.
func draftInEditor(t *testing.T) (o owner, experiment, variant string) {
	t.Helper()
	o = setup(t).owner().withSite()
	x := o.experiment(members{"name": "Headline"})
	v := x["elements"].([]any)[0].(map[string]any)["variants"].([]any)[1].(map[string]any)
	return o, x["id"].(string), v["id"].(string)
}

func (o owner) saveEdits(at string, in members) answer {
	o.program.b.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		o.program.b.t.Fatal(err)
	}
	return o.program.b.send(http.MethodPost, at+"/ops", string(body), func(r *http.Request) {
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("HX-Request", "true")
		for _, c := range o.cookies {
			r.AddCookie(c)
		}
	})
}

func adding(id, text string) members {
	return members{"do": "add", "id": id, "change": members{"selector": "#lead", "action": "text", "value": text}}
}

func TestEditorPageWorksWithoutScripts(t *testing.T) {
	t.Parallel()
	o, x, v := draftInEditor(t)
	page := "/experiments/" + x + "/editor?variant=" + v
	form := "/experiments/" + x + "/editor/" + v + "/form"
	b := o.program.b
	rev := func() string {
		rev, _ := b.want(o.get(page), http.StatusOK).doc(t).Find("#edits").Attr("data-rev")
		return rev
	}
	o.post(form, url.Values{"do": {"add"}, "rev": {rev()}, "id": {""}, "action": {"text"}, "selector-": {"#lead"}, "value-": {"Once <b>"}})
	rows := b.want(o.get(page), http.StatusOK).doc(t).Find("#edits .edit")
	before := rows.Length()
	id, _ := rows.Last().Attr("data-id")
	if text := rows.Last().Find(".edit-value").Text(); text != "Once <b>" {
		t.Fatalf("the list ends with %q", text)
	}
	o.post(form, url.Values{"do": {"update"}, "rev": {rev()}, "id": {id}, "selector-" + id: {"#lead"}, "value-" + id: {"Twice"}, "label-" + id: {"Lead"}})
	o.post(form, url.Values{"do": {"up"}, "rev": {rev()}, "id": {id}})
	doc := b.want(o.get(page), http.StatusOK).doc(t)
	row := doc.Find("#edit-" + id)
	if got := row.Find(".edit-title strong").Text() + " " + row.Find(".edit-value").Text(); got != "Lead Twice" || row.Index() != before-2 {
		t.Errorf("got %q at %d", got, row.Index())
	}
	o.post("/experiments/"+x+"/editor/"+v+"/undo", url.Values{"request": {"u"}})
	if doc := b.want(o.get(page), http.StatusOK).doc(t); doc.Find("#edit-"+id).Index() != before-1 {
		t.Error("undo did not move it back")
	}
	o.post(form, url.Values{"do": {"remove"}, "rev": {rev()}, "id": {id}})
	if n := b.want(o.get(page), http.StatusOK).doc(t).Find("#edits .edit").Length(); n != before-1 {
		t.Errorf("got %d rows, want %d", n, before-1)
	}
	refused := b.want(o.post(form, url.Values{"do": {"add"}, "rev": {rev()}, "action": {"text"}, "selector-": {"p["}, "value-": {"x"}}), http.StatusUnprocessableEntity)
	if refused.doc(t).Find(".note-bad").Length() != 1 {
		t.Error("the page does not say why")
	}
}

func TestEditorSavesAndAsks(t *testing.T) {
	t.Parallel()
	o, x, v := draftInEditor(t)
	at := "/experiments/" + x + "/editor/" + v
	b := o.program.b
	saved := b.want(o.saveEdits(at, members{"base_rev": 1, "request": "a", "ops": []any{adding("a", "One")}}), http.StatusOK).doc(t)
	if saved.Find("#edit-a").Length() != 1 || saved.Find("#editor-steps [data-step=undo] button:not([disabled])").Length() != 1 {
		t.Error("the answer lacks the list or the way back")
	}
	question := b.want(o.saveEdits(at, members{"base_rev": 1, "request": "b", "ops": []any{adding("b", "Two")}}), http.StatusConflict).doc(t)
	if question.Find("[data-resolve]").Length() != 3 || !strings.Contains(question.Find("[data-conflict] li").Text(), "#lead") {
		t.Errorf("the question is %s", question.Text())
	}
	both := b.want(o.saveEdits(at, members{"base_rev": 1, "request": "c", "ops": []any{adding("b", "Two")}, "resolve": "copies"}), http.StatusOK).doc(t)
	if both.Find("#edit-a").Length() != 1 || both.Find("#edit-b").Length() != 1 {
		t.Error("both are not there")
	}
	for name, body := range map[string]members{
		"an unknown step":  {"base_rev": 1, "request": "d", "ops": []any{members{"do": "explode", "id": "a"}}},
		"no request":       {"base_rev": 1, "ops": []any{adding("z", "x")}},
		"an unknown place": {"base_rev": 99, "request": "e", "ops": []any{adding("z", "x")}},
	} {
		if a := o.saveEdits(at, body); a.StatusCode != http.StatusUnprocessableEntity || a.doc(t).Find("[data-problem]").Text() == "" {
			t.Errorf("%s: got %d %s", name, a.StatusCode, a.body)
		}
	}
	if a := o.saveEdits(at, members{"base_rev": 1, "request": "f", "ops": []any{adding("z", strings.Repeat("x", maxEdits))}}); a.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("too much: got %d", a.StatusCode)
	}
}

func TestEditorOfAStartedExperimentOffersANewVersion(t *testing.T) {
	t.Parallel()
	o, x, v := draftInEditor(t)
	b := o.program.b
	o.status(members{"id": x}, members{"status": "running"}, http.StatusOK)
	doc := b.want(o.get("/experiments/"+x+"/editor?variant="+v), http.StatusOK).doc(t)
	if doc.Find("[data-edit-form], [data-step]").Length() != 0 || doc.Find("a[href$='/editor/version']").Length() != 1 {
		t.Error("the editor of a running experiment can be used, or offers no new version")
	}
	if a := o.saveEdits("/experiments/"+x+"/editor/"+v, members{"base_rev": 2, "request": "a", "ops": []any{adding("a", "x")}}); a.StatusCode != http.StatusConflict {
		t.Errorf("save: got %d", a.StatusCode)
	}
	made := o.post("/experiments/"+x+"/editor/version", nil)
	to := made.Header.Get("Location")
	if made.StatusCode != http.StatusSeeOther || !strings.HasSuffix(to, "/editor") || strings.Contains(to, x) {
		t.Fatalf("got %d to %s", made.StatusCode, to)
	}
	if doc := b.want(o.get(to), http.StatusOK).doc(t); doc.Find("#editor[data-open]").Length() != 1 {
		t.Error("the new version cannot be edited")
	}
}

func TestEditorFramesOnlyPreviews(t *testing.T) {
	t.Parallel()
	o, x, _ := draftInEditor(t)
	editor := o.get("/experiments/" + x + "/editor").Header
	if got := editor.Get("Cross-Origin-Opener-Policy"); got != "same-origin-allow-popups" {
		t.Errorf("opener policy %q: a page in a tab of its own could not answer", got)
	}
	policy := editor.Get("Content-Security-Policy")
	if !strings.Contains(policy, "frame-src http://*.preview.localhost:8080;") {
		t.Errorf("policy %q", policy)
	}
	if other := o.get("/home").Header.Get("Content-Security-Policy"); strings.Contains(other, "preview") {
		t.Errorf("policy of another page %q", other)
	}
}

func TestEditorAPI(t *testing.T) {
	t.Parallel()
	o, x, v := draftInEditor(t)
	at := "/visual-editor/" + x + "/variants/" + v
	_, list := o.call(http.MethodPost, at+"/ops", members{"base_rev": 1, "request": "a", "ops": []any{adding("a", "One")}}, http.StatusOK)
	if list["rev"] != 2.0 || list["undo"] != 1.0 {
		t.Errorf("got %v", list)
	}
	o.call(http.MethodPost, at+"/ops", members{"base_rev": 1, "request": "b", "ops": []any{adding("b", "Two")}}, http.StatusConflict)
	_, list = o.call(http.MethodPost, at+"/undo", members{"request": "c"}, http.StatusOK)
	if list["redo"] != 1.0 {
		t.Errorf("got %v", list)
	}
	_, again := o.call(http.MethodGet, at, nil, http.StatusOK)
	if again["rev"] != 3.0 {
		t.Errorf("got %v", again)
	}
}
