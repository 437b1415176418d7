package services

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/samplit/samplit/audit"
	"github.com/samplit/samplit/db"
)

// said is what a check must say: a word of docs/audit.md and the first entry that cannot be trusted, -1 for none.
type said struct {
	code string
	seq  int64
}

func (s said) String() string { return fmt.Sprintf("%s at %d", s.code, s.seq) }

var fine = said{"", -1}

// breakIn changes a shelf and tells what the server must say, and what whoever verifies an export must say who kept the checkpoint of all.
type breakIn func(*burglar, *shelf) (server, outside said)

// vouchedBefore is the largest checkpoint at or before an entry.
func vouchedBefore(i int64) (size int64) {
	for _, n := range vouched {
		if n <= i {
			size = n
		}
	}
	return size
}

// both: the server and the outside say the same.
func both(code audit.Code, seq int64) (said, said) {
	s := said{code.String(), seq}
	return s, s
}

// telling is a random entry that still says something and is no erasure.
func (b *burglar) telling(s *shelf) int64 {
	for {
		if i := b.rng.Int64N(s.size); s.entries[i].Payload != nil && s.entries[i].Action != audit.Erased {
			return i
		}
	}
}

// change alters one of the fields that the hash covers.
func (b *burglar) change(r *audit.Record, field int) {
	switch field {
	case 0:
		r.Actor += "x"
	case 1:
		r.Action = "experiment.paused"
	case 2:
		r.Object = strings.ToUpper(r.Object)
	case 3:
		r.Micros++
	case 4:
		r.PayloadHash[b.rng.IntN(32)] ^= 1
	case 5:
		r.Prev[b.rng.IntN(32)] ^= 0x80
	case 6:
		r.Hash[b.rng.IntN(32)] ^= 4
	}
}

var breakIns = map[string]breakIn{
	"I1 payload": func(b *burglar, s *shelf) (said, said) {
		i := b.telling(s)
		s.entries[i].Payload = []byte(fmt.Sprintf(`{"new":{"traffic_allocation":"%d"}}`, b.rng.Int()))
		return both(audit.BadPayload, i)
	},
	"I2 I3 field": func(b *burglar, s *shelf) (said, said) {
		i := b.rng.Int64N(s.size)
		b.change(&s.entries[i], b.rng.IntN(7))
		return both(audit.BadHash, i)
	},
	"I4 deleted": func(b *burglar, s *shelf) (said, said) {
		i := b.rng.Int64N(s.size)
		s.entries = slices.Delete(s.entries, int(i), int(i)+1)
		return both(audit.BadOrder, i)
	},
	"some deleted": func(b *burglar, s *shelf) (said, said) {
		i := b.rng.Int64N(s.size - 3)
		s.entries = slices.Delete(s.entries, int(i), int(i)+2+b.rng.IntN(2))
		return both(audit.BadOrder, i)
	},
	"I5 tail deleted": func(b *burglar, s *shelf) (said, said) {
		i := b.rng.Int64N(s.size)
		s.entries = s.entries[:i]
		return both(audit.BadOrder, i)
	},
	"deleted and renumbered": func(b *burglar, s *shelf) (said, said) {
		i := b.rng.Int64N(s.size - 1)
		s.entries = slices.Delete(s.entries, int(i), int(i)+1)
		for n := i; n < int64(len(s.entries)); n++ {
			s.entries[n].Seq = n
		}
		return both(audit.BadHash, i)
	},
	"I6 swapped": func(b *burglar, s *shelf) (said, said) {
		i, j := b.rng.Int64N(20), 20+b.rng.Int64N(20)
		s.entries[i], s.entries[j] = s.entries[j], s.entries[i]
		s.entries[i].Seq, s.entries[j].Seq = i, j
		return both(audit.BadHash, i)
	},
	"I7 I8 inserted": func(b *burglar, s *shelf) (said, said) {
		i := b.rng.Int64N(s.size - 1)
		s.entries = slices.Insert(s.entries, int(i), s.entries[i])
		for n := i; n < int64(len(s.entries)); n++ {
			s.entries[n].Seq = n
		}
		return both(audit.BadHash, i+1)
	},
	"I9 of another account": func(b *burglar, s *shelf) (said, said) {
		i := b.rng.Int64N(s.size)
		r := &s.entries[i]
		other := r.Entry
		other.Account[3] ^= 1
		r.Hash = other.Hash()
		return both(audit.BadHash, i)
	},
	"one rehashed": func(b *burglar, s *shelf) (said, said) {
		i := b.rng.Int64N(s.size - 1)
		b.change(&s.entries[i], b.rng.IntN(3))
		s.entries[i].Hash = s.entries[i].Entry.Hash()
		return both(audit.BadOrder, i+1)
	},
	"I10 the rest rehashed": func(b *burglar, s *shelf) (said, said) {
		i := b.telling(s)
		b.change(&s.entries[i], b.rng.IntN(4))
		s.rehash(i)
		return both(audit.Fork, vouchedBefore(i))
	},
	"I10 the rest rehashed, with tree and head": func(b *burglar, s *shelf) (said, said) {
		i := b.telling(s)
		b.change(&s.entries[i], b.rng.IntN(4))
		s.rehash(i)
		s.settle()
		return both(audit.Fork, vouchedBefore(i))
	},
	"another payload, rehashed, without later checkpoints": func(b *burglar, s *shelf) (said, said) {
		i := b.telling(s)
		s.entries[i].Payload = []byte(`{"new":{"b":9000},"old":{"b":5000}}`)
		s.entries[i].PayloadHash = audit.PayloadHash(s.entries[i].Salt, s.entries[i].Payload)
		s.rehash(i)
		s.settle()
		s.notes = slices.DeleteFunc(s.notes, func(c db.AuditCheckpointsRow) bool { return c.Size > i })
		return both(audit.Fork, vouchedBefore(i))
	},
	"I11 replaced": func(b *burglar, s *shelf) (said, said) {
		s.entries[0].Actor = "user:nobody"
		s.rehash(0)
		s.settle()
		s.notes = nil
		return both(audit.Fork, 0)
	},
	"I12 rolled back": func(b *burglar, s *shelf) (said, said) {
		n := 1 + b.rng.Int64N(s.size-1)
		b.cut(s, n)
		return both(audit.Rollback, n)
	},
	"rolled back and gone on": func(b *burglar, s *shelf) (said, said) {
		n, grown := 21+b.rng.Int64N(18), 40+b.rng.Int64N(5)
		b.cut(s, n)
		for i := n; i < grown; i++ {
			r := b.honest.entries[n]
			r.Micros += 1000 * (i + 1)
			s.entries = append(s.entries, r)
		}
		s.rehash(n)
		s.settle()
		return both(audit.Fork, vouchedBefore(n))
	},
	"I13 node": func(b *burglar, s *shelf) (said, said) {
		i := b.rng.IntN(len(s.nodes))
		s.nodes[i].Hash[b.rng.IntN(32)] ^= 1
		return said{audit.BadHash.String(), s.nodes[i].N << s.nodes[i].Level}, fine
	},
	"node taken away": func(b *burglar, s *shelf) (said, said) {
		i := b.rng.IntN(len(s.nodes))
		gone := s.nodes[i]
		s.nodes = slices.Delete(s.nodes, i, i+1)
		return said{audit.BadHash.String(), gone.N << gone.Level}, fine
	},
	"I14 checkpoint": func(b *burglar, s *shelf) (said, said) {
		i := b.rng.IntN(len(s.notes))
		lines := strings.Split(s.notes[i].Note, "\n")
		lines[2] = b.honest.hash.String()
		s.notes[i].Note = strings.Join(lines, "\n")
		return both(audit.BadSignature, -1)
	},
	"I14 signature": func(b *burglar, s *shelf) (said, said) {
		i := b.rng.IntN(len(s.notes))
		note := s.notes[i].Note
		at := strings.LastIndexByte(note, ' ') + 10 + b.rng.IntN(60)
		letter := map[bool]string{true: "B", false: "A"}[note[at] == 'A']
		s.notes[i].Note = note[:at] + letter + note[at+1:]
		return both(audit.BadSignature, -1)
	},
	"payload taken away": func(b *burglar, s *shelf) (said, said) {
		i := b.telling(s)
		s.entries[i].Payload, s.entries[i].Salt = nil, nil
		s.erased[i] = time.Now()
		return both(audit.BadPayload, i)
	},
	"salt taken away": func(b *burglar, s *shelf) (said, said) {
		i := b.telling(s)
		s.entries[i].Salt = nil
		return both(audit.BadPayload, i)
	},
	"an erasure widened": func(b *burglar, s *shelf) (said, said) {
		s.entries[20].Payload = []byte(`{"count":9,"entries":[[0,19]],"reason":"asked"}`)
		return both(audit.BadPayload, 20)
	},
	"head further": func(b *burglar, s *shelf) (said, said) {
		s.size++
		return said{audit.BadOrder.String(), 40}, said{audit.BadHash.String(), -1} // nothing is exported: its tree has a hole
	},
	"head behind": func(b *burglar, s *shelf) (said, said) {
		s.size = 25 + b.rng.Int64N(15)
		return both(audit.Rollback, s.size)
	},
	"head of another entry": func(b *burglar, s *shelf) (said, said) {
		s.hash = s.entries[b.rng.IntN(39)].Hash
		return said{audit.BadOrder.String(), 40}, fine
	},
	"peaks": func(b *burglar, s *shelf) (said, said) {
		s.peaks[b.rng.IntN(len(s.peaks))] ^= 1
		return said{audit.BadOrder.String(), 40}, fine
	},
	"all gone": func(_ *burglar, s *shelf) (said, said) {
		*s = shelf{}
		return said{audit.Rollback.String(), 0}, said{"audit_empty", -1}
	},
}

// mutations is how many break-ins the test makes.
var mutations = 11 * len(breakIns)

// What a database administrator may do with the triggers off is found and named, with the first bad entry: by the server's own check, and
// by whoever verifies a fresh export with a checkpoint that they kept, even one that a server made which does not remember what it signed.
func TestBreakInsIntoTheDatabaseAreNamed(t *testing.T) {
	t.Parallel()
	b := newBurglar(t, 1)
	names := slices.Sorted(maps.Keys(breakIns))
	for i := range mutations {
		name := names[i%len(names)]
		s := b.honest.clone()
		server, outside := breakIns[name](b, s)
		b.store(s)
		if got := b.checked(); got != server {
			t.Errorf("%d, %s: the server says %v, want %v", i, name, got, server)
		}
		if got, refused := b.exported(); got != outside && !(refused && got.code == server.code) {
			t.Errorf("%d, %s: the export says %v, want %v", i, name, got, outside)
		}
	}
	b.store(b.honest)
	if got := b.checked(); got != fine {
		t.Errorf("the honest record: %v", got)
	}
	if got, _ := b.exported(); got != fine {
		t.Errorf("the honest record, exported: %v", got)
	}
}

// checked is what the page says after "Check now".
func (b *burglar) checked() said {
	b.t.Helper()
	c := b.check()
	out := said{c.Code, -1}
	if c.Seq != nil {
		out.seq = *c.Seq
	}
	if c.OK != (c.Code == "") {
		b.t.Errorf("a check that is %v says %+v", c.OK, c)
	}
	return out
}

// exported is what `samplit audit verify --since` says of the bundle of a server that has the key and has forgotten what it signed, or
// with which word that server refuses to make one.
func (b *burglar) exported() (found said, refused bool) {
	b.t.Helper()
	forgetful := &AuditKey{path: b.key.path, folder: filepath.Join(b.t.TempDir(), "signed")}
	other := b.archivist
	other.Notary = NewNotary(b.db, forgetful, b, "https://samplit.test", b.clock, slog.New(slog.DiscardHandler))
	_, write, err := other.Bundle(b.t.Context(), b.by)
	var refusal *Error
	if errors.As(err, &refusal) {
		return said{cmp.Or(refusedCodes[refusal.Reason], refusal.Reason), -1}, true
	}
	if err != nil {
		b.t.Fatal(err)
	}
	var bundle strings.Builder
	if err := write(b.t.Context(), &bundle); err != nil {
		b.t.Fatal(err)
	}
	_, err = audit.Verify(strings.NewReader(bundle.String()), b.key.Public(), b.kept)
	var fault *audit.Fault
	if errors.As(err, &fault) {
		return said{fault.Code.String(), fault.Seq}, false
	}
	return fine, false
}
