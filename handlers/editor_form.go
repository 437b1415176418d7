package handlers

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
)

// editByForm is the editor without scripts: one form of the list, posted.
func (h *server) editByForm(c echo.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	ctx, by := c.Request().Context(), actor(c)
	list, err := h.Editor.List(ctx, by, c.Param("id"), c.Param("variant"))
	if err != nil {
		return err
	}
	in := services.EditInput{Request: requestOf(f), Ops: typedOps(f, list.Edits)}
	in.BaseRev, _ = strconv.Atoi(f.Get("rev")) // what is no revision is refused as one
	if len(in.Ops) > 0 {
		_, err = h.Editor.Save(ctx, by, c.Param("id"), c.Param("variant"), in)
	}
	return h.backToEditor(c, err)
}

// requestOf names a form by what it holds, so that a button clicked twice counts once.
func requestOf(f url.Values) string {
	sum := sha256.Sum256([]byte(f.Encode()))
	return "form-" + hex.EncodeToString(sum[:16])
}

// typedOps are the steps that a form asks for.
func typedOps(f url.Values, edits []services.Edit) []services.EditOp {
	do, id := f.Get("do"), f.Get("id")
	at := slices.IndexFunc(edits, func(e services.Edit) bool { return e.Change.ID == id })
	switch {
	case do == "add":
		action := f.Get("action")
		return []services.EditOp{{Do: do, ID: requestOf(f)[:20], Change: typedChange(f, "", services.ChangeInput{Action: &action})}}
	case do == "duplicate":
		return []services.EditOp{{Do: do, ID: id, New: requestOf(f)[:20]}}
	case do == "up" && at > 0:
		return []services.EditOp{{Do: "move", ID: id, After: nameBefore(edits, at-1)}}
	case do == "down" && at >= 0 && at+1 < len(edits):
		return []services.EditOp{{Do: "move", ID: id, After: &edits[at+1].Change.ID}}
	case do == "update" && at >= 0:
		ops := []services.EditOp{{Do: do, ID: id, Change: typedChange(f, id, services.InputOf(edits[at].Change))}}
		if label := f.Get("label-" + id); label != edits[at].Label {
			ops = append(ops, services.EditOp{Do: "rename", ID: id, Label: label})
		}
		return ops
	case do == "up", do == "down":
		return nil
	}
	return []services.EditOp{{Do: do, ID: id}}
}

// nameBefore is the id of the edit before place i, empty when it is the first.
func nameBefore(edits []services.Edit, i int) *string {
	id := ""
	if i > 0 {
		id = edits[i-1].Change.ID
	}
	return &id
}

// typedChange lays what a form says over a change. What is left empty is not there; only a text may be empty.
func typedChange(f url.Values, id string, c services.ChangeInput) *services.ChangeInput {
	typed := func(name string) *string {
		if text := f.Get(name + "-" + id); text != "" {
			return &text
		}
		return nil
	}
	if f.Has("selector-" + id) {
		c.Selector = typed("selector")
	}
	if f.Has("name-" + id) {
		c.Name = typed("name")
	}
	if f.Has("position-" + id) {
		c.Position = typed("position")
	}
	c.Value = typed("value")
	if c.Value == nil && c.Action != nil && *c.Action == "text" {
		empty := ""
		c.Value = &empty
	}
	return &c
}
