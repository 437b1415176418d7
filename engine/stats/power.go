package stats

import "math"

// Planning. Sample sizes are visitors per arm of a two-sided test at alpha,
// as real numbers to be rounded up; the formulas are those of R's power.prop.test
// and power.t.test, which leave out the rejections in the wrong direction, and
// differ by 1-3 % from calculators that use unpooled variances throughout. A
// question without an answer (equal rates, a rate outside (0, 1), a power outside
// (alpha/2, 1)) gives 0 and ok = false.

// SampleSizeRates returns the visitors per arm with which a test of p1 against
// p2 has the power,
//
//	n = (z_{1-α/2} √(2 p̄ q̄) + z_power √(p1 q1 + p2 q2))² / (p2 - p1)².
func SampleSizeRates(p1, p2, power, alpha float64) (n float64, ok bool) {
	if !(p1 > 0 && p1 < 1 && p2 > 0 && p2 < 1) || p1 == p2 || !plannable(power, alpha) {
		return 0, false
	}
	mean := (p1 + p2) / 2
	za, zb := -NormalQuantile(alpha/2), NormalQuantile(power)
	root := za*math.Sqrt(2*mean*(1-mean)) + zb*math.Sqrt(p1*(1-p1)+p2*(1-p2))
	n = root / (p2 - p1) * root / (p2 - p1)
	if !positive(n) {
		return 0, false
	}
	return n, true
}

func plannable(power, alpha float64) bool {
	return alpha > 0 && alpha < 1 && power > alpha/2 && power < 1
}

// PowerRates returns the probability that n visitors per arm show a difference
// of p1 and p2 as significant: in its own direction alone, and in either.
func PowerRates(n, p1, p2, alpha float64) (oneTail, twoTails float64, ok bool) {
	if !(p1 > 0 && p1 < 1 && p2 > 0 && p2 < 1 && n > 0 && alpha > 0 && alpha < 1) || !finite(n) {
		return 0, 0, false
	}
	mean := (p1 + p2) / 2
	shift := math.Sqrt(n) * math.Abs(p2-p1)
	edge := -NormalQuantile(alpha/2) * math.Sqrt(2*mean*(1-mean))
	sd := math.Sqrt(p1*(1-p1) + p2*(1-p2))
	oneTail = NormalTail((edge - shift) / sd)
	return oneTail, oneTail + NormalTail((edge+shift)/sd), true
}

// DetectableRate returns the smallest p2 above p1 that n visitors per arm detect
// with the power: the root of SampleSizeRates. ok is false when no rate below 1
// is detectable.
func DetectableRate(n, p1, power, alpha float64) (p2 float64, ok bool) {
	if !(n > 0 && p1 > 0 && p1 < 1) || !finite(n) || !plannable(power, alpha) {
		return 0, false
	}
	// In d = p2 - p1, on a logarithmic scale: the sample size falls from infinity.
	most := (1 - p1) * (1 - 1e-9)
	excess := func(logD float64) float64 {
		needed, ok := SampleSizeRates(p1, p1+math.Exp(logD), power, alpha)
		if !ok {
			return 1
		}
		return math.Log(needed / n)
	}
	if excess(math.Log(most)) > 0 {
		return 0, false
	}
	p2 = p1 + math.Exp(root(excess, math.Log(p1*1e-12), math.Log(most)))
	return p2, true
}

// SampleSizeMeans returns the visitors per arm with which a t-test detects the
// difference delta of means with the power, given the standard deviation sd of
// one visitor: by the noncentral t distribution, and by the normal approximation
// 2 ((z_{1-α/2} + z_power) sd/delta)².
func SampleSizeMeans(delta, sd, power, alpha float64) (t, z float64, ok bool) {
	if !(sd > 0) || delta == 0 || !finite(delta, sd) || !plannable(power, alpha) {
		return 0, 0, false
	}
	ratio := (-NormalQuantile(alpha/2) + NormalQuantile(power)) * sd / delta
	z = 2 * ratio * ratio
	if !finite(z) {
		return 0, 0, false
	}
	effect := math.Abs(delta) / sd
	short := func(n float64) float64 { return PowerMeans(n, effect, alpha) - power }
	if z > exactMeans {
		// The excess over z tends to z_{1-α/2}²/4.
		za := NormalQuantile(alpha / 2)
		return z + za*za/4, z, true
	}
	const least = 1 + 1e-6
	if short(least) >= 0 {
		return least, z, true
	}
	return root(short, least, 2*z+100), z, true
}

// exactMeans is the sample size above which the noncentral t distribution and
// its expansion agree to 10⁻⁹.
const exactMeans = 1e6

// PowerMeans returns the probability P(T > t_{1-α/2}) that n > 1 visitors per arm
// show a difference of effect standard deviations in its own direction, T being
// noncentral t with 2(n-1) degrees of freedom; 0 if undefined.
func PowerMeans(n, effect, alpha float64) float64 {
	df := 2 * (n - 1)
	if !(df > 0) || !finite(n, effect) {
		return 0
	}
	edge := -StudentQuantile(saneAlpha(alpha)/2, df)
	shift := math.Sqrt(n/2) * math.Abs(effect)
	// T = (Z + shift)/√(χ²/df), and χ²/2 is Gamma(df/2).
	var power float64
	for _, chi := range gammaNodes(df / 2) {
		power += chi.w * NormalTail(edge*math.Sqrt(chi.x/(df/2))-shift)
	}
	return power
}
