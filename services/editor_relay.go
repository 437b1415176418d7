package services

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/proxy"
)

// Bounds of what passes between the editor and a page.
const (
	maxMessage     = 64 << 10
	maxMessages    = 50   // at once
	mostUnheard    = 1000 // in one direction
	messageLife    = time.Minute
	messagePause   = 100 * time.Millisecond // between the first two looks for messages; then more and more
	messageRest    = 600 * time.Millisecond
	messagePatient = 5 * time.Second // then the listener asks again
)

// PageRelay is one end of the conversation between the editor and a page that is edited where it is, kept in the database because the two
// may reach different nodes.
type PageRelay struct {
	pages            *Pages
	account, session uuid.UUID
	toPage           bool // what this end says goes to the page
}

// PageMessage is what one end said. Messages have rising numbers.
type PageMessage struct {
	ID   int64  `json:"id"`
	Body string `json:"body"`
}

// RelayOfPage is the page's end, for whoever knows the session's token and nonce. NotFound: the session is over, or not of that page.
func (p *Pages) RelayOfPage(ctx context.Context, token, nonce, origin string) (*PageRelay, error) {
	row, err := p.ownPage(ctx, token, nonce, origin)
	return &PageRelay{p, row.AccountID, row.ID, false}, err
}

// ownPage is the session of a page that is open where it is, as the page itself knows it.
func (p *Pages) ownPage(ctx context.Context, token, nonce, origin string) (db.PageSessionRow, error) {
	row, err := p.lookUp(ctx, [32]byte(credentialHash(token)), p.clock.now())
	if err != nil {
		return row, err
	}
	u, err := url.Parse(row.Url)
	if err != nil {
		return row, fmt.Errorf("page address: %w", err)
	}
	if row.Mode != PageOnPage || row.Nonce != nonce || proxy.Origin(u) != origin {
		return row, notFound("page")
	}
	return row, nil
}

// RelayOfEditor is the editor's end, for the person who opened the page. NotFound: it is not theirs, or closed.
func (p *Pages) RelayOfEditor(ctx context.Context, by Actor, session string) (*PageRelay, error) {
	key, err := uuid.Parse(session)
	if err != nil {
		return nil, notFound("page")
	}
	err = p.db.InTx(ctx, by.Account, func(st *db.Store) error {
		_, err := st.OwnPageSession(ctx, db.OwnPageSessionParams{AccountID: by.Account, ID: key, UserID: by.User, Now: p.clock.now()})
		return orNotFound(err, "page")
	})
	return &PageRelay{p, by.Account, key, true}, err
}

// Say leaves messages for the other end. Invalid names messages; Conflict unheard when the other end does not read them.
func (r *PageRelay) Say(ctx context.Context, messages []string) error {
	f := Fields{}
	if len(messages) == 0 || len(messages) > maxMessages {
		f.add("messages", "too_many", "Must be 1 to 50 messages.")
	}
	for _, m := range messages {
		if len(m) > maxMessage {
			f.add("messages", "too_long", "Must have at most 64 KB each.")
		}
	}
	if err := f.err(); err != nil {
		return err
	}
	return r.pages.db.InTx(ctx, r.account, func(st *db.Store) error {
		n, err := st.CountPageMessages(ctx, db.CountPageMessagesParams{AccountID: r.account, SessionID: r.session, ToPage: r.toPage})
		if err != nil {
			return fmt.Errorf("count messages: %w", err)
		}
		if n >= mostUnheard {
			return conflict("unheard", "The other side does not listen.")
		}
		err = st.InsertPageMessages(ctx, db.InsertPageMessagesParams{AccountID: r.account, SessionID: r.session, ToPage: r.toPage, Now: r.pages.clock.now(), Bodies: messages})
		if err != nil {
			return fmt.Errorf("store messages: %w", err)
		}
		return nil
	})
}

// Hear returns what the other end said after a message, waiting a few seconds for it; none came when there is nothing. Earlier messages
// are forgotten.
func (r *PageRelay) Hear(ctx context.Context, after int64) ([]PageMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, messagePatient)
	defer cancel()
	if err := r.forget(ctx, after); err != nil {
		return nil, err
	}
	for pause := messagePause; ; pause = min(pause*3/2, messageRest) {
		out, err := r.look(ctx, after)
		if ctx.Err() != nil {
			return nil, nil
		}
		if err != nil || len(out) > 0 {
			return out, err
		}
		select {
		case <-ctx.Done():
			return nil, nil
		case <-time.After(pause):
		}
	}
}

func (r *PageRelay) look(ctx context.Context, after int64) (out []PageMessage, err error) {
	err = r.pages.db.InTx(ctx, r.account, func(st *db.Store) error {
		rows, err := st.PageMessages(ctx, db.PageMessagesParams{AccountID: r.account, SessionID: r.session, ToPage: !r.toPage, After: after})
		for _, row := range rows {
			out = append(out, PageMessage{row.ID, row.Body})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	return out, nil
}

func (r *PageRelay) forget(ctx context.Context, until int64) error {
	return r.pages.db.InTx(ctx, r.account, func(st *db.Store) error {
		err := st.DeletePageMessages(ctx, db.DeletePageMessagesParams{AccountID: r.account, SessionID: r.session, ToPage: !r.toPage, Until: until,
			Before: r.pages.clock.now().Add(-messageLife)})
		if err != nil {
			return fmt.Errorf("delete messages: %w", err)
		}
		return nil
	})
}
