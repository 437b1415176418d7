package simulate

import (
	"math"
)

// accuracy adds up the errors of an estimator.
type accuracy struct {
	bias, squares, width running
	covered, low, high   share
}

func (a *accuracy) add(e estimated, truth float64) {
	a.covered.add(e.ok && e.lo <= truth && truth <= e.high)
	a.low.add(e.ok && e.high < truth)
	a.high.add(e.ok && e.lo > truth)
	if e.ok {
		a.bias.add(e.value - truth)
		a.squares.add((e.value - truth) * (e.value - truth))
		a.width.add(e.high - e.lo)
	}
}

func (a *accuracy) result() Accuracy {
	return Accuracy{
		Bias: a.bias.result(), RMSE: math.Sqrt(a.squares.mean), Coverage: a.covered.value(), Width: a.width.result(),
		MissLow: a.low.value(), MissHigh: a.high.value(),
	}
}

// inferenceSum adds up the runs.
type inferenceSum struct {
	*Inference
	arms     map[string][]accuracy
	contrast map[string]*accuracy
	pulls    []running
}

func newInferenceSum(s *Inference) *inferenceSum {
	return &inferenceSum{Inference: s, arms: map[string][]accuracy{}, contrast: map[string]*accuracy{}, pulls: make([]running, len(s.Arms))}
}

func (s *inferenceSum) add(r inferenceRun) {
	for name, estimates := range r.arms {
		if s.arms[name] == nil {
			s.arms[name] = make([]accuracy, len(estimates))
		}
		for i, e := range estimates {
			s.arms[name][i].add(e, s.Arms[i].Rate[0])
		}
	}
	for name, e := range r.contrast {
		if s.contrast[name] == nil {
			s.contrast[name] = &accuracy{}
		}
		s.contrast[name].add(e, s.Arms[len(s.Arms)-1].Rate[0]-s.Arms[0].Rate[0])
	}
	for i, n := range r.pulls {
		s.pulls[i].add(n)
	}
}

func (s *inferenceSum) answer() InferenceAnswer {
	a := InferenceAnswer{Arms: map[string][]Accuracy{}, Contrast: map[string]Accuracy{}}
	for name, arms := range s.arms {
		for i := range arms {
			a.Arms[name] = append(a.Arms[name], arms[i].result())
		}
	}
	for name, x := range s.contrast {
		a.Contrast[name] = x.result()
	}
	for _, n := range s.pulls {
		a.MeanPulls = append(a.MeanPulls, n.mean)
	}
	return a
}
