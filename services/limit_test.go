package services

import (
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/samplit/samplit/db"
)

func TestParseRate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Rate{"0": {}, "200/s": {200, time.Second}, "1/s": {1, time.Second}, "90/m": {90, time.Minute}, "1000000/h": {1_000_000, time.Hour}} {
		if got, err := ParseRate(text); got != want || err != nil {
			t.Errorf("%q: got %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "200", "/s", "200/", "200/d", "-1/s", "0/s", "1.5/s", "1000001/s", "200/s/s", " 200/s"} {
		if got, err := ParseRate(text); err == nil {
			t.Errorf("%q: got %v, want an error", text, got)
		}
	}
}

// bucket is the oracle: it holds time, at most a burst of it, fills as time goes by, and each request takes its share out.
type bucket struct{ full, each, level, at int64 }

func (b *bucket) take(now int64, n int) bool {
	b.level = min(b.full, b.level+max(now-b.at, 0))
	b.at = now
	if cost := int64(n) * b.each; cost <= b.level {
		b.level -= cost
		return true
	}
	return false
}

func TestAdmitAgreesWithABucket(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := Rate{rapid.IntRange(1, 100_000).Draw(t, "n"), rapid.SampledFrom([]time.Duration{time.Second, time.Minute, time.Hour}).Draw(t, "per")}
		now := rapid.Int64Range(0, 1<<61).Draw(t, "start")
		full := r.each() * int64(r.N)
		oracle := bucket{full: full, each: r.each(), level: full, at: now}
		var due int64
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now += rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(0, 3*r.each()), rapid.Int64Range(0, 2*full)).Draw(t, "pause")
			n := rapid.OneOf(rapid.Just(1), rapid.IntRange(1, r.N)).Draw(t, "requests")
			next, wait := r.admit(due, now, n)
			if want := oracle.take(now, n); (wait == 0) != want {
				t.Fatalf("at %d, %d requests: got a wait of %v, the bucket says %v", now, n, wait, want)
			}
			if wait > 0 && next != due {
				t.Fatalf("a refusal moved the count from %d to %d", due, next)
			}
			if wait > 0 {
				if _, again := r.admit(due, now+int64(wait), n); again != 0 {
					t.Fatalf("after the wait of %v it is still %v", wait, again)
				}
				if _, again := r.admit(due, now+int64(wait)-1, n); again == 0 {
					t.Fatalf("the wait of %v is longer than needed", wait)
				}
			}
			due = next
		}
	})
}

func TestAdmitSurvivesAClockThatIsSetBack(t *testing.T) {
	t.Parallel()
	r := Rate{10, time.Second}
	now := time.Now().UnixNano()
	due, _ := r.admit(0, now, 10)
	now -= int64(time.Hour)
	if _, wait := r.admit(due, now, 1); wait != 100*time.Millisecond {
		t.Errorf("got a wait of %v, want that of a full burst, 100ms", wait)
	}
}

// Whatever the traffic, no stretch of time lets more through than a burst and its share of the rate.
func TestTableBoundsEveryStretch(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := Rate{rapid.IntRange(1, 50).Draw(t, "n"), time.Second}
		table := newLimitTable(r, 1)
		var now int64 = 1
		var passed []int64
		for range 200 {
			now += rapid.Int64Range(0, r.each()).Draw(t, "pause")
			if wait, _ := table.take(7, now, 1); wait == 0 {
				passed = append(passed, now)
			}
		}
		for i := range passed {
			for j := i; j < len(passed); j++ {
				if most := int64(r.N) + (passed[j]-passed[i])/r.each(); int64(j-i+1) > most {
					t.Fatalf("%d passed in %d ns, want at most %d", j-i+1, passed[j]-passed[i], most)
				}
			}
		}
	})
}

func TestTableForgetsTheIdleFirst(t *testing.T) {
	t.Parallel()
	table := newLimitTable(Rate{2, time.Second}, 1)
	var now int64 = 1
	flood := uint64(1)
	table.take(flood, now, 2)
	for key := range uint64(10_000) {
		table.take(key+2, now, 1)
	}
	if wait, _ := table.take(flood, now, 1); wait == 0 {
		t.Error("ten thousand passers-by made the table forget a key at its limit")
	}
}

// oneSite are limits of a snapshot that holds one site.
func oneSite(r LimitRules) *Limits {
	snap := NewSnapshot(nil, "http://tracker.test", time.Now, slog.New(slog.DiscardHandler))
	snap.Restore(&SavedSnapshot{at: time.Now(), changes: changes{sites: []db.SnapshotInstallationsRow{{ID: uuid.New(), Token: "inst_token"}}}})
	return NewLimits(snap, r, time.Now)
}

func TestLettingThroughAllocatesNothing(t *testing.T) {
	rate := Rate{1_000_000, time.Second}
	l := oneSite(LimitRules{Token: rate, Address: rate})
	from, ctx := netip.MustParseAddr("2001:db8::1"), t.Context()
	for name, count := range map[string]func() error{
		"token":   func() error { return l.Token(ctx, "inst_token", 1) },
		"address": func() error { return l.Address(ctx, from) },
	} {
		if n := testing.AllocsPerRun(1000, func() { _ = count() }); n != 0 {
			t.Errorf("%s: %v allocations, want none", name, n)
		}
	}
	if token, _ := l.Refused(); token != 0 {
		t.Errorf("%d refused: nothing was measured", token)
	}
}

func BenchmarkLimitToken(b *testing.B) {
	l := oneSite(LimitRules{Token: Rate{1_000_000, time.Second}})
	for b.Loop() {
		_ = l.Token(b.Context(), "inst_token", 1)
	}
}
