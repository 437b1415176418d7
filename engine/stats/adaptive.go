package stats

import "math"

// Adaptive estimates the arms' means after the weights followed the outcomes,
// when plain averages are biased: losing arms down, measured lifts up. It needs
// the propensities that were in force.
//
// Every visitor t gets a score for every arm w, unbiased whatever the weights
// depended on,
//
//	s_t(w) = m_{t-1}(w) + 1{arm_t = w} (y_t - m_{t-1}(w)) / e_t(w),
//
// where e_t(w) is the propensity and the plug-in m_{t-1}(w) the mean of the arm
// over everybody before. An estimate is Σ h_t s_t/Σ h_t and its variance
// Σ h_t² (s_t - estimate)²/(Σ h_t)², for weights h:
//
//   - IPW: h = 1 and m = 0, inverse propensity weighting;
//   - AIPW: h = 1;
//   - Stabilised: h = √e_t(w), which keeps the coverage when propensities get
//     small at the price of a small bias of its own;
//   - Contrast, the difference to the control from the difference of the scores:
//     h = 1/√(1/e_t(a) + 1/e_t(b)).
//
// Visitors are added in order, one by one or in periods of constant propensity;
// within a period the plug-in is the mean before it. Hadad, Hirshberg, Zhan,
// Wager, Athey 2021.
type Adaptive struct {
	start   float64
	control int
	arms    []adaptiveArm
	n       float64
}

// adaptiveArm holds the totals of one arm and the moments of its scores. Scores
// are taken relative to the start, so that a large common mean costs no digits.
type adaptiveArm struct {
	seen                        Sums
	ipw, aipw, stable, contrast moments
	cross                       moment // with the control, both by AIPW
}

// moments are the weighted sums of scores.
type moments struct{ h, hh, hs, hhs, hhss float64 }

// moment is the sum of products of two arms' scores.
type moment struct{ n, first, second, product float64 }

// NewAdaptive returns an empty estimator for k arms, with the contrasts taken
// against the arm control. start is the plug-in of an arm nobody has seen yet,
// such as 0.5 or better the rate known from before the experiment; it affects the
// width of the intervals, not their validity. NaN stands for the mean over all
// arms of the first period added, which is not strictly predictable but errs by
// O(1/n) of that period only. It panics unless 0 <= control < k.
func NewAdaptive(k, control int, start float64) *Adaptive {
	if control < 0 || control >= k {
		panic("stats: control is not an arm")
	}
	return &Adaptive{start: start, control: control, arms: make([]adaptiveArm, k)}
}

// Add adds a period in which visitors got arm i with probability propensity[i]
// and had the outcomes summed up in arms[i]. Periods without visitors, or with
// totals that are not finite, add nothing. An arm with a propensity of 0, or above 1, is left out
// of the period, and so is the contrast with it. It panics on slices of other
// lengths than the arms.
func (a *Adaptive) Add(propensity []float64, arms []Sums) {
	if len(propensity) != len(a.arms) || len(arms) != len(a.arms) {
		panic("stats: one propensity and one total per arm")
	}
	var all Sums
	for _, s := range arms {
		all = all.Add(s)
	}
	if !all.Known() {
		return
	}
	if math.IsNaN(a.start) {
		a.start = all.mean()
	}
	a.n += all.N
	control := a.score(a.control, propensity, arms)
	for i := range a.arms {
		s := a.score(i, propensity, arms)
		a.arms[i].add(s, all.N, a.start)
		if i != a.control {
			a.arms[i].compare(control, s, all.N)
		}
	}
	for i := range a.arms {
		a.arms[i].seen = a.arms[i].seen.Add(arms[i])
	}
}

// score is an arm's part of a period.
type score struct {
	propensity float64
	plugIn     float64 // relative to the start
	residual   float64 // Σ (y - m)/e over the arm's visitors
	squared    float64 // Σ ((y - m)/e)²
	raw        Sums
}

func (a *Adaptive) score(i int, propensity []float64, arms []Sums) score {
	e, raw := propensity[i], arms[i]
	m := a.start
	if seen := a.arms[i].seen; seen.N > 0 {
		m = seen.mean()
	}
	s := score{propensity: e, plugIn: m - a.start, raw: raw}
	if s.assigned() {
		s.residual = (raw.Sum - raw.N*m) / e
		s.squared = math.Max(0, raw.Squares-2*m*raw.Sum+raw.N*m*m) / (e * e)
	}
	return s
}

// assigned reports whether the arm could be assigned in the period.
func (s score) assigned() bool { return positive(s.propensity) && s.propensity <= 1 }

// add adds the arm's own estimates of a period of n visitors.
func (arm *adaptiveArm) add(s score, n, start float64) {
	if !s.assigned() {
		return
	}
	// The IPW score is y/e for the arm's visitors and 0 for the others, here less
	// the start.
	first := s.raw.Sum / s.propensity
	second := s.raw.Squares / (s.propensity * s.propensity)
	arm.ipw.add(1, n, first-n*start, second-2*start*first+n*start*start)

	first = n*s.plugIn + s.residual
	second = n*s.plugIn*s.plugIn + 2*s.plugIn*s.residual + s.squared
	arm.aipw.add(1, n, first, second)
	arm.stable.add(math.Sqrt(s.propensity), n, first, second)
}

// compare adds the contrast with the control over a period of n visitors.
func (arm *adaptiveArm) compare(control, s score, n float64) {
	if !s.assigned() || !control.assigned() {
		return
	}
	h := 1 / math.Sqrt(1/control.propensity+1/s.propensity)
	gap, residual := s.plugIn-control.plugIn, s.residual-control.residual
	// Nobody is in both arms: the squares add.
	arm.contrast.add(h, n, n*gap+residual, n*gap*gap+2*gap*residual+s.squared+control.squared)

	arm.cross.n += n
	arm.cross.first += n*control.plugIn + control.residual
	arm.cross.second += n*s.plugIn + s.residual
	arm.cross.product += n*s.plugIn*control.plugIn + control.plugIn*s.residual + s.plugIn*control.residual
}

// add adds n scores of weight h each with the given sum and sum of squares.
func (m *moments) add(h, n, first, second float64) {
	m.h += h * n
	m.hh += h * h * n
	m.hs += h * first
	m.hhs += h * h * first
	m.hhss += h * h * second
}

// estimate returns the weighted mean, shifted back, and its variance.
func (m *moments) estimate(shift float64) Estimate {
	if !(m.h > 0) {
		return Estimate{}
	}
	mean := m.hs / m.h
	v := math.Max(0, m.hhss-2*mean*m.hhs+mean*mean*m.hh) / m.h / m.h
	if !finite(mean, shift, v) {
		return Estimate{}
	}
	return Estimate{mean + shift, v}
}

// N returns the number of visitors added.
func (a *Adaptive) N() float64 { return a.n }

// IPW returns the inverse propensity weighted mean of arm i. Like the other
// estimates it is zero, which is not OK, before there are visitors.
func (a *Adaptive) IPW(i int) Estimate { return a.arms[i].ipw.estimate(a.start) }

// AIPW returns the augmented inverse propensity weighted mean of arm i, with
// equal weights.
func (a *Adaptive) AIPW(i int) Estimate { return a.arms[i].aipw.estimate(a.start) }

// Stabilised returns the variance-stabilised AIPW mean of arm i.
func (a *Adaptive) Stabilised(i int) Estimate { return a.arms[i].stable.estimate(a.start) }

// Observed returns the plain mean of arm i and its variance, which is biased and
// only to be shown as what was observed.
func (a *Adaptive) Observed(i int) Estimate {
	s := a.arms[i].seen
	if !s.Known() {
		return Estimate{}
	}
	return Estimate{s.mean(), s.variance() / s.N}
}

// Contrast returns the difference of arm i to the control: the estimate that
// AsymptoticCS decides on, with N as its number of observations.
func (a *Adaptive) Contrast(i int) Estimate { return a.arms[i].contrast.estimate(0) }

// Lift returns the contrast of arm i relative to the control's AIPW mean c, with
// the log-ratio interval of width standard errors to each side: for r = 1 + d/c,
//
//	Var(r) = V_d/c² + d² V_c/c⁴ - 2 d Cov(d, c)/c³.
//
// It is undefined unless c and r are positive.
func (a *Adaptive) Lift(i int, width float64) Lift {
	d, c := a.Contrast(i), a.AIPW(a.control)
	if !d.OK() || !c.OK() || !(c.Mean > 0) {
		return Lift{}
	}
	x := a.arms[i].cross
	cov := (x.product - x.first*x.second/x.n) / x.n / x.n
	r := 1 + d.Mean/c.Mean
	v := (d.Variance + d.Mean/c.Mean*(d.Mean/c.Mean*c.Variance-2*(cov-c.Variance))) / c.Mean / c.Mean
	if !positive(r, v) {
		return Lift{}
	}
	l, h := math.Log(r), width*math.Sqrt(v)/r
	return newLift(r-1, math.Expm1(l-h), math.Expm1(l+h))
}
