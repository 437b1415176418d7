package services

import (
	"log/slog"
	"time"

	"github.com/samplit/samplit/db"
)

const (
	maxVisitor = 128
	// assignWait is how long a new visitor's answer waits for its row. A page must not wait longer for the database.
	assignWait = 300 * time.Millisecond
	// eventWait is how long events may wait to be durable before they are refused.
	eventWait = 8 * time.Second
)

// Tracker answers what visitors' browsers and customers' servers ask: which variant, and please count this. The installation
// token is the credential; unknown tokens get CodeUnknownToken from every method.
type Tracker struct {
	db        *db.DB
	snapshot  *Snapshot
	committer *Committer
	sticky    *sticky
	clock     Clock
	log       *slog.Logger
}

// NewTracker makes the service; remembered bounds how many recent assignments are kept in memory.
func NewTracker(d *db.DB, s *Snapshot, c *Committer, remembered int, clock Clock, log *slog.Logger) *Tracker {
	return &Tracker{db: d, snapshot: s, committer: c, sticky: newSticky(remembered), clock: clock, log: log}
}

func (t *Tracker) site(token string) (*site, error) {
	if s := t.snapshot.site(token); s != nil {
		return s, nil
	}
	return nil, &Error{Code: CodeUnknownToken, Message: "No site has this installation token. Copy the snippet again from the site's page."}
}

// Config returns the configuration that the site's snippet carries, as JSON.
func (t *Tracker) Config(token string) ([]byte, error) {
	s, err := t.site(token)
	if err != nil {
		return nil, err
	}
	b, err := s.config.bytes()
	if err != nil {
		t.log.Error("snippet configuration", slog.Any("error", err))
	}
	return b, nil
}

// validVisitor: printable ASCII, 1 to 128 bytes.
func validVisitor(v string) bool {
	if len(v) == 0 || len(v) > maxVisitor {
		return false
	}
	for i := range len(v) {
		if v[i] < 0x20 || v[i] > 0x7e {
			return false
		}
	}
	return true
}

func (f Fields) visitor(path, v string) {
	if !validVisitor(v) {
		f.add(path, "bad_visitor", "Use 1 to 128 printable ASCII characters.")
	}
}
