package simulate

import (
	"context"
	"math/rand/v2"

	"github.com/samplit/samplit/engine/stats"
)

// Inference compares estimators of the arms' rates, and of the last arm's difference to the first, after a policy gave
// out the arms: how biased they are and how often their intervals cover the truth. The plug-in of a period is the mean
// before it, 0.5 in the first.
type Inference struct {
	Kind            string    `json:"kind"`
	Seed            uint64    `json:"seed"`
	Runs            int       `json:"runs"`
	Arms            []TrueArm `json:"arms"` // one rate each
	Visits          int       `json:"visits"`
	VisitsPerPeriod int       `json:"visits_per_period"`
	Policy          Policy    `json:"policy"` // one that gives every arm a share: not draw, and with a floor or uniform
	Level           float64   `json:"level"`  // of the intervals; 0 = 0.95
}

// InferenceAnswer is the answer, by estimator.
type InferenceAnswer struct {
	Arms      map[string][]Accuracy `json:"arms"`                      // naive_mean, ipw, aipw_uniform, aipw_sqrt_e
	Contrast  map[string]Accuracy   `json:"contrast_last_minus_first"` // naive, aipw_contrast_stab, bols
	MeanPulls []float64             `json:"mean_pulls"`
}

// Accuracy is how an estimator did. Runs in which it had nothing to say count as misses on neither side.
type Accuracy struct {
	Bias     Mean    `json:"bias"`
	RMSE     float64 `json:"rmse"`
	Coverage float64 `json:"coverage"`
	Width    Mean    `json:"width"`
	MissLow  float64 `json:"miss_low"`  // the interval lies below the truth
	MissHigh float64 `json:"miss_high"` // above
}

// Check implements Scenario.
func (s *Inference) Check() error {
	var c checks
	k := len(s.Arms)
	c.between("runs", float64(s.Runs), 1, maxRuns)
	c.between("number of arms", float64(k), 2, 64)
	for i, arm := range s.Arms {
		field := indexed("arms", i) + ".rate"
		arm.Rate.check(&c, field)
		c.that(len(arm.Rate) == 1, field, "one number")
	}
	c.between("visits", float64(s.Visits), 1, 1e8)
	c.between("visits_per_period", float64(s.VisitsPerPeriod), 1, float64(max(s.Visits, 1)))
	c.between("periods", float64(s.Visits)/float64(max(s.VisitsPerPeriod, 1)), 0, 1e5)
	s.Policy.check(&c, max(k, 1))
	c.that(s.Policy.Select != SelectDraw, "policy.select", "match, whose propensities are known, rather than draw")
	c.that(s.Policy.Select == SelectUniform || s.Policy.Floor > 0, "policy.floor", "above 0, or arms without a propensity have no estimate")
	c.that(s.Level >= 0 && s.Level < 1, "level", "from 0 to below 1")
	return c.err
}

// Cost implements Scenario.
func (s *Inference) Cost() float64 {
	k := float64(len(s.Arms))
	periods := float64(s.Visits) / float64(max(s.VisitsPerPeriod, 1))
	return float64(s.Runs) * periods * (6e-6*k*k + 1e-6)
}

// Run implements Scenario.
func (s *Inference) Run(ctx context.Context, o Options) (any, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if err := o.admit(s.Cost()); err != nil {
		return nil, err
	}
	sum := newInferenceSum(s)
	if err := replicate(ctx, o, s.Seed, s.Runs, s.run, sum.add); err != nil {
		return nil, err
	}
	return sum.answer(), nil
}

// estimated is an estimate with its interval.
type estimated struct {
	ok              bool
	value, lo, high float64
}

func interval(e stats.Estimate, level float64) estimated {
	low, high := e.Interval(level)
	return estimated{e.OK(), e.Mean, low, high}
}

// inferenceRun holds the estimates of one run by estimator.
type inferenceRun struct {
	arms     map[string][]estimated
	contrast map[string]estimated
	pulls    []float64
}

func (s *Inference) run(ctx context.Context, random *rand.Rand) (inferenceRun, error) {
	k := len(s.Arms)
	scores, l := stats.NewAdaptive(k, 0, 0.5), newLearner(s.Policy, k, random)
	visitors, hits := make([]int, k), make([]int, k)
	outcomes, pulls := make([]stats.Sums, k), make([]float64, k)
	var batches []stats.Batch
	for left := s.Visits; left > 0; left -= s.VisitsPerPeriod {
		if err := ctx.Err(); err != nil {
			return inferenceRun{}, err
		}
		clear(visitors)
		shares := l.split()
		l.choose(min(s.VisitsPerPeriod, left), visitors)
		for i, n := range visitors {
			hits[i] = binomial(random, n, s.Arms[i].Rate[0])
			outcomes[i] = counted(n, hits[i])
			pulls[i] += float64(n)
		}
		scores.Add(shares, outcomes)
		batches = append(batches, stats.Batch{A: outcomes[0], B: outcomes[k-1]})
		l.update(visitors, hits)
	}
	return s.estimate(scores, batches, pulls), nil
}

func counted(visitors, hits int) stats.Sums {
	return stats.Rate{Successes: float64(hits), Trials: float64(visitors)}.Sums()
}

func (s *Inference) estimate(scores *stats.Adaptive, batches []stats.Batch, pulls []float64) inferenceRun {
	level := s.Level
	if level == 0 {
		level = 0.95
	}
	r := inferenceRun{arms: map[string][]estimated{}, contrast: map[string]estimated{}, pulls: pulls}
	for i := range s.Arms {
		for name, e := range map[string]stats.Estimate{
			"naive_mean": scores.Observed(i), "ipw": scores.IPW(i), "aipw_uniform": scores.AIPW(i), "aipw_sqrt_e": scores.Stabilised(i),
		} {
			r.arms[name] = append(r.arms[name], interval(e, level))
		}
	}
	last := len(s.Arms) - 1
	r.contrast["naive"] = interval(scores.Observed(last).Minus(scores.Observed(0)), level)
	r.contrast["aipw_contrast_stab"] = interval(scores.Contrast(last), level)
	b := stats.BOLS(batches, level)
	r.contrast["bols"] = estimated{b.OK, b.Diff, b.Low, b.High}
	return r
}
