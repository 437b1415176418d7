package db

import (
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// The newest page view of each site, at most one write in two seconds.
const beat = `INSERT INTO heartbeats AS h (account_id, installation_id, last_at, url)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[]) ORDER BY 1, 2
ON CONFLICT (account_id, installation_id) DO UPDATE SET last_at = excluded.last_at, url = excluded.url
WHERE h.last_at < excluded.last_at - interval '2 seconds'`

const addTallies = `INSERT INTO tallies AS t (account_id, experiment_id, day, kind, n)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::date[], $4::text[], $5::bigint[]) ORDER BY 1, 2, 3, 4
ON CONFLICT (account_id, experiment_id, day, kind) DO UPDATE SET n = t.n + excluded.n`

func queueBeats(q *pgx.Batch, beats []Beat) {
	newest := map[uuid.UUID]Beat{}
	for _, b := range beats {
		if old, ok := newest[b.Installation]; !ok || old.At.Before(b.At) {
			newest[b.Installation] = b
		}
	}
	if len(newest) == 0 {
		return
	}
	var account, installation []uuid.UUID
	var at []time.Time
	var url []string
	for _, b := range newest {
		account, installation, at, url = append(account, b.Account), append(installation, b.Installation), append(at, b.At), append(url, b.URL)
	}
	q.Queue(beat, account, installation, at, url)
}

func queueTallies(q *pgx.Batch, tallies []Increment) {
	type key struct {
		account, experiment uuid.UUID
		day                 time.Time
		kind                string
	}
	sum := map[key]int64{}
	for _, t := range tallies {
		sum[key{t.Account, t.Experiment, t.At.UTC().Truncate(24 * time.Hour), t.Kind}] += t.N
	}
	if len(sum) == 0 {
		return
	}
	var account, experiment []uuid.UUID
	var day []time.Time
	var kind []string
	var n []int64
	for k, v := range sum {
		account, experiment, day, kind, n = append(account, k.account), append(experiment, k.experiment), append(day, k.day), append(kind, k.kind), append(n, v)
	}
	q.Queue(addTallies, account, experiment, day, kind, n)
}
