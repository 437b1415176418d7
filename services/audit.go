package services

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// record appends one entry to the account's audit chain in the transaction of the change it describes, and returns its number.
// Call it last: it holds the account's chain until the commit. A payload is data that proves the change, without secrets.
func record(ctx context.Context, s *db.Store, now time.Time, by Actor, action, object string, payload map[string]any) (int64, error) {
	body, err := canonicalPayload(payload)
	if err != nil {
		return 0, err
	}
	head, err := s.LockAuditHead(ctx, by.Account)
	if err != nil {
		return 0, fmt.Errorf("lock audit head: %w", err)
	}
	salt := make([]byte, 32)
	_, _ = rand.Read(salt) // never fails
	at := now.UTC().Truncate(time.Microsecond)
	if at.Before(head.At) {
		at = head.At // time never runs back within a chain
	}
	e := auditEntry{Account: by.Account, Seq: head.Size, At: at, Actor: by.name(), Action: action, Object: object,
		PayloadHash: payloadHash(salt, body), Prev: [32]byte(head.Hash)}
	hash := e.hash()
	err = s.InsertAuditEntry(ctx, db.InsertAuditEntryParams{
		AccountID: e.Account, Seq: e.Seq, At: e.At, Actor: e.Actor, Action: e.Action, Object: e.Object,
		Payload: body, Salt: salt, PayloadHash: e.PayloadHash[:], Prev: e.Prev[:], Hash: hash[:],
	})
	if err != nil {
		return 0, fmt.Errorf("insert audit entry: %w", err)
	}
	err = s.MoveAuditHead(ctx, db.MoveAuditHeadParams{AccountID: by.Account, Size: head.Size + 1, Hash: hash[:], At: at})
	if err != nil {
		return 0, fmt.Errorf("move audit head: %w", err)
	}
	return e.Seq, nil
}

// startAudit gives a new account its empty chain.
func startAudit(ctx context.Context, s *db.Store, account uuid.UUID, now time.Time) error {
	g := genesis(account)
	return s.CreateAuditHead(ctx, db.CreateAuditHeadParams{AccountID: account, Hash: g[:], Now: now})
}

// Audit reads an account's record of changes.
type Audit struct{ db *db.DB }

// NewAudit makes the service.
func NewAudit(d *db.DB) *Audit { return &Audit{d} }

// AuditRecord is one entry as people read it.
type AuditRecord struct {
	Seq                   int64
	At                    time.Time
	Actor, Action, Object string
	Payload               map[string]any // nil when erased
	Hash                  []byte
}

// History lists entries newest first, below before (0: from the newest), of one object or of all. Any member may.
func (a *Audit) History(ctx context.Context, by Actor, object string, before int64, take int) ([]AuditRecord, error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	var out []AuditRecord
	err := a.db.InTx(ctx, by.Account, func(s *db.Store) error {
		rows, err := s.AuditEntries(ctx, db.AuditEntriesParams{AccountID: by.Account, Before: before, Object: object, Take: int32(min(max(take, 1), 200))})
		if err != nil {
			return fmt.Errorf("list audit entries: %w", err)
		}
		out = make([]AuditRecord, len(rows))
		for i, r := range rows {
			out[i] = AuditRecord{Seq: r.Seq, At: r.At, Actor: r.Actor, Action: r.Action, Object: r.Object, Hash: r.Hash}
			if r.Payload != nil {
				if err := json.Unmarshal(r.Payload, &out[i].Payload); err != nil {
					return fmt.Errorf("read audit payload: %w", err)
				}
			}
		}
		return nil
	})
	return out, err
}
