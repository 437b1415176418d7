package calc

import (
	"encoding/json"
	"strings"
	"testing"
)

// FuzzCalc feeds every function with whatever comes: an answer is JSON without
// NaN, anything else an error of one line, and nothing panics.
func FuzzCalc(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.Fn, []byte(v.In))
	}
	f.Add("beta_prob_best", []byte(`{"arms":[[1e-300,1e15],[1e15,1e-300],[0.05,0.95]]}`))
	f.Add("funnel_product_of_betas", []byte(`{"path_a":[[0.001,1]],"path_b":[[1e15,0.001]]}`))
	f.Add("nig_normal_lognormal", []byte(`{"prior":{"m":0,"kappa":1e-9,"alpha":1e-9,"beta":1e-9},"a":{"n":2,"mean":1e9,"var":0},"b":{"n":2,"mean":-1e9,"var":1e9}}`))
	f.Add("srm", []byte(`{"observed":[1e300,1e300],"weights":[1e-300,1e300]}`))
	f.Add("normal_tail", []byte(`{"z":{}}`))
	f.Fuzz(func(t *testing.T, fn string, in []byte) {
		answer, err := Calc(fn, in)
		switch {
		case err != nil && strings.ContainsAny(err.Error(), "\n\r"):
			t.Errorf("an error of several lines: %q", err)
		case err == nil && (!json.Valid(answer) || strings.Contains(string(answer), "NaN")):
			t.Errorf("not an answer: %s", answer)
		}
	})
}
