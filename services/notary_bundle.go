package services

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/samplit/samplit/audit"
	"github.com/samplit/samplit/db"
)

// bundleCheckpoints is how many checkpoints a bundle carries: the newest ones, between which a change is placed.
const bundleCheckpoints = 500

// bundleHandovers bounds how many times the key may have changed.
const bundleHandovers = 100

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
		var keys []string
		for _, k := range n.key.All() {
			keys = append(keys, string(k))
		}
		out := audit.NewBundleWriter(w, by.Account, keys, notes)
		err := eachEntry(ctx, n.db, by.Account, signed.Size, func(r *audit.Record) error { return out.Add(r) }, nil)
		if err != nil {
			return err
		}
		return out.Close()
	}, nil
}

// notes are the newest checkpoints up to a size and those that vouch for a new key, oldest first.
func (n *Notary) notes(ctx context.Context, by Actor, size int64) ([]string, error) {
	bySize := map[int64]string{}
	err := n.db.InTx(ctx, by.Account, func(s *db.Store) error {
		handed, err := s.HandoverCheckpoints(ctx, by.Account, bundleHandovers)
		if err != nil {
			return err
		}
		for _, r := range handed {
			bySize[r.Size] = r.Note
		}
		newest, err := s.AuditCheckpoints(ctx, by.Account, bundleCheckpoints)
		for _, r := range newest {
			bySize[r.Size] = r.Note
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read audit checkpoints: %w", err)
	}
	var notes []string
	for _, at := range slices.Sorted(maps.Keys(bySize)) {
		if at <= size {
			notes = append(notes, bySize[at])
		}
	}
	return notes, nil
}
