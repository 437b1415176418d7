package services

import (
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/samplit/samplit/db"
)

// workOf is a work of an account with some rows; the first one's name tells works apart.
func workOf(account uuid.UUID, rows int, name string) *work {
	w := &work{events: make([]db.NewEvent, rows)}
	for i := range w.events {
		w.events[i] = db.NewEvent{Account: account, Name: name}
	}
	return w
}

func TestOneAccountTakesHalfOfTheQueue(t *testing.T) {
	t.Parallel()
	q := newQueue(1000)
	loud, quiet := uuid.New(), uuid.New()
	n := 0
	for q.put(workOf(loud, 1, "")) {
		n++
	}
	if n != 500 {
		t.Errorf("one account has %d of 1000 places, want half", n)
	}
	n = 0
	for q.put(workOf(quiet, 1, "")) {
		n++
	}
	if n != 250 {
		t.Errorf("the next account has %d places, want half of what was left", n)
	}
	if q.refused.Load() != 2 {
		t.Errorf("%d refusals counted, want 2", q.refused.Load())
	}
}

// Conversions, which their senders keep, are refused while there is still room for visitors' variants.
func TestVariantsHaveTheLastQuarter(t *testing.T) {
	t.Parallel()
	q := newQueue(1000)
	put := func(keep bool) (n int) {
		for refused := 0; refused < 50; {
			w := workOf(uuid.New(), 1, "")
			w.keep = keep
			if q.put(w) {
				n++
			} else {
				refused++
			}
		}
		return n
	}
	if n := put(false); n != 750 || q.used() != .75 {
		t.Errorf("%d conversions found room, %.2f is used, want 750", n, q.used())
	}
	if n := put(true); n != 249 { // an account may have as much as is left after it
		t.Errorf("%d assignments found room after them, want 249", n)
	}
	if n := put(false); n != 0 {
		t.Errorf("%d conversions found room before an assignment", n)
	}
}

func TestAccountsTakeTurns(t *testing.T) {
	t.Parallel()
	q := newQueue(queueRows)
	loud, quiet := uuid.New(), uuid.New()
	for range 10_000 {
		q.put(workOf(loud, 1, "loud"))
	}
	q.put(workOf(quiet, 1, "first"))
	q.put(workOf(quiet, 1, "second"))
	var names []string
	for _, w := range q.fill(nil)[:4] {
		names = append(names, w.events[0].Name)
	}
	if names[1] != "first" || names[3] != "second" {
		t.Errorf("the first to be stored are %v, want every other one of the quiet account", names)
	}
}

func TestTheLargestWorkFindsRoom(t *testing.T) {
	t.Parallel()
	q := newQueue(1000)
	if !q.put(workOf(uuid.New(), 5000, "")) {
		t.Error("a work larger than the queue is refused for ever")
	}
	if got := q.fill(nil); len(got) != 1 || q.free != 1000 {
		t.Errorf("%d works came out and %d rows are free, want 1 and 1000", len(got), q.free)
	}
}

// Whatever comes and goes, works come out whole, once, in their account's order, and the room adds up.
func TestQueueKeepsOrderAndCount(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q := newQueue(400)
		accounts := []uuid.UUID{{1}, {2}, {3}}
		waiting := map[uuid.UUID][]*work{}
		total := 0
		for range rapid.IntRange(1, 100).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "put") {
				w := workOf(rapid.SampledFrom(accounts).Draw(t, "account"), rapid.IntRange(1, 60).Draw(t, "rows"), "")
				if q.put(w) {
					waiting[w.account()] = append(waiting[w.account()], w)
					total++
				}
				continue
			}
			for _, w := range q.fill(nil) {
				mine := waiting[w.account()]
				if len(mine) == 0 || mine[0] != w {
					t.Fatal("a work came out of turn, or twice")
				}
				waiting[w.account()] = mine[1:]
				total--
			}
		}
		if q.waiting() != total {
			t.Fatalf("%d wait, want %d", q.waiting(), total)
		}
		select {
		case <-q.ready:
		default:
			if total > 0 {
				t.Fatal("works wait and nobody is woken")
			}
		}
		for q.waiting() > 0 {
			q.fill(nil)
		}
		if q.free != 400 || len(q.lanes) != 0 {
			t.Fatalf("empty, the queue has room for %d rows and %d lanes", q.free, len(q.lanes))
		}
	})
}
