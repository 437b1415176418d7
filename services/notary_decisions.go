package services

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/audit"
	"github.com/samplit/samplit/db"
)

const (
	decisionsLate    = 2 * time.Minute // for the assignments of a minute to arrive
	decisionsMinutes = 500             // caught up with in one go
	decisionsTake    = 10_000          // assignments read at a time
)

// writeDecisions puts one entry in the record of every account that assigned visitors, for each minute since the last time.
func (n *Notary) writeDecisions(ctx context.Context) error {
	var minute time.Time
	err := n.db.AsSystem(ctx, func(s *db.Store) (err error) {
		minute, err = s.AuditClock(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("read audit clock: %w", err)
	}
	for range decisionsMinutes {
		next := minute.Add(time.Minute)
		if next.Add(decisionsLate).After(n.clock.now()) {
			return nil
		}
		if err := n.decideMinute(ctx, minute); err != nil {
			return err
		}
		if err := n.db.AsSystem(ctx, func(s *db.Store) error { return s.MoveAuditClock(ctx, next) }); err != nil {
			return fmt.Errorf("move audit clock: %w", err)
		}
		minute = next
	}
	return nil
}

func (n *Notary) decideMinute(ctx context.Context, minute time.Time) error {
	var accounts []uuid.UUID
	err := n.db.AsSystem(ctx, func(s *db.Store) (err error) {
		accounts, err = s.DecidingAccounts(ctx, minute, minute.Add(time.Minute))
		return err
	})
	if err != nil {
		return fmt.Errorf("accounts that assigned: %w", err)
	}
	for _, account := range accounts {
		if err := n.decide(ctx, account, minute); err != nil {
			return err
		}
	}
	return nil
}

// decide writes down an account's decisions of a minute, unless that was done.
func (n *Notary) decide(ctx context.Context, account uuid.UUID, minute time.Time) error {
	salt := make([]byte, audit.SaltSize)
	_, _ = rand.Read(salt) // never fails
	leaves, err := n.leaves(ctx, account, minute, salt)
	if err != nil {
		return err
	}
	root := leaves.Root()
	return n.db.InTx(ctx, account, func(s *db.Store) error {
		switch _, err := s.AuditDecisions(ctx, account, minute); {
		case err == nil:
			return nil
		case !errors.Is(err, db.ErrNotFound):
			return fmt.Errorf("read decisions: %w", err)
		}
		seq, err := record(ctx, s, n.clock.now(), Actor{Account: account}, actionDecisions, accountObject(account), map[string]any{
			"from": minute, "until": minute.Add(time.Minute), "count": leaves.Len(), "root": hex.EncodeToString(root[:])})
		if errors.Is(err, db.ErrNotFound) {
			return nil // an account without a record has nothing to be proved against
		}
		if err != nil {
			return err
		}
		err = s.InsertAuditDecisions(ctx, db.InsertAuditDecisionsParams{AccountID: account, Minute: minute, Seq: seq, Salt: salt, Leaves: leaves})
		if err != nil {
			return fmt.Errorf("insert decisions: %w", err)
		}
		return nil
	})
}

// leaves hashes the assignments of a minute in the order of their keys.
func (n *Notary) leaves(ctx context.Context, account uuid.UUID, minute time.Time, salt []byte) (audit.Leaves, error) {
	var leaves audit.Leaves
	page := db.DecisionsParams{AccountID: account, Minute: minute, Until: minute.Add(time.Minute), Take: decisionsTake}
	for {
		var rows []db.DecisionsRow
		err := n.db.AsSystem(ctx, func(s *db.Store) (err error) {
			rows, err = s.Decisions(ctx, page)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read assignments: %w", err)
		}
		for _, r := range rows {
			d := decision(account, db.DecisionRow(r))
			h := d.Hash(d.Salt(salt))
			leaves = append(leaves, h[:]...)
			page.Experiment, page.Split, page.Visitor = r.ExperimentID, r.Split, r.Visitor
		}
		if len(rows) < decisionsTake {
			return leaves, nil
		}
	}
}

func decision(account uuid.UUID, r db.DecisionRow) audit.Decision {
	return audit.Decision{Account: account, Experiment: r.ExperimentID, Split: int(r.Split), Visitor: r.Visitor, Arm: int(r.Arm), Epoch: int(r.Epoch),
		Propensity: r.Propensity, Micros: r.AssignedAt.UnixMicro()}
}

// DecisionProof shows that a visitor was given an arm, and when: the decision's path to the root that an entry of the record names,
// and the entry's path to a checkpoint.
type DecisionProof struct {
	Experiment string       `json:"experiment"`
	Split      int          `json:"split"`
	Visitor    string       `json:"visitor"`
	Arm        int          `json:"arm"`
	Epoch      int          `json:"epoch"`
	Propensity float32      `json:"propensity"`
	Micros     int64        `json:"micros"`
	Salt       string       `json:"salt" doc:"Hexadecimal"`
	Index      int64        `json:"index" doc:"The decision's place in its batch"`
	Count      int64        `json:"count" doc:"Decisions of the batch"`
	Root       audit.Hash   `json:"root" doc:"Of the batch; the payload of the entry names it in hexadecimal"`
	Path       []audit.Hash `json:"path"`
	Entry      int64        `json:"entry" doc:"Number of the entry"`
	EntryHash  audit.Hash   `json:"entry_hash"`
	Inclusion  Proof        `json:"inclusion"`
	Checkpoint string       `json:"checkpoint"`
}

// Decision proves what a visitor of an experiment was given. Any member may. NotFound: no such assignment, or it is not written down
// yet; one that a browser reported more than two minutes late never is.
func (n *Notary) Decision(ctx context.Context, by Actor, experiment string, split int, visitor string) (p DecisionProof, err error) {
	missing := &Error{Code: CodeNotFound, Reason: "audit_decision", Message: "No decision about this visitor is written down. One that was just made is after three minutes."}
	id, badID := uuid.Parse(experiment)
	if badID != nil || split < 0 || split > 1000 || len(visitor) > 128 {
		return p, missing
	}
	signed, err := n.Checkpoint(ctx, by)
	if err != nil {
		return p, err
	}
	var d audit.Decision
	var batch db.AuditDecisionsRow
	err = n.db.InTx(ctx, by.Account, func(s *db.Store) error {
		row, err := s.Decision(ctx, db.DecisionParams{AccountID: by.Account, ExperimentID: id, Split: int16(split), Visitor: visitor})
		if err != nil {
			return err
		}
		d = decision(by.Account, row)
		batch, err = s.AuditDecisions(ctx, by.Account, row.AssignedAt.UTC().Truncate(time.Minute))
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		return p, missing
	}
	if err != nil {
		return p, fmt.Errorf("read decision: %w", err)
	}
	leaves, salt := audit.Leaves(batch.Leaves), d.Salt(batch.Salt)
	i := leaves.Find(d.Hash(salt))
	if i < 0 || batch.Seq >= signed.Size {
		return p, missing
	}
	p = DecisionProof{Experiment: experiment, Split: d.Split, Visitor: visitor, Arm: d.Arm, Epoch: d.Epoch, Propensity: d.Propensity, Micros: d.Micros,
		Salt: hex.EncodeToString(salt), Index: i, Count: leaves.Len(), Root: leaves.Root(), Entry: batch.Seq, Checkpoint: signed.Note}
	if p.Path, err = leaves.Prove(i); err != nil {
		return p, err
	}
	return p, n.proveEntry(ctx, by, &p, signed.Size)
}

// proveEntry adds the entry's path to the checkpoint.
func (n *Notary) proveEntry(ctx context.Context, by Actor, p *DecisionProof, size int64) (err error) {
	if p.Inclusion, err = n.Inclusion(ctx, by, p.Entry, size); err != nil {
		return err
	}
	return n.db.InTx(ctx, by.Account, func(s *db.Store) error {
		hash, err := auditNodes(ctx, s, by.Account)([]audit.Node{{N: p.Entry}})
		if err == nil {
			p.EntryHash = hash[0]
		}
		return err
	})
}
