package services

import (
	"sync"
	"sync/atomic"

	"github.com/google/uuid"
)

// queueRows bounds what waits for a commit: some twenty commits, and some ten megabytes.
const queueRows = 32_768

// queue is where works wait for a commit. An account may have as much waiting as there is room left, so one that floods takes half
// of the queue at most, two a third each, and there is room for the next. Accounts take turns by the work, so a small one
// does not wait for what a large one has piled up. Within an account the order is that of arrival. The last quarter is for visitors'
// variants: what clients keep and send again is refused first.
type queue struct {
	ready   chan struct{} // holds something while works wait
	refused atomic.Int64

	mu    sync.Mutex
	lanes map[uuid.UUID]*lane
	turns []*lane // those with works, next first
	works int
	size  int // rows
	free  int // rows
	most  int // rows that one work counts for, or the largest would never find room
}

type lane struct {
	account uuid.UUID
	works   []*work
	rows    int
}

func newQueue(rows int) *queue {
	return &queue{ready: make(chan struct{}, 1), lanes: map[uuid.UUID]*lane{}, size: rows, free: rows, most: rows / 8}
}

// put adds a work, or returns false when its account has as much waiting as it may, or all have.
func (q *queue) put(w *work) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	account, rows := w.account(), min(w.rows(), q.most)
	l := q.lanes[account]
	if l == nil {
		l = &lane{account: account}
	}
	if l.rows+rows > q.free-rows || !w.keep && q.free-rows < q.size/4 {
		q.refused.Add(1)
		return false
	}
	if len(l.works) == 0 {
		q.lanes[account] = l
		q.turns = append(q.turns, l)
	}
	l.works = append(l.works, w)
	l.rows += rows
	q.works++
	q.free -= rows
	q.wake()
	return true
}

// fill adds what waits to a batch, up to the rows of one commit.
func (q *queue) fill(batch []*work) []*work {
	rows := 0
	for _, w := range batch {
		rows += w.rows()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for rows < batchRows && len(q.turns) > 0 {
		w := q.next()
		batch = append(batch, w)
		rows += w.rows()
	}
	if len(q.turns) > 0 {
		q.wake()
	}
	return batch
}

// next takes the first work of the account whose turn it is and sends the account to the end of the line.
func (q *queue) next() *work {
	l := q.turns[0]
	q.turns = q.turns[1:]
	w := l.works[0]
	l.works[0] = nil
	l.works = l.works[1:]
	rows := min(w.rows(), q.most)
	l.rows -= rows
	q.works--
	q.free += rows
	if len(l.works) > 0 {
		q.turns = append(q.turns, l)
	} else {
		delete(q.lanes, l.account)
	}
	return w
}

func (q *queue) wake() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

func (q *queue) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.works
}

// used is the used share of the room.
func (q *queue) used() float64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return 1 - float64(q.free)/float64(q.size)
}
