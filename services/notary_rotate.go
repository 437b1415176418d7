package services

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"github.com/google/uuid"

	"github.com/samplit/samplit/audit"
	"github.com/samplit/samplit/db"
)

// HandedOver is what came of a new key of checkpoints.
type HandedOver struct {
	Key      audit.Key // that signs from now on
	Accounts int       // whose record names it
	Refused  int       // whose record the old key does not vouch for any more
}

// RotateAuditKey makes a new key of audit checkpoints. Every account's record gets an entry that names it, and the old key vouches for
// that entry, so whoever trusts the old key may trust the new one; then the file is replaced, which running servers notice. It may run
// again after a failure, and goes on with the same new key.
func RotateAuditKey(ctx context.Context, d *db.DB, path string, clock Clock, log *slog.Logger) (HandedOver, error) {
	old, err := LoadAuditKey(ctx, d, path)
	if err != nil {
		return HandedOver{}, err
	}
	next, err := old.successor()
	if err != nil {
		return HandedOver{}, err
	}
	keys, err := old.current()
	if err != nil {
		return HandedOver{}, err
	}
	h := handover{NewNotary(d, &AuditKey{folder: old.folder, keys: keys}, nil, "", clock, log), next.public, map[uuid.UUID]bool{}}
	if err := h.round(ctx); err != nil {
		return HandedOver{}, err
	}
	if err := old.replace(next); err != nil {
		return HandedOver{}, err
	}
	if err := h.round(ctx); err != nil { // accounts that were made meanwhile
		return HandedOver{}, err
	}
	out := HandedOver{Key: next.public}
	for _, done := range h.accounts {
		if done {
			out.Accounts++
		} else {
			out.Refused++
		}
	}
	return out, nil
}

// handover tells accounts of a new key, by a notary that has the old one.
type handover struct {
	*Notary
	next     audit.Key
	accounts map[uuid.UUID]bool // that were visited: whether theirs is done
}

func (h handover) round(ctx context.Context) error {
	return h.sweep(ctx, "hand the audit over to a new key", func(ctx context.Context, s *db.Store, after uuid.UUID) ([]uuid.UUID, error) {
		return s.AuditedAccounts(ctx, after, sweepTake)
	}, func(ctx context.Context, account uuid.UUID) error {
		if _, visited := h.accounts[account]; visited {
			return nil
		}
		err := h.tell(ctx, account)
		h.accounts[account] = err == nil
		return err
	})
}

// tell writes the entry that names the new key and vouches for it, unless the record is not what the old key signed.
func (h handover) tell(ctx context.Context, account uuid.UUID) error {
	if _, err := h.sign(ctx, account); err != nil {
		return err
	}
	err := h.db.InTx(ctx, account, func(s *db.Store) error {
		_, err := record(ctx, s, h.clock.now(), Actor{Account: account}, audit.KeyRotated, accountObject(account),
			map[string]any{"old": string(h.key.Public()), "new": string(h.next)})
		return err
	})
	if err != nil {
		return err
	}
	_, err = h.sign(ctx, account)
	return err
}

// successor is the key that a rotation goes on to. One that did not end has left it; one that was stopped at the very end has left the key
// that signs.
func (k *AuditKey) successor() (auditKeys, error) {
	path := k.path + ".next"
	if left, err := readAuditKey(path); err == nil && left.Public() == k.Public() {
		if err := os.Remove(path); err != nil {
			return auditKeys{}, fmt.Errorf("AUDIT_KEY: %w", err)
		}
	}
	keys, err := newAuditKeys()
	if err != nil {
		return keys, err
	}
	if err := writeDurably(path, keys.String(), 0o600, os.Link); err != nil && !errors.Is(err, fs.ErrExist) {
		return keys, fmt.Errorf("AUDIT_KEY: %w", err)
	}
	next, err := readAuditKey(path)
	if err != nil {
		return keys, err
	}
	return next.current()
}

// replace makes next the key that signs and keeps the public half of the one before.
func (k *AuditKey) replace(next auditKeys) error {
	next.former = k.All()
	if err := writeDurably(k.path, next.String(), 0o600, os.Rename); err != nil {
		return fmt.Errorf("AUDIT_KEY: %w", err)
	}
	if err := os.Remove(k.path + ".next"); err != nil {
		return fmt.Errorf("AUDIT_KEY: %w", err)
	}
	return k.publish()
}
