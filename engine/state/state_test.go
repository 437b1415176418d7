package state

import (
	"bytes"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	scope = Scope{Account: [16]byte{1}, Experiment: [16]byte{2}, Split: 3, Version: 4}
	known = State{
		Epoch: 7, Seed: "checkout/hero", HashVersion: 2, Counts: strings.Repeat("0a", 32),
		Arms: []Arm{{"control", 1 + 1e-15, 1e7 + 0.1}, {"b", 0.1 + 0.2, math.SmallestNonzeroFloat64}},
	}
)

func generate(t testing.TB) *Keyset {
	t.Helper()
	k, err := Generate()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func seal(t testing.TB, k *Keyset) []byte {
	t.Helper()
	sealed, err := k.Seal(scope, known)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestRoundTripIsExact(t *testing.T) {
	t.Parallel()
	k := generate(t)
	sealed := seal(t, k)
	got, err := k.Open(scope, sealed)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(known, got); diff != "" {
		t.Errorf("state changed (-want +got):\n%s", diff)
	}
	if bytes.Contains(sealed, []byte("control")) || bytes.Contains(sealed, []byte("checkout")) {
		t.Error("the sealed state can be read")
	}
	if bytes.Equal(sealed, seal(t, k)) {
		t.Error("the same state was sealed to the same bytes twice")
	}
}

func TestMovedStateIsRefused(t *testing.T) {
	t.Parallel()
	k := generate(t)
	sealed := seal(t, k)
	for name, elsewhere := range map[string]Scope{
		"account":    {Account: [16]byte{9}, Experiment: scope.Experiment, Split: 3, Version: 4},
		"experiment": {Account: scope.Account, Experiment: [16]byte{9}, Split: 3, Version: 4},
		"swapped":    {Account: scope.Experiment, Experiment: scope.Account, Split: 3, Version: 4},
		"split":      {Account: scope.Account, Experiment: scope.Experiment, Split: 4, Version: 4},
		"older":      {Account: scope.Account, Experiment: scope.Experiment, Split: 3, Version: 3},
		"newer":      {Account: scope.Account, Experiment: scope.Experiment, Split: 3, Version: 5},
	} {
		if _, err := k.Open(elsewhere, sealed); !errors.Is(err, ErrAltered) {
			t.Errorf("%s: got %v, want %v", name, err, ErrAltered)
		}
	}
}

func TestEveryFlippedBitIsRefused(t *testing.T) {
	t.Parallel()
	k := generate(t)
	sealed := seal(t, k)
	for bit := range len(sealed) * 8 {
		changed := bytes.Clone(sealed)
		changed[bit/8] ^= 1 << (bit % 8)
		if _, err := k.Open(scope, changed); !errors.Is(err, ErrAltered) && !errors.Is(err, ErrWrongKey) {
			t.Fatalf("bit %d: got %v, want a refusal", bit, err)
		}
	}
	for n := range sealed {
		if _, err := k.Open(scope, sealed[:n]); !errors.Is(err, ErrAltered) {
			t.Fatalf("cut to %d bytes: got %v, want %v", n, err, ErrAltered)
		}
	}
	if _, err := k.Open(scope, make([]byte, 10<<20)); !errors.Is(err, ErrAltered) {
		t.Errorf("huge: got %v, want %v", err, ErrAltered)
	}
}

func TestWrongKeyIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := generate(t).Open(scope, seal(t, generate(t))); !errors.Is(err, ErrWrongKey) {
		t.Errorf("got %v, want %v", err, ErrWrongKey)
	}
}

func TestRotationKeepsOldStateReadable(t *testing.T) {
	t.Parallel()
	old := generate(t)
	before := seal(t, old)
	rotated, err := old.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	after := seal(t, rotated)
	for name, sealed := range map[string][]byte{"before": before, "after": after} {
		got, err := rotated.Open(scope, sealed)
		if err != nil || !cmp.Equal(got, known) {
			t.Errorf("%s rotation: got %v %v", name, got, err)
		}
	}
	if _, err := old.Open(scope, after); !errors.Is(err, ErrWrongKey) {
		t.Errorf("the old keyset: got %v, want %v", err, ErrWrongKey)
	}
	if !rotated.Stale(before) || rotated.Stale(after) || old.Stale(before) {
		t.Error("only what the old key sealed is stale, and only after rotation")
	}
}

func TestStateOutOfBoundsIsRefused(t *testing.T) {
	t.Parallel()
	k := generate(t)
	for name, change := range map[string]func(*State){
		"epoch":    func(s *State) { s.Epoch = 0 },
		"hash":     func(s *State) { s.HashVersion = 3 },
		"seed":     func(s *State) { s.Seed = strings.Repeat("x", 257) },
		"digest":   func(s *State) { s.Counts = "0a" },
		"no hex":   func(s *State) { s.Counts = strings.Repeat("xx", 32) },
		"no arms":  func(s *State) { s.Arms = nil },
		"65 arms":  func(s *State) { s.Arms = make([]Arm, 65) },
		"NaN":      func(s *State) { s.Arms[0].Alpha = math.NaN() },
		"infinite": func(s *State) { s.Arms[0].Beta = math.Inf(1) },
		"zero":     func(s *State) { s.Arms[0].Beta = 0 },
		"long key": func(s *State) { s.Arms[0].Key = strings.Repeat("x", 257) },
	} {
		s := known
		s.Arms = append([]Arm(nil), known.Arms...)
		change(&s)
		if _, err := k.Seal(scope, s); err == nil {
			t.Errorf("%s: sealed", name)
		}
	}
}

func TestOtherEncodingsAreRefused(t *testing.T) {
	t.Parallel()
	good, err := known.encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, plain := range map[string]string{
		"empty": "", "null": "null", "newer": strings.Replace(string(good), `"format":1`, `"format":2`, 1),
		"more": string(good) + "{}", "unknown": strings.Replace(string(good), `"seed"`, `"sneed"`, 1),
	} {
		if _, err := decode([]byte(plain)); err == nil {
			t.Errorf("%s: decoded", name)
		}
	}
}

func TestKeysetFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.keyset")
	first, err := Load(path, false)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got mode %v %v, want 0600", info.Mode(), err)
	}
	sealed := seal(t, first)
	again, err := Load(path, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Open(scope, sealed); err != nil {
		t.Errorf("the file's keys do not open what the created ones sealed: %v", err)
	}
	rotated, err := again.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	if err := rotated.Save(path); err != nil {
		t.Fatal(err)
	}
	if again, err = Load(path, true); err != nil || again.Stale(seal(t, rotated)) {
		t.Errorf("the file does not hold the rotated keys: %v", err)
	}
	if info, err = os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("after rotation: got mode %v %v, want 0600", info.Mode(), err)
	}
	names, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".keyset-*"))
	if err != nil || len(names) != 0 {
		t.Errorf("temporary files left: %v %v", names, err)
	}
}

func TestMissingKeysetIsNotReplaced(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.keyset")
	if _, err := Load(path, true); !errors.Is(err, ErrNoKeyset) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want %v naming the file", err, ErrNoKeyset)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a keyset was created: %v", err)
	}
	for name, content := range map[string]string{"broken": "{", "empty": "", "none": `{"primaryKeyId":1,"key":[]}`} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path, false); err == nil {
			t.Errorf("%s: loaded", name)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != content {
			t.Errorf("%s: the file was changed to %q %v", name, got, err)
		}
	}
}

func TestCreatorsAgree(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.keyset")
	keysets := make([]*Keyset, 8)
	var group sync.WaitGroup
	for i := range keysets {
		group.Go(func() {
			var err error
			if keysets[i], err = Load(path, false); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if t.Failed() {
		return
	}
	for _, k := range keysets {
		if _, err := k.Open(scope, seal(t, keysets[0])); err != nil {
			t.Errorf("two creators have different keys: %v", err)
		}
	}
}

func TestNoncesDoNotRepeat(t *testing.T) {
	t.Parallel()
	k := generate(t)
	const nonceSize = 24
	seen := make(map[[nonceSize]byte]bool)
	for range 100_000 {
		sealed, err := k.aead.Encrypt(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		nonce := [nonceSize]byte(sealed[prefixSize:])
		if seen[nonce] {
			t.Fatalf("nonce %x came twice", nonce)
		}
		seen[nonce] = true
	}
}

func TestKeysetDoesNotPrintKeys(t *testing.T) {
	t.Parallel()
	k := generate(t)
	var file bytes.Buffer
	if err := k.Write(&file); err != nil {
		t.Fatal(err)
	}
	if got := k.String(); strings.Contains(got, "value") || len(got) > 40 {
		t.Errorf("got %q", got)
	}
}

// FuzzOpen: whatever the bytes, Open and the decoder behind it answer without a panic; only the genuine bytes open.
func FuzzOpen(f *testing.F) {
	k := generate(f)
	sealed := seal(f, k)
	plain, err := known.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add(sealed[:len(sealed)-1])
	f.Add(append([]byte{1}, make([]byte, 60)...))
	f.Add([]byte{})
	f.Add(plain)
	f.Add([]byte(`{"format":1,"epoch":1,"hash_version":2,"arms":[{"alpha":1e999}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := k.Open(scope, data); err == nil && !bytes.Equal(data, sealed) {
			t.Fatalf("opened forged bytes %x", data)
		}
		s, err := decode(data)
		if err != nil {
			return
		}
		again, err := s.encode()
		if err != nil {
			t.Fatalf("decoded what cannot be encoded: %v", err)
		}
		if back, err := decode(again); err != nil || !cmp.Equal(back, s) {
			t.Fatalf("got %v %v, want %v", back, err, s)
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	k := generate(b)
	for b.Loop() {
		seal(b, k)
	}
}

func BenchmarkOpen(b *testing.B) {
	k := generate(b)
	sealed := seal(b, k)
	for b.Loop() {
		if _, err := k.Open(scope, sealed); err != nil {
			b.Fatal(err)
		}
	}
}
