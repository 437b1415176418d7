package services

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// disputed says which steps write what somebody else wrote since they were made; all of them do when nobody knows what was written.
func disputed(edits []Edit, ops []editOp, theirs []string, unknown bool) []bool {
	out := make([]bool, len(ops))
	for i, op := range ops {
		out[i] = unknown || slices.ContainsFunc(op.touches(edits), func(name string) bool { return slices.Contains(theirs, name) })
	}
	return out
}

// settling rewrites steps that others have disputed so that they can be taken, one after the other.
type settling struct {
	edits  []Edit // after the steps so far
	theirs []string
	ops    []editOp
	copies map[string]string // id of a change → id of the copy that my steps are about instead
}

// settle rewrites disputed steps. With "mine" they win over what others wrote; with "copies" what they write is added beside it, and
// those that write nothing of their own are left out. Steps that no longer fit are left out, too.
func settle(edits []Edit, ops []editOp, theirs []string, contested []bool, how string) []editOp {
	s := settling{edits: edits, theirs: theirs, copies: map[string]string{}}
	for i, op := range ops {
		copied, known := s.copies[op.ID]
		switch {
		case known:
			op.ID = copied
			s.take(op)
		case !contested[i]:
			s.take(op)
		case how == "mine":
			s.win(op)
		case op.Change != nil:
			s.copy(op)
		}
	}
	return s.ops
}

func (s *settling) take(op editOp) {
	if next, _, err := op.apply(s.edits, uuid.Nil, time.Time{}); err == nil {
		s.edits, s.ops = next, append(s.ops, op)
	}
}

// win overrules others: what they put in the same place goes, and what they removed comes back.
func (s *settling) win(op editOp) {
	if op.Change == nil {
		s.take(op)
		return
	}
	for _, e := range s.edits {
		if e.Change.ID != op.ID && spotOf(e.Change) == spotOf(*op.Change) && slices.Contains(s.theirs, "edit:"+e.Change.ID) {
			s.take(editOp{Do: opRemove, ID: e.Change.ID})
		}
	}
	op.Do = opAdd
	if placeOf(s.edits, op.ID) >= 0 {
		op.Do = opUpdate
	}
	s.take(op)
}

// copy adds what a step writes beside what others wrote, under the same name and off where that is.
func (s *settling) copy(op editOp) {
	taken := map[string]bool{}
	for _, e := range s.edits {
		taken[e.Change.ID] = true
	}
	label, off := op.Label, op.Off
	if i := placeOf(s.edits, op.ID); i >= 0 {
		label, off = s.edits[i].Label, s.edits[i].Off
	}
	id := freeKey(op.ID, taken)
	s.copies[op.ID] = id
	s.take(editOp{Do: opAdd, ID: id, Change: op.Change, Label: label, Off: off})
}
