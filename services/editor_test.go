package services

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/samplit/samplit/db/dbtest"
)

// editorDesk is a desk with a draft in the visual editor.
type editorDesk struct {
	desk
	*VisualEditor
	t       *testing.T
	x       Experiment
	variant string
	n       int
}

func newEditorDesk(t *testing.T) *editorDesk {
	t.Helper()
	d := newDesk(t)
	x := d.draft(t, `{}`)
	return &editorDesk{desk: d, VisualEditor: NewVisualEditor(d.db, d.Experiments, time.Now), t: t, x: x, variant: x.Variants()[1].ID.String()}
}

// colleague is another editor of the same account.
func (d *editorDesk) colleague() Actor {
	d.t.Helper()
	_, user := dbtest.Account(d.t, d.desk.db)
	return Actor{Account: d.by.Account, User: user, Role: Editor}
}

func add(id, selector, text string) EditOp {
	return EditOp{Do: opAdd, ID: id, Change: &ChangeInput{Selector: &selector, Action: ptr("text"), Value: &text}}
}

func (d *editorDesk) try(by Actor, base int, resolve string, ops ...EditOp) (EditorList, error) {
	d.n++
	return d.Save(d.t.Context(), by, d.x.ID.String(), d.variant, EditInput{BaseRev: base, Request: fmt.Sprint("r", d.n), Ops: ops, Resolve: resolve})
}

func (d *editorDesk) save(by Actor, base int, ops ...EditOp) EditorList {
	d.t.Helper()
	list, err := d.try(by, base, "", ops...)
	if err != nil {
		d.t.Fatal(err)
	}
	return list
}

// texts are the changes that pages get, as "selector=text".
func (d *editorDesk) texts() (out []string) {
	d.t.Helper()
	x, err := d.Get(d.t.Context(), d.by, d.x.ID.String())
	if err != nil {
		d.t.Fatal(err)
	}
	for _, c := range x.Variants()[1].Changes {
		out = append(out, c.Selector+"="+orEmpty(c.Value))
	}
	return out
}

func (d *editorDesk) wantTexts(want ...string) {
	d.t.Helper()
	if diff := cmp.Diff(want, d.texts()); diff != "" {
		d.t.Errorf("changes (-want +got):\n%s", diff)
	}
}

func wantReason(t *testing.T, err error, code ErrorCode, reason string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Code != code || e.Reason != reason {
		t.Errorf("got %v, want %s %s", err, code, reason)
	}
}

func TestEditorSavesWhatPagesGet(t *testing.T) {
	t.Parallel()
	d := newEditorDesk(t)
	list := d.save(d.by, 1, add("a", "#buy", "Get it"), EditOp{Do: opRename, ID: "a", Label: "Button"}, EditOp{Do: opMove, ID: "a", After: ptr("")})
	d.wantTexts("#buy=Get it", "h1=Buy")
	if list.Rev != 2 || len(list.Edits) != 2 || list.Edits[0].Label != "Button" || list.Edits[0].By != d.by.User || list.Undo != 1 || list.Names[d.by.User] == "" {
		t.Errorf("got %+v", list)
	}
	list = d.save(d.by, 2, EditOp{Do: opDisable, ID: "a"})
	d.wantTexts("h1=Buy")
	if !list.Edits[0].Off {
		t.Errorf("got %+v, want the first switched off and still listed", list.Edits)
	}
	d.save(d.by, 3, EditOp{Do: opEnable, ID: "a"}, EditOp{Do: opDuplicate, ID: "a", New: "b"})
	d.wantTexts("#buy=Get it", "#buy=Get it", "h1=Buy")
	entries, err := NewAudit(d.desk.db).History(t.Context(), d.by, experimentObject(d.x.ID), 0, 10)
	if err != nil || len(entries) != 4 || entries[0].Action != "experiment.edited" || entries[0].Payload["variant"] != "b" {
		t.Errorf("audit: %v %+v", err, entries)
	}
}

func TestEditorCountsARequestOnce(t *testing.T) {
	t.Parallel()
	d := newEditorDesk(t)
	in := EditInput{BaseRev: 1, Request: "same", Ops: []EditOp{add("a", "p", "Once")}}
	for range 2 {
		list, err := d.Save(t.Context(), d.by, d.x.ID.String(), d.variant, in)
		if err != nil || list.Rev != 2 {
			t.Fatalf("got revision %d, %v", list.Rev, err)
		}
	}
	d.wantTexts("h1=Buy", "p=Once")
}

func TestEditorRebasesWhatNobodyElseTouched(t *testing.T) {
	t.Parallel()
	d := newEditorDesk(t)
	bob := d.colleague()
	d.save(d.by, 1, add("a", "p", "Hers"))
	d.save(bob, 1, add("b", "em", "His"))
	d.wantTexts("h1=Buy", "p=Hers", "em=His")
}

func TestEditorAsksWhenTwoWroteTheSame(t *testing.T) {
	t.Parallel()
	for how, want := range map[string][]string{"": {"h1=Buy", "p=Hers"}, "mine": {"h1=Buy", "p=His"}, "copies": {"h1=Buy", "p=Hers", "p=His"}} {
		d := newEditorDesk(t)
		bob := d.colleague()
		d.save(d.by, 1, add("a", "p", "Hers"))
		_, err := d.try(bob, 1, how, add("b", "p", "His"))
		if how == "" {
			wantReason(t, err, CodeConflict, "edited_elsewhere")
		} else if err != nil {
			t.Fatalf("%s: %v", how, err)
		}
		d.wantTexts(want...)
	}
}

// A change of the list by the form or the API has no steps to compare with: whatever was made before it is disputed.
func TestEditorAsksWhenAnotherDoorChangedTheList(t *testing.T) {
	t.Parallel()
	d := newEditorDesk(t)
	d.save(d.by, 1, add("a", "p", "Mine"), EditOp{Do: opRename, ID: "a", Label: "Lead"})
	in := d.body(t, `{"variants":[{"key":"control","name":"Original","is_control":true},{"key":"b","name":"Bolder","changes":[{"id":"a","selector":"p","action":"text","value":"Form"}]}]}`)
	if _, err := d.Update(t.Context(), d.by, d.x.ID.String(), in, nil); err != nil {
		t.Fatal(err)
	}
	_, err := d.try(d.by, 2, "", add("b", "em", "Late"))
	wantReason(t, err, CodeConflict, "edited_elsewhere")
	list := d.save(d.by, 3, add("b", "em", "Informed"))
	d.wantTexts("p=Form", "em=Informed")
	if list.Edits[0].Label != "Lead" {
		t.Errorf("got %+v, want the name to have survived", list.Edits)
	}
}

// A change of anything else does not get in the editor's way.
func TestEditorDoesNotMindOtherChangesOfTheExperiment(t *testing.T) {
	t.Parallel()
	d := newEditorDesk(t)
	d.save(d.by, 1, add("a", "p", "One"))
	if _, err := d.Update(t.Context(), d.by, d.x.ID.String(), ExperimentInput{Name: ptr("Renamed")}, nil); err != nil {
		t.Fatal(err)
	}
	d.save(d.by, 2, add("b", "em", "Two"))
	d.wantTexts("h1=Buy", "p=One", "em=Two")
}

func (d *editorDesk) retracing(by Actor, what func(context.Context, Actor, string, string, string) (EditorList, error)) EditorList {
	d.t.Helper()
	d.n++
	list, err := what(d.t.Context(), by, d.x.ID.String(), d.variant, fmt.Sprint("r", d.n))
	if err != nil {
		d.t.Fatal(err)
	}
	return list
}

func TestEditorUndoesAndRedoesManySteps(t *testing.T) {
	t.Parallel()
	d := newEditorDesk(t)
	const steps = 210
	var lists []EditorList
	list := d.save(d.by, 1, add("a", "p", "0"))
	for i := range steps {
		lists = append(lists, list)
		text := fmt.Sprint(i + 1)
		list = d.save(d.by, list.Rev, EditOp{Do: opUpdate, ID: "a", Change: add("a", "p", text).Change})
	}
	for i := steps - 1; i >= 0; i-- {
		list = d.retracing(d.by, d.Undo)
		if got, want := inForce(list.Edits), inForce(lists[i].Edits); !cmp.Equal(got, want) {
			t.Fatalf("after undoing step %d (-want +got):\n%s", i, cmp.Diff(want, got))
		}
	}
	if list.Redo != steps {
		t.Fatalf("got %d steps to redo, want %d", list.Redo, steps)
	}
	for range steps {
		list = d.retracing(d.by, d.Redo)
	}
	d.wantTexts("h1=Buy", fmt.Sprintf("p=%d", steps))
	if list.Redo != 0 || list.Undo != steps+1 {
		t.Errorf("got %d to undo and %d to redo", list.Undo, list.Redo)
	}
}

func TestEditorForgetsUndoneStepsAtTheNextEdit(t *testing.T) {
	t.Parallel()
	d := newEditorDesk(t)
	d.save(d.by, 1, add("a", "p", "One"))
	list := d.retracing(d.by, d.Undo)
	list = d.save(d.by, list.Rev, add("b", "em", "Two"))
	if list.Redo != 0 {
		t.Errorf("got %d steps to redo", list.Redo)
	}
	d.retracing(d.by, d.Redo)
	d.wantTexts("h1=Buy", "em=Two")
}

func TestEditorUndoesOnlyTheAskersSteps(t *testing.T) {
	t.Parallel()
	d := newEditorDesk(t)
	bob := d.colleague()
	list := d.save(d.by, 1, add("a", "p", "Hers"))
	list = d.save(bob, list.Rev, add("b", "em", "His"))
	d.retracing(d.by, d.Undo)
	d.wantTexts("h1=Buy", "em=His")
	d.retracing(d.by, d.Redo)
	list, err := d.List(t.Context(), bob, d.x.ID.String(), d.variant)
	if err != nil {
		t.Fatal(err)
	}
	d.save(bob, list.Rev, EditOp{Do: opUpdate, ID: "a", Change: add("a", "p", "His now").Change})
	_, err = d.Undo(t.Context(), d.by, d.x.ID.String(), d.variant, "late")
	wantReason(t, err, CodeConflict, "undo_blocked")
}

func TestEditorRefuses(t *testing.T) {
	t.Parallel()
	d := newEditorDesk(t)
	many := make([]EditOp, maxOps+1)
	for name, in := range map[string]EditInput{
		"base_rev":               {BaseRev: 9, Request: "a", Ops: []EditOp{add("a", "p", "x")}},
		"request":                {BaseRev: 1, Ops: []EditOp{add("a", "p", "x")}},
		"ops":                    {BaseRev: 1, Request: "b", Ops: many},
		"ops[0].do":              {BaseRev: 1, Request: "c", Ops: []EditOp{{Do: "explode", ID: "a"}}},
		"ops[0].id":              {BaseRev: 1, Request: "d", Ops: []EditOp{add("a b", "p", "x")}},
		"ops[0].change":          {BaseRev: 1, Request: "e", Ops: []EditOp{{Do: opAdd, ID: "a"}}},
		"ops[0].change.selector": {BaseRev: 1, Request: "f", Ops: []EditOp{add("a", "p[", "x")}},
		"resolve":                {BaseRev: 1, Request: "g", Ops: []EditOp{add("a", "p", "x")}, Resolve: "all"},
		"ops[0].new":             {BaseRev: 1, Request: "h", Ops: []EditOp{{Do: opDuplicate, ID: "c1"}}},
	} {
		_, err := d.Save(t.Context(), d.by, d.x.ID.String(), d.variant, in)
		if _, ok := fields(t, err)[name]; !ok {
			t.Errorf("%s: got %v", name, err)
		}
	}
	_, err := d.try(d.by, 1, "", EditOp{Do: opRemove, ID: "none"})
	wantReason(t, err, CodeConflict, "edit_gone")
	_, err = d.try(Actor{Account: d.by.Account, User: d.by.User, Role: Viewer}, 1, "", add("a", "p", "x"))
	wantReason(t, err, CodeForbidden, "")
	_, err = d.Save(t.Context(), d.by, d.x.ID.String(), d.x.Variants()[0].ID.String(), EditInput{BaseRev: 1, Request: "z", Ops: []EditOp{add("a", "p", "x")}})
	wantReason(t, err, CodeConflict, "editor_control")
	stranger := newDesk(t)
	_, err = d.try(stranger.by, 1, "", add("a", "p", "x"))
	wantReason(t, err, CodeNotFound, "")
	if _, err := d.SetStatus(t.Context(), d.by, d.x.ID.String(), StatusChange{To: Running}); err != nil {
		t.Fatal(err)
	}
	_, err = d.try(d.by, 2, "", add("a", "p", "x"))
	wantReason(t, err, CodeConflict, "editor_frozen")
}

func TestEditorKeepsListsBounded(t *testing.T) {
	t.Parallel()
	d := newEditorDesk(t)
	var ops []EditOp
	for i := range maxChanges - 1 {
		ops = append(ops, add(fmt.Sprint("a", i), "p", "x"))
	}
	list := d.save(d.by, 1, ops...)
	_, err := d.try(d.by, list.Rev, "", add("one-more", "p", "x"))
	if fields(t, err)["ops"] != "too_many" {
		t.Errorf("got %v", err)
	}
}

func TestEditorTellsWhoElseIsThere(t *testing.T) {
	t.Parallel()
	d := newEditorDesk(t)
	now := time.Now()
	editor := NewVisualEditor(d.desk.db, d.Experiments, func() time.Time { return now })
	bob := d.colleague()
	see := func(by Actor) Presence {
		p, err := editor.See(t.Context(), by, d.x.ID.String(), d.variant)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if p := see(d.by); len(p.Others) != 0 || p.Rev != 1 {
		t.Errorf("alone: got %+v", p)
	}
	if p := see(bob); len(p.Others) != 1 || p.Others[0].Variant.String() != d.variant {
		t.Errorf("second: got %+v", p)
	}
	now = now.Add(time.Minute)
	if p := see(bob); len(p.Others) != 0 {
		t.Errorf("a minute later: got %+v", p)
	}
}

// A visitor of a combination gets the changes of all elements in one list, where each id is there once.
func TestEditorKeepsIDsOfElementsApart(t *testing.T) {
	t.Parallel()
	d := newEditorDesk(t)
	d.x = d.draft(t, page("factorial", ""))
	headline, button := d.x.Elements[0].Variants[1], d.x.Elements[1].Variants[1]
	d.variant = button.ID.String()
	for _, id := range []string{headline.Changes[0].ID, strings.ToUpper(headline.Changes[0].ID)} {
		_, err := d.try(d.by, 1, "", add(id, "#buy", "x"))
		if got := fields(t, err); got["ops"] != "duplicate" {
			t.Errorf("id %s: got %v, want duplicate", id, got)
		}
	}
	if _, err := d.try(d.by, 1, "", add("own", "#buy", "x")); err != nil {
		t.Error(err)
	}
}
