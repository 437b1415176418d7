package services

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/samplit/samplit/audit"
	"github.com/samplit/samplit/db"
)

// bundleCheckpoints is how many checkpoints a bundle carries: the newest ones, between which a change is placed.
const bundleCheckpoints = 500

// Bundle returns what writes everything that checks the account's record without Samplit, up to a checkpoint signed now: its keys,
// checkpoints and all entries. Any member may; errors as of Checkpoint.
func (n *Notary) Bundle(ctx context.Context, by Actor) (Signed, func(context.Context, io.Writer) error, error) {
	signed, err := n.Checkpoint(ctx, by)
	if err != nil {
		return signed, nil, err
	}
	notes, err := n.notes(ctx, by, signed.Size)
	if err != nil {
		return signed, nil, err
	}
	return signed, func(ctx context.Context, w io.Writer) error {
		out := audit.NewBundleWriter(w, by.Account, []string{n.PublicKey()}, notes)
		err := eachEntry(ctx, n.db, by.Account, signed.Size, func(r *audit.Record) error { return out.Add(r) }, nil)
		if err != nil {
			return err
		}
		return out.Close()
	}, nil
}

// notes are the newest checkpoints up to a size, oldest first.
func (n *Notary) notes(ctx context.Context, by Actor, size int64) ([]string, error) {
	var rows []db.AuditCheckpointsRow
	err := n.db.InTx(ctx, by.Account, func(s *db.Store) (err error) {
		rows, err = s.AuditCheckpoints(ctx, by.Account, bundleCheckpoints)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read audit checkpoints: %w", err)
	}
	var notes []string
	for _, r := range slices.Backward(rows) {
		if r.Size <= size {
			notes = append(notes, r.Note)
		}
	}
	return notes, nil
}
