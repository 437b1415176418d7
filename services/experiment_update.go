package services

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine"
)

// reasonTraffic is the reason of an epoch that only the traffic share separates from the one before.
const reasonTraffic = "traffic_changed"

// Update changes an experiment. Editors and above may. Of a draft anything may change; of a running one only the traffic share, and
// the weights of a fixed split, each opening an audited epoch. version, when given, must still be the experiment's.
// Nothing different changes nothing. NotFound if absent or another account's, Invalid naming the fields, Conflict when the state
// forbids the change, Stale when the version is not the current one.
func (e *Experiments) Update(ctx context.Context, by Actor, id string, in ExperimentInput, version *int) (Experiment, error) {
	if err := by.may(Editor); err != nil {
		return Experiment{}, err
	}
	key, err := experimentID(id)
	if err != nil {
		return Experiment{}, err
	}
	if in.Elements != nil && in.Variants != nil {
		return Experiment{}, twice()
	}
	var after Experiment
	err = e.db.InTx(ctx, by.Account, func(s *db.Store) error {
		if err := waitForSplits(ctx, s, by, key); err != nil {
			return err
		}
		if _, err := s.LockExperiment(ctx, by.Account, key); err != nil {
			return orNotFound(err, "experiment")
		}
		x, err := e.one(ctx, s, by, key)
		if err != nil {
			return err
		}
		if err := stale(version, x.Version); err != nil {
			return err
		}
		switch x.Status {
		case Draft:
			err = e.updateDraft(ctx, s, by, x, in)
		case Running:
			err = e.updateRunning(ctx, s, by, x, in)
		default:
			err = conflict("state", fmt.Sprintf("An experiment that is %s cannot be changed.", x.Status))
		}
		if err != nil {
			return err
		}
		after, err = e.one(ctx, s, by, key)
		return err
	})
	if db.IsUnique(err, db.ExperimentsKeyKey) {
		return after, taken()
	}
	return after, err
}

func (e *Experiments) updateDraft(ctx context.Context, s *db.Store, by Actor, x Experiment, in ExperimentInput) error {
	d, err := e.checked(ctx, s, by, in.over(x.Input()))
	if err != nil {
		return err
	}
	d.keepIDs(x.Definition)
	pairs, err := d.pairsColumn()
	if err != nil {
		return err
	}
	if same, err := equalJSON(d, x.Definition); same || err != nil {
		return err
	}
	for _, drop := range []func(context.Context, uuid.UUID, uuid.UUID) error{s.DeleteVariants, s.DeleteElements, s.DeleteGoals} {
		if err := drop(ctx, by.Account, x.ID); err != nil {
			return fmt.Errorf("replace draft: %w", err)
		}
	}
	if err := insertBelow(ctx, s, by, x.ID, d); err != nil {
		return err
	}
	params, err := json.Marshal(d.AllocatorParams)
	if err != nil {
		return fmt.Errorf("allocator params: %w", err)
	}
	rules, err := d.columns()
	if err != nil {
		return err
	}
	payload, err := auditChange(x.Definition, d)
	if err != nil {
		return err
	}
	now := e.clock.now()
	seq, err := record(ctx, s, now, by, "experiment.updated", experimentObject(x.ID), payload)
	if err != nil {
		return err
	}
	err = s.UpdateExperimentDraft(ctx, db.UpdateExperimentDraftParams{AccountID: by.Account, ID: x.ID, InstallationID: d.InstallationID, Key: d.Key, Name: d.Name,
		Hypothesis: d.Hypothesis, Url: d.URL, Mode: d.Mode, Allocator: d.Allocator, Strategy: d.Strategy, AllocatorParams: params,
		TrafficAllocation: d.TrafficAllocation, Targeting: rules.targeting, Schedule: rules.schedule, Exclusions: rules.exclusions,
		Layer: rules.layer, Holdout: rules.holdout, PlannedPerArm: int32(x.PlannedPerArm),
		ExcludedPairs: pairs, Now: now, AuditSeq: &seq})
	if err != nil {
		return fmt.Errorf("update draft: %w", err)
	}
	return nil
}

// keepIDs lets variants and goals keep the ids they had under the same key.
func (d *Definition) keepIDs(was Definition) {
	for i := range d.Elements {
		for j := range d.Elements[i].Variants {
			v := &d.Elements[i].Variants[j]
			for _, old := range was.element(d.Elements[i].Key).Variants {
				if old.Key == v.Key {
					v.ID = old.ID
				}
			}
		}
	}
	for i := range d.Goals {
		for _, old := range was.Goals {
			if old.Key == d.Goals[i].Key {
				d.Goals[i].ID = old.ID
			}
		}
	}
}

// element returns the one with a key; the only one there is, whatever its key.
func (d Definition) element(key string) Element {
	for _, e := range d.Elements {
		if e.Key == key || d.Mode == ModeSingle {
			return e
		}
	}
	return Element{}
}

func frozen() error {
	return conflict("frozen", "Since it was started only traffic_allocation can change, and with allocator sequential the weights. Duplicate it to change more.")
}

func (e *Experiments) updateRunning(ctx context.Context, s *db.Store, by Actor, x Experiment, in ExperimentInput) error {
	full, at, ok := in.overArms(x.Input())
	if !ok {
		return frozen()
	}
	d, err := e.checked(ctx, s, by, full)
	if err != nil {
		return renumber(err, at)
	}
	d.keepIDs(x.Definition)
	same, err := equalJSON(d.withoutTraffic(), x.withoutTraffic())
	if err != nil {
		return err
	}
	weights, err := d.firstWeights()
	if err != nil {
		return renumber(err, at)
	}
	reweighted := changedRatios(x.Definition, d)
	someReweighted, retrafficked := slices.Contains(reweighted, true), d.TrafficAllocation != x.TrafficAllocation
	switch {
	case !same, someReweighted && x.Learns():
		return frozen()
	case !someReweighted && !retrafficked:
		return nil
	}
	for i := range weights {
		if !reweighted[i] {
			weights[i] = nil
		}
	}
	return e.openEpochs(ctx, s, by, x, d, weights)
}

// changedRatios says of each split whether people chose other weights for it.
func changedRatios(before, after Definition) []bool {
	was, is := before.splits(), after.splits()
	out := make([]bool, len(is))
	for i := range is {
		out[i] = i < len(was) && !slices.Equal(was[i].ratios(), is[i].ratios())
	}
	return out
}

// withoutTraffic is what stays frozen after the start.
func (d Definition) withoutTraffic() Definition {
	d.TrafficAllocation = 0
	d.Elements = slices.Clone(d.Elements)
	for i := range d.Elements {
		d.Elements[i].Variants = slices.Clone(d.Elements[i].Variants)
		for j := range d.Elements[i].Variants {
			d.Elements[i].Variants[j].Weight = 0
		}
	}
	return d
}

// stale refuses a version that is not the current one; nil asks for none.
func stale(version *int, have int) error {
	if version != nil && *version != have {
		return &Error{Code: CodeStale, Reason: "changed_elsewhere", Message: fmt.Sprintf("Somebody changed it since: the version is %d now. Read it again.", have)}
	}
	return nil
}

// openEpochs writes the change and the epochs that start with it: one in each split that has new weights, nil being none, and with
// another traffic share in all of them.
func (e *Experiments) openEpochs(ctx context.Context, s *db.Store, by Actor, x Experiment, d Definition, weights []engine.Weights) error {
	now, seq := e.clock.now(), int64(0)
	for i, split := range d.splits() {
		if weights[i] == nil && d.TrafficAllocation == x.TrafficAllocation {
			continue
		}
		var err error
		if seq, err = e.openEpoch(ctx, s, by, x, d, int16(i), split, weights[i], now); err != nil {
			return err
		}
	}
	if err := updateWeights(ctx, s, by, x.ID, d); err != nil {
		return err
	}
	err := s.UpdateExperimentTraffic(ctx, db.UpdateExperimentTrafficParams{AccountID: by.Account, ID: x.ID, TrafficAllocation: d.TrafficAllocation, Now: now, AuditSeq: &seq})
	if err != nil {
		return fmt.Errorf("update traffic: %w", err)
	}
	return nil
}

// openEpoch opens the next epoch of one split; without weights those of the last go on: a learning split keeps what it has learned.
func (e *Experiments) openEpoch(ctx context.Context, s *db.Store, by Actor, x Experiment, d Definition, at int16, split plannedSplit, weights engine.Weights, now time.Time) (seq int64, err error) {
	last, err := s.LastEpoch(ctx, db.LastEpochParams{AccountID: by.Account, ExperimentID: x.ID, Split: at})
	if err != nil {
		return 0, fmt.Errorf("last epoch: %w", err)
	}
	was := weightsOf(last.Weights)
	action, reason := "experiment.weights", string(engine.ReasonChanged)
	if weights == nil {
		action, reason, weights = "experiment.traffic", reasonTraffic, was
	}
	payload := map[string]any{
		"epoch": last.Epoch + 1,
		"old":   map[string]any{"traffic_allocation": decimal(x.TrafficAllocation), "weights": auditWeights(split.keys(), was)},
		"new":   map[string]any{"traffic_allocation": decimal(d.TrafficAllocation), "weights": auditWeights(split.keys(), weights)},
	}
	if split.key != "" {
		payload["split"] = split.key
	}
	if seq, err = record(ctx, s, now, by, action, experimentObject(x.ID), payload); err != nil {
		return 0, err
	}
	err = s.InsertEpoch(ctx, db.InsertEpochParams{AccountID: by.Account, ExperimentID: x.ID, Split: at, Epoch: last.Epoch + 1, Weights: units(weights),
		TrafficAllocation: d.TrafficAllocation, OpenedAt: now, Reason: reason, AuditSeq: &seq})
	if err != nil {
		return 0, fmt.Errorf("insert epoch: %w", err)
	}
	return seq, nil
}

func updateWeights(ctx context.Context, s *db.Store, by Actor, id uuid.UUID, d Definition) error {
	for i, element := range d.Elements {
		for j, v := range element.Variants {
			err := s.UpdateVariantWeight(ctx, db.UpdateVariantWeightParams{AccountID: by.Account, ExperimentID: id, Element: int16(i), Ord: int16(j), Weight: v.Weight})
			if err != nil {
				return fmt.Errorf("update weight: %w", err)
			}
		}
	}
	return nil
}

var armPath = regexp.MustCompile(`^(?:elements\[(\d+)\]\.)?variants\[(\d+)\]`)

// renumber names problems of elements and variants by where the patch had them.
func renumber(err error, at armPlaces) error {
	var bad *Error
	if !errors.As(err, &bad) || bad.Fields == nil {
		return err
	}
	fields := Fields{}
	for path, problem := range bad.Fields {
		fields[at.rename(path)] = problem
	}
	return fields.err()
}

func (at armPlaces) rename(path string) string {
	m := armPath.FindStringSubmatch(path)
	if m == nil {
		return path
	}
	e, _ := strconv.Atoi(m[1]) // none is the first
	v, _ := strconv.Atoi(m[2])
	if e >= len(at.variants) || v >= len(at.variants[e]) || at.variants[e][v] < 0 {
		return path
	}
	named := fmt.Sprintf("variants[%d]", at.variants[e][v])
	if m[1] != "" {
		named = fmt.Sprintf("elements[%d].%s", at.elements[e], named)
	}
	return named + path[len(m[0]):]
}
