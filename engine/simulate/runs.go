package simulate

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
)

// Options say how to run, which never changes the answer. The zero value uses every core.
type Options struct {
	Workers int // goroutines; 0 = GOMAXPROCS
	// Progress, if any, is told after every run how many are done. Calls do not overlap.
	Progress func(done, total int)
	// Limit is the estimated cost above which the work is refused, in seconds of CPU; 0 = DefaultLimit.
	Limit float64
}

// DefaultLimit is the cost in seconds of CPU up to which a scenario runs unless asked otherwise.
const DefaultLimit = 60

func (o Options) workers() int {
	if o.Workers > 0 {
		return o.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// admit refuses what costs more than the limit.
func (o Options) admit(cost float64) error {
	limit := o.Limit
	if limit == 0 {
		limit = DefaultLimit
	}
	if cost > limit {
		return &CostError{Cost: cost, Limit: limit}
	}
	return nil
}

// chunk is how many runs are kept before they are added up, which bounds memory.
const chunk = 128

// replicate does runs 0 … n-1 on several goroutines and hands what they return to add, one at a time in that order.
func replicate[T any](ctx context.Context, o Options, seed uint64, n int, run func(context.Context, *rand.Rand) (T, error), add func(T)) error {
	t := tracker{total: n, report: o.Progress}
	for from := 0; from < n; from += chunk {
		results := make([]T, min(chunk, n-from))
		err := parallel(o.workers(), len(results), func(i int) (err error) {
			if err := ctx.Err(); err != nil {
				return err
			}
			results[i], err = run(ctx, rand.New(rand.NewPCG(seed, uint64(from+i))))
			t.one()
			return err
		})
		if err != nil {
			return err
		}
		for _, r := range results {
			add(r)
		}
	}
	return nil
}

// parallel calls do for 0 … n-1 and returns an error of one call, after which no more start. A panic of do is raised
// again here, where the caller can recover.
func parallel(workers, n int, do func(i int) error) error {
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var panicked atomic.Pointer[any]
	var group sync.WaitGroup
	for range min(workers, n) {
		group.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					panicked.Store(&p)
				}
			}()
			for i := int(next.Add(1)) - 1; i < n && failed.Load() == nil && panicked.Load() == nil; i = int(next.Add(1)) - 1 {
				if err := do(i); err != nil {
					failed.Store(&err)
				}
			}
		})
	}
	group.Wait()
	if p := panicked.Load(); p != nil {
		panic(*p)
	}
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

// tracker counts finished runs.
type tracker struct {
	sync.Mutex
	done, total int
	report      func(done, total int)
}

func (t *tracker) one() {
	if t.report == nil {
		return
	}
	t.Lock()
	defer t.Unlock()
	t.done++
	t.report(t.done, t.total)
}

// maxRuns bounds the runs of a scenario.
const maxRuns = 1_000_000
