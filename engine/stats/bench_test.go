package stats

import "testing"

// What a page of results costs besides Best.
func BenchmarkResults(b *testing.B) {
	control, variant := Rate{4012, 100_000}, Rate{4310, 100_000}
	a, v := control.Posterior(Flat), variant.Posterior(Flat)
	arms := four(1e4)
	cells := make([]SRMCell, 200)
	for i := range cells {
		cells[i] = SRMCell{[]float64{0.1, 0.2, 0.3, 0.4}, []float64{10, 20, 30, 40}}
	}
	for name, f := range map[string]func(){
		"Interval":       func() { a.Interval(0.95) },
		"Wilson":         func() { Wilson(4012, 100_000, 0.95) },
		"Uplift":         func() { Uplift(a, v, 0.95) },
		"ValueRemaining": func() { ValueRemaining(arms, 0.95) },
		"AsymptoticCS":   func() { AsymptoticCS(0.003, 1e-6, 2e5, 0.04, 0.05) },
		"SRMMix 200":     func() { SRMMix(cells) },
		"ProbPathBeats":  func() { ProbPathBeats(Path{a, a, a}, Path{v, v, v}) },
		"NormalBest":     func() { NormalBest([]Normal{{1, 0.1}, {1.2, 0.1}, {1.1, 0.2}, {0.9, 0.1}}) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
	}
}

// A thousand epochs of four arms.
func BenchmarkAdaptive(b *testing.B) {
	b.ReportAllocs()
	arms := []Sums{{100, 5, 5}, {200, 12, 12}, {300, 14, 14}, {400, 31, 31}}
	for b.Loop() {
		a := NewAdaptive(4, 0, 0.05)
		for range 1000 {
			a.Add([]float64{0.1, 0.2, 0.3, 0.4}, arms)
		}
		a.Contrast(3)
	}
}

func BenchmarkBoundaries(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Boundaries(OBrienFleming, 5, 0.05)
	}
}
