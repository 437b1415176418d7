package services

import (
	"encoding/json"

	"github.com/google/uuid"
)

// Assignment is the answer. When Reason is set the visitor is not in the experiment and gets the control.
type Assignment struct {
	Reason     string
	Experiment *live // nil: no such experiment
	Winner     bool  // everyone gets this variant; nothing is stored
	Forced     bool  // asked for with a preview token; nothing is stored
	Arms       []ArmOf
	New        bool // the visitor had no variant before
	Stored     bool // the database holds it
}

// ArmOf is the visitor's arm in one split.
type ArmOf struct {
	split *liveSplit
	arm   int16
	epoch int32
}

// ExperimentID and the accessors below are what an answer shows of the experiment.
func (a Assignment) ExperimentID() uuid.UUID { return a.Experiment.id }

// ExperimentKey is the experiment's key.
func (a Assignment) ExperimentKey() string { return a.Experiment.key }

// PagePattern is that of the experiment's pages, empty for all.
func (a Assignment) PagePattern() string { return a.Experiment.url }

// Variant is the variant of the only split. ok is false when the experiment has several.
func (a Assignment) Variant() (id uuid.UUID, key, name string, control, ok bool) {
	if len(a.Arms) != 1 {
		return id, "", "", false, false
	}
	arm := a.Arms[0]
	return arm.shown().id, arm.Arm(), arm.shown().name, arm.arm == 0, true
}

// Changes is the change list to apply, as JSON: those of all elements in their order.
func (a Assignment) Changes() json.RawMessage {
	changes := a.Arms[0].shown().changes
	for _, arm := range a.Arms[1:] {
		changes = joinLists(changes, arm.shown().changes)
	}
	return changes
}

func (a ArmOf) shown() *liveArm { return &a.split.shown[a.arm] }

// Part is the variant of one element.
type Part struct{ Element, Variant string }

// Parts are the variants that make the arm.
func (a ArmOf) Parts() []Part {
	out := make([]Part, len(a.shown().parts))
	for i, p := range a.shown().parts {
		out[i] = Part{p.element, p.variant}
	}
	return out
}

// Arm is the arm's key.
func (a ArmOf) Arm() string { return a.split.arms[a.arm] }

// Epoch is the numbered set of weights the choice was made under; 0 for a winner and in a preview.
func (a ArmOf) Epoch() int32 { return a.epoch }

// Propensity is the published probability of the arm in its epoch.
func (a ArmOf) Propensity() float64 { return a.split.propensity(a.arm, a.epoch) }

// Doors have a text of their own for each answer.
const (
	DoorTracker = iota
	DoorOFREP
)

// Rendered returns a door's text for this arm and epoch, building it the first time. Only the answers of experiments with one
// split are kept: they are few and asked for all the time.
func (a Assignment) Rendered(door int, build func(Assignment) []byte) []byte {
	if len(a.Arms) != 1 || a.Forced {
		return build(a)
	}
	k := renderedKey{door, a.Arms[0].arm, a.Arms[0].epoch}
	if b, ok := a.Experiment.rendered.Load(k); ok {
		return b.([]byte)
	}
	b := build(a)
	a.Experiment.rendered.Store(k, b)
	return b
}

type renderedKey struct {
	door  int
	arm   int16
	epoch int32
}
