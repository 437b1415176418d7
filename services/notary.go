package services

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/audit"
	"github.com/samplit/samplit/db"
)

// Notary vouches for the records of all accounts: it signs checkpoints, hands out bundles and proofs, checks and erases.
type Notary struct {
	db      *db.DB
	key     *AuditKey // nil: nothing is signed until it is back
	mailer  CheckpointMailer
	baseURL string
	clock   Clock
	log     *slog.Logger
	checks  chan struct{} // a place for every self-check that may run now
}

// CheckpointMailer sends people the checkpoint of their account to keep.
type CheckpointMailer interface {
	SendCheckpoint(ctx context.Context, to Recipient, link string, size int64, checkpoint string) error
}

// NewNotary makes the service. key may be nil.
func NewNotary(d *db.DB, key *AuditKey, mailer CheckpointMailer, baseURL string, clock Clock, log *slog.Logger) *Notary {
	return &Notary{d, key, mailer, baseURL, clock, log, make(chan struct{}, 2)}
}

// Signed is a checkpoint of an account.
type Signed struct {
	audit.Checkpoint
	Note string // as it was signed
	At   time.Time
}

// Checkpoint vouches for the account's record as it is now, or returns the newest checkpoint when nothing was written since. Any
// member may. Conflict: it must not be signed, since the record is not what was signed before, or there is no key.
func (n *Notary) Checkpoint(ctx context.Context, by Actor) (Signed, error) {
	return n.sign(ctx, by.Account)
}

// Standing is how an account's record stands, without reading all of it.
type Standing struct {
	Entries int64  // in the record
	Sealed  Signed // the newest checkpoint; zero when there is none yet
	Problem string // why nothing may be signed any more, as a Reason; empty when all is well
}

// Standing looks whether the record goes on from what was signed last. Any member may.
func (n *Notary) Standing(ctx context.Context, by Actor) (st Standing, err error) {
	last := ""
	if n.key == nil {
		st.Problem = "audit_no_key"
	} else if last, err = n.key.newest(by.Account); err != nil {
		return st, fmt.Errorf("AUDIT_KEY: %w", err)
	}
	err = n.db.InTx(ctx, by.Account, func(s *db.Store) error {
		if st.Entries, err = auditSize(ctx, s, by.Account); err != nil {
			return err
		}
		stored, err := s.AuditCheckpoints(ctx, by.Account, 1)
		if err != nil || n.key == nil || len(stored) == 0 && last == "" {
			return err
		}
		if len(stored) > 0 {
			c, _ := audit.ParseCheckpoint(stored[0].Note) // one that cannot be read is not signed by the key either
			st.Sealed = Signed{c, stored[0].Note, stored[0].At}
		}
		_, err = n.survey(ctx, s, by.Account, last)
		return err
	})
	var refused *Error
	if errors.As(err, &refused) && refused.Code == CodeConflict {
		st.Problem, err = refused.Reason, nil
	}
	return st, err
}

// PublicKey checks the checkpoints; empty when there is no key.
func (n *Notary) PublicKey() string {
	if n.key == nil {
		return ""
	}
	return string(n.key.Public())
}

func refusedSignature(reason, message string) error {
	return &Error{Code: CodeConflict, Reason: reason, Message: message}
}

// sign vouches for an account's record unless the newest checkpoint does already.
func (n *Notary) sign(ctx context.Context, account uuid.UUID) (Signed, error) {
	if n.key == nil {
		return Signed{}, refusedSignature("audit_no_key", "The key that signs checkpoints is missing. Whoever runs this server finds what to do in its log.")
	}
	last, err := n.key.newest(account)
	if err != nil {
		return Signed{}, fmt.Errorf("AUDIT_KEY: %w", err)
	}
	var now Signed
	err = n.db.InTx(ctx, account, func(s *db.Store) (err error) {
		now, err = n.survey(ctx, s, account, last)
		return err
	})
	if err != nil || now.Note != "" {
		return now, err
	}
	if now.Note, err = n.key.sign(now.Checkpoint); err != nil {
		return now, err
	}
	now.At = n.clock.now()
	return now, n.db.InTx(ctx, account, func(s *db.Store) error {
		err := s.InsertAuditCheckpoint(ctx, db.InsertAuditCheckpointParams{AccountID: account, Size: now.Size, Note: now.Note, At: now.At})
		if err != nil {
			return fmt.Errorf("insert audit checkpoint: %w", err)
		}
		return nil
	})
}

// survey returns what may be signed, with its note when that was done already. last is what this key signed before, as remembered
// outside the database.
func (n *Notary) survey(ctx context.Context, s *db.Store, account uuid.UUID, last string) (Signed, error) {
	size, err := auditSize(ctx, s, account)
	if err != nil {
		return Signed{}, err
	}
	if size == 0 && last == "" {
		return Signed{}, refusedSignature("audit_empty", "Nothing is recorded yet.")
	}
	stored, err := s.AuditCheckpoints(ctx, account, 1)
	if err != nil {
		return Signed{}, fmt.Errorf("read audit checkpoint: %w", err)
	}
	if len(stored) == 1 {
		if _, err := audit.OpenCheckpoint(stored[0].Note, n.key.All()...); err != nil {
			return Signed{}, refusedSignature("audit_other_key", "The newest checkpoint was signed by another key. Restore that key, then try again.")
		}
	}
	nodes := auditNodes(ctx, s, account)
	if err := follows(nodes, n.key, last, account, size); err != nil {
		return Signed{}, err
	}
	if len(stored) == 1 && stored[0].Size == size && stored[0].Note == last {
		c, err := audit.ParseCheckpoint(last)
		return Signed{c, last, stored[0].At}, err
	}
	root, err := audit.Root(nodes, size)
	if err != nil {
		return Signed{}, unsound(err)
	}
	return Signed{Checkpoint: audit.Checkpoint{Account: account, Size: size, Root: root}}, nil
}

// auditSize is how many entries an account's record has.
func auditSize(ctx context.Context, s *db.Store, account uuid.UUID) (int64, error) {
	head, err := s.AuditHead(ctx, account)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return 0, fmt.Errorf("read audit head: %w", err)
	}
	return head.Size, nil
}

// follows tells whether a record of so many entries goes on from the checkpoint that was signed last.
func follows(nodes audit.Nodes, key *AuditKey, last string, account uuid.UUID, size int64) error {
	if last == "" {
		return nil
	}
	old, err := audit.OpenCheckpoint(last, key.All()...)
	if err != nil {
		return fmt.Errorf("AUDIT_KEY: what it signed last of account %s: %w", account, err)
	}
	if old.Size > size {
		return refusedSignature("audit_rollback", fmt.Sprintf("Entry %d and what follows are missing: %d entries were signed. A backup was restored, or entries were deleted.", size, old.Size))
	}
	root, err := audit.Root(nodes, size)
	if err != nil {
		return unsound(err)
	}
	proof, err := audit.ProveConsistency(nodes, old.Size, size)
	if err != nil {
		return unsound(err)
	}
	if !audit.CheckConsistency(proof, old, audit.Checkpoint{Account: account, Size: size, Root: root}) {
		return refusedSignature("audit_fork", fmt.Sprintf("The entries are not those that were signed: one of the first %d is another.", old.Size))
	}
	return nil
}

// unsound turns a hole in the stored tree into what people can act on.
func unsound(err error) error {
	var hole missingNode
	if errors.As(err, &hole) {
		return refusedSignature("audit_hole", "The stored tree has a hole: rows were deleted from the database.")
	}
	return err
}
