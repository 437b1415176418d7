package services

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

const (
	signEvery  = time.Minute
	quietFor   = 24 * time.Hour     // then a record says that it is alive
	mailEvery  = 7 * 24 * time.Hour // owners get a checkpoint to keep
	sweepTake  = 500                // accounts looked up at a time
	mailedLate = 48 * time.Hour     // a message that could not be sent for so long waits for the next week
)

type signJob struct{}

// Kind names the job.
func (signJob) Kind() string { return "audit.sign" }

type heartbeatJob struct{}

// Kind names the job.
func (heartbeatJob) Kind() string { return "audit.heartbeat" }

type decisionsJob struct{}

// Kind names the job.
func (decisionsJob) Kind() string { return "audit.decisions" }

type mailRoundJob struct{}

// Kind names the job.
func (mailRoundJob) Kind() string { return "audit.mail" }

// checkpointMailJob sends an owner the account's newest checkpoint.
type checkpointMailJob struct {
	Account uuid.UUID `json:"account"`
	User    uuid.UUID `json:"user"`
	At      time.Time `json:"at"`
}

// Kind names the job.
func (checkpointMailJob) Kind() string { return "mail.checkpoint" }

// Workers sign what was written, show that quiet records are alive, write down decisions and mail checkpoints.
func (n *Notary) Workers() []db.Worker {
	return []db.Worker{
		db.Every(signEvery, signJob{}, func(ctx context.Context, _ signJob) error { return n.signAll(ctx) }),
		db.Every(time.Hour, heartbeatJob{}, func(ctx context.Context, _ heartbeatJob) error { return n.beatAll(ctx) }),
		db.Every(time.Minute, decisionsJob{}, func(ctx context.Context, _ decisionsJob) error { return n.writeDecisions(ctx) }),
		db.Every(time.Hour, mailRoundJob{}, func(ctx context.Context, _ mailRoundJob) error { return n.mailAll(ctx) }),
		db.Work(n.mailCheckpoint),
	}
}

// sweep calls fn for every account that find lists, which are those after an id. An account that fails is logged, the others go on.
func (n *Notary) sweep(ctx context.Context, what string, find func(context.Context, *db.Store, uuid.UUID) ([]uuid.UUID, error), fn func(context.Context, uuid.UUID) error) error {
	var after uuid.UUID
	for {
		var accounts []uuid.UUID
		err := n.db.AsSystem(ctx, func(s *db.Store) (err error) {
			accounts, err = find(ctx, s, after)
			return err
		})
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		for _, account := range accounts {
			after = account
			switch err := fn(ctx, account); {
			case Code(err) == CodeUnavailable || ctx.Err() != nil:
				return errors.Join(err, ctx.Err())
			case err != nil:
				n.log.Error(what, slog.String("account_id", account.String()), slog.Any("error", err))
			}
		}
		if len(accounts) < sweepTake {
			return nil
		}
	}
}

func (n *Notary) signAll(ctx context.Context) error {
	if n.key == nil {
		n.log.Error("audit checkpoints are not signed", slog.Any("error", ErrNoAuditKey))
		return nil
	}
	return n.sweep(ctx, "sign audit checkpoint", func(ctx context.Context, s *db.Store, after uuid.UUID) ([]uuid.UUID, error) {
		return s.UnsignedAudits(ctx, after, sweepTake)
	}, func(ctx context.Context, account uuid.UUID) error {
		_, err := n.sign(ctx, account)
		return err
	})
}

// beatAll writes an entry in every record that was quiet for a day, so that one that stopped being written is seen.
func (n *Notary) beatAll(ctx context.Context) error {
	now := n.clock.now()
	return n.sweep(ctx, "audit heartbeat", func(ctx context.Context, s *db.Store, after uuid.UUID) ([]uuid.UUID, error) {
		return s.QuietAudits(ctx, db.QuietAuditsParams{After: after, Since: now.Add(-quietFor), Take: sweepTake})
	}, func(ctx context.Context, account uuid.UUID) error {
		return n.db.InTx(ctx, account, func(s *db.Store) error {
			_, err := record(ctx, s, now, Actor{Account: account}, actionHeartbeat, accountObject(account), nil)
			return err
		})
	})
}

// mailAll has every owner sent a checkpoint who got none for a week.
func (n *Notary) mailAll(ctx context.Context) error {
	now := n.clock.now()
	return n.sweep(ctx, "mail audit checkpoints", func(ctx context.Context, s *db.Store, after uuid.UUID) ([]uuid.UUID, error) {
		return s.UnmailedAudits(ctx, db.UnmailedAuditsParams{After: after, Since: now.Add(-mailEvery), Take: sweepTake})
	}, func(ctx context.Context, account uuid.UUID) error {
		return n.db.InTx(ctx, account, func(s *db.Store) error { return enqueueCheckpoints(ctx, s, account, now) })
	})
}

func enqueueCheckpoints(ctx context.Context, s *db.Store, account uuid.UUID, now time.Time) error {
	marked, err := s.MarkAuditMailed(ctx, db.MarkAuditMailedParams{AccountID: account, Now: now, Since: now.Add(-mailEvery)})
	if err != nil || marked == 0 {
		return err
	}
	owners, err := s.AccountOwners(ctx, account)
	if err != nil {
		return fmt.Errorf("owners: %w", err)
	}
	for _, o := range owners {
		if err := s.Enqueue(ctx, checkpointMailJob{account, o.ID, now}); err != nil {
			return err
		}
	}
	return nil
}

// mailCheckpoint sends the checkpoint to one owner, who may have left since.
func (n *Notary) mailCheckpoint(ctx context.Context, job checkpointMailJob) error {
	if n.key == nil || n.clock.now().Sub(job.At) > mailedLate {
		return nil
	}
	var owners []db.AccountOwnersRow
	err := n.db.InTx(ctx, job.Account, func(s *db.Store) (err error) {
		owners, err = s.AccountOwners(ctx, job.Account)
		return err
	})
	if err != nil {
		return fmt.Errorf("owners: %w", err)
	}
	signed, err := n.sign(ctx, job.Account)
	if err != nil {
		return err
	}
	for _, o := range owners {
		if o.ID == job.User {
			return n.mailer.SendCheckpoint(ctx, Recipient{o.Email, o.Name, firstOf(o.Locale, "en")}, n.baseURL+"/audit", signed.Size, signed.Note)
		}
	}
	return nil
}
