package engine

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func TestDefaultFloor(t *testing.T) {
	t.Parallel()
	for k, want := range map[int]float64{2: 0.05, 10: 0.05, 20: 0.025, 50: 0.01, 64: 0.01} {
		if got := DefaultFloor(k); got != want {
			t.Errorf("%d arms: got %v, want %v", k, got, want)
		}
	}
}

func TestRoundIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawShares(t)
		keys := drawKeys(t, len(p))
		w := Round(p, keys)
		if !w.Valid(len(p)) {
			t.Fatalf("not an epoch: %v", w)
		}
		for i, share := range p {
			if slices.Min(p) >= 0.01 && math.Abs(w.Share(i)-share) > 1.001/Buckets {
				t.Fatalf("arm %d: got %v, want %v within one unit", i, w.Share(i), share)
			}
		}

		perm := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)).Perm(len(p))
		q, names := make([]float64, len(p)), make([]string, len(p))
		for i, from := range perm {
			q[i], names[i] = p[from], keys[from]
		}
		for i, got := range Round(q, names) {
			if want := w[perm[i]]; got != want {
				t.Fatalf("order of the arms matters: %s got %d, want %d", names[i], got, want)
			}
		}
	})
}

func TestRoundLargestRemainder(t *testing.T) {
	t.Parallel()
	keys := []string{"a", "b", "c"}
	got := Round([]float64{0.33335, 0.33333, 0.33332}, keys)
	if want := (Weights{3334, 3333, 3333}); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := Round([]float64{1, 0, 0}, keys), (Weights{9800, 100, 100}); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := Round([]float64{0.985, 0.009, 0.006}, keys), (Weights{9800, 100, 100}); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := Round([]float64{math.NaN(), math.Inf(1), 0}, keys); !got.Valid(3) || got.moved(EqualWeights(keys)) > 1 {
		t.Errorf("got %v, want the even split", got)
	}
}

func TestControlFloor(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawShares(t)
		c := rapid.IntRange(0, len(p)-1).Draw(t, "control")
		got := ControlFloor(p, c)
		sum := 0.0
		for i, share := range got {
			sum += share
			if share > got[c]+1e-12 {
				t.Fatalf("arm %d has %v, more than the control's %v", i, share, got[c])
			}
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Fatalf("sum %v, want 1", sum)
		}
		if p[c] == slices.Max(p) && !slices.Equal(got, p) {
			t.Fatalf("got %v, want %v untouched", got, p)
		}
	})
}

func TestSplit(t *testing.T) {
	t.Parallel()
	got, err := Split([]float64{9, 1}, []string{"a", "b"})
	if want := (Weights{9000, 1000}); err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v %v, want %v", got, err, want)
	}
	for name, ratios := range map[string][]float64{
		"weights[1]": {999, 1}, "weights[0]": {math.NaN(), 1}, "weights": {1}, "weights[ 1]": {1, math.Inf(1)},
	} {
		var bad *ParamError
		_, err := Split(ratios, []string{"a", "b"})
		if want := string(slices.DeleteFunc([]byte(name), func(b byte) bool { return b == ' ' })); !errors.As(err, &bad) || bad.Field != want {
			t.Errorf("%v: got %v, want an error for %s", ratios, err, want)
		}
	}
}

// drawShares returns 2 to 64 shares that sum to 1, some of them nothing.
func drawShares(t *rapid.T) []float64 {
	p := rapid.SliceOfN(rapid.Float64Range(0, 1), 2, MaxArms).Draw(t, "shares")
	p[rapid.IntRange(0, len(p)-1).Draw(t, "largest")] += 0.5
	sum := 0.0
	for _, x := range p {
		sum += x
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

func drawKeys(t *rapid.T, k int) []string {
	start := rapid.IntRange(0, 1000).Draw(t, "key")
	keys := make([]string, k)
	for i := range keys {
		keys[i] = "v" + strconv.Itoa(start+i)
	}
	return keys
}
