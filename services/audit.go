package services

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/audit"
	"github.com/samplit/samplit/db"
)

// Entries that Samplit writes by the clock. People see them only when they ask.
const (
	actionHeartbeat = "audit.heartbeat"
	actionDecisions = "decisions.batch"
)

// record appends one entry to the account's audit chain in the transaction of the change it describes, and returns its number.
// Call it last: it holds the account's chain until the commit. A payload is data that proves the change, without secrets.
func record(ctx context.Context, s *db.Store, now time.Time, by Actor, action, object string, payload map[string]any) (int64, error) {
	body, err := audit.Canonical(payload)
	if err != nil {
		return 0, err
	}
	head, err := s.LockAuditHead(ctx, by.Account)
	if err != nil {
		return 0, fmt.Errorf("lock audit head: %w", err)
	}
	tree, err := audit.ParseFrontier(head.Size, head.Peaks)
	if err != nil {
		return 0, err
	}
	salt := make([]byte, audit.SaltSize)
	_, _ = rand.Read(salt) // never fails
	at := now.UTC().Truncate(time.Microsecond)
	if at.Before(head.At) {
		at = head.At // time never runs back within a chain
	}
	e := audit.Entry{Account: by.Account, Seq: head.Size, Micros: at.UnixMicro(), Actor: by.name(), Action: action, Object: object,
		PayloadHash: audit.PayloadHash(salt, body), Prev: audit.Hash(head.Hash)}
	hash := e.Hash()
	row := db.AppendAuditEntryParams{
		AccountID: e.Account, Seq: e.Seq, At: at, Actor: e.Actor, Action: e.Action, Object: e.Object,
		Payload: body, Salt: salt, PayloadHash: e.PayloadHash[:], Prev: e.Prev[:], Hash: hash[:],
	}
	for _, n := range tree.Append(hash) {
		row.Levels, row.Places, row.Hashes = append(row.Levels, int16(n.Level)), append(row.Places, n.N), append(row.Hashes, n.Hash[:])
	}
	row.Peaks = tree.Bytes()
	if err := s.AppendAuditEntry(ctx, row); err != nil {
		return 0, fmt.Errorf("append audit entry: %w", err)
	}
	return e.Seq, nil
}

// startAudit gives a new account its empty chain.
func startAudit(ctx context.Context, s *db.Store, account uuid.UUID, now time.Time) error {
	g := audit.Genesis(account)
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
	ErasedAt              *time.Time
}

// AuditFilter narrows a list of entries; the zero value takes all that people did.
type AuditFilter struct {
	Object string // one object's; empty: all
	Actor  string // one actor's, such as user:…; empty: all
	Family string // the first word of the action, such as experiment; empty: all
}

// hidden are the entries that the filter leaves out.
func (f AuditFilter) hidden() []string {
	switch f.Family {
	case "audit", "decisions":
		return []string{}
	}
	return []string{actionHeartbeat, actionDecisions}
}

// History lists entries newest first, below before (0: from the newest), of one object or of all. Any member may.
func (a *Audit) History(ctx context.Context, by Actor, object string, before int64, take int) ([]AuditRecord, error) {
	return a.Find(ctx, by, AuditFilter{Object: object}, before, take)
}

// Find lists the entries that pass a filter newest first, below before (0: from the newest). Any member may.
func (a *Audit) Find(ctx context.Context, by Actor, f AuditFilter, before int64, take int) ([]AuditRecord, error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	var rows []db.AuditEntry
	err := a.db.InTx(ctx, by.Account, func(s *db.Store) (err error) {
		rows, err = s.AuditEntries(ctx, db.AuditEntriesParams{AccountID: by.Account, Before: before, Object: f.Object, Actor: f.Actor, Family: f.Family,
			Hidden: f.hidden(), Take: int32(min(max(take, 1), 200))})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list audit entries: %w", err)
	}
	return readRecords(rows)
}

// auditRow is a stored entry as the format has it.
func auditRow(r db.AuditEntry) (audit.Record, error) {
	out := audit.Record{Entry: audit.Entry{Account: r.AccountID, Seq: r.Seq, Micros: r.At.UnixMicro(), Actor: r.Actor, Action: r.Action, Object: r.Object},
		Salt: r.Salt, Payload: r.Payload}
	for _, h := range []struct {
		to   *audit.Hash
		from []byte
	}{{&out.PayloadHash, r.PayloadHash}, {&out.Prev, r.Prev}, {&out.Hash, r.Hash}} {
		if copy(h.to[:], h.from) != len(h.to) {
			return out, fmt.Errorf("audit entry %d: a hash of %d bytes", r.Seq, len(h.from))
		}
	}
	return out, audit.Compact(&out)
}

// auditPage is how many entries are read at a time.
const auditPage = 1000

// eachEntry calls fn for the account's entries below size in order, reading some at a time; done may be nil and is told how far it is.
func eachEntry(ctx context.Context, d *db.DB, account uuid.UUID, size int64, fn func(*audit.Record) error, done func(int64)) error {
	for next := int64(0); next < size; {
		var rows []db.AuditEntry
		err := d.InTx(ctx, account, func(s *db.Store) (err error) {
			rows, err = s.AuditChain(ctx, db.AuditChainParams{AccountID: account, Since: next, Before: size, Take: auditPage})
			return err
		})
		if err != nil {
			return fmt.Errorf("read audit entries: %w", err)
		}
		for _, r := range rows {
			entry, err := auditRow(r)
			if err != nil {
				return err
			}
			if err := fn(&entry); err != nil {
				return err
			}
			next = r.Seq + 1
		}
		if len(rows) < auditPage {
			return nil
		}
		if done != nil {
			done(next)
		}
	}
	return nil
}

// Entries lists entries in order, from a number on. Any member may.
func (a *Audit) Entries(ctx context.Context, by Actor, from int64, take int) ([]AuditRecord, error) {
	var rows []db.AuditEntry
	err := a.db.InTx(ctx, by.Account, func(s *db.Store) (err error) {
		rows, err = s.AuditChain(ctx, db.AuditChainParams{AccountID: by.Account, Since: max(from, 0), Before: math.MaxInt64, Take: int32(min(max(take, 1), 200))})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list audit entries: %w", err)
	}
	return readRecords(rows)
}

func readRecords(rows []db.AuditEntry) ([]AuditRecord, error) {
	out := make([]AuditRecord, len(rows))
	for i, r := range rows {
		out[i] = AuditRecord{Seq: r.Seq, At: r.At, Actor: r.Actor, Action: r.Action, Object: r.Object, Hash: r.Hash, ErasedAt: r.ErasedAt}
		if r.Payload != nil {
			if err := json.Unmarshal(r.Payload, &out[i].Payload); err != nil {
				return nil, fmt.Errorf("read audit payload: %w", err)
			}
		}
	}
	return out, nil
}
