package calc

import (
	"strconv"

	"github.com/samplit/samplit/engine/stats"
)

func betaFunctions() Registry {
	return Registry{
		"beta_posterior":           New(betaPosterior),
		"beta_prob_b_beats_a":      New(betaProbBeats),
		"beta_prob_best":           New(betaProbBest),
		"beta_rel_uplift":          New(betaUplift),
		"value_remaining_quantile": New(valueRemaining),
		"funnel_product_of_betas":  New(funnel),
	}
}

// quantiles writes the quantiles at the given levels, by level.
func quantiles(at func(p float64) float64, levels ...float64) map[string]float64 {
	out := make(map[string]float64, len(levels))
	for _, p := range levels {
		out[strconv.FormatFloat(p, 'g', -1, 64)] = at(p)
	}
	return out
}

func betaPosterior(in struct {
	Alpha float64 `json:"alpha"`
	Beta  float64 `json:"beta"`
}) (any, error) {
	var c check
	b := c.beta("posterior", []float64{in.Alpha, in.Beta})
	if c.err != nil {
		return nil, c.err
	}
	return struct {
		Mean float64            `json:"mean"`
		SD   float64            `json:"sd"`
		Q    map[string]float64 `json:"q"`
		HDI  pair               `json:"hdi95"`
	}{b.Mean(), b.SD(), quantiles(b.Quantile, 1e-6, 0.025, 0.05, 0.5, 0.95, 0.975, 0.999999), interval(b.HDI(0.95))}, nil
}

// versus are two posteriors, control first.
type versus struct {
	A []float64 `json:"a"`
	B []float64 `json:"b"`
}

func (in versus) betas() (a, b stats.Beta, err error) {
	var c check
	a, b = c.beta("a", in.A), c.beta("b", in.B)
	return a, b, c.err
}

func betaProbBeats(in versus) (any, error) {
	a, b, err := in.betas()
	if err != nil {
		return nil, err
	}
	prob, loss := stats.Best([]stats.Beta{a, b})
	return struct {
		P     float64 `json:"p"`
		LossA float64 `json:"loss_if_choose_a"`
		LossB float64 `json:"loss_if_choose_b"`
		Max   float64 `json:"e_max"`
	}{prob[1], loss[0], loss[1], a.Mean() + loss[0]}, nil
}

// arms are the posteriors of the arms of an experiment.
type arms struct {
	Arms [][]float64 `json:"arms"`
}

func betaProbBest(in arms) (any, error) {
	var c check
	posteriors := c.betas("arms", in.Arms, 1)
	if c.err != nil {
		return nil, c.err
	}
	prob, loss := stats.Best(posteriors)
	return struct {
		Prob []float64 `json:"p_best"`
		Loss []float64 `json:"expected_loss"`
		Max  float64   `json:"e_max"`
	}{prob, loss, posteriors[0].Mean() + loss[0]}, nil
}

func betaUplift(in versus) (any, error) {
	a, b, err := in.betas()
	if err != nil {
		return nil, err
	}
	var mean *float64
	if m, ok := stats.MeanUplift(a, b); ok {
		mean = &m
	}
	return struct {
		Uplift map[string]float64 `json:"rel_uplift_q"`
		Diff   map[string]float64 `json:"diff_q"`
		Mean   *float64           `json:"mean_rel_uplift"`
		P      float64            `json:"p_b_gt_a"`
	}{
		quantiles(func(p float64) float64 { return stats.UpliftQuantile(a, b, p) }, 0.025, 0.05, 0.5, 0.95, 0.975),
		quantiles(func(p float64) float64 { return stats.DiffQuantile(a, b, p) }, 0.025, 0.5, 0.975),
		mean, stats.ProbBeats(a, b),
	}, nil
}

func valueRemaining(in struct {
	arms
	Q float64 `json:"q"`
}) (any, error) {
	var c check
	posteriors := c.betas("arms", in.Arms, 1)
	c.inside("q", in.Q)
	if c.err != nil {
		return nil, c.err
	}
	r := stats.ValueRemaining(posteriors, in.Q)
	return struct {
		Champion int     `json:"champion"`
		Prob     float64 `json:"p_champion"`
		Quantile float64 `json:"q_rel"`
		Stop     bool    `json:"stop_at_1pct"`
	}{r.Champion, r.Prob, r.Quantile, r.Quantile < 0.01}, nil
}

func funnel(in struct {
	A [][]float64 `json:"path_a"`
	B [][]float64 `json:"path_b"`
}) (any, error) {
	var c check
	a, b := stats.Path(c.betas("path_a", in.A, 1)), stats.Path(c.betas("path_b", in.B, 1))
	if c.err != nil {
		return nil, c.err
	}
	va, vb := a.Value(), b.Value()
	return struct {
		MeanA float64 `json:"mean_a"`
		SDA   float64 `json:"sd_a"`
		MeanB float64 `json:"mean_b"`
		SDB   float64 `json:"sd_b"`
		P     float64 `json:"p_b_beats_a"`
	}{va.Mean, va.SE(), vb.Mean, vb.SE(), stats.ProbPathBeats(a, b)}, nil
}
