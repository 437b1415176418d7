package calc

import (
	"math"

	"github.com/samplit/samplit/engine/stats"
)

func sequentialFunctions() Registry {
	return Registry{
		"msprt_single":          New(msprtSingle),
		"msprt_path":            New(msprtPath),
		"asymptotic_cs":         New(asymptoticCS),
		"group_sequential":      New(groupSequential),
		"alpha_spending":        New(alphaSpending),
		"peeking_type1_fixed_z": New(peeking),
	}
}

func msprtSingle(in struct {
	Diff     float64 `json:"diff"`
	Variance float64 `json:"var_of_diff"`
	Tau      float64 `json:"tau"`
	Alpha    float64 `json:"alpha"`
}) (any, error) {
	var c check
	c.positive("var_of_diff", in.Variance)
	c.positive("tau", in.Tau)
	c.inside("alpha", in.Alpha)
	if c.err != nil {
		return nil, c.err
	}
	look := stats.MixtureSPRT(stats.Estimate{Mean: in.Diff, Variance: in.Variance}, in.Tau, in.Alpha)
	if !look.OK {
		return nil, errNoAnswer
	}
	return struct {
		LogLR     float64 `json:"log_lr"`
		P         float64 `json:"p"`
		Halfwidth float64 `json:"halfwidth"`
	}{look.LogLR, look.P, look.Halfwidth}, nil
}

// pathLook is one look of a path.
type pathLook struct {
	LogLR     float64 `json:"log_lr"`
	P         float64 `json:"p_always_valid"`
	Diff      float64 `json:"diff"`
	Halfwidth float64 `json:"halfwidth"`
	Reject    bool    `json:"reject"`
}

func msprtPath(in struct {
	Tau   float64 `json:"tau"`
	Alpha float64 `json:"alpha"`
	Looks []struct {
		N  float64 `json:"n_per_arm"`
		XA float64 `json:"xa"`
		XB float64 `json:"xb"`
	} `json:"looks"`
}) (any, error) {
	var c check
	c.positive("tau", in.Tau)
	c.inside("alpha", in.Alpha)
	c.count("looks", len(in.Looks), 1, MaxRows)
	path := make([]pathLook, 0, len(in.Looks))
	p := 1.0
	for i, l := range in.Looks {
		a, b := c.rate("a", l.XA, l.N), c.rate("b", l.XB, l.N)
		diff := b.Estimate().Minus(a.Estimate())
		look := stats.MixtureSPRT(diff, in.Tau, in.Alpha)
		c.that(look.OK, "look %d: nothing varies", i)
		p = min(p, look.P)
		path = append(path, pathLook{look.LogLR, p, diff.Mean, look.Halfwidth, p <= in.Alpha})
	}
	if c.err != nil {
		return nil, c.err
	}
	return struct {
		Looks []pathLook `json:"looks"`
	}{path}, nil
}

func asymptoticCS(in struct {
	Sigma2  float64 `json:"sigma2"`
	N       float64 `json:"n"`
	Planned float64 `json:"n_optimised"`
	Alpha   float64 `json:"alpha"`
}) (any, error) {
	var c check
	c.positive("sigma2", in.Sigma2)
	c.positive("n", in.N)
	c.positive("n_optimised", in.Planned)
	c.that(in.Alpha > 0 && in.Alpha < 0.5, "alpha must be between 0 and 0.5")
	if c.err != nil {
		return nil, c.err
	}
	v := in.Sigma2 / in.N
	rho, exact, one := stats.Rho(in.Planned, in.Alpha), stats.RhoExact(in.Planned, in.Alpha), stats.RhoOneSided(in.Planned, in.Alpha)
	half := func(rho float64) float64 { return stats.AsymptoticCS(0, v, in.N, rho, in.Alpha).High }
	return struct {
		Rho       float64 `json:"rho_approx"`
		Half      float64 `json:"halfwidth_two_sided"`
		Exact     float64 `json:"rho_lambert_exact"`
		HalfExact float64 `json:"halfwidth_two_sided_exact_rho"`
		One       float64 `json:"rho_one_sided"`
		HalfOne   float64 `json:"halfwidth_one_sided"`
		Fixed     float64 `json:"fixed_n_halfwidth"`
	}{
		rho, half(rho), exact, half(exact), one, stats.OneSidedHalfwidth(v, in.N, one, in.Alpha),
		-stats.NormalQuantile(in.Alpha/2) * math.Sqrt(v),
	}, nil
}

func groupSequential(in struct {
	Design   string  `json:"design"`
	Looks    int     `json:"looks"`
	Alpha    float64 `json:"alpha"`
	TwoSided bool    `json:"two_sided"`
}) (any, error) {
	var c check
	designs := map[string]stats.Design{"pocock": stats.Pocock, "obrien_fleming": stats.OBrienFleming}
	design, ok := designs[in.Design]
	c.that(ok, "design must be pocock or obrien_fleming")
	c.count("looks", in.Looks, 1, stats.MaxLooks)
	c.that(in.Alpha > 0 && in.Alpha < 0.5, "alpha must be between 0 and 0.5")
	c.that(in.TwoSided, "only two-sided tests are supported")
	if c.err != nil {
		return nil, c.err
	}
	constant, z, _ := stats.Boundaries(design, in.Looks, in.Alpha)
	nominal := make([]float64, len(z))
	for k := range z {
		nominal[k] = stats.NormalTwoSided(z[k])
	}
	at80, ok80 := stats.Inflation(z, in.Alpha, 0.8)
	at90, ok90 := stats.Inflation(z, in.Alpha, 0.9)
	if !ok80 || !ok90 {
		return nil, errNoAnswer
	}
	return struct {
		Constant float64   `json:"constant"`
		Z        []float64 `json:"z_boundaries"`
		Nominal  []float64 `json:"nominal_p"`
		At80     float64   `json:"inflation_power0.8"`
		At90     float64   `json:"inflation_power0.9"`
	}{constant, z, nominal, at80, at90}, nil
}

func alphaSpending(in struct {
	Spending string    `json:"spending"`
	Info     []float64 `json:"info"`
	Alpha    float64   `json:"alpha"`
	TwoSided bool      `json:"two_sided"`
}) (any, error) {
	var c check
	rules := map[string]stats.Spending{"lan_demets_obf": stats.SpendOBrienFleming, "lan_demets_pocock": stats.SpendPocock}
	rule, ok := rules[in.Spending]
	c.that(ok, "spending must be lan_demets_obf or lan_demets_pocock")
	c.count("info", len(in.Info), 1, stats.MaxLooks)
	c.inside("alpha", in.Alpha)
	c.that(in.TwoSided, "only two-sided tests are supported")
	if c.err != nil {
		return nil, c.err
	}
	spent, z, ok := stats.SpendingBoundaries(rule, in.Info, in.Alpha)
	c.that(ok, "info must increase within (0, 1] by at least 0.0001")
	if c.err != nil {
		return nil, c.err
	}
	return struct {
		Spent []float64 `json:"cumulative_alpha"`
		Z     []float64 `json:"z_boundaries"`
	}{spent, z}, nil
}

func peeking(in struct {
	Looks int     `json:"looks"`
	Alpha float64 `json:"alpha"`
}) (any, error) {
	var c check
	c.count("looks", in.Looks, 1, stats.MaxLooks)
	c.inside("alpha", in.Alpha)
	if c.err != nil {
		return nil, c.err
	}
	return struct {
		Type1 float64 `json:"type1"`
	}{stats.PeekingError(in.Looks, in.Alpha)}, nil
}
