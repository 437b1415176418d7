package services

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// Identify says that visitor and user are one person: from now on both names get the variant that either was given first, and
// what either does is credited to it. Nothing already counted changes. It covers the experiments running now; calling it again,
// at each sign-in, covers later ones.
func (t *Tracker) Identify(ctx context.Context, token, visitor, user string) error {
	s, err := t.site(token)
	if err != nil {
		return err
	}
	f := Fields{}
	f.visitor("visitor_id", visitor)
	f.visitor("user_id", user)
	if err := f.err(); err != nil || visitor == user {
		return err
	}
	if IsTestVisitor(visitor) || IsTestVisitor(user) { // somebody's test must not change what a person sees
		t.sawIdentify(s, visitor, user, SeenTest)
		return nil
	}
	now := t.clock.now()
	ctx, cancel := context.WithTimeout(ctx, eventWait)
	defer cancel()
	err = t.db.AsIngest(ctx, func(st *db.Store) error { return unite(ctx, st, s, visitor, user, now) })
	if err != nil {
		return err
	}
	t.forget(s, visitor)
	t.forget(s, user)
	t.sawIdentify(s, visitor, user, SeenStored)
	return nil
}

// forget drops what this node remembers of a visitor on a site.
func (t *Tracker) forget(s *site, visitor string) {
	for _, x := range s.serving {
		for i := range x.splits {
			t.sticky.forget(x.id, x.splits[i].split, visitor)
		}
	}
}

func unite(ctx context.Context, st *db.Store, s *site, visitor, user string, now time.Time) error {
	rows, err := st.LockAssignmentsOfPair(ctx, db.LockAssignmentsOfPairParams{AccountID: s.account, InstallationID: s.id, Visitors: []string{visitor, user}})
	if err != nil {
		return fmt.Errorf("lock assignments: %w", err)
	}
	for experiment, pair := range groupBy(rows, func(r db.LockAssignmentsOfPairRow) uuid.UUID { return r.ExperimentID }) {
		if err := uniteIn(ctx, st, s.account, experiment, pair, visitor, user); err != nil {
			return err
		}
	}
	if len(rows) == 0 {
		return nil
	}
	if err := st.MarkIdentifies(ctx, s.account, s.id); err != nil {
		return fmt.Errorf("mark site: %w", err)
	}
	err = st.InsertAliases(ctx, db.InsertAliasesParams{AccountID: s.account, InstallationID: s.id, Visitors: []string{visitor, user}, Now: now})
	if err != nil {
		return fmt.Errorf("insert aliases: %w", err)
	}
	return nil
}

// uniteIn makes the name assigned later follow the one assigned first, in all splits of one experiment alike. rows are in order
// of assignment within a split.
func uniteIn(ctx context.Context, st *db.Store, account, experiment uuid.UUID, rows []db.LockAssignmentsOfPairRow, visitor, user string) error {
	first := rows[0]
	for _, r := range rows {
		if r.AssignedAt.Before(first.AssignedAt) {
			first = r
		}
	}
	owner, other := first.Visitor, visitor
	if other == owner {
		other = user
	}
	if first.Owner != nil {
		owner = *first.Owner
	}
	if owner == other {
		return nil
	}
	for _, r := range rows {
		if r.Visitor != first.Visitor {
			continue
		}
		err := st.InsertFollower(ctx, db.InsertFollowerParams{AccountID: account, ExperimentID: experiment, Split: r.Split, Visitor: other,
			Arm: r.Arm, Epoch: r.Epoch, Propensity: r.Propensity, AssignedAt: r.AssignedAt, Door: r.Door, Owner: &owner})
		if err != nil {
			return fmt.Errorf("insert follower: %w", err)
		}
	}
	err := st.Follow(ctx, db.FollowParams{AccountID: account, ExperimentID: experiment, Owner: owner, Visitor: other})
	if err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	return nil
}
