package engine

// Buckets is the resolution of Hash: it takes the values 0, 1/Buckets … (Buckets-1)/Buckets.
const Buckets = 10_000

// Range is a half-open interval of hash values: Start ≤ n < End.
type Range struct{ Start, End float64 }

// Contains reports whether n lies in r.
func (r Range) Contains(n float64) bool { return n >= r.Start && n < r.End }

// Hash places value in [0, 1) for seed, in steps of 1/10,000:
//
//	fnv32a(decimal(fnv32a(seed + value))) mod 10,000 / 10,000
//
// It is version 2 of the hash published with the GrowthBook SDKs. Text is hashed as its UTF-8 bytes; the
// JavaScript SDK hashes UTF-16 units, so only ASCII seeds and values agree with every client.
func Hash(seed, value string) float64 {
	return float64(HashBucket(seed, value)) / Buckets
}

// HashV1 is version 1 of the hash, fnv32a(value + seed) mod 1,000 / 1,000. Its seeds are not independent of each
// other; it exists for namespaces and for experiments imported from elsewhere.
func HashV1(seed, value string) float64 {
	return float64(fnv32a(fnv32a(fnvOffset, value), seed)%1000) / 1000
}

// HashBucket is Hash as an integer 0 … 9,999. It does not allocate.
func HashBucket(seed, value string) int {
	return rehash(fnv32a(fnv32a(fnvOffset, seed), value))
}

// Seed returns the hash seed of a split: the experiment's key, or key/element for a split that belongs to one
// element of an experiment whose elements learn independently (element is empty otherwise).
func Seed(experiment, element string) string {
	if element == "" {
		return experiment
	}
	return experiment + "/" + element
}

// InTraffic reports whether visitor takes part in experiment at all: hash of the seed in/<experiment> below share,
// a number in [0, 1]. It is independent of the arm hash, so changing weights never moves a visitor in or out.
func InTraffic(experiment, visitor string, share float64) bool {
	return TrafficHash(experiment, visitor) < share
}

// TrafficHash is the number in [0, 1) that InTraffic compares with the share.
func TrafficHash(experiment, visitor string) float64 { return prefixed("in/", experiment, visitor) }

// InLayer reports whether visitor falls in r of a layer: hash of the seed layer/<layer>. Experiments that hold
// disjoint ranges of one layer never share a visitor.
func InLayer(layer, visitor string, r Range) bool {
	return r.Contains(prefixed("layer/", layer, visitor))
}

// InHoldout reports whether visitor is held out of every experiment that names holdout: hash of the seed
// holdout/<holdout> below share, a number in [0, 1]. A smaller share holds out a part of those that a larger one does.
func InHoldout(holdout, visitor string, share float64) bool {
	return prefixed("holdout/", holdout, visitor) < share
}

// InNamespace reports whether visitor falls in r of a GrowthBook namespace: the version 1 hash of the seed
// __<namespace>.
func InNamespace(namespace, visitor string, r Range) bool {
	return r.Contains(HashV1("__"+namespace, visitor))
}

// Choose returns the arm whose share contains n: the first i with n < cumulative[i], or -1 when n lies beyond the
// last. cumulative holds upper ends in arm order, see Weights.Cumulative. It does not allocate.
func Choose(n float64, cumulative []float64) int {
	for i, end := range cumulative {
		if n < end {
			return i
		}
	}
	return -1
}

// ChooseRange returns the index of the first range that contains n, or -1.
func ChooseRange(n float64, ranges []Range) int {
	for i, r := range ranges {
		if r.Contains(n) {
			return i
		}
	}
	return -1
}

// BucketRanges lays k arms on [0, 1): arm i starts at the sum of the weights before it, added left to right in
// IEEE doubles, and ends coverage·weight later. coverage is clamped to [0, 1]. Weights that are not k numbers with
// a sum in [0.99, 1.01] count as equal ones, as in the published algorithm.
func BucketRanges(k int, coverage float64, weights []float64) []Range {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	if len(weights) != k || !(sum >= 0.99 && sum <= 1.01) {
		weights = EqualShares(k)
	}
	coverage = min(max(coverage, 0), 1)
	ranges := make([]Range, len(weights))
	start := 0.0
	for i, w := range weights {
		ranges[i] = Range{Start: start, End: start + coverage*w}
		start += w
	}
	return ranges
}

// EqualShares returns k times 1/k, nothing for k < 1.
func EqualShares(k int) []float64 {
	shares := make([]float64, max(k, 0))
	for i := range shares {
		shares[i] = 1 / float64(k)
	}
	return shares
}

const (
	fnvOffset = 2166136261
	fnvPrime  = 16777619
)

// fnv32a continues a 32-bit FNV-1a hash with s; hash/fnv would allocate and copy.
func fnv32a(h uint32, s string) uint32 {
	for i := 0; i < len(s); i++ {
		h = (h ^ uint32(s[i])) * fnvPrime
	}
	return h
}

// rehash is the second round of version 2: the hash of the first one's decimal digits.
func rehash(first uint32) int {
	var digits [10]byte
	at := len(digits)
	for {
		at--
		digits[at] = '0' + byte(first%10)
		if first /= 10; first == 0 {
			break
		}
	}
	h := uint32(fnvOffset)
	for _, d := range digits[at:] {
		h = (h ^ uint32(d)) * fnvPrime
	}
	return int(h % Buckets)
}

// prefixed is Hash(prefix+seed, value) without building the seed.
func prefixed(prefix, seed, value string) float64 {
	h := fnv32a(fnv32a(fnv32a(fnvOffset, prefix), seed), value)
	return float64(rehash(h)) / Buckets
}
