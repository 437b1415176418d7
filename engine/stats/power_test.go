package stats

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Sample size, power and detectable rate are inverses of each other.
func TestPlanningInverses(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p1 := rapid.Float64Range(0.001, 0.6).Draw(t, "p1")
		p2 := p1 * (1 + rapid.Float64Range(0.02, 0.6).Draw(t, "lift"))
		power, alpha := rapid.Float64Range(0.5, 0.99).Draw(t, "power"), rapid.Float64Range(0.001, 0.2).Draw(t, "alpha")
		n, ok := SampleSizeRates(p1, p2, power, alpha)
		if !ok {
			t.Fatal("no sample size")
		}
		if got, twoTails, _ := PowerRates(n, p1, p2, alpha); math.Abs(got-power) > 1e-9 || twoTails < got {
			t.Fatalf("power at the sample size %v, want %v; both tails %v", got, power, twoTails)
		}
		if got, _ := DetectableRate(n, p1, power, alpha); math.Abs(got-p2) > 1e-9 {
			t.Fatalf("detectable %v, want %v", got, p2)
		}
		if swapped, _ := SampleSizeRates(p2, p1, power, alpha); math.Abs(swapped-n) > 1e-9*n {
			t.Fatalf("%v visitors, %v with the rates swapped", n, swapped)
		}
		means, z, _ := SampleSizeMeans(p2-p1, 0.5, power, alpha)
		if got := PowerMeans(means, (p2-p1)/0.5, alpha); means < 1e6 && math.Abs(got-power) > 1e-7 {
			t.Fatalf("power of means %v, want %v", got, power)
		}
		if means < z {
			t.Fatalf("t needs %v, fewer than z with %v", means, z)
		}
	})
}

// The expansion for large samples continues the exact computation.
func TestSampleSizeMeansIsContinuous(t *testing.T) {
	t.Parallel()
	z := -NormalQuantile(0.025) + NormalQuantile(0.8)
	at := func(n float64) (excess float64) {
		exact, approximate, _ := SampleSizeMeans(z*math.Sqrt(2/n), 1, 0.8, 0.05)
		return exact - approximate
	}
	near(t, "excess of t over z", at(exactMeans*0.999), at(exactMeans*1.001), 1e-3, 0)
}

// 4 % against 5 % with 80 % power is the example of every calculator.
func TestSequentialSampleSize(t *testing.T) {
	t.Parallel()
	fixed, _ := SampleSizeRates(0.04, 0.05, 0.8, 0.05)
	n, ok := SequentialSampleSize(0.01, 0.04*0.96, 0.05*0.95, 0.8, 0.05)
	if !ok || n < 1.5*fixed || n > 2.2*fixed {
		t.Errorf("always-valid test needs %v, fixed test %v", n, fixed)
	}
	// At that size the expected z is the multiplier plus the power's quantile.
	se := math.Sqrt((0.04*0.96 + 0.05*0.95) / n)
	want := csMultiplier(2*n, Rho(2*n, 0.05), 0.05) + NormalQuantile(0.8)
	near(t, "expected z", 0.01/se, want, 0, 1e-12)
}

func TestDays(t *testing.T) {
	t.Parallel()
	if days, ok := Days(6745, 2, 3490, 1000); !ok || days != 10 {
		t.Errorf("got %v, %v, want 10 days", days, ok)
	}
	if days, ok := Days(100, 2, 500, 10); !ok || days != 0 {
		t.Errorf("already there: got %v, %v", days, ok)
	}
	if _, ok := Days(100, 2, 0, 0); ok {
		t.Error("no traffic has an answer")
	}
}

func TestPlanningWithoutAnswer(t *testing.T) {
	t.Parallel()
	if _, ok := SampleSizeRates(0.1, 0.1, 0.8, 0.05); ok {
		t.Error("equal rates have a sample size")
	}
	if _, ok := SampleSizeRates(0.1, 0.2, 0.01, 0.05); ok {
		t.Error("a power below alpha/2 has a sample size")
	}
	if _, ok := DetectableRate(3, 0.9, 0.9, 0.05); ok {
		t.Error("three visitors detect a rate below 1")
	}
	if _, _, ok := SampleSizeMeans(0, 1, 0.8, 0.05); ok {
		t.Error("no difference has a sample size")
	}
	if _, _, ok := PowerRates(0, 0.1, 0.2, 0.05); ok {
		t.Error("no visitors have a power")
	}
	if _, ok := SequentialSampleSize(0, 1, 1, 0.8, 0.05); ok {
		t.Error("no difference has a sequential sample size")
	}
	if p := PowerMeans(1, 1, 0.05); p != 0 {
		t.Errorf("power of one visitor per arm: got %v", p)
	}
}
