package main

import (
	"context"
	"io"
)

// stoppable reads r until ctx ends, even while r waits for a terminal or a pipe that says nothing.
func stoppable(ctx context.Context, r io.Reader) io.Reader {
	out, in := io.Pipe()
	stop := context.AfterFunc(ctx, func() { in.CloseWithError(ctx.Err()) })
	go func() {
		_, err := io.Copy(in, r)
		stop()
		in.CloseWithError(err)
	}()
	return out
}
