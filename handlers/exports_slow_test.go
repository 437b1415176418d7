//go:build slow

package handlers

import (
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/samplit/samplit/services"
)

// peakHeap samples how large the heap is, garbage included, until stop is called.
func peakHeap() (stop func() int64) {
	var peak atomic.Int64
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak.Store(max(peak.Load(), int64(m.HeapInuse)))
			select {
			case <-done:
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	return func() int64 {
		close(done)
		<-ended
		return peak.Load()
	}
}

func (e exporter) large(id, what, format string) {
	t := e.b.t
	t.Helper()
	runtime.GC()
	stop, start := peakHeap(), time.Now()
	e.call(http.MethodPost, "/analytics/experiments/"+id+"/exports", members{"what": what, "format": format}, http.StatusAccepted)
	var made members
	for made = e.newest(id); made["state"] == services.ExportWaiting || made["state"] == services.ExportRunning; made = e.newest(id) {
		time.Sleep(200 * time.Millisecond)
	}
	took, peak := time.Since(start), stop()
	t.Logf("%.0f rows as %s: %.1f s, %.0f MB of file, heap of %.0f MB at most", made["written"], format, took.Seconds(), made["bytes"].(float64)/1e6, float64(peak)/1e6)
	if peak > 100e6 {
		t.Errorf("%s: a heap of %d bytes", format, peak)
	}
	e.same(made, id, what, format)
}

func TestAMillionRowsAreExported(t *testing.T) {
	e := newExporter(t)
	defer e.work()()
	id := e.many(1_000_000)
	for _, format := range []string{services.FormatCSV, services.FormatParquet} {
		e.large(id, services.ExportAssignments, format)
	}
}

// More rows than a sheet has.
func TestAMillionRowsAreAWorkbook(t *testing.T) {
	e := newExporter(t)
	defer e.work()()
	e.large(e.many(1_100_000), services.ExportAssignments, services.FormatXLSX)
}

func TestTenMillionRowsAreExported(t *testing.T) {
	e := newExporter(t)
	defer e.work()()
	e.large(e.many(10_000_000), services.ExportAssignments, services.FormatCSV)
}
