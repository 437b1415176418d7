package handlers

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

var sorted = cmpopts.SortSlices(func(a, b string) bool { return a < b })

func sortedKeys(o members) []string { return slices.Sorted(maps.Keys(o)) }

// crowd brings visitors to an arm of an experiment now; the first of them reach its first goal.
func (b *testBundle) crowd(x members, arm, visitors, conversions int) {
	b.t.Helper()
	at := b.clock.Now()
	id, goal := uuid.MustParse(x["id"].(string)), uuid.MustParse(x["goals"].([]any)[0].(members)["id"].(string))
	account, site := b.home(x)
	batch := db.Batch{Now: at}
	var events []db.NewEvent
	for i := range visitors {
		visitor := fmt.Sprintf("%d-%d-%s", arm, i, uuid.NewString())
		batch.Assignments = append(batch.Assignments, db.NewAssignment{Account: account, Experiment: id, Visitor: visitor, Arm: int16(arm), Epoch: 1,
			Propensity: .5, At: at, Exposed: true, Door: db.DoorAssign, Counted: true})
		if i < conversions {
			events = append(events, db.NewEvent{Account: account, ID: uuid.Must(uuid.NewV7()), Day: at.UTC().Truncate(24 * time.Hour), Kind: db.KindConversion,
				Installation: site, Experiment: id, Goal: goal, Window: 7, Visitor: visitor, Occurred: at.Add(time.Second), Received: at.Add(time.Second)})
		}
	}
	for _, part := range []db.Batch{batch, {Now: at, Events: events}} {
		if _, err := b.db.Apply(b.t.Context(), part); err != nil {
			b.t.Fatal(err)
		}
	}
}

// home is the account and the site of an experiment.
func (b *testBundle) home(x members) (account, site uuid.UUID) {
	b.t.Helper()
	err := b.db.AsSystem(b.t.Context(), func(s *db.Store) error {
		rows, err := s.SnapshotExperiments(b.t.Context(), "0")
		for _, r := range rows {
			if r.ID.String() == x["id"] {
				account, site = r.AccountID, r.InstallationID
			}
		}
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return account, site
}
