package stats

import "math"

// SequentialSRM tests for a sample ratio mismatch at every look: it returns the
// log Bayes factor of a Dirichlet mixture over the true weights against the
// intended ones, and p = min(1, 1/BF), of which the minimum over all looks is an
// always-valid p-value. For one set of weights w and prior a,
//
//	ln BF = ln B(a + x) - ln B(a) - Σ x_i ln w_i.
//
// prior nil is the default a_i = k w_i. Under changing weights each cell has its
// own factor and they multiply. Neutral data give (0, 1); a visitor in an arm of
// weight 0 gives (the largest float64, 0). It panics on different lengths.
// Lindon & Malek 2022.
func SequentialSRM(cells []SRMCell, prior []float64) (logBF, p float64) {
	_, _, _, ok := mixMoments(cells)
	if !ok || len(cells[0].Counts) < 2 {
		return 0, 1
	}
	if impossible(cells) {
		return math.MaxFloat64, 0
	}
	for _, c := range cells {
		if prior != nil && len(prior) != len(c.Counts) {
			panic("stats: Dirichlet prior of a different length")
		}
		logBF += logDirichlet(c, prior)
	}
	if !finite(logBF) {
		return 0, 1
	}
	return logBF, math.Min(1, math.Exp(-logBF))
}

// logDirichlet returns the log Bayes factor of one cell. Every log gamma is
// split by Stirling's formula into its main part and a remainder, and the main
// parts, each of the size n ln n, are combined before they can cancel.
func logDirichlet(c SRMCell, prior []float64) float64 {
	weights := 0.0
	for _, w := range c.Weights {
		weights += w
	}
	var n, concentration float64
	for i, w := range c.Weights {
		n += c.Counts[i]
		if w > 0 {
			concentration += pseudoCount(c, prior, i, weights)
		}
	}
	all := concentration + n
	sum := -0.5*math.Log(2*math.Pi) + logGammaFraction(concentration) - (concentration-0.5)*math.Log(all) - stirlingRest(all)
	for i, w := range c.Weights {
		if w == 0 {
			continue
		}
		a, x := pseudoCount(c, prior, i, weights), c.Counts[i]
		share := all * (w / weights)
		sum += x*math.Log1p((a+x-share)/share) + (a-0.5)*math.Log(a+x) + stirlingRest(a+x) - logGammaFraction(a) + 0.5*math.Log(2*math.Pi)
	}
	// The terms above use Γ(z) = √(2π) z^(z-½) e^(-z) e^rest; the e^(-z) cancel
	// because the counts of the arms sum to n.
	return sum
}

func pseudoCount(c SRMCell, prior []float64, i int, weights float64) float64 {
	if prior != nil && prior[i] > 0 && finite(prior[i]) {
		return prior[i]
	}
	return float64(len(c.Weights)) * c.Weights[i] / weights
}

// logGammaFraction returns ln Γ(z) for a prior's small z.
func logGammaFraction(z float64) float64 {
	l, _ := math.Lgamma(z)
	return l
}

// stirlingRest returns ln Γ(z) - ((z-½) ln z - z + ½ ln 2π), which tends to
// 1/(12z).
func stirlingRest(z float64) float64 {
	if z < 16 {
		l, _ := math.Lgamma(z)
		return l - ((z-0.5)*math.Log(z) - z + 0.5*math.Log(2*math.Pi))
	}
	zz := z * z
	return (1.0/12 - (1.0/360-(1.0/1260-1.0/1680/zz)/zz)/zz) / z
}
