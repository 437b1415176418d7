package calc

import (
	"math"

	"github.com/samplit/samplit/engine/stats"
)

func testFunctions() Registry {
	return Registry{
		"two_proportion": New(twoProportion),
		"welch_t":        New(welch),
		"chi2_kx2":       New(homogeneity),
		"fisher_exact":   New(fisher),
		"p_adjust":       New(adjust),
		"srm":            New(srm),
		"srm_chi2":       New(srmChi2),
	}
}

func twoProportion(in struct {
	XA    float64 `json:"xa"`
	NA    float64 `json:"na"`
	XB    float64 `json:"xb"`
	NB    float64 `json:"nb"`
	Alpha float64 `json:"alpha"`
}) (any, error) {
	var c check
	a, b := c.rate("a", in.XA, in.NA), c.rate("b", in.XB, in.NB)
	c.inside("alpha", in.Alpha)
	c.that(in.XA+in.XB > 0 && in.XA+in.XB < in.NA+in.NB, "nobody or everybody succeeded: there is nothing to test")
	if c.err != nil {
		return nil, c.err
	}
	level := 1 - in.Alpha
	test := stats.TwoProportion(a, b, level)
	ea, eb := a.Estimate(), b.Estimate()
	return struct {
		Diff     float64 `json:"diff"`
		Z        float64 `json:"z_pooled"`
		P        float64 `json:"p_pooled"`
		SE       float64 `json:"se_unpooled"`
		Wald     pair    `json:"ci95_wald"`
		WilsonA  pair    `json:"wilson95_a"`
		WilsonB  pair    `json:"wilson95_b"`
		Newcombe pair    `json:"newcombe95_diff"`
		Katz     *pair   `json:"katz95_rel_uplift,omitempty"`
		Delta    *pair   `json:"delta95_rel_uplift,omitempty"`
		Fieller  *pair   `json:"fieller95_rel_uplift,omitempty"`
	}{
		test.Diff, test.Statistic, test.P, test.SE,
		interval(stats.Wald(a, b, level)), interval(stats.Wilson(in.XA, in.NA, level)), interval(stats.Wilson(in.XB, in.NB, level)),
		interval(stats.Newcombe(a, b, level)),
		lift(stats.Katz(a, b, level)), lift(stats.DeltaLift(ea, eb, level)), lift(stats.FiellerLift(ea, eb, level)),
	}, nil
}

// moments are a sample given by its size, mean and standard deviation.
type moments struct {
	N    float64 `json:"n"`
	Mean float64 `json:"mean"`
	SD   float64 `json:"sd"`
}

func welch(in struct {
	A     moments `json:"a"`
	B     moments `json:"b"`
	Alpha float64 `json:"alpha"`
}) (any, error) {
	var c check
	c.inside("alpha", in.Alpha)
	sample := func(m moments) stats.Sample {
		c.that(m.N >= 2, "at least two values per arm are needed")
		c.notNegative("sd", m.SD)
		return stats.Sample{N: m.N, Mean: m.Mean, Variance: m.SD * m.SD}
	}
	a, b := sample(in.A), sample(in.B)
	if c.err != nil {
		return nil, c.err
	}
	test := stats.Welch(a, b, 1-in.Alpha)
	if !test.OK {
		return nil, errNoAnswer
	}
	return struct {
		T   float64 `json:"t"`
		DoF float64 `json:"dof"`
		P   float64 `json:"p"`
		CI  pair    `json:"ci95"`
	}{test.Statistic, test.DF, test.P, pair{test.Low, test.High}}, nil
}

func homogeneity(in struct {
	Table []pair `json:"table_success_failure"`
}) (any, error) {
	var c check
	c.count("table_success_failure", len(in.Table), 2, MaxRows)
	rates := make([]stats.Rate, len(in.Table))
	for i, row := range in.Table {
		c.that(row[0] >= 0 && row[1] >= 0, "counts must not be negative")
		c.that(row[0]+row[1] > 0, "row %d is empty", i)
		rates[i] = stats.Rate{Successes: row[0], Trials: row[0] + row[1]}
	}
	if c.err != nil {
		return nil, c.err
	}
	h := stats.TestHomogeneity(rates)
	if h.DF == 0 {
		return nil, errNoAnswer
	}
	return struct {
		Chi2  float64 `json:"chi2"`
		G     float64 `json:"g"`
		DoF   int     `json:"dof"`
		PChi2 float64 `json:"p_chi2"`
		PG    float64 `json:"p_g"`
	}{h.Chi2, h.G, h.DF, h.PChi2, h.PG}, nil
}

func fisher(in struct {
	Table [2]pair `json:"table"`
}) (any, error) {
	var c check
	rate := func(row pair) stats.Rate {
		for _, x := range row {
			c.that(x >= 0 && x == math.Trunc(x) && x <= 1e9, "counts must be whole numbers up to 1e9")
		}
		c.that(row[0]+row[1] > 0, "a row is empty")
		return stats.Rate{Successes: row[0], Trials: row[0] + row[1]}
	}
	a, b := rate(in.Table[0]), rate(in.Table[1])
	if c.err != nil {
		return nil, c.err
	}
	return struct {
		P float64 `json:"p_two_sided"`
	}{stats.Fisher(a, b)}, nil
}

// maxFamily bounds a family of p-values: Hommel's method is quadratic.
const maxFamily = 10_000

func adjust(in struct {
	P []float64 `json:"p"`
}) (any, error) {
	var c check
	c.count("p", len(in.P), 1, maxFamily)
	for _, p := range in.P {
		c.that(p >= 0 && p <= 1, "p-values must be between 0 and 1")
	}
	if c.err != nil {
		return nil, c.err
	}
	return struct {
		Holm       []float64 `json:"holm"`
		BH         []float64 `json:"BH"`
		BY         []float64 `json:"BY"`
		Bonferroni []float64 `json:"bonferroni"`
		Hochberg   []float64 `json:"hochberg"`
		Hommel     []float64 `json:"hommel"`
	}{
		stats.Holm(in.P), stats.BenjaminiHochberg(in.P), stats.BenjaminiYekutieli(in.P),
		stats.Bonferroni(in.P), stats.Hochberg(in.P), stats.Hommel(in.P),
	}, nil
}

// split checks counts against weights.
func (c *check) split(counts, weights []float64) {
	c.count("arms", len(counts), 2, MaxArms)
	c.that(len(counts) == len(weights), "as many weights as counts are needed")
	if c.err != nil {
		return
	}
	var n, used float64
	for i, x := range counts {
		c.notNegative("a count", x)
		c.notNegative("a weight", weights[i])
		c.that(weights[i] > 0 || x == 0, "arm %d has visitors but weight 0", i)
		n += x
		if weights[i] > 0 {
			used++
		}
	}
	c.that(n > 0, "there are no visitors")
	c.that(used >= 2, "at least two weights must be positive")
}

func srm(in struct {
	Observed []float64 `json:"observed"`
	Weights  []float64 `json:"weights"`
	Prior    []float64 `json:"dirichlet_alpha,omitempty"`
}) (any, error) {
	var c check
	c.split(in.Observed, in.Weights)
	c.that(in.Prior == nil || len(in.Prior) == len(in.Observed), "as many dirichlet_alpha as counts are needed")
	for _, a := range in.Prior {
		c.positive("dirichlet_alpha", a)
	}
	if c.err != nil {
		return nil, c.err
	}
	p, chi2, df := stats.SRM(in.Observed, in.Weights)
	logBF, sequential := stats.SequentialSRM([]stats.SRMCell{{Weights: in.Weights, Counts: in.Observed}}, in.Prior)
	return struct {
		Chi2       float64 `json:"chi2"`
		DoF        int     `json:"dof"`
		P          float64 `json:"p"`
		LogBF      float64 `json:"log_bayes_factor"`
		Sequential float64 `json:"sequential_p_at_this_look"`
	}{chi2, df, p, logBF, sequential}, nil
}

// srmChi2 follows GrowthBook: arms of weight 0 add nothing to the statistic but
// count towards the total and the degrees of freedom, and nobody is no mismatch.
func srmChi2(in struct {
	Users   []float64 `json:"users"`
	Weights []float64 `json:"weights"`
}) (any, error) {
	var c check
	c.count("users", len(in.Users), 2, MaxArms)
	c.that(len(in.Users) == len(in.Weights), "as many weights as users are needed")
	var total, weights float64
	for i := range min(len(in.Users), len(in.Weights)) {
		c.that(in.Users[i] >= 0 && in.Users[i] <= 1e15, "users must be between 0 and 1e15")
		c.notNegative("a weight", in.Weights[i])
		total += in.Users[i]
		weights += in.Weights[i]
	}
	c.positive("the sum of the weights", weights)
	if c.err != nil {
		return nil, c.err
	}
	var chi2 float64
	for i, w := range in.Weights {
		if e := w / weights * total; e > 0 {
			chi2 += (in.Users[i] - e) * ((in.Users[i] - e) / e)
		}
	}
	return struct {
		P float64 `json:"p"`
	}{stats.ChiSquareTail(chi2, float64(len(in.Users)-1))}, nil
}
