package services

import (
	"context"
	"slices"
	"strings"

	"github.com/samplit/samplit/engine"
)

// EvaluateRequest asks for a flag as standard clients do: the key of an experiment, or experiment/element.
type EvaluateRequest struct {
	Token, Flag, Visitor string
	Visit                Visit
	Preview              string // as in AssignRequest
	Force                Force
}

// Evaluation is a flag's answer for a visitor: an assignment and the split in it that was asked for.
type Evaluation struct {
	Assignment
	at int // place in Arms and in the experiment's splits
}

// Evaluate assigns and exposes like Assign. An unknown flag is CodeNotFound; whoever is not in the test gets the control.
func (t *Tracker) Evaluate(ctx context.Context, r EvaluateRequest) (Evaluation, error) {
	s, err := t.site(r.Token)
	if err != nil {
		return Evaluation{}, err
	}
	key, element, _ := strings.Cut(r.Flag, "/")
	x := s.byKey[key]
	if x == nil {
		return Evaluation{}, errNoFlag
	}
	at := slices.IndexFunc(x.splits, func(s liveSplit) bool { return s.key == element })
	if at < 0 && len(x.splits) == 0 && r.Preview != "" { // of the splits that a draft will have
		at = slices.IndexFunc(x.toCome(), func(s liveSplit) bool { return s.key == element })
	}
	if at < 0 {
		return Evaluation{}, errNoFlag
	}
	a, err := t.Assign(ctx, AssignRequest{Token: r.Token, Experiment: key, Visitor: r.Visitor, Visit: r.Visit, Expose: true,
		Preview: r.Preview, Force: r.Force, door: SightFlagDoor})
	return Evaluation{a, at}, err
}

var errNoFlag = &Error{Code: CodeNotFound, Message: "No flag of this site has that key."}

// EvaluateAll decides every flag of the site that has something to say to visitors, without storing anything.
func (t *Tracker) EvaluateAll(ctx context.Context, r EvaluateRequest) ([]Evaluation, error) {
	s, err := t.site(r.Token)
	if err != nil {
		return nil, err
	}
	if !validVisitor(r.Visitor) {
		f := Fields{}
		f.visitor("visitor_id", r.Visitor)
		return nil, f.err()
	}
	r.Visit.places = t.places
	stored := t.recall(ctx, r.Visitor, s.serving...)
	var out []Evaluation
	for _, x := range s.serving {
		a := t.decide(x, r.Visitor, t.refuses(x, r.Visitor, &r.Visit), stored)
		if forced, err := t.preview(s, x, r.Preview, r.Force); err == nil {
			a = forced
		}
		t.sawDecision(s, r, a)
		for i := range x.splits {
			out = append(out, Evaluation{a, i})
		}
	}
	return out, nil
}

// Flag is the flag's key.
func (e Evaluation) Flag() string {
	if e.Forced { // maybe of a draft
		return engine.Seed(e.Experiment.key, e.Arms[e.at].split.key)
	}
	return engine.Seed(e.Experiment.key, e.Experiment.splits[e.at].key)
}

// Value is the key of the arm to show; the control's for whoever is not in the test.
func (e Evaluation) Value() string {
	if e.Reason != "" {
		return e.Experiment.splits[e.at].arms[0]
	}
	return e.Arms[e.at].Arm()
}

// Epoch is the numbered set of weights the choice was made under; 0 outside of the test and for a winner.
func (e Evaluation) Epoch() int32 {
	if e.Reason != "" || e.Winner || e.Forced {
		return 0
	}
	return e.Arms[e.at].Epoch()
}
