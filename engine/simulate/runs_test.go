package simulate

import (
	"context"
	"math/rand/v2"
	"testing"
)

// TestPanicReachesTheCaller: a caller that recovers, as a web server does, survives a panic on another goroutine.
func TestPanicReachesTheCaller(t *testing.T) {
	t.Parallel()
	defer func() {
		if p := recover(); p != "broken" {
			t.Errorf("recovered %v, want the panic of the run", p)
		}
	}()
	_ = replicate(t.Context(), Options{Workers: 2}, 1, 10,
		func(context.Context, *rand.Rand) (int, error) { panic("broken") }, func(int) {})
	t.Error("went on after a panic")
}
