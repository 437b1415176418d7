package stats

// Jeffreys is the reference prior of a rate, half a success and half a failure.
var Jeffreys = Beta{0.5, 0.5}

// PriorFromMean returns the informative prior with the given mean rate that
// weighs as much as strength visitors. A mean outside (0, 1), or a strength that
// is not positive and finite, gives Flat.
func PriorFromMean(mean, strength float64) Beta {
	if !(mean > 0 && mean < 1 && strength > 0) || !finite(strength) {
		return Flat
	}
	return Beta{mean * strength, (1 - mean) * strength}
}

// PriorFromHistory returns a prior from the rates of past, comparable arms by
// empirical Bayes: their common mean p, and the strength with which a beta-
// binomial spreads as much as they do. With S = Σ n_i (p_i - p)², N = Σ n_i and
//
//	φ = (S/(p(1-p)) - (k-1)) / (N - Σ n_i²/N - (k-1))
//
// the strength is 1/φ - 1, at most limit: rates that agree better than chance
// would still are no reason to believe them more than that. Fewer than two known
// rates, or none with both outcomes, give Flat. Kleinman 1973.
func PriorFromHistory(rates []Rate, limit float64) Beta {
	var known []Rate
	var x, n, squares float64
	for _, r := range rates {
		if s, ok := r.sane(); ok {
			known = append(known, s)
			x, n, squares = x+s.Successes, n+s.Trials, squares+s.Trials*s.Trials
		}
	}
	if len(known) < 2 || !(x > 0 && x < n) || !(limit > 0) || !finite(n, squares, limit) {
		return Flat
	}
	p := x / n
	var spread float64
	for _, r := range known {
		d := r.Value() - p
		spread += r.Trials * d * d
	}
	df := float64(len(known) - 1)
	strength := limit
	if phi := (spread/(p*(1-p)) - df) / (n - squares/n - df); phi > 0 {
		strength = clamp(1/phi-1, minStrength, limit)
	}
	return PriorFromMean(p, strength)
}

// minStrength is the least a history is worth, in visitors, when it says that
// rates are all over the place.
const minStrength = 1e-2
