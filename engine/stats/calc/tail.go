package calc

import "github.com/samplit/samplit/engine/stats"

func tailFunctions() Registry {
	return Registry{
		"normal_tail":     New(normalTail),
		"normal_quantile": New(normalQuantile),
		"t_tail":          New(studentTail),
		"chi2_tail":       New(chiSquareTail),
	}
}

func normalTail(in struct {
	Z float64 `json:"z"`
}) (any, error) {
	return struct {
		SF  float64 `json:"sf"`
		Two float64 `json:"two_sided"`
	}{stats.NormalTail(in.Z), stats.NormalTwoSided(in.Z)}, nil
}

func normalQuantile(in struct {
	P float64 `json:"p"`
}) (any, error) {
	var c check
	if c.inside("p", in.P); c.err != nil {
		return nil, c.err
	}
	return struct {
		Z float64 `json:"z"`
	}{stats.NormalQuantile(in.P)}, nil
}

// tail is an upper tail probability.
type tail struct {
	SF float64 `json:"sf"`
}

func studentTail(in struct {
	T   float64 `json:"t"`
	DoF float64 `json:"dof"`
}) (any, error) {
	var c check
	if c.positive("dof", in.DoF); c.err != nil {
		return nil, c.err
	}
	return tail{stats.StudentTail(in.T, in.DoF)}, nil
}

func chiSquareTail(in struct {
	X float64 `json:"x"`
	K float64 `json:"k"`
}) (any, error) {
	var c check
	c.notNegative("x", in.X)
	if c.positive("k", in.K); c.err != nil {
		return nil, c.err
	}
	return tail{stats.ChiSquareTail(in.X, in.K)}, nil
}
