package dbtest

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// Running is a running experiment with two arms and one custom goal.
type Running struct {
	Account, User, Installation, ID, Goal uuid.UUID
	Token, Key, GoalKey                   string
}

// Experiment makes a running experiment in an account of its own: arms control and b, weights 5000 and 5000, goal buy.
func Experiment(t testing.TB, d *db.DB, allocator string) Running {
	t.Helper()
	ctx := t.Context()
	account, user := Account(t, d)
	x := Running{Account: account, User: user, Installation: uuid.Must(uuid.NewV7()), ID: uuid.Must(uuid.NewV7()), Goal: uuid.Must(uuid.NewV7()),
		Key: "test", GoalKey: "buy"}
	x.Token = "inst_" + x.Installation.String()
	now := time.Now()
	err := d.InTx(ctx, account, func(s *db.Store) error {
		var strategy *string
		if allocator == "thompson" {
			adaptive := "adaptive"
			strategy = &adaptive
		}
		for _, err := range []error{
			s.InsertInstallation(ctx, db.InsertInstallationParams{AccountID: account, ID: x.Installation, Name: "Site", SiteUrl: "http://site.test", Token: x.Token, Now: now}),
			s.InsertExperiment(ctx, db.InsertExperimentParams{AccountID: account, ID: x.ID, InstallationID: x.Installation, Key: x.Key, Name: "Test", Mode: "single",
				Allocator: allocator, Strategy: strategy, AllocatorParams: []byte("{}"), TrafficAllocation: 1, PlannedPerArm: 5000, CreatedBy: user, Now: now}),
			s.InsertElement(ctx, db.InsertElementParams{AccountID: account, ExperimentID: x.ID, Key: "page", Name: "Page"}),
			s.InsertVariant(ctx, db.InsertVariantParams{AccountID: account, ExperimentID: x.ID, Ord: 0, ID: uuid.Must(uuid.NewV7()), Key: "control", Name: "Control", Weight: 1, Changes: []byte("[]")}),
			s.InsertVariant(ctx, db.InsertVariantParams{AccountID: account, ExperimentID: x.ID, Ord: 1, ID: uuid.Must(uuid.NewV7()), Key: "b", Name: "B", Weight: 1, Changes: []byte("[]")}),
			s.InsertGoal(ctx, db.InsertGoalParams{AccountID: account, ExperimentID: x.ID, ID: x.Goal, Key: x.GoalKey, Name: "Buy", Role: "primary", Type: "custom", Config: []byte("{}"), WindowDays: 7}),
			s.InsertSplit(ctx, db.InsertSplitParams{AccountID: account, ExperimentID: x.ID, Arms: []string{"control", "b"}}),
			s.InsertEpoch(ctx, db.InsertEpochParams{AccountID: account, ExperimentID: x.ID, Epoch: 1, Weights: []int32{5000, 5000}, TrafficAllocation: 1, OpenedAt: now, Reason: "launch"}),
			s.UpdateExperimentStatus(ctx, db.UpdateExperimentStatusParams{AccountID: account, ID: x.ID, Status: "running", Now: now}),
		} {
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("make experiment: %v", err)
	}
	return x
}
