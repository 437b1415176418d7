package stats

import "math"

// Discounted returns the posterior after each period when older outcomes fade,
// S ← γ S + s and N ← γ N + n with the prior added undiscounted each time. gamma
// 1 forgets nothing; outside (0, 1] it is read as 1. Raj & Kalyani 2017.
func Discounted(prior Beta, gamma float64, periods []Rate) []Beta {
	if !(gamma > 0 && gamma <= 1) {
		gamma = 1
	}
	posterior := make([]Beta, len(periods))
	var x, n float64
	for i, r := range periods {
		s, _ := r.sane()
		x, n = gamma*x+s.Successes, gamma*n+s.Trials
		posterior[i] = prior.Update(x, n)
	}
	return posterior
}

// EffectiveWindow returns the number of periods that discounting by gamma looks
// back on, 1/(1-γ): the limit of the effective sample in periods. +Inf for gamma
// 1 or outside (0, 1].
func EffectiveWindow(gamma float64) float64 {
	if !(gamma > 0 && gamma < 1) {
		return math.Inf(1)
	}
	return 1 / (1 - gamma)
}
