package calc

import (
	"cmp"
	"encoding/json"
	"errors"
	"math"

	"github.com/samplit/samplit/engine/stats"
)

func adaptiveFunctions() Registry {
	return Registry{
		"adaptive_estimators":  New(adaptiveEstimators),
		"bols_contrast":        New(bols),
		"srm_changing_weights": New(srmChanging),
		"period_weighted_rate": New(periodWeighted),
	}
}

// row is a visitor of a log, written as [arm, propensities, outcome].
type row struct {
	arm        int
	propensity []float64
	outcome    float64
}

// UnmarshalJSON reads the row.
func (r *row) UnmarshalJSON(raw []byte) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil || len(parts) != 3 {
		return errors.New("a log row must be [arm, propensities, outcome]")
	}
	return cmp.Or(json.Unmarshal(parts[0], &r.arm), json.Unmarshal(parts[1], &r.propensity), json.Unmarshal(parts[2], &r.outcome))
}

func (c *check) row(k int, r row) {
	c.that(r.arm >= 0 && r.arm < k, "a log row names arm %d of %d", r.arm, k)
	c.that(len(r.propensity) == k, "a log row needs a propensity for each arm")
	if c.err != nil {
		return
	}
	var sum float64
	for _, e := range r.propensity {
		c.that(e >= 0 && e <= 1, "propensities must be between 0 and 1")
		sum += e
	}
	c.that(math.Abs(sum-1) < 1e-6, "propensities must sum to 1")
	c.that(r.propensity[r.arm] > 0, "a visitor is in an arm of propensity 0")
}

// startAt is the plug-in of an arm before anybody was in it.
const startAt = 0.5

func adaptiveEstimators(in struct {
	K   int   `json:"k"`
	Log []row `json:"log"`
}) (any, error) {
	var c check
	c.count("k", in.K, 2, MaxArms)
	c.count("log", len(in.Log), 2, MaxRows)
	for _, r := range in.Log {
		c.row(in.K, r)
	}
	if c.err != nil {
		return nil, c.err
	}
	a := stats.NewAdaptive(in.K, 0, startAt)
	arms := make([]stats.Sums, in.K)
	for _, r := range in.Log {
		arms[r.arm] = stats.Sums{N: 1, Sum: r.outcome, Squares: r.outcome * r.outcome}
		a.Add(r.propensity, arms)
		arms[r.arm] = stats.Sums{}
	}
	out := struct {
		IPW        []pair `json:"ipw"`
		AIPW       []pair `json:"aipw_uniform"`
		Stabilised []pair `json:"aipw_sqrt_e"`
		Contrast   pair   `json:"contrast_last_minus_first"`
	}{Contrast: withError(&c, a.Contrast(in.K-1))}
	for i := range in.K {
		out.IPW = append(out.IPW, withError(&c, a.IPW(i)))
		out.AIPW = append(out.AIPW, withError(&c, a.AIPW(i)))
		out.Stabilised = append(out.Stabilised, withError(&c, a.Stabilised(i)))
	}
	return out, c.err
}

// withError writes an estimate with its standard error.
func withError(c *check, e stats.Estimate) pair {
	c.that(e != stats.Estimate{}, "an arm could never be assigned")
	return pair{e.Mean, e.SE()}
}

func bols(in struct {
	Batches [][]float64 `json:"batches_nA_xA_nB_xB"`
}) (any, error) {
	var c check
	c.tuples("batches_nA_xA_nB_xB", in.Batches, 4)
	if c.err != nil {
		return nil, c.err
	}
	batches := make([]stats.Batch, len(in.Batches))
	for i, b := range in.Batches {
		batches[i] = stats.Batch{A: c.rate("a", b[1], b[0]).Sums(), B: c.rate("b", b[3], b[2]).Sums()}
	}
	if c.err != nil {
		return nil, c.err
	}
	test := stats.BOLS(batches, 0.95)
	if !test.OK {
		return nil, errNoAnswer
	}
	return struct {
		Diff float64 `json:"diff"`
		SE   float64 `json:"se"`
		Z    float64 `json:"z"`
		P    float64 `json:"p"`
	}{test.Diff, test.SE, test.Statistic, test.P}, nil
}

// period is one set of weights and what came of it, written as
// [visitors, weights, counts].
type period struct {
	n       float64
	weights []float64
	counts  []float64
}

// UnmarshalJSON reads the period.
func (p *period) UnmarshalJSON(raw []byte) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil || len(parts) != 3 {
		return errors.New("a period must be [visitors, weights, counts]")
	}
	return cmp.Or(json.Unmarshal(parts[0], &p.n), json.Unmarshal(parts[1], &p.weights), json.Unmarshal(parts[2], &p.counts))
}

func srmChanging(in struct {
	Periods []period `json:"periods_n_weights_counts"`
}) (any, error) {
	var c check
	c.count("periods_n_weights_counts", len(in.Periods), 1, MaxRows)
	cells := make([]stats.SRMCell, len(in.Periods))
	for i, p := range in.Periods {
		c.split(p.counts, p.weights)
		c.that(len(p.counts) == len(in.Periods[0].counts), "all periods need the same arms")
		var n float64
		for _, x := range p.counts {
			n += x
		}
		c.that(math.Abs(n-p.n) <= 1e-9*n, "period %d: the counts do not sum to the visitors", i)
		cells[i] = stats.SRMCell{Weights: p.weights, Counts: p.counts}
	}
	if c.err != nil {
		return nil, c.err
	}
	p, chi2, df := stats.SRMMix(cells)
	expected := stats.SRMExpected(cells)
	var naive float64
	for i, e := range expected {
		var total float64
		for _, cell := range cells {
			total += cell.Counts[i]
		}
		if e > 0 {
			naive += (total - e) * (total - e) / e
		}
	}
	return struct {
		Expected []float64 `json:"expected"`
		Chi2     float64   `json:"chi2_exact_covariance"`
		DoF      int       `json:"dof"`
		P        float64   `json:"p"`
		Naive    float64   `json:"naive_chi2_sumsq_over_e"`
	}{expected, chi2, df, p, naive}, nil
}

func periodWeighted(in struct {
	Periods [][2]pair `json:"periods_nA_xA__nB_xB"`
}) (any, error) {
	var c check
	c.count("periods_nA_xA__nB_xB", len(in.Periods), 1, MaxRows)
	strata := make([][]stats.Sums, len(in.Periods))
	var all [2]stats.Sums
	for i, p := range in.Periods {
		for arm := range p {
			s := c.rate("an arm", p[arm][1], p[arm][0]).Sums()
			strata[i] = append(strata[i], s)
			all[arm] = all[arm].Add(s)
		}
	}
	if c.err != nil {
		return nil, c.err
	}
	arms := stats.Stratified(strata)
	return struct {
		Weighted pair `json:"period_weighted"`
		SE       pair `json:"se"`
		Naive    pair `json:"naive_pooled"`
	}{
		pair{arms[0].Mean, arms[1].Mean}, pair{arms[0].SE(), arms[1].SE()},
		pair{all[0].Sum / all[0].N, all[1].Sum / all[1].N},
	}, nil
}
