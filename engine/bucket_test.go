package engine

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"testing"
)

func TestHashVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t, bucketing, "hash") {
		var in struct {
			Seed, Value string
			Version     int
		}
		var out struct{ N float64 }
		v.decode(t, &in, &out)
		got := Hash(in.Seed, in.Value)
		if in.Version == 1 {
			got = HashV1(in.Seed, in.Value)
		}
		v.near(t, "n", got, out.N)
	}
}

func TestRangeVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t, bucketing, "bucket_range") {
		var in struct {
			N        int
			Coverage float64
			Weights  []float64
		}
		var out struct{ Ranges [][2]float64 }
		v.decode(t, &in, &out)
		got := BucketRanges(in.N, in.Coverage, in.Weights)
		if len(got) != len(out.Ranges) {
			t.Fatalf("%s: got %v, want %v", v.ID, got, out.Ranges)
		}
		for i, r := range out.Ranges {
			v.nearAll(t, indexed("range", i), []float64{got[i].Start, got[i].End}, r[:])
		}
	}
	for _, v := range vectors(t, bucketing, "equal_weights") {
		var in struct{ N int }
		var out struct{ Weights []float64 }
		v.decode(t, &in, &out)
		if in.N == 3 { // the table rounds thirds to eight digits
			v.Tol.Abs = 1e-8
		}
		v.nearAll(t, "weights", EqualShares(in.N), out.Weights)
	}
}

func TestChoiceVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t, bucketing, "choose_variation") {
		var in struct {
			N      float64
			Ranges [][2]float64
		}
		var out struct{ Index int }
		v.decode(t, &in, &out)
		if got := ChooseRange(in.N, ranges(in.Ranges)); got != out.Index {
			t.Errorf("%s: got %d, want %d", v.ID, got, out.Index)
		}
	}
	for _, v := range vectors(t, bucketing, "in_namespace") {
		var in struct {
			Value     string
			Namespace namespace
		}
		var out struct{ Member bool }
		v.decode(t, &in, &out)
		if got := InNamespace(in.Namespace.name, in.Value, in.Namespace.Range); got != out.Member {
			t.Errorf("%s: got %v, want %v", v.ID, got, out.Member)
		}
	}
}

// TestRunVectors strings the parts together as a GrowthBook client does.
func TestRunVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t, bucketing, "run") {
		var in struct {
			Context    struct{ Attributes struct{ ID string } }
			Experiment struct {
				Key, Seed   string
				HashVersion int
				Variations  []any
				Weights     []float64
				Coverage    *float64
				Ranges      [][2]float64
				Namespace   *namespace
			}
		}
		var out struct {
			Value        any
			InExperiment bool `json:"in_experiment"`
			HashUsed     bool `json:"hash_used"`
		}
		v.decode(t, &in, &out)
		x, id := in.Experiment, in.Context.Attributes.ID

		laid := ranges(x.Ranges)
		if laid == nil {
			coverage := 1.0
			if x.Coverage != nil {
				coverage = *x.Coverage
			}
			laid = BucketRanges(len(x.Variations), coverage, x.Weights)
		}
		seed, hash := x.Key, HashV1
		if x.Seed != "" {
			seed = x.Seed
		}
		if x.HashVersion == 2 {
			hash = Hash
		}
		index := -1
		if id != "" && (x.Namespace == nil || InNamespace(x.Namespace.name, id, x.Namespace.Range)) {
			index = ChooseRange(hash(seed, id), laid)
		}
		if in := index >= 0; in != out.InExperiment || in != out.HashUsed {
			t.Errorf("%s: got in experiment %v, want %v", v.ID, in, out.InExperiment)
		}
		if got := x.Variations[max(index, 0)]; !reflect.DeepEqual(got, out.Value) {
			t.Errorf("%s: got %v, want %v", v.ID, got, out.Value)
		}
	}
}

func TestChooseAgreesWithRanges(t *testing.T) {
	t.Parallel()
	w := Weights{1000, 2000, 3334, 3666}
	laid, ends := BucketRanges(len(w), 1, w.Shares()), w.Cumulative()
	counts := make(Weights, len(w))
	for b := range Buckets {
		n := float64(b) / Buckets
		got, want := Choose(n, ends), ChooseRange(n, laid)
		if got != want {
			t.Fatalf("bucket %d: got arm %d, want %d", b, got, want)
		}
		counts[got]++
	}
	if counts.moved(w) > 1 { // a boundary may fall one bucket off by the rounding of the published sums
		t.Errorf("got %v buckets, want %v", counts, w)
	}
}

func TestSeeds(t *testing.T) {
	t.Parallel()
	if got := Seed("shop", ""); got != "shop" {
		t.Errorf("got %q, want the experiment's key", got)
	}
	if got := Seed("shop", "hero"); got != "shop/hero" {
		t.Errorf("got %q, want shop/hero", got)
	}
	for i := range 1000 {
		id := strconv.Itoa(i)
		if got, want := InTraffic("shop", id, 0.3), Hash("in/shop", id) < 0.3; got != want {
			t.Fatalf("traffic of %s: got %v, want %v", id, got, want)
		}
		r := Range{0.25, 0.5}
		if got, want := InLayer("top", id, r), r.Contains(Hash("layer/top", id)); got != want {
			t.Fatalf("layer of %s: got %v, want %v", id, got, want)
		}
		if got, want := InHoldout("q3", id, 0.05), Hash("holdout/q3", id) < 0.05; got != want {
			t.Fatalf("holdout of %s: got %v, want %v", id, got, want)
		}
	}
	if InTraffic("shop", "x", 0) || !InTraffic("shop", "x", 1) {
		t.Error("no traffic must leave everybody out, all traffic nobody")
	}
}

// TestHashUTF8 pins the documented choice for text outside ASCII; the values come from an independent FNV-1a over
// the UTF-8 bytes (Python).
func TestHashUTF8(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]int{"niño": 1693, "日本": 4647} {
		if got := HashBucket("exp", value); got != want {
			t.Errorf("%s: got %d, want %d", value, got, want)
		}
	}
}

// TestHashUniform: χ² over all 10,000 values on a million ids, and over a 100×100 table of two seeds; limits are
// the 1e-6 upper tail by the Wilson–Hilferty approximation.
func TestHashUniform(t *testing.T) {
	t.Parallel()
	const ids = 1_000_000
	single := make([]float64, Buckets)
	joint := make([]float64, Buckets)
	for i := range ids {
		id := "visitor-" + strconv.Itoa(i)
		a, b := HashBucket("checkout-2026", id), HashBucket("in/checkout-2026", id)
		single[a]++
		joint[a/100*100+b/100]++
	}
	limit := func(dof float64) float64 {
		return dof * math.Pow(1-2/(9*dof)+4.75*math.Sqrt(2/(9*dof)), 3)
	}
	for name, counts := range map[string][]float64{"one seed": single, "two seeds": joint} {
		chi2, want := 0.0, float64(ids)/Buckets
		for _, c := range counts {
			chi2 += (c - want) * (c - want) / want
		}
		if chi2 > limit(Buckets-1) {
			t.Errorf("%s: got χ² %.0f, want at most %.0f", name, chi2, limit(Buckets-1))
		}
	}
}

func TestHotPathDoesNotAllocate(t *testing.T) {
	ends := Weights{4000, 3000, 2000, 1000}.Cumulative()
	if n := testing.AllocsPerRun(100, func() {
		if InTraffic("shop", "visitor-1", 1) {
			sink += Choose(Hash("shop", "visitor-1"), ends) + HashBucket("shop", "visitor-2")
		}
	}); n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}

var sink int

func BenchmarkHashBucket(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		sink += HashBucket("checkout-2026", "a1b2c3d4-e5f6-7890-abcd-ef0123456789")
	}
}

func BenchmarkPick(b *testing.B) {
	for _, k := range []int{2, 4, 64} {
		b.Run(fmt.Sprintf("arms=%d", k), func(b *testing.B) {
			b.ReportAllocs()
			ends := Weights(make([]int, k))
			for i := range ends {
				ends[i] = Buckets / k
			}
			cumulative := ends.Cumulative()
			for b.Loop() {
				sink += Choose(Hash("checkout-2026", "a1b2c3d4-e5f6-7890-abcd-ef0123456789"), cumulative)
			}
		})
	}
}

// namespace is [name, start, end] in the vectors.
type namespace struct {
	name string
	Range
}

func (n *namespace) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&n.name, &n.Start, &n.End})
}

func ranges(pairs [][2]float64) []Range {
	var all []Range
	for _, p := range pairs {
		all = append(all, Range{p[0], p[1]})
	}
	return all
}
