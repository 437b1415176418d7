package services

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Edit is one change of a variant as the editor lists it: with its name, whether it is switched off, and who touched it last.
type Edit struct {
	Change Change    `json:"change"`
	Label  string    `json:"label,omitempty"`
	Off    bool      `json:"off,omitempty"`
	By     uuid.UUID `json:"by"`
	At     time.Time `json:"at"`
}

// What an EditOp does.
const (
	opAdd       = "add"
	opUpdate    = "update"
	opRemove    = "remove"
	opMove      = "move"
	opEnable    = "enable"
	opDisable   = "disable"
	opRename    = "rename"
	opDuplicate = "duplicate"
)

// editOp is one step on a list of edits, checked. Places are named by the edit before them, so that steps made from different
// versions of a list still fit together.
type editOp struct {
	Do     string  `json:"do"`
	ID     string  `json:"id"`
	Change *Change `json:"change,omitempty"` // add, update
	After  *string `json:"after,omitempty"`  // add, move: the edit it comes after, "" for the first place, nil for the last
	Label  string  `json:"label,omitempty"`  // add, rename
	Off    bool    `json:"off,omitempty"`    // add
	New    string  `json:"new,omitempty"`    // duplicate: id of the copy
}

// placeOf finds an edit. On pages ids are told apart without regard to capitals.
func placeOf(edits []Edit, id string) int {
	return slices.IndexFunc(edits, func(e Edit) bool { return strings.EqualFold(e.Change.ID, id) })
}

// before names the edit before place i.
func before(edits []Edit, i int) *string {
	id := ""
	if i > 0 {
		id = edits[i-1].Change.ID
	}
	return &id
}

// insertAfter puts an edit behind the one named, and at the end when that one is gone.
func insertAfter(edits []Edit, after *string, e Edit) []Edit {
	at := len(edits)
	if after != nil && *after == "" {
		at = 0
	} else if after != nil {
		if i := placeOf(edits, *after); i >= 0 {
			at = i + 1
		}
	}
	return slices.Insert(slices.Clone(edits), at, e)
}

func goneEdit() error {
	return conflict("edit_gone", "This change is no longer in the list. Somebody removed it.")
}

// apply returns the list after a step, and the step that takes it back. The list itself stays as it is.
func (op editOp) apply(edits []Edit, by uuid.UUID, now time.Time) ([]Edit, editOp, error) {
	if op.Do == opAdd {
		return op.add(edits, by, now)
	}
	i := placeOf(edits, op.ID)
	if i < 0 {
		return nil, editOp{}, goneEdit()
	}
	out := slices.Clone(edits)
	e, inverse := &out[i], editOp{ID: op.ID}
	old := *e
	e.By, e.At = by, now
	switch op.Do {
	case opUpdate:
		e.Change, e.Change.ID = *op.Change, op.ID
		inverse.Do, inverse.Change = opUpdate, &old.Change
	case opRemove:
		inverse = editOp{Do: opAdd, ID: op.ID, Change: &old.Change, After: before(edits, i), Label: old.Label, Off: old.Off}
		out = slices.Delete(out, i, i+1)
	case opMove:
		inverse.Do, inverse.After = opMove, before(edits, i)
		moved := out[i]
		out = insertAfter(slices.Delete(out, i, i+1), op.After, moved)
	case opEnable, opDisable:
		inverse.Do = opEnable
		if old.Off {
			inverse.Do = opDisable
		}
		e.Off = op.Do == opDisable
	case opRename:
		inverse.Do, inverse.Label = opRename, old.Label
		e.Label = op.Label
	case opDuplicate:
		return op.duplicate(edits, old, by, now)
	default:
		return nil, editOp{}, fmt.Errorf("editor: no such step %q", op.Do)
	}
	return out, inverse, nil
}

func (op editOp) add(edits []Edit, by uuid.UUID, now time.Time) ([]Edit, editOp, error) {
	if placeOf(edits, op.ID) >= 0 {
		return nil, editOp{}, conflict("edit_exists", "A change with this id is in the list already.")
	}
	change := *op.Change
	change.ID = op.ID
	added := Edit{Change: change, Label: op.Label, Off: op.Off, By: by, At: now}
	return insertAfter(edits, op.After, added), editOp{Do: opRemove, ID: op.ID}, nil
}

func (op editOp) duplicate(edits []Edit, old Edit, by uuid.UUID, now time.Time) ([]Edit, editOp, error) {
	return editOp{ID: op.New, Change: &old.Change, After: &old.Change.ID, Label: old.Label, Off: old.Off}.add(edits, by, now)
}

// applyAll takes steps one after the other. The returned steps take all of them back, the last one first; touched names what they
// wrote.
func applyAll(edits []Edit, ops []editOp, by uuid.UUID, now time.Time) (out []Edit, inverse []editOp, touched []string, err error) {
	out = edits
	for _, op := range ops {
		touched = append(touched, op.touches(out)...)
		var back editOp
		if out, back, err = op.apply(out, by, now); err != nil {
			return nil, nil, nil, err
		}
		inverse = append(inverse, back)
	}
	slices.Reverse(inverse)
	slices.Sort(touched)
	return out, inverse, slices.Compact(touched), nil
}

// touches names what a step writes: the change itself, and the place on the page that it is about. Two steps that share a name
// cannot both be right.
func (op editOp) touches(edits []Edit) []string {
	switch op.Do {
	case opRename:
		return []string{"label:" + op.ID}
	case opMove:
		return []string{"order:" + op.ID}
	case opDuplicate:
		return []string{"edit:" + op.New, "edit:" + op.ID, "label:" + op.ID}
	}
	out := []string{"edit:" + op.ID}
	if op.Do == opRemove {
		out = append(out, "label:"+op.ID, "order:"+op.ID)
	}
	if i := placeOf(edits, op.ID); i >= 0 {
		out = append(out, spotOf(edits[i].Change))
	}
	if op.Change != nil {
		out = append(out, spotOf(*op.Change))
	}
	return out
}

// spotOf names the place on the page that a change writes.
func spotOf(c Change) string {
	return "slot:" + c.Action + " " + c.Name + " " + c.Selector
}

// inForce are the changes that pages get.
func inForce(edits []Edit) []Change {
	out := []Change{}
	for _, e := range edits {
		if !e.Off {
			out = append(out, e.Change)
		}
	}
	return out
}

// reconcile returns the list that stands for a variant's stored changes, which other doors may have written: what is known of a
// change stays known, what is switched off goes to the end, and elsewhere says that the two differed.
func reconcile(edits []Edit, stored []Change, at time.Time) (out []Edit, elsewhere bool, err error) {
	same, err := equalJSON(inForce(edits), append([]Change{}, stored...))
	if same || err != nil {
		return edits, false, err
	}
	for _, c := range stored {
		e := Edit{Change: c, At: at}
		if i := placeOf(edits, c.ID); i >= 0 {
			e.Label = edits[i].Label
			if same, err := equalJSON(edits[i].Change, c); err != nil {
				return nil, false, err
			} else if same {
				e.By, e.At = edits[i].By, edits[i].At
			}
		}
		out = append(out, e)
	}
	for _, e := range edits {
		if e.Off && placeOf(out, e.Change.ID) < 0 {
			out = append(out, e)
		}
	}
	return out, true, nil
}
