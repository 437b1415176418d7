package services

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/proxy"
)

const (
	// MaxCopy is the largest copy of a page, in bytes.
	MaxCopy     = proxy.MaxDocument
	mostCopies  = 1000 // of an account
	copyHoldsOn = 90 * 24 * time.Hour
	ownHoldsOn  = 24 * time.Hour // for whoever made it, who can make a new one
)

// Keep stores a copy of a page that is open where it is, so that people who cannot get to the page can edit it. token and nonce are the
// session's, origin is the page's. Scripts are taken out. NotFound: the session is over, or not of that page. Invalid names html.
func (p *Pages) Keep(ctx context.Context, token, nonce, origin string, page []byte) error {
	row, err := p.ownPage(ctx, token, nonce, origin)
	if err != nil {
		return err
	}
	if len(page) == 0 || len(page) > MaxCopy {
		return (Fields{"html": {"too_long", "Must be a page of at most 5 MB."}}).err()
	}
	page = proxy.Freeze(page)
	object := "pages/" + row.AccountID.String() + "/" + uuid.Must(uuid.NewV7()).String() + ".html"
	if err := p.objects.Put(ctx, object, bytes.NewReader(page)); err != nil {
		return fmt.Errorf("store copy: %w", err)
	}
	return p.db.InTx(ctx, row.AccountID, func(st *db.Store) error {
		n, err := st.CountPageCopies(ctx, row.AccountID)
		if err != nil {
			return fmt.Errorf("count copies: %w", err)
		}
		if n >= mostCopies {
			return conflict("too_many", "An account has at most 1,000 copies of pages.")
		}
		return st.SavePageCopy(ctx, db.SavePageCopyParams{AccountID: row.AccountID, InstallationID: row.InstallationID, Url: row.Url, Object: object,
			Bytes: int32(len(page)), CreatedBy: row.UserID, Now: p.clock.now()})
	})
}

// copied is the copy of a page; false: there is none, or it is too old. It grows old sooner for whoever made it.
func (p *Pages) copied(ctx context.Context, by Actor, site uuid.UUID, page string) (c db.PageCopyRow, ok bool, err error) {
	err = p.db.InTx(ctx, by.Account, func(st *db.Store) error {
		c, err = st.PageCopy(ctx, db.PageCopyParams{AccountID: by.Account, InstallationID: site, Url: page})
		if errors.Is(err, db.ErrNotFound) {
			return nil
		}
		holds := copyHoldsOn
		if c.CreatedBy == by.User {
			holds = ownHoldsOn
		}
		ok = err == nil && p.clock.now().Sub(c.CreatedAt) < holds
		return err
	})
	return c, ok, err
}

// Copy is the page of a session in mode snapshot. NotFound: the path is not the page's.
func (p *Pages) Copy(ctx context.Context, page *OpenPage, path string) ([]byte, error) {
	u, err := url.Parse(page.row.Url)
	if err != nil {
		return nil, fmt.Errorf("page address: %w", err)
	}
	if page.Mode != PageSnapshot || path != u.EscapedPath() && path != u.EscapedPath()+"/" {
		return nil, notFound("page")
	}
	var object string
	err = p.db.InTx(ctx, page.row.AccountID, func(st *db.Store) error {
		c, err := st.PageCopy(ctx, db.PageCopyParams{AccountID: page.row.AccountID, InstallationID: page.row.InstallationID, Url: page.row.Url})
		object = c.Object
		return orNotFound(err, "page")
	})
	if err != nil {
		return nil, err
	}
	r, err := p.objects.Get(ctx, object)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, 2*MaxCopy)) // freezing may have escaped a little more
}
