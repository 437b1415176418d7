package services

import (
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/samplit/samplit/audit"
	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
)

// shelf is all that the database holds of one account's record.
type shelf struct {
	entries []audit.Record
	erased  map[int64]time.Time
	nodes   []audit.Node
	notes   []db.AuditCheckpointsRow // oldest first
	size    int64
	hash    audit.Hash
	peaks   []byte
	at      time.Time
}

func (s shelf) clone() *shelf {
	s.entries, s.nodes, s.notes, s.peaks = slices.Clone(s.entries), slices.Clone(s.nodes), slices.Clone(s.notes), slices.Clone(s.peaks)
	s.erased = maps.Clone(s.erased)
	return &s
}

// burglar is a database administrator who rewrites an account's record with the triggers off. What is asked of an administrator who is
// not the one who runs the server: the key and what it signed last stay out of reach.
type burglar struct {
	archivist
	owner  *pgx.Conn
	rng    *rand.Rand
	honest *shelf
	before *shelf // without the erasure
	kept   string // the checkpoint of all, in the account's hands
	memory string // what the key remembers of it, in the file
}

// Sizes of the honest record at its checkpoints.
var vouched = []int64{12, 24, 40}

func newBurglar(t *testing.T, seed uint64) *burglar {
	t.Helper()
	url := dbtest.Clone(t)
	d, err := db.Open(t.Context(), db.Config{URL: url, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	b := &burglar{archivist: newArchivist(t, d), owner: dbtest.Owner(t, url), rng: rand.New(rand.NewPCG(seed, 5))}
	b.exec("SET session_replication_role = replica")
	b.write(12).checkpoint()
	b.write(8)
	b.before = b.read()
	if _, err := b.Erase(t.Context(), b.by, []audit.Span{{3, 4}, {15, 15}}, "asked"); err != nil {
		t.Fatal(err)
	}
	b.write(3).checkpoint()
	b.write(16)
	b.kept = b.checkpoint().Note
	b.memory = b.kept
	b.honest = b.read()
	if n := int64(len(b.honest.entries)); n != vouched[2] || len(b.honest.notes) != 3 {
		t.Fatalf("%d entries and %d checkpoints", n, len(b.honest.notes))
	}
	return b
}

func (b *burglar) exec(sql string, args ...any) {
	b.t.Helper()
	if _, err := b.owner.Exec(b.t.Context(), sql, args...); err != nil {
		b.t.Fatalf("%s: %v", sql, err)
	}
}

// read takes down what the database holds.
func (b *burglar) read() *shelf {
	b.t.Helper()
	s := &shelf{erased: map[int64]time.Time{}}
	err := b.db.InTx(b.t.Context(), b.by.Account, func(store *db.Store) error {
		rows, err := store.AuditChain(b.t.Context(), db.AuditChainParams{AccountID: b.by.Account, Before: 1000, Take: 1000})
		if err != nil {
			return err
		}
		for _, r := range rows {
			entry, err := auditRow(r)
			if err != nil {
				return err
			}
			if r.ErasedAt != nil {
				s.erased[r.Seq] = *r.ErasedAt
			}
			s.entries = append(s.entries, entry)
		}
		head, err := store.AuditHead(b.t.Context(), b.by.Account)
		s.size, s.hash, s.peaks, s.at = head.Size, audit.Hash(head.Hash), head.Peaks, head.At
		if err != nil {
			return err
		}
		s.notes, err = store.AuditCheckpoints(b.t.Context(), b.by.Account, 100)
		slices.Reverse(s.notes)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	s.nodes = s.tree()
	return s
}

// tree are the inner nodes that the entries make.
func (s *shelf) tree() (out []audit.Node) {
	var f audit.Frontier
	for _, r := range s.entries {
		out = append(out, f.Append(r.Hash)...)
	}
	return out
}

// store puts a shelf in the place of what the database holds.
func (b *burglar) store(s *shelf) {
	b.t.Helper()
	for _, table := range []string{"audit_entries", "audit_nodes", "audit_checkpoints", "audit_head"} {
		b.exec("DELETE FROM "+table+" WHERE account_id = $1", b.by.Account)
	}
	account := b.by.Account
	b.copy("audit_entries", []string{"account_id", "seq", "at", "actor", "action", "object", "payload", "salt", "payload_hash", "prev", "hash", "erased_at"}, len(s.entries), func(i int) []any {
		r := s.entries[i]
		var payload, erased any
		if r.Payload != nil {
			payload = string(r.Payload)
		}
		if at, ok := s.erased[r.Seq]; ok {
			erased = at
		}
		return []any{account, r.Seq, time.UnixMicro(r.Micros), r.Actor, r.Action, r.Object, payload, r.Salt, r.PayloadHash[:], r.Prev[:], r.Hash[:], erased}
	})
	b.copy("audit_nodes", []string{"account_id", "level", "n", "hash"}, len(s.nodes), func(i int) []any {
		return []any{account, int16(s.nodes[i].Level), s.nodes[i].N, s.nodes[i].Hash[:]}
	})
	b.copy("audit_checkpoints", []string{"account_id", "size", "note", "at"}, len(s.notes), func(i int) []any {
		return []any{account, s.notes[i].Size, s.notes[i].Note, s.notes[i].At}
	})
	if s.size > 0 {
		b.exec("INSERT INTO audit_head (account_id, size, hash, at, peaks) VALUES ($1, $2, $3, $4, $5)", account, s.size, s.hash[:], s.at, s.peaks)
	}
	if err := os.WriteFile(filepath.Join(b.key.folder, account.String()), []byte(b.memory), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b *burglar) copy(table string, columns []string, n int, row func(int) []any) {
	b.t.Helper()
	_, err := b.owner.CopyFrom(b.t.Context(), pgx.Identifier{table}, columns, pgx.CopyFromSlice(n, func(i int) ([]any, error) { return row(i), nil }))
	if err != nil {
		b.t.Fatalf("%s: %v", table, err)
	}
}

// rehash seals the entries from i on again, as they now stand.
func (s *shelf) rehash(i int64) {
	for ; i < int64(len(s.entries)); i++ {
		r := &s.entries[i]
		r.Seq, r.Prev = i, audit.Genesis(r.Account)
		if i > 0 {
			r.Prev = s.entries[i-1].Hash
		}
		r.Hash = r.Entry.Hash()
	}
}

// settle makes tree and head those of the entries, as after an honest write.
func (s *shelf) settle() {
	var f audit.Frontier
	s.nodes = nil
	for _, r := range s.entries {
		s.nodes = append(s.nodes, f.Append(r.Hash)...)
		s.hash, s.at = r.Hash, time.UnixMicro(r.Micros)
	}
	s.size, s.peaks = f.Size, f.Bytes()
}

// cut leaves the first n entries and what there was of them then.
func (b *burglar) cut(s *shelf, n int64) {
	if n <= b.before.size {
		s.entries, s.erased = slices.Clone(b.before.entries), nil
	}
	s.entries = s.entries[:n]
	s.notes = slices.DeleteFunc(s.notes, func(c db.AuditCheckpointsRow) bool { return c.Size > n })
	s.settle()
}
