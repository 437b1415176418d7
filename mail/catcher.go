package mail

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"
)

// caughtMax is how many messages a Catcher keeps.
const caughtMax = 100

// Catcher is the mail box of development: it keeps the newest messages in memory instead of sending them.
type Catcher struct {
	clock func() time.Time
	mu    sync.Mutex
	next  int
	mails []Caught // oldest first
}

// Caught is a message that was not sent.
type Caught struct {
	Message
	ID string
	At time.Time
}

// NewCatcher makes an empty one.
func NewCatcher(clock func() time.Time) *Catcher { return &Catcher{clock: clock} }

// Send implements Transport.
func (b *Catcher) Send(_ context.Context, m Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next++
	b.mails = append(b.mails, Caught{m, strconv.Itoa(b.next), b.clock()})
	if len(b.mails) > caughtMax {
		b.mails = slices.Delete(b.mails, 0, len(b.mails)-caughtMax)
	}
	return nil
}

// List returns what was caught, newest first.
func (b *Catcher) List() []Caught {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := slices.Clone(b.mails)
	slices.Reverse(out)
	return out
}

// Get returns one message.
func (b *Catcher) Get(id string) (Caught, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.mails, func(m Caught) bool { return m.ID == id })
	if i < 0 {
		return Caught{}, false
	}
	return b.mails[i], true
}
