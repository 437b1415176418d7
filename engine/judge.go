package engine

import (
	"math"

	"github.com/samplit/samplit/engine/stats"
)

// judgement is the state of the test that decides.
type judgement struct {
	comparison
	lifts    []stats.Lift
	minP     []float64 // of each variant, smallest of all looks
	adjusted []float64 // the same adjusted over the variants; 1 for the control
	alpha    float64
}

// minPossibleP keeps a p-value from rounding to 0, which stands for none.
const minPossibleP = 1e-300

// judge makes the test that decides: an asymptotic confidence sequence on the difference to the control, tuned for
// the planned visitors; the smallest p-value over the looks, adjusted by Holm over the variants. A look before there
// is enough data does not count: the sequence holds for large samples. Lifts are given at alpha/(k-1), so that all
// hold together.
func judge(d Data, t table) judgement {
	k := len(d.Arms)
	j := judgement{
		comparison: t.compare(d), alpha: d.Alpha,
		lifts: make([]stats.Lift, k), minP: make([]float64, k), adjusted: make([]float64, k),
	}
	for i := 1; i < k; i++ {
		c := j.contrasts[i]
		j.lifts[i] = c.lift(j.each())
		j.minP[i] = 1
		if t.enough(d) {
			j.minP[i] = max(c.look(d.Alpha).P, minPossibleP)
		}
		if i < len(d.PastP) && d.PastP[i] > 0 {
			j.minP[i] = min(j.minP[i], d.PastP[i])
		}
	}
	j.minP[0], j.adjusted[0] = 1, 1
	copy(j.adjusted[1:], stats.Holm(j.minP[1:]))
	return j
}

// each is the part of alpha that one variant has when all must hold together.
func (j judgement) each() float64 { return j.alpha / math.Max(1, float64(len(j.contrasts)-1)) }

func (j judgement) better(i int) bool {
	return i > 0 && j.adjusted[i] <= j.alpha && j.contrasts[i].diff.Mean > 0
}

func (j judgement) worse(i int) bool {
	return i > 0 && j.adjusted[i] <= j.alpha && j.contrasts[i].diff.Mean < 0
}

// beliefs are what is believed of each arm. Conversions under one set of weights have Beta posteriors under a flat prior; otherwise,
// where pooling would mix unlike visitors, and for values, the estimates that decide are taken as normal.
func (j judgement) beliefs(t table) []Belief {
	out := make([]Belief, len(t.totals))
	for i, a := range t.totals {
		if t.revenue || t.changed {
			out[i] = normalBelief(j.means[i])
			continue
		}
		b := a.rate().Posterior(stats.Flat)
		out[i] = Belief{Beta: b, Mean: b.Mean(), SD: b.SD()}
	}
	return out
}

func normalBelief(n stats.Normal) Belief {
	if !n.OK() {
		return Belief{}
	}
	return Belief{Mean: n.Mean, SD: n.SD()}
}

// chances returns each arm's probability of being best, its expected loss, and its probability of beating the control.
func (j judgement) chances(beliefs []Belief) (best, loss, beats []float64) {
	beats = make([]float64, len(beliefs))
	posterior := make([]stats.Beta, len(beliefs))
	for i, b := range beliefs {
		if posterior[i] = b.Beta; b.Beta == (stats.Beta{}) {
			return j.normalChances()
		}
		beats[i] = stats.ProbBeats(posterior[0], posterior[i])
	}
	best, loss = stats.Best(posterior)
	return best, loss, beats
}

func (j judgement) normalChances() (best, loss, beats []float64) {
	beats = make([]float64, len(j.means))
	for i := range beats {
		beats[i] = stats.Normal(j.contrasts[i].diff).ProbPositive()
	}
	best, loss = stats.NormalBest(j.means)
	return best, loss, beats
}

// lift is the lift of a variant, nil where it is undefined.
func (j judgement) lift(i int) *Lift {
	l := j.lifts[i]
	if !l.OK {
		return nil
	}
	return &Lift{Mean: l.Mean, Low: l.Low, High: l.High, LogSE: j.contrasts[i].logSE(), Estimator: j.contrasts[i].estimator}
}

// sequential names the variant that is proven better and most likely best, else the one with the least p-value.
func (j judgement) sequential(best []float64) SequentialResult {
	if len(j.contrasts) < 2 {
		return SequentialResult{P: 1}
	}
	arm := 1
	for i := 2; i < len(j.contrasts); i++ {
		switch {
		case j.better(i) != j.better(arm):
			if j.better(i) {
				arm = i
			}
		case j.better(i) && best[i] > best[arm], !j.better(i) && j.adjusted[i] < j.adjusted[arm]:
			arm = i
		}
	}
	return SequentialResult{Decided: j.better(arm) || j.worse(arm), Arm: arm, P: j.adjusted[arm]}
}
