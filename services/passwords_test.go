package services

import (
	"context"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

func testSecret(t *testing.T) Secret {
	t.Helper()
	s, err := NewSecret(strings.Repeat("test secret ", 4))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func testPasswords(t *testing.T) *Passwords {
	t.Helper()
	p, err := NewPasswords(testSecret(t), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPasswordForms(t *testing.T) {
	t.Parallel()
	p := testPasswords(t)
	for _, tc := range []struct{ name, password, tag string }{
		{"71 bytes", strings.Repeat("a", 71), plainTag}, {"72 bytes", strings.Repeat("a", 72), plainTag},
		{"73 bytes", strings.Repeat("a", 73), keyedTag}, {"1,000 bytes", strings.Repeat("a", 1000), keyedTag},
		{"25 characters of three bytes", strings.Repeat("€", 25), keyedTag}, {"NUL", "abcdefgh\x00", keyedTag},
	} {
		stored, err := p.hash(t.Context(), tc.password)
		if err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		if !strings.HasPrefix(stored, tc.tag) {
			t.Errorf("%s: stored as %.3s, want %s", tc.name, stored, tc.tag)
		}
		for typed, want := range map[string]bool{tc.password: true, tc.password + "a": false, tc.password[1:]: false, "": false, tc.password + "\x00": false} {
			got, err := p.matches(t.Context(), stored, typed)
			if err != nil || got != want {
				t.Errorf("%s, %d bytes typed: got %v, %v, want %v", tc.name, len(typed), got, err, want)
			}
		}
	}
}

func TestKeyedPasswordsNeedTheSecret(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long password ", 10)
	stored, err := testPasswords(t).hash(t.Context(), long)
	if err != nil {
		t.Fatal(err)
	}
	other, err := NewSecret(strings.Repeat("other secret", 4))
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPasswords(other, bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	if same, err := p.matches(t.Context(), stored, long); same || err != nil {
		t.Errorf("got %v, %v, want no match under another SECRET_KEY", same, err)
	}
}

// Whoever has no hash costs a comparison too: it waits for a slot like any other.
func TestUnknownPeopleCostTheSame(t *testing.T) {
	t.Parallel()
	p := testPasswords(t)
	for p.slots.TryAcquire(1) {
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, stored := range []string{"", "-", p.dummy, keyedTag + "$2a$04$x"} {
		if _, err := p.matches(ctx, stored, "some password"); Code(err) != CodeUnavailable {
			t.Errorf("stored %q: got %v, want it to wait for a slot", stored, err)
		}
	}
}

func TestHashingQueueIsBounded(t *testing.T) {
	t.Parallel()
	p := testPasswords(t)
	p.waiting.Store(maxWaitingHashes)
	if _, err := p.hash(t.Context(), "some password"); Code(err) != CodeUnavailable {
		t.Errorf("got %v, want unavailable", err)
	}
	if got := p.waiting.Load(); got != maxWaitingHashes {
		t.Errorf("a refused one still counts: %d", got)
	}
}

func TestCommonPasswords(t *testing.T) {
	t.Parallel()
	if n := len(commonSet()); n != 6000 {
		t.Errorf("got %d words, want 6000", n)
	}
	for word, want := range map[string]bool{"password": true, "PassWord": true, "12345678": true, "zzzzzzzzz": true, "password1": true,
		"correct horse battery staple": false, "Password123!": false} {
		if got := isCommonPassword(word); got != want {
			t.Errorf("%s: got %v, want %v", word, got, want)
		}
	}
}

func TestSecret(t *testing.T) {
	t.Parallel()
	if _, err := NewSecret(strings.Repeat("x", 31)); err == nil {
		t.Error("B18: a secret of 31 bytes was accepted")
	}
	s := testSecret(t)
	a, b := s.Key("session"), s.Key("access token")
	if len(a) != 32 || string(a) == string(b) || string(a) != string(s.Key("session")) {
		t.Error("keys must be 32 bytes, differ by purpose and stay the same")
	}
	if text := s.String() + s.GoString(); strings.Contains(text, "test") {
		t.Errorf("a secret prints itself: %s", text)
	}
}
