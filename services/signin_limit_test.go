package services

import (
	"net/netip"
	"testing"
	"time"
)

func TestThrottle(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	m := NewMemoryThrottle(func() time.Time { return now })
	take := func() time.Duration { return m.Take(t.Context(), "key", 3) }
	for i := range 3 {
		if wait := take(); wait != 0 {
			t.Fatalf("try %d: got a wait of %v, want none", i, wait)
		}
	}
	for _, want := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
		want *= time.Second
		if wait := take(); wait != want {
			t.Errorf("got a wait of %v, want %v", wait, want)
		}
		now = now.Add(want - time.Millisecond)
		if wait := take(); wait != time.Millisecond {
			t.Errorf("just before: got %v, want 1ms", wait)
		}
		now = now.Add(time.Millisecond)
		if wait := take(); wait != 0 {
			t.Errorf("then: got %v, want none", wait)
		}
	}
	if wait := m.Take(t.Context(), "other key", 3); wait != 0 {
		t.Errorf("another key: got %v, want none", wait)
	}
	now = now.Add(throttleQuiet + time.Second)
	for range 3 {
		if wait := take(); wait != 0 {
			t.Errorf("after an hour: got %v, want none", wait)
		}
	}
}

func TestThrottleRefund(t *testing.T) {
	t.Parallel()
	m := NewMemoryThrottle(time.Now)
	for i := range 100 {
		if wait := m.Take(t.Context(), "key", 3); wait != 0 {
			t.Fatalf("try %d: got %v, want none", i, wait)
		}
		m.Refund(t.Context(), "key")
	}
	m.Refund(t.Context(), "nothing taken")
}

func TestThrottleTrust(t *testing.T) {
	t.Parallel()
	now := time.Now()
	m := NewMemoryThrottle(func() time.Time { return now })
	m.Trust(t.Context(), "home")
	for after, want := range map[time.Duration]bool{0: true, trustLasts - time.Minute: true, trustLasts: false} {
		m.clock = func() time.Time { return now.Add(after) }
		if got := m.Trusted(t.Context(), "home"); got != want {
			t.Errorf("after %v: got %v, want %v", after, got, want)
		}
	}
	if m.Trusted(t.Context(), "elsewhere") {
		t.Error("an unknown key is trusted")
	}
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"2001:db8:1:2::1": "2001:db8:1:2::/64", "2001:db8:1:3::1": "2001:db8:1:3::/64", "fe80::1%eth0": "fe80::/64"} {
		if got := network(netip.MustParseAddr(address)); got != want {
			t.Errorf("J2 %s: got %s, want %s", address, got, want)
		}
	}
}

func TestCanonicalEmail(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		" Ana@Shop.Example ": "ana@shop.example", "ana+x@shop.example": "ana+x@shop.example", "ana@bücher.example": "ana@xn--bcher-kva.example",
		"ÁNA@shop.example": "ána@shop.example", "A\u0301na@shop.example": "ána@shop.example", "ana@shop.example.": "",
		"": "", "ana": "", "@shop.example": "", "ana@": "", "ana@shop": "", "a b@shop.example": "", "ana@shop.example\nBcc: x": "", "<ana@shop.example>": "",
		"a,b@shop.example": "", `"a b"@shop.example`: "", "ana@-shop.example": "", "ana@shop..example": "", ".ana@shop.example": "", "ana\x00@shop.example": "", "ana@[127.0.0.1]": "",
	} {
		got, ok := canonicalEmail(text)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q: got %q, %v, want %q", text, got, ok, want)
		}
	}
}
