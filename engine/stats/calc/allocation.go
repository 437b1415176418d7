package calc

import (
	"math"

	"github.com/samplit/samplit/engine/stats"
)

func allocationFunctions() Registry {
	return Registry{
		"top_two_thompson_alloc":    New(topTwo),
		"ucb_indices":               New(ucbIndices),
		"lai_robbins":               New(laiRobbins),
		"weight_floor_additive":     New(weightFloor),
		"bandit_gaussian_posterior": New(gaussianBandit),
		"discounted_beta_state":     New(discounted),
		"delay_adjusted_rate":       New(delayed),
	}
}

func topTwo(in struct {
	arms
	Beta float64 `json:"beta"`
}) (any, error) {
	var c check
	posteriors := c.betas("arms", in.Arms, 1)
	c.inside("beta", in.Beta)
	if c.err != nil {
		return nil, c.err
	}
	return struct {
		Alloc []float64 `json:"alloc"`
	}{stats.TopTwo(stats.ProbBest(posteriors), in.Beta)}, nil
}

func ucbIndices(in struct {
	Successes float64 `json:"successes"`
	N         float64 `json:"n"`
	T         float64 `json:"t"`
}) (any, error) {
	var c check
	r := c.rate("arm", in.Successes, in.N)
	c.that(in.T >= 1, "t must be at least 1")
	if c.err != nil {
		return nil, c.err
	}
	return struct {
		UCB1 float64 `json:"ucb1"`
		KL   float64 `json:"kl_ucb"`
	}{stats.UCB1(r, in.T), stats.KLUCB(r, in.T)}, nil
}

func laiRobbins(in struct {
	P []float64 `json:"p"`
}) (any, error) {
	var c check
	c.count("p", len(in.P), 1, MaxArms)
	if c.err != nil {
		return nil, c.err
	}
	coefficient, ok := stats.LaiRobbins(in.P)
	if !ok {
		return nil, errNoAnswer
	}
	return struct {
		Coef float64 `json:"coef"`
	}{coefficient}, nil
}

func weightFloor(in struct {
	Weights []float64 `json:"weights"`
	Floor   float64   `json:"floor"`
}) (any, error) {
	var c check
	c.count("weights", len(in.Weights), 1, MaxArms)
	c.notNegative("floor", in.Floor)
	var sum float64
	for _, w := range in.Weights {
		c.notNegative("a weight", w)
		sum += w
	}
	c.that(math.Abs(sum-1) < 1e-6, "weights must sum to 1")
	if c.err != nil {
		return nil, c.err
	}
	return struct {
		Weights []float64 `json:"weights"`
	}{stats.FloorShares(in.Weights, in.Floor)}, nil
}

// enoughUnits is the number of visitors per arm from which a normal posterior of
// a mean is trusted.
const enoughUnits = 100

func gaussianBandit(in struct {
	Arms []struct {
		N       float64 `json:"n"`
		Sum     float64 `json:"sum"`
		Squares float64 `json:"sum_squares"`
	} `json:"arms"`
	Prior *struct {
		Mean     float64 `json:"mean"`
		Variance float64 `json:"variance"`
	} `json:"prior,omitempty"`
}) (any, error) {
	var c check
	c.count("arms", len(in.Arms), 1, MaxArms)
	prior := stats.FlatNormal
	if in.Prior != nil {
		prior = stats.Normal(*in.Prior)
		c.that(prior.OK(), "prior.variance must be positive")
	}
	out := struct {
		Mean   []float64 `json:"posterior_mean"`
		SD     []float64 `json:"posterior_sd"`
		CI     []pair    `json:"ci95"`
		Enough bool      `json:"enough_units"`
		Prob   []float64 `json:"p_best_exact"`
	}{Enough: true}
	posteriors := make([]stats.Normal, len(in.Arms))
	for i, arm := range in.Arms {
		estimate := stats.SampleFromSums(arm.N, arm.Sum, arm.Squares).Estimate()
		c.that(estimate.OK(), "arm %d: at least two values that differ are needed", i)
		posteriors[i] = prior.Update(estimate)
		out.Mean = append(out.Mean, posteriors[i].Mean)
		out.SD = append(out.SD, posteriors[i].SD())
		// GrowthBook puts the posterior's width around the observed mean.
		around := stats.Normal{Mean: estimate.Mean, Variance: posteriors[i].Variance}
		out.CI = append(out.CI, interval(around.Interval(0.95)))
		out.Enough = out.Enough && arm.N >= enoughUnits
	}
	if c.err != nil {
		return nil, c.err
	}
	out.Prob, _ = stats.NormalBest(posteriors)
	return out, nil
}

func discounted(in struct {
	Gamma   float64   `json:"gamma"`
	Prior   []float64 `json:"prior"`
	Batches []pair    `json:"batches_success_trials"`
}) (any, error) {
	var c check
	prior := c.beta("prior", in.Prior)
	c.that(in.Gamma > 0 && in.Gamma <= 1, "gamma must be in (0, 1]")
	c.count("batches_success_trials", len(in.Batches), 0, MaxRows)
	periods := make([]stats.Rate, len(in.Batches))
	for i, batch := range in.Batches {
		c.that(batch[0] >= 0 && batch[0] <= batch[1], "batch %d: successes must be between 0 and the trials", i)
		periods[i] = stats.Rate{Successes: batch[0], Trials: batch[1]}
	}
	if c.err != nil {
		return nil, c.err
	}
	out := struct {
		After []pair   `json:"alpha_beta_after_each"`
		Limit *float64 `json:"ess_limit_batches"`
	}{After: []pair{}}
	for _, b := range stats.Discounted(prior, in.Gamma, periods) {
		out.After = append(out.After, pair{b.Alpha, b.Beta})
	}
	if in.Gamma < 1 {
		limit := stats.EffectiveWindow(in.Gamma)
		out.Limit = &limit
	}
	return out, nil
}

func delayed(in struct {
	Delay   string      `json:"delay"`
	Rate    float64     `json:"rate"`
	Cohorts [][]float64 `json:"cohorts_age_n_conversions"`
}) (any, error) {
	var c check
	c.that(in.Delay == "exponential", "delay must be exponential")
	c.positive("rate", in.Rate)
	c.tuples("cohorts_age_n_conversions", in.Cohorts, 3)
	if c.err != nil {
		return nil, c.err
	}
	cohorts := make([]stats.Cohort, len(in.Cohorts))
	for i, row := range in.Cohorts {
		c.notNegative("an age", row[0])
		c.rate("a cohort", row[2], row[1])
		cohorts[i] = stats.Cohort{Age: row[0], N: row[1], Conversions: row[2]}
	}
	if c.err != nil {
		return nil, c.err
	}
	d := stats.DelayedRate(cohorts, stats.ExponentialDelay(in.Rate))
	if !(d.Effective > 0) {
		return nil, errNoAnswer
	}
	return struct {
		Effective float64 `json:"effective_trials"`
		Ratio     float64 `json:"ratio_estimate"`
		MLE       float64 `json:"mle"`
	}{d.Effective, d.Ratio, d.MLE}, nil
}
