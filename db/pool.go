package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// acquire waits a bounded time for a connection, so that a stuck database costs a request seconds and not its whole deadline.
func (d *DB) acquire(ctx context.Context, role Role) (*pgxpool.Conn, error) {
	wait, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	conn, err := d.pools[role].Acquire(wait)
	if err != nil {
		return nil, fmt.Errorf("acquire connection: %w", err)
	}
	return conn, nil
}

// PoolStat is what the metrics page shows of a pool.
type PoolStat struct {
	Role             Role
	Max, Total, Idle int32
}

// PoolStats reports the pools' sizes.
func (d *DB) PoolStats() []PoolStat {
	out := make([]PoolStat, 0, len(d.pools))
	for _, role := range []Role{App, Ingest, System} {
		s := d.pools[role].Stat()
		out = append(out, PoolStat{Role: role, Max: s.MaxConns(), Total: s.TotalConns(), Idle: s.IdleConns()})
	}
	return out
}
