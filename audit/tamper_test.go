package audit_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/note"

	"github.com/samplit/samplit/audit"
)

// forgery is a bundle that somebody tampered with, and what must be said about it.
type forgery struct {
	Name   string     `json:"name"`
	Bundle string     `json:"bundle"`
	Since  string     `json:"since,omitempty"`
	Key    string     `json:"key"`
	Code   audit.Code `json:"code"`
	Seq    int64      `json:"seq"`
}

// vault is an honest record that is tampered with: 60 entries, some erased, checkpoints of 20, 40 and all.
type vault struct {
	t      testing.TB
	rng    *rand.Rand
	honest *history
	signer note.Signer
	key    audit.Key
	thief  note.Signer // has another key
}

func newVault(t testing.TB, seed uint64) *vault {
	v := &vault{t: t, rng: rand.New(rand.NewPCG(seed, 7))}
	v.signer, v.key = keyring(t, 1)
	v.thief, _ = keyring(t, 2)
	h := newHistory(account).many(t, 20)
	h.sign(t, v.signer)
	h.many(t, 10)
	h.erase(t, audit.Span{3, 5}, audit.Span{25, 25})
	h.many(t, 9)
	h.sign(t, v.signer)
	h.many(t, 20)
	h.sign(t, v.signer)
	v.honest = h
	return v
}

// some is a random entry that has its payload.
func (v *vault) some(h *history) int64 {
	for {
		if i := v.rng.Int64N(int64(len(h.records))); h.records[i].Payload != nil && h.records[i].Action != audit.Erased {
			return i
		}
	}
}

// rehash seals the entries from i on again, so that they follow each other.
func rehash(h *history, from int64) {
	for i := from; i < int64(len(h.records)); i++ {
		r := &h.records[i]
		r.Seq, r.Prev = i, audit.Genesis(h.account)
		if i > 0 {
			r.Prev = h.records[i-1].Hash
		}
		r.Hash = r.Entry.Hash()
	}
	h.tree = audit.Frontier{}
	for _, r := range h.records {
		h.tree.Append(r.Hash)
	}
}

// vouchedFor is the last checkpoint's size at or before an entry: where a rewritten record begins to be another, as far as anybody
// can tell.
func vouchedFor(i int64) int64 { return i / 20 * 20 }

func (v *vault) edit(r *audit.Record, field int) {
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
		r.PayloadHash[v.rng.IntN(32)] ^= 1
	case 5:
		r.Prev[v.rng.IntN(32)] ^= 0x80
	case 6:
		r.Hash[v.rng.IntN(32)] ^= 1
	}
}

// ways are what a database administrator, or whoever holds the file, may try.
var ways = map[string]func(*vault, *history) (audit.Code, int64){
	"I1 payload edited": func(v *vault, h *history) (audit.Code, int64) {
		i := v.some(h)
		h.records[i].Payload = bytes.Replace(slices.Clone(h.records[i].Payload), []byte("5000"), []byte("5001"), 1)
		return audit.BadPayload, i
	},
	"I2 I3 field edited": func(v *vault, h *history) (audit.Code, int64) {
		i := v.rng.Int64N(60)
		v.edit(&h.records[i], v.rng.IntN(7))
		return audit.BadHash, i
	},
	"I4 deleted": func(v *vault, h *history) (audit.Code, int64) {
		i := v.rng.IntN(59)
		h.records = slices.Delete(h.records, i, i+1)
		return audit.BadOrder, int64(i)
	},
	"I5 tail deleted": func(v *vault, h *history) (audit.Code, int64) {
		n := 1 + v.rng.IntN(59)
		h.records = h.records[:n]
		return audit.BadOrder, int64(n)
	},
	"deleted and renumbered": func(v *vault, h *history) (audit.Code, int64) {
		i := v.rng.IntN(58)
		h.records = slices.Delete(h.records, i, i+1)
		for n := i; n < len(h.records); n++ {
			h.records[n].Seq = int64(n)
		}
		return audit.BadHash, int64(i)
	},
	"I6 swapped": func(v *vault, h *history) (audit.Code, int64) {
		i, j := v.rng.IntN(30), 30+v.rng.IntN(30)
		h.records[i], h.records[j] = h.records[j], h.records[i]
		return audit.BadOrder, int64(i)
	},
	"I7 I8 inserted": func(v *vault, h *history) (audit.Code, int64) {
		i := v.rng.IntN(60)
		h.records = slices.Insert(h.records, i, h.records[i])
		if i == 59 {
			return audit.BadOrder, 60
		}
		return audit.BadOrder, int64(i + 1)
	},
	"one entry edited and rehashed": func(v *vault, h *history) (audit.Code, int64) {
		i := v.rng.Int64N(59)
		v.edit(&h.records[i], v.rng.IntN(3))
		h.records[i].Hash = h.records[i].Entry.Hash()
		return audit.BadOrder, i + 1
	},
	"I9 of another account": func(v *vault, h *history) (audit.Code, int64) {
		i := v.some(h)
		other := newHistory(uuid.MustParse("0199f0c2-7d10-7c3e-9a41-2f6b8d0e0002")).many(v.t, 60)
		h.records[i] = other.records[i]
		return audit.BadHash, i
	},
	"I10 suffix rehashed": func(v *vault, h *history) (audit.Code, int64) {
		i := v.some(h)
		v.edit(&h.records[i], v.rng.IntN(3))
		rehash(h, i)
		return audit.Fork, vouchedFor(i)
	},
	"deleted and rehashed": func(v *vault, h *history) (audit.Code, int64) {
		i := 32 + v.rng.Int64N(27)
		h.records = slices.Delete(h.records, int(i), int(i)+1)
		rehash(h, i)
		return audit.BadOrder, 59
	},
	"I11 replaced and signed by another key": func(v *vault, h *history) (audit.Code, int64) {
		rehash(h, 0)
		h.signed = nil
		h.sign(v.t, v.thief)
		return audit.BadSignature, -1
	},
	"I14 checkpoint edited": func(v *vault, h *history) (audit.Code, int64) {
		k := v.rng.IntN(3)
		lines := strings.Split(h.signed[k], "\n")
		lines[2] = h.tree.Peaks[0].String()
		h.signed[k] = strings.Join(lines, "\n")
		return audit.BadSignature, -1
	},
	"I14 signature edited": func(v *vault, h *history) (audit.Code, int64) {
		k := v.rng.IntN(3)
		at := strings.LastIndexByte(h.signed[k], ' ') + 10 + v.rng.IntN(60)
		letter := byte('A')
		if h.signed[k][at] == letter {
			letter = 'B'
		}
		h.signed[k] = h.signed[k][:at] + string(letter) + h.signed[k][at+1:]
		return audit.BadSignature, -1
	},
	"payload removed": func(v *vault, h *history) (audit.Code, int64) {
		i := v.some(h)
		h.records[i].Payload, h.records[i].Salt = nil, nil
		return audit.BadPayload, i
	},
	"salt removed": func(v *vault, h *history) (audit.Code, int64) {
		i := v.some(h)
		h.records[i].Salt = nil
		return audit.BadPayload, i
	},
}

// afterwards are changes of the file's text or of what it is compared with.
var afterwards = map[string]func(*vault, *forgery){
	"I12 rolled back": func(v *vault, f *forgery) {
		older := v.honest.clone()
		f.Since = older.signed[2]
		n := int64(20)
		if v.rng.IntN(2) == 0 {
			n = 40
		}
		older.records, older.signed = older.records[:n], older.signed[:n/20]
		if n == 20 {
			older.many(v.t, 0)
			fillPayloads(v, older) // the backup is from before the erasure
		}
		f.Bundle, f.Code, f.Seq = string(older.bundle(v.t)), audit.Rollback, n
	},
	"I15 fork by the key": func(v *vault, f *forgery) {
		h := v.honest.clone()
		i := 31 + v.rng.Int64N(29)
		f.Since = h.signed[2]
		v.edit(&h.records[i], v.rng.IntN(3))
		rehash(h, i)
		h.signed = nil
		h.sign(v.t, v.signer)
		f.Bundle, f.Code, f.Seq = string(h.bundle(v.t)), audit.Fork, 0
	},
	"cut in a line": func(v *vault, f *forgery) {
		lines := strings.SplitAfter(f.Bundle, "\n")
		i := v.rng.IntN(60)
		line := lines[4+i]
		f.Bundle = strings.Join(lines[:4+i], "") + line[:1+v.rng.IntN(len(line)-2)]
		f.Code, f.Seq = audit.Malformed, int64(i)
	},
	"a member too many": func(v *vault, f *forgery) {
		lines := strings.SplitAfter(f.Bundle, "\n")
		i := v.rng.IntN(60)
		lines[4+i] = strings.Replace(lines[4+i], "{", `{"note":"trust me",`, 1)
		f.Bundle, f.Code, f.Seq = strings.Join(lines, ""), audit.Malformed, int64(i)
	},
	"another account on the first line": func(_ *vault, f *forgery) {
		f.Bundle = strings.Replace(f.Bundle, account.String(), "0199f0c2-7d10-7c3e-9a41-2f6b8d0e0002", 1)
		f.Code, f.Seq = audit.BadSignature, -1
	},
	"no checkpoint": func(_ *vault, f *forgery) {
		lines := strings.SplitAfter(f.Bundle, "\n")
		f.Bundle, f.Code, f.Seq = lines[0]+strings.Join(lines[4:], ""), audit.Malformed, -1
	},
	"another format": func(_ *vault, f *forgery) {
		f.Bundle = strings.Replace(f.Bundle, "samplit-audit/v1", "samplit-audit/v2", 1)
		f.Code, f.Seq = audit.Malformed, -1
	},
	"nothing": func(_ *vault, f *forgery) { f.Bundle, f.Code, f.Seq = "", audit.Unreadable, -1 },
}

// fillPayloads gives erased entries back what they said, as in an older copy.
func fillPayloads(v *vault, h *history) {
	fresh := newHistory(account).many(v.t, len(h.records))
	for i := range h.records {
		if h.records[i].Payload == nil {
			h.records[i] = fresh.records[i]
		}
	}
}

func names[V any](m map[string]V) []string {
	var out []string
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// forge tampers in one of the ways, chosen by i.
func (v *vault) forge(i int) forgery {
	f := forgery{Key: string(v.key)}
	first, second := names(ways), names(afterwards)
	h := v.honest.clone()
	if i %= len(first) + len(second); i < len(first) {
		f.Name = first[i]
		f.Code, f.Seq = ways[f.Name](v, h)
		f.Bundle = string(h.bundle(v.t))
		return f
	}
	f.Name = second[i-len(first)]
	f.Bundle = string(h.bundle(v.t))
	afterwards[f.Name](v, &f)
	return f
}

// mutations is how many forgeries the test makes.
var mutations = 600

func TestTamperingIsFoundAndNamed(t *testing.T) {
	t.Parallel()
	v := newVault(t, 1)
	if _, f := verify(t, v.honest.bundle(t), v.key, v.honest.signed[0]); f != nil {
		t.Fatalf("the honest record: %v", f)
	}
	for i := range mutations {
		f := v.forge(i)
		_, fault := verify(t, []byte(f.Bundle), v.key, f.Since)
		if fault == nil {
			t.Fatalf("%d, %s: verified", i, f.Name)
		}
		if fault.Code != f.Code || fault.Seq != f.Seq {
			t.Errorf("%d, %s: got %v at %d (%v), want %v at %d", i, f.Name, fault.Code, fault.Seq, fault, f.Code, f.Seq)
		}
	}
}

func TestSpreadOutPayloadsStillVerify(t *testing.T) {
	t.Parallel()
	v := newVault(t, 1)
	h := v.honest.clone()
	for i := range h.records {
		h.records[i].Payload = bytes.ReplaceAll(slices.Clone(h.records[i].Payload), []byte(`":`), []byte(`" :  `))
		if h.records[i].Salt == nil {
			h.records[i].Payload = nil
		}
	}
	if _, f := verify(t, h.bundle(t), v.key, ""); f != nil {
		t.Error(f)
	}
}

func TestSigningIsHandedOver(t *testing.T) {
	t.Parallel()
	oldSigner, oldKey := keyring(t, 1)
	newSigner, newKey := keyring(t, 2)
	_, other := keyring(t, 3)
	h := newHistory(account).many(t, 5)
	h.sign(t, oldSigner)
	h.add(t, "system", audit.KeyRotated, "account:1", map[string]any{"old": string(oldKey), "new": string(newKey)})
	covered := h.clone()
	covered.sign(t, oldSigner)
	covered.tree.Peaks = slices.Clone(covered.tree.Peaks)
	covered.many(t, 3)
	covered.sign(t, newSigner)
	for _, key := range []audit.Key{oldKey, newKey} {
		if _, f := verify(t, covered.bundle(t), key, ""); f != nil {
			t.Errorf("%s: %v", key, f)
		}
	}
	if _, f := verify(t, covered.bundle(t), other, ""); f == nil || f.Code != audit.BadSignature {
		t.Errorf("a third key: got %v, want signature", f)
	}
	h.sign(t, newSigner) // the old key has not vouched for the handing over
	if _, f := verify(t, h.bundle(t), oldKey, ""); f == nil || f.Code != audit.BadSignature {
		t.Errorf("handed over by nobody: got %v, want signature", f)
	}
}

// Huge and hostile files end with a name, soon and without taking memory.
func TestHostileFilesAreMalformed(t *testing.T) {
	t.Parallel()
	v := newVault(t, 1)
	head := string(v.honest.bundle(t))
	head = head[:strings.Index(head, `{"seq":0`)]
	for name, file := range map[string]string{
		"a long line":         strings.Repeat("x", 1<<20),
		"binary":              "\x00\x01\x02\xff\n",
		"deep":                head + strings.Repeat(`{"payload":`, 50_000) + "\n",
		"many checkpoints":    fmt.Sprintf(`{"bundle":"samplit-audit/v1","account":%q,"keys":[]}`, account) + "\n" + strings.Repeat(`{"checkpoint":"x"}`+"\n", 2_001),
		"a long first line":   `{"bundle":"` + strings.Repeat("a", 200_000) + `"}`,
		"a name twice":        strings.Replace(head, `{"bundle"`, `{"account":"x","bundle"`, 1),
		"bad UTF-8":           head + "{\"seq\":0,\"actor\":\"\xff\"}\n",
		"a number out of all": head + `{"seq":1e400}` + "\n",
	} {
		if _, f := verify(t, []byte(file), v.key, ""); f == nil || f.Code != audit.Malformed {
			t.Errorf("%s: got %v, want malformed", name, f)
		}
	}
}

// P15: a proof stays small.
func TestProofsAreSmall(t *testing.T) {
	t.Parallel()
	const n = 1_000_000
	var leaves audit.Leaves
	for i := range n {
		hash := audit.Genesis(uuid.UUID{byte(i), byte(i >> 8), byte(i >> 16)})
		leaves = append(leaves, hash[:]...)
	}
	c := audit.Checkpoint{Account: account, Size: n, Root: leaves.Root()}
	for _, seq := range []int64{0, 524_287, n - 1} {
		p, err := leaves.Prove(seq)
		if err != nil {
			t.Fatal(err)
		}
		if !audit.CheckInclusion(p, c, seq, leaves.At(seq)) {
			t.Errorf("entry %d: its proof does not hold", seq)
		}
		if text := fmt.Sprintf(`{"seq":%d,"size":%d,"hashes":%q}`, seq, n, p); len(text) > 1024 {
			t.Errorf("entry %d: a proof of %d bytes, want at most 1024", seq, len(text))
		}
	}
}
