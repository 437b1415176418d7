package db_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
)

// BenchmarkApply is one group commit: conversions of visitors in the test, and new visitors, by size of the batch.
func BenchmarkApply(b *testing.B) {
	for _, size := range []int{1, 32, 640} {
		b.Run(fmt.Sprintf("conversions/%d", size), func(b *testing.B) {
			d := dbtest.Open(b)
			x := dbtest.Experiment(b, d, "sequential")
			start := time.Now().UTC()
			const known = 10_000
			for from := 0; from < known; from += 1000 {
				batch := db.Batch{Now: start}
				for v := range 1000 {
					batch.Assignments = append(batch.Assignments, assignment(x, fmt.Sprint("v", from+v), int16(v%2), start))
				}
				if _, err := d.Apply(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				at := time.Now().UTC()
				batch := db.Batch{Now: at}
				for range size {
					batch.Events = append(batch.Events, conversion(x, fmt.Sprint("v", rand.IntN(known)), at))
				}
				if _, err := d.Apply(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*size), "µs/row")
		})
		b.Run(fmt.Sprintf("assignments/%d", size), func(b *testing.B) {
			d := dbtest.Open(b)
			x := dbtest.Experiment(b, d, "sequential")
			for b.Loop() {
				at := time.Now().UTC()
				batch := db.Batch{Now: at}
				for i := range size {
					batch.Assignments = append(batch.Assignments, assignment(x, uuid.NewString(), int16(i%2), at))
				}
				if _, err := d.Apply(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*size), "µs/row")
		})
	}
}
