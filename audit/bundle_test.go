package audit_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/note"

	"github.com/samplit/samplit/audit"
)

// keyring is a pair of keys made from a number, the same every time.
func keyring(t testing.TB, n byte) (note.Signer, audit.Key) {
	t.Helper()
	private, public, err := note.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{n}, 64)), audit.KeyName)
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	k, err := audit.ParseKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return s, k
}

var account = uuid.MustParse("0199f0c2-7d10-7c3e-9a41-2f6b8d0e0001")

// history is a record with its tree, in memory.
type history struct {
	account uuid.UUID
	records []audit.Record
	tree    audit.Frontier
	nodes   map[[2]int64]audit.Hash
	signed  []string // checkpoints
}

func newHistory(of uuid.UUID) *history {
	return &history{account: of, nodes: map[[2]int64]audit.Hash{}}
}

// add appends an entry as the program does.
func (h *history) add(t testing.TB, actor, action, object string, payload map[string]any) {
	t.Helper()
	body, err := audit.Canonical(payload)
	if err != nil {
		t.Fatal(err)
	}
	seq := int64(len(h.records))
	salt := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(seq)))
	r := audit.Record{Entry: audit.Entry{Account: h.account, Seq: seq, Micros: 1_795_000_000_000_000 + seq*1_000, Actor: actor, Action: action, Object: object,
		PayloadHash: audit.PayloadHash(salt[:], body), Prev: audit.Genesis(h.account)}, Salt: salt[:], Payload: body}
	if seq > 0 {
		r.Prev = h.records[seq-1].Hash
	}
	h.append(r)
}

// append seals a record and adds it to the tree.
func (h *history) append(r audit.Record) {
	r.Hash = r.Entry.Hash()
	h.records = append(h.records, r)
	h.nodes[[2]int64{0, r.Seq}] = r.Hash
	for _, n := range h.tree.Append(r.Hash) {
		h.nodes[[2]int64{int64(n.Level), n.N}] = n.Hash
	}
}

// many adds n entries of what a busy account does.
func (h *history) many(t testing.TB, n int) *history {
	t.Helper()
	for i := range n {
		h.add(t, "user:0199f0c2-7d10-7c3e-9a41-2f6b8d0e00aa", "experiment.weights", fmt.Sprintf("experiment:%d", i%7), map[string]any{
			"old": map[string]any{"b": 5000, "control": 5000}, "new": map[string]any{"b": 4000 + i%2000, "control": 6000 - i%2000}, "nota": "Señal “π” 😀"})
	}
	return h
}

func (h *history) checkpoint() audit.Checkpoint {
	return audit.Checkpoint{Account: h.account, Size: h.tree.Size, Root: h.tree.Root()}
}

// sign vouches for what is there.
func (h *history) sign(t testing.TB, by note.Signer) string {
	t.Helper()
	text, err := h.checkpoint().Sign(by)
	if err != nil {
		t.Fatal(err)
	}
	h.signed = append(h.signed, text)
	return text
}

// erase takes payloads away and says so.
func (h *history) erase(t testing.TB, spans ...audit.Span) {
	t.Helper()
	var list []any
	for _, s := range spans {
		list = append(list, []any{s[0], s[1]})
		for seq := s[0]; seq <= s[1]; seq++ {
			h.records[seq].Payload, h.records[seq].Salt = nil, nil
		}
	}
	h.add(t, "user:1", audit.Erased, "account:1", map[string]any{"entries": list, "reason": "request"})
}

// bundle is what the account would download.
func (h *history) bundle(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	w := audit.NewBundleWriter(&out, h.account, nil, h.signed)
	for i := range h.records {
		if err := w.Add(&h.records[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// clone is a copy that can be tampered with.
func (h *history) clone() *history {
	c := *h
	c.records = slices.Clone(h.records)
	c.signed = slices.Clone(h.signed)
	return &c
}

func verify(t testing.TB, bundle []byte, key audit.Key, since string) (audit.Report, *audit.Fault) {
	t.Helper()
	r, err := audit.Verify(bytes.NewReader(bundle), key, since)
	if err == nil {
		return r, nil
	}
	f, ok := err.(*audit.Fault)
	if !ok {
		t.Fatalf("got %T %v, want a Fault", err, err)
	}
	return r, f
}

func TestHonestBundlesVerify(t *testing.T) {
	t.Parallel()
	signer, key := keyring(t, 1)
	for _, n := range []int{1, 2, 3, 7, 8, 100, 1000} {
		h := newHistory(account).many(t, n)
		first := h.sign(t, signer)
		h.many(t, n/2)
		h.sign(t, signer)
		r, f := verify(t, h.bundle(t), key, first)
		if f != nil {
			t.Fatalf("%d entries: %v", n, f)
		}
		if want := int64(n + n/2); r.Entries != want || r.Account != account || r.Root != h.tree.Root() {
			t.Errorf("got %+v, want %d entries of %s", r, want, account)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	signer, key := keyring(b, 1)
	h := newHistory(account).many(b, 10_000)
	h.sign(b, signer)
	bundle := h.bundle(b)
	b.SetBytes(int64(len(bundle)))
	for b.Loop() {
		if _, f := verify(b, bundle, key, ""); f != nil {
			b.Fatal(f)
		}
	}
	b.ReportMetric(float64(b.N)*10_000/b.Elapsed().Seconds(), "entries/s")
}
