package services

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

func textChange(selector, value string) *Change {
	return &Change{Selector: selector, Action: "text", Value: &value}
}

// editsOf are lists of up to eight edits on four places.
func editsOf(t *rapid.T) (out []Edit) {
	for i := range rapid.IntRange(0, 8).Draw(t, "edits") {
		change := textChange(rapid.SampledFrom([]string{"h1", "p", "a", "#buy"}).Draw(t, "selector"), fmt.Sprint(i))
		change.ID = fmt.Sprintf("c%d", i)
		out = append(out, Edit{Change: *change, Label: rapid.SampledFrom([]string{"", "Headline"}).Draw(t, "label"), Off: rapid.Bool().Draw(t, "off")})
	}
	return out
}

// opOn is a step that fits a list.
func opOn(t *rapid.T, edits []Edit, n int) editOp {
	fresh := fmt.Sprintf("n%d", n)
	change := textChange(rapid.SampledFrom([]string{"h1", "p", "em"}).Draw(t, "to"), fresh)
	ids := []string{""}
	for _, e := range edits {
		ids = append(ids, e.Change.ID)
	}
	after := rapid.SampledFrom(ids).Draw(t, "after")
	if len(edits) == 0 {
		return editOp{Do: opAdd, ID: fresh, Change: change, After: &after}
	}
	do := rapid.SampledFrom([]string{opAdd, opUpdate, opRemove, opMove, opEnable, opDisable, opRename, opDuplicate}).Draw(t, "do")
	op := editOp{Do: do, ID: rapid.SampledFrom(ids[1:]).Draw(t, "id")}
	switch do {
	case opAdd:
		op.ID, op.Change, op.After = fresh, change, &after
	case opUpdate:
		op.Change = change
	case opMove:
		op.After = &after
	case opRename:
		op.Label = fresh
	case opDuplicate:
		op.New = fresh
	}
	return op
}

// opsOn are up to ten steps that fit one after the other, and the list that they lead to.
func opsOn(t *rapid.T, edits []Edit) (ops []editOp, out []Edit) {
	out = edits
	for n := range rapid.IntRange(1, 10).Draw(t, "steps") {
		op := opOn(t, out, n)
		var err error
		if out, _, err = op.apply(out, uuid.Nil, time.Time{}); err != nil {
			t.Fatalf("%+v: %v", op, err)
		}
		ops = append(ops, op)
	}
	return ops, out
}

func TestInverseStepsLeadBackExactly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		was := editsOf(t)
		ops, want := opsOn(t, was)
		is, inverse, _, err := applyAll(was, ops, uuid.Nil, time.Time{})
		if diff := cmp.Diff(want, is); err != nil || diff != "" {
			t.Fatalf("steps: %v %s", err, diff)
		}
		back, forth, _, err := applyAll(is, inverse, uuid.Nil, time.Time{})
		if err != nil || !slices.EqualFunc(was, back, sameEdit) {
			t.Fatalf("back (-was +back): %v\n%s", err, cmp.Diff(was, back))
		}
		again, _, _, err := applyAll(back, forth, uuid.Nil, time.Time{})
		if err != nil || !slices.EqualFunc(is, again, sameEdit) {
			t.Fatalf("forth again (-is +again): %v\n%s", err, cmp.Diff(is, again))
		}
	})
}

func sameEdit(a, b Edit) bool { return cmp.Equal(a, b) }

func TestStepsLeaveTheListTheyStartFromAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		was := editsOf(t)
		before := slices.Clone(was)
		opsOn(t, was)
		if !slices.EqualFunc(was, before, sameEdit) {
			t.Fatal(cmp.Diff(before, was))
		}
	})
}

// Two people's steps that touch nothing in common lead to the same changes in either order, so rebasing one over the other is safe.
func TestUndisputedStepsCommute(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		was := editsOf(t)
		theirs, mine := opOn(t, was, 100), opOn(t, was, 200)
		if theirs.Do == opMove && mine.Do == opMove || disputed(was, []editOp{mine}, theirs.touches(was), false)[0] {
			t.Skip("disputed")
		}
		one, _, _, err := applyAll(was, []editOp{theirs, mine}, uuid.Nil, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		other, _, _, err := applyAll(was, []editOp{mine, theirs}, uuid.Nil, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		byID := func(a, b Edit) int { return strings.Compare(a.Change.ID, b.Change.ID) }
		slices.SortFunc(one, byID)
		slices.SortFunc(other, byID)
		if !slices.EqualFunc(one, other, sameEdit) {
			t.Fatalf("theirs %+v, mine %+v:\n%s", theirs, mine, cmp.Diff(one, other))
		}
	})
}

// Whatever two people did from the same list, either way of settling leads to a list, and "copies" loses nothing of theirs.
func TestSettledStepsAlwaysFit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		was := editsOf(t)
		theirs, _ := opsOn(t, was)
		for i := range theirs {
			theirs[i] = renumbered(theirs[i])
		}
		now, _, touched, err := applyAll(was, theirs, uuid.Nil, time.Time{})
		if err != nil {
			t.Skip("their own numbers met")
		}
		mine, _ := opsOn(t, was)
		contested := disputed(now, mine, touched, false)
		for _, how := range []string{"mine", "copies"} {
			out, _, _, err := applyAll(now, settle(now, mine, touched, contested, how), uuid.Nil, time.Time{})
			if err != nil {
				t.Fatalf("%s: %v", how, err)
			}
			for _, e := range now {
				if how == "copies" && placeOf(out, e.Change.ID) < 0 && slices.Contains(touched, "edit:"+e.Change.ID) {
					t.Fatalf("copies lost their %s", e.Change.ID)
				}
			}
		}
	})
}

// renumbered gives what one person adds other ids than another person's.
func renumbered(op editOp) editOp {
	other := func(id string) string {
		if id != "" && id[0] == 'n' {
			return "t" + id[1:]
		}
		return id
	}
	op.ID, op.New = other(op.ID), other(op.New)
	if op.After != nil {
		after := other(*op.After)
		op.After = &after
	}
	return op
}
