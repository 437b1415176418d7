package stats

import "math"

// DefaultPlanned is the number of visitors per arm that the deciding test is
// tuned for when the experiment has no plan.
const DefaultPlanned = 5000

// Rho returns the mixture parameter that makes the asymptotic confidence
// sequence narrowest after planned observations,
//
//	ρ = √((-2 ln α + ln(1 - 2 ln α)) / m),
//
// the closed-form approximation of Waudby-Smith et al. (arXiv 2103.06476, eq.
// 27). It must be fixed before the first look. Without a positive, finite plan
// it is tuned for DefaultPlanned.
func Rho(planned, alpha float64) float64 {
	if !positive(planned) {
		planned = DefaultPlanned
	}
	l := -2 * math.Log(saneAlpha(alpha))
	return math.Sqrt((l + math.Log1p(l)) / planned)
}

// Sequential is one look at a sequential test of a difference with 0.
type Sequential struct {
	Diff, Low, High float64 // the difference and its confidence sequence
	P               float64 // valid at this look; the running minimum over looks is valid always
	OK              bool    // false when there is nothing to test: then P is 1 and the rest 0
}

// AsymptoticCS returns the look at a two-sided asymptotic confidence sequence of
// a difference. variance is the variance of the estimate of the difference, n
// the number of observations behind it (the visitors of both arms), rho the
// mixture parameter from Rho. With s² = n·variance,
//
//	halfwidth = √s² √(2 (nρ²+1)/(nρ)² ln(√(nρ²+1)/α))
//	p = min(1, √(nρ²+1) exp(-ρ² n² diff² / (2 s² (nρ²+1)))).
//
// The intervals of all looks together contain the true difference with
// probability 1 - α as n grows, whenever and for whatever reason one stops; p
// is at most α exactly when the interval leaves out 0. Waudby-Smith, Arbour,
// Sinha, Kennedy, Ramdas (arXiv 2103.06476, eq. 21 and 155).
//
// OK is false, p is 1 and the rest 0 unless all arguments are finite and
// variance, n and rho positive; alpha outside (0, 1) is read as 0.05.
func AsymptoticCS(diff, variance, n, rho, alpha float64) Sequential {
	if !finite(diff) || !positive(variance, n, rho) {
		return Sequential{P: 1}
	}
	h := csMultiplier(n, rho, alpha) * math.Sqrt(variance)
	g := n*rho*rho + 1
	logE := (g-1)/g*(diff/variance*diff)/2 - math.Log(g)/2
	if !finite(h, logE) {
		return Sequential{P: 1}
	}
	return Sequential{Diff: diff, Low: diff - h, High: diff + h, P: math.Min(1, math.Exp(-logE)), OK: true}
}

// csMultiplier returns the number of standard errors that the confidence
// sequence extends to each side after n observations: what the normal quantile
// is to a fixed interval.
func csMultiplier(n, rho, alpha float64) float64 {
	m := n * rho * rho
	return math.Sqrt(2 * (m + 1) / m * (math.Log1p(m)/2 - math.Log(saneAlpha(alpha))))
}

// RhoExact returns the mixture parameter that is exactly optimal where Rho is an
// approximation, ρ² = (-W(-α²/e) - 1)/m with the lower branch W of Lambert's
// function.
func RhoExact(planned, alpha float64) float64 {
	if !positive(planned) {
		planned = DefaultPlanned
	}
	// y = -W(-α²/e) solves y - ln y = 1 - 2 ln α with y > 1; Newton from above.
	l := 1 - 2*math.Log(saneAlpha(alpha))
	y := l + math.Log(l) + 1
	for range 100 {
		next := y - (y-math.Log(y)-l)*y/(y-1)
		if math.Abs(next-y) <= epsilon*y {
			break
		}
		y = next
	}
	return math.Sqrt((y - 1) / planned)
}

// RhoOneSided is Rho for OneSidedHalfwidth: that of a two-sided sequence at 2α,
// for alpha below 1/2.
func RhoOneSided(planned, alpha float64) float64 {
	return Rho(planned, min(2*saneAlpha(alpha), math.Nextafter(1, 0)))
}

// OneSidedHalfwidth returns how far below the estimate a one-sided asymptotic
// confidence sequence reaches, for the same arguments as AsymptoticCS,
//
//	√s² √(2 (nρ²+1)/(nρ)² ln(1 + √(nρ²+1)/(2α))),
//
// 0 when there is nothing to test.
func OneSidedHalfwidth(variance, n, rho, alpha float64) float64 {
	if !positive(variance, n, rho) {
		return 0
	}
	m := n * rho * rho
	h := math.Sqrt(variance * 2 * (m + 1) / m * math.Log1p(math.Sqrt(m+1)/(2*saneAlpha(alpha))))
	if !finite(h) {
		return 0
	}
	return h
}
