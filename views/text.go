package views

import (
	"context"

	"github.com/samplit/samplit/locale"
)

// t is locale.T; the catalogue test reads its calls.
func t(ctx context.Context, id string, kv ...any) string {
	return locale.T(ctx, id, kv...)
}
