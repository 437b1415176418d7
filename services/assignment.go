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
	n := int(a.Arms[0].arm)
	v := a.Experiment.variants[n]
	return v.id, v.key, v.name, n == 0, true
}

// Changes is the change list to apply, as JSON.
func (a Assignment) Changes() json.RawMessage {
	return a.Experiment.variants[a.Arms[0].arm].changes
}

// Element is the key of what the split tests; a factorial split tests all elements at once and has none.
func (a ArmOf) Element() string { return a.split.element }

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
