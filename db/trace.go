package db

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
)

// tracer tells statements as they start.
type tracer func(statement string)

func (t tracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	for _, around := range []string{"begin", "commit", "rollback"} {
		if strings.HasPrefix(q.SQL, around) {
			return ctx
		}
	}
	t(q.SQL)
	return ctx
}

func (tracer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
