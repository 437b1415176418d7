package services

import (
	"errors"
	"fmt"
)

// Bounds of one save.
const (
	maxOps     = 200
	maxRequest = 64
	maxLabel   = 120
)

// EditOp is one step on the list of a variant's changes, as sent.
type EditOp struct {
	Do     string       `json:"do" enum:"add,update,remove,move,enable,disable,rename,duplicate"`
	ID     string       `json:"id" doc:"The change it is about; of add the id that it gets"`
	Change *ChangeInput `json:"change,omitempty" doc:"add, update: the whole change"`
	After  *string      `json:"after,omitempty" doc:"add, move: the change it comes after, empty for the first place, absent for the last"`
	Label  string       `json:"label,omitempty" doc:"add, rename: what people call it"`
	Off    bool         `json:"off,omitempty" doc:"add: not shown to anybody until it is enabled"`
	New    string       `json:"new,omitempty" doc:"duplicate: the id of the copy"`
}

// EditInput is one save.
type EditInput struct {
	BaseRev int      `json:"base_rev" doc:"The revision that the steps were made from"`
	Request string   `json:"request" doc:"Any text of at most 64 characters that no other save of the experiment has: sent twice it counts once"`
	Ops     []EditOp `json:"ops"`
	Resolve string   `json:"resolve,omitempty" enum:"mine,copies" doc:"What to do where somebody else changed the same since: overwrite it, or keep both"`
}

// checked judges a save for a site.
func (in EditInput) checked(site string) ([]editOp, error) {
	f := Fields{}
	f.request("request", in.Request)
	if in.Resolve != "" {
		f.oneOf("resolve", in.Resolve, []string{"mine", "copies"})
	}
	switch {
	case len(in.Ops) == 0:
		f.add("ops", "required", "Is required: at least one step.")
	case len(in.Ops) > maxOps:
		f.add("ops", "too_many", fmt.Sprintf("Must be at most %d steps.", maxOps))
		return nil, f.err()
	}
	out := make([]editOp, len(in.Ops))
	for i, op := range in.Ops {
		out[i] = f.editOp(fmt.Sprintf("ops[%d]", i), site, op)
	}
	return out, f.err()
}

func (f Fields) request(path, request string) {
	if request = f.line(path, request, maxRequest, true); len(request) > maxRequest {
		f.add(path, "too_long", "Must have at most 64 bytes.")
	}
}

func (f Fields) editOp(path, site string, in EditOp) editOp {
	out := editOp{Do: in.Do, ID: in.ID, Label: f.line(path+".label", in.Label, maxLabel, false)}
	f.editID(path+".id", in.ID)
	if in.After != nil && *in.After != "" {
		f.editID(path+".after", *in.After)
	}
	switch in.Do {
	case opAdd, opUpdate:
		if in.Change == nil {
			f.add(path+".change", "required", "Is required.")
			break
		}
		change := f.change(path+".change", site, *in.Change)
		change.ID = in.ID
		out.Change = &change
		if in.Do == opAdd {
			out.After, out.Off = in.After, in.Off
		}
	case opMove:
		out.After = in.After
	case opDuplicate:
		f.editID(path+".new", in.New)
		out.New = in.New
	case opRemove, opEnable, opDisable, opRename:
	default:
		f.add(path+".do", "unknown", "Must be add, update, remove, move, enable, disable, rename or duplicate.")
	}
	return out
}

func (f Fields) editID(path, id string) {
	if !changeID.MatchString(id) {
		f.add(path, "key", "Must have 1 to 64 characters of A-Z, a-z, 0-9, _ and -.")
	}
}

// InputOf is a change as it would be sent, to be changed in parts.
func InputOf(c Change) ChangeInput { return changeInput(c) }

// Contested are the steps that an edited_elsewhere conflict names.
func (in EditInput) Contested(conflict error) (out []EditOp) {
	var e *Error
	if !errors.As(conflict, &e) {
		return nil
	}
	for i, op := range in.Ops {
		if _, named := e.Fields[fmt.Sprintf("ops[%d]", i)]; named {
			out = append(out, op)
		}
	}
	return out
}

// About says whether a step is about a change: the change itself, or the place on the page that it writes.
func (op EditOp) About(id, action, name, selector string) bool {
	if op.ID == id {
		return true
	}
	c := op.Change
	return c != nil && orEmpty(c.Action) == action && orEmpty(c.Name) == name && orEmpty(c.Selector) == selector
}
