package services

import (
	"context"
	"fmt"
	"math"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/engine"
	"github.com/samplit/samplit/engine/stats"
)

// What an ended experiment came to.
const (
	OutcomeWon          = "won"          // a variant is proven better
	OutcomeLost         = "lost"         // every variant is proven worse
	OutcomeFlat         = "flat"         // nothing better by enough to matter
	OutcomeInconclusive = "inconclusive" // it ended before its numbers said anything, or they cannot be trusted
)

// Outcomes are all of them.
var Outcomes = []string{OutcomeWon, OutcomeLost, OutcomeFlat, OutcomeInconclusive}

// mostJudged bounds how many experiments one request judges.
const mostJudged = 200

// judgeEnded stores what ended experiments came to, once their numbers have settled and before that as they are now. It returns
// how many are left for the next time: an account that is asked for the first time may have more than one request should judge.
func (a *Analytics) judgeEnded(ctx context.Context, by Actor) (left int, err error) {
	var list []Experiment
	err = a.db.InTx(ctx, by.Account, func(s *db.Store) error {
		rows, err := s.UnjudgedExperiments(ctx, db.UnjudgedExperimentsParams{AccountID: by.Account, Settles: settles.Seconds(), Take: 2 * mostJudged})
		if err != nil || len(rows) == 0 {
			return err
		}
		left = max(0, len(rows)-mostJudged)
		list, err = withRows(ctx, s, by.Account, rows[:len(rows)-left], bare)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("read unjudged: %w", err)
	}
	return left, a.judge(ctx, by, list)
}

// judge stores what experiments that have ended came to.
func (a *Analytics) judge(ctx context.Context, by Actor, list []Experiment) error {
	if len(list) == 0 {
		return nil
	}
	now := a.clock.now()
	summaries, err := a.Summaries(ctx, by, list)
	if err != nil {
		return err
	}
	return a.db.InTx(ctx, by.Account, func(s *db.Store) error {
		for _, x := range list {
			r := summaries[x.ID].Results
			row := db.SaveOutcomeParams{AccountID: by.Account, ExperimentID: x.ID, Now: now, Outcome: r.outcome(), Shipped: x.shipped()}
			var lift *Lift
			if row.Variant, lift = r.effect(); lift != nil {
				row.Lift, row.Low, row.High = &lift.Mean, &lift.Low, &lift.High
				if lift.LogSE > 0 {
					row.LogSe = &lift.LogSE
				}
			}
			if err := s.SaveOutcome(ctx, row); err != nil {
				return fmt.Errorf("store outcome: %w", err)
			}
		}
		return nil
	})
}

// shipped says whether something else than the original is shown to everybody.
func (x Experiment) shipped() bool {
	for _, arm := range x.armsOf(orEmpty(x.Winner)) {
		if arm > 0 {
			return true
		}
	}
	return false
}

// outcome is what the numbers say; with elements that are tested separately, of all of them together.
func (r Results) outcome() string {
	outcome := OutcomeFlat
	for _, part := range r.judged() {
		switch engine.Action(part.Verdict.Action) {
		case engine.Fix:
			return OutcomeInconclusive
		case engine.Ship:
			outcome = OutcomeWon
		case engine.Stop:
			if part.Verdict.Reason == engine.ReasonControlBest && outcome == OutcomeFlat {
				outcome = OutcomeLost
			}
			if part.Verdict.Reason == engine.ReasonOutOfReach && outcome != OutcomeWon {
				outcome = OutcomeInconclusive
			}
		default:
			if outcome != OutcomeWon {
				outcome = OutcomeInconclusive
			}
		}
	}
	return outcome
}

// effect is the lift of the version that is shown since, else of the one that did best, with its name. Lifts of elements that
// are tested separately are multiplied.
func (r Results) effect() (name string, lift *Lift) {
	if !r.Experiment.shipped() {
		v := r.Contender()
		return v.Name, v.Lift
	}
	var logs stats.Estimate
	parts := 0
	for _, part := range r.judged() {
		v := part.Variant(orEmpty(part.Experiment.Winner))
		if v.IsControl {
			continue
		}
		if lift = v.Lift; lift == nil || lift.LogSE == 0 {
			return r.Experiment.ArmName(*r.Experiment.Winner), nil
		}
		logs.Mean, logs.Variance = logs.Mean+math.Log1p(lift.Mean), logs.Variance+lift.LogSE*lift.LogSE
		parts++
	}
	if parts > 1 {
		low, high := logs.Interval(1 - falseAlarms)
		lift = &Lift{Mean: math.Expm1(logs.Mean), Low: math.Expm1(low), High: math.Expm1(high), LogSE: logs.SE(), Estimator: lift.Estimator}
	}
	return r.Experiment.ArmName(*r.Experiment.Winner), lift
}
