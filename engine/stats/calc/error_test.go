package calc

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestUnknownFunction(t *testing.T) {
	t.Parallel()
	if _, err := Calc("no_such", nil); !errors.Is(err, ErrUnknown) {
		t.Errorf("got %v, want ErrUnknown", err)
	}
}

// Each question is outside the domain of its function; the answer names the part
// that is wrong.
func TestErrors(t *testing.T) {
	t.Parallel()
	many := strings.TrimSuffix(strings.Repeat("[1,1],", MaxArms+1), ",")
	for _, c := range []struct{ fn, in, want string }{
		{"normal_tail", `[1]`, "not a JSON object"},
		{"normal_tail", ``, "not a JSON object"},
		{"normal_tail", `{}`, "z is missing"},
		{"normal_tail", `{"z":null}`, "z is missing"},
		{"normal_tail", `{"z":"x"}`, "z can not be string"},
		{"normal_tail", `{"z":1e999}`, "z can not be number"},
		{"normal_quantile", `{"p":1}`, "p must be between 0 and 1"},
		{"t_tail", `{"t":1,"dof":0}`, "dof must be positive"},
		{"chi2_tail", `{"x":-1,"k":2}`, "x must not be negative"},
		{"beta_posterior", `{"alpha":0,"beta":1}`, "shapes must be positive"},
		{"beta_posterior", `{"alpha":1e16,"beta":1}`, "at most 1e15"},
		{"beta_prob_best", `{"arms":[]}`, "1 to 64 allowed"},
		{"beta_prob_best", `{"arms":[` + many + `]}`, "1 to 64 allowed"},
		{"beta_prob_best", `{"arms":[[1,1],[1]]}`, "two shapes"},
		{"beta_prob_b_beats_a", `{"a":[1,1]}`, "b is missing"},
		{"value_remaining_quantile", `{"arms":[[1,1]],"q":1}`, "q must be between 0 and 1"},
		{"two_proportion", `{"xa":5,"na":0,"xb":1,"nb":9,"alpha":0.05}`, "trials must be positive"},
		{"two_proportion", `{"xa":5,"na":4,"xb":1,"nb":9,"alpha":0.05}`, "successes must be between 0 and the trials"},
		{"two_proportion", `{"xa":0,"na":4,"xb":0,"nb":9,"alpha":0.05}`, "nothing to test"},
		{"welch_t", `{"a":{"n":5,"mean":1,"sd":0},"b":{"n":5,"mean":1,"sd":0},"alpha":0.05}`, "no answer"},
		{"welch_t", `{"a":{"n":1,"mean":1,"sd":1},"b":{"n":5,"mean":1,"sd":1},"alpha":0.05}`, "two values"},
		{"srm", `{"observed":[0,0],"weights":[1,1]}`, "no visitors"},
		{"srm", `{"observed":[5,1],"weights":[1,0]}`, "weight 0"},
		{"srm", `{"observed":[5,1,2],"weights":[1,1]}`, "as many weights"},
		{"fisher_exact", `{"table":[[1.5,2],[3,4]]}`, "whole numbers"},
		{"fisher_exact", `{"table":[[1,2,3],[3,4]]}`, "two numbers"},
		{"p_adjust", `{"p":[0.5,2]}`, "between 0 and 1"},
		{"sample_size_proportions", `{"p1":0.1,"p2":0.1,"power":0.8,"alpha":0.05}`, "no answer"},
		{"sample_size_proportions", `{"p1":0.1,"p2":0.2,"power":0.8,"alpha":0.05,"alt":"less"}`, "alt must be"},
		{"mde_proportions", `{"n_per_arm":2,"p1":0.9,"power":0.9,"alpha":0.05}`, "no answer"},
		{"group_sequential", `{"design":"pocock","looks":1000,"alpha":0.05,"two_sided":true}`, "1 to 100 allowed"},
		{"group_sequential", `{"design":"pocock","looks":3,"alpha":0.05,"two_sided":false}`, "two-sided"},
		{"alpha_spending", `{"spending":"lan_demets_obf","info":[0.5,0.5],"alpha":0.05,"two_sided":true}`, "info must increase"},
		{"msprt_path", `{"tau":0.01,"alpha":0.05,"looks":[{"n_per_arm":10,"xa":0,"xb":0}]}`, "nothing varies"},
		{"adaptive_estimators", `{"k":2,"log":[[0,[0.5,0.5],1],[2,[0.5,0.5],1]]}`, "names arm 2 of 2"},
		{"adaptive_estimators", `{"k":2,"log":[[0,[0.5,0.4],1],[1,[0.5,0.5],1]]}`, "sum to 1"},
		{"adaptive_estimators", `{"k":2,"log":[[0,[0,1],1],[1,[0.5,0.5],1]]}`, "propensity 0"},
		{"adaptive_estimators", `{"k":2,"log":[[0,[1,0],1],[0,[1,0],1]]}`, "could never be assigned"},
		{"adaptive_estimators", `{"k":2,"log":[[0,[1,0]]]}`, "must be [arm, propensities, outcome]"},
		{"bols_contrast", `{"batches_nA_xA_nB_xB":[[1,2,3]]}`, "needs 4 numbers"},
		{"srm_changing_weights", `{"periods_n_weights_counts":[[10,[1,1],[4,5]]]}`, "do not sum to the visitors"},
		{"delay_adjusted_rate", `{"delay":"weibull","rate":1,"cohorts_age_n_conversions":[[1,2,1]]}`, "must be exponential"},
		{"delay_adjusted_rate", `{"delay":"exponential","rate":1,"cohorts_age_n_conversions":[[0,2,1]]}`, "no answer"},
		{"bayes_effect", `{"stat":"prop","a":{"n":10,"sum":0},"b":{"n":10,"sum":5},"difference":"relative","alpha":0.05}`, "effect is not defined"},
		{"bayes_effect", `{"stat":"median","a":{"n":10,"sum":1},"b":{"n":10,"sum":5},"difference":"relative","alpha":0.05}`, "stat must be"},
		{"ttest_two_sided", `{"stat":"cuped","a":{"n":10},"b":{"n":10},"difference":"relative","alpha":0.05}`, "post, pre and cross"},
		{"ttest_one_sided", `{"stat":"prop","a":{"n":10,"sum":1},"b":{"n":10,"sum":5},"difference":"relative","alpha":0.05,"alt":"less"}`, "alt must be"},
		{"weight_floor_additive", `{"weights":[0.5,0.6],"floor":0.1}`, "sum to 1"},
		{"lai_robbins", `{"p":[0.5,1]}`, "no answer"},
		{"gamma_poisson", `{"prior_shape_rate":[1],"a":{"events":1,"exposure":1},"b":{"events":1,"exposure":1}}`, "positive shape"},
		{"nig_normal_lognormal", `{"prior":{"m":0,"kappa":0,"alpha":1,"beta":1},"a":{"n":5,"mean":1,"var":1},"b":{"n":5,"mean":1,"var":1}}`, "prior"},
	} {
		answer, err := Calc(c.fn, json.RawMessage(c.in))
		if err == nil {
			t.Errorf("%s(%.80s) = %s, want an error", c.fn, c.in, answer)
			continue
		}
		if !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), c.fn+": ") {
			t.Errorf("%s(%.80s): %q, want it to say %q", c.fn, c.in, err, c.want)
		}
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: an error of several lines: %q", c.fn, err)
		}
	}
}

func TestInputIsBounded(t *testing.T) {
	t.Parallel()
	in := `{"p":[` + strings.Repeat("0.5,", MaxInput/4) + `0.5]}`
	if _, err := Calc("p_adjust", json.RawMessage(in)); err == nil || !strings.Contains(err.Error(), "bytes") {
		t.Errorf("got %v, want a complaint about the size", err)
	}
}

// Another package adds its functions to the registry without touching Calc.
func TestRegistryIsExtensible(t *testing.T) {
	t.Parallel()
	r := Functions()
	r["twice"] = New(func(in struct {
		X float64 `json:"x"`
	}) (any, error) {
		return struct {
			Y float64 `json:"y"`
		}{2 * in.X}, nil
	})
	out, err := r.Calc("twice", json.RawMessage(`{"x":21}`))
	if err != nil || string(out) != `{"y":42}` {
		t.Errorf("got %s, %v", out, err)
	}
	if _, err := r.Calc("twice", json.RawMessage(`{"x":1e308}`)); err == nil || !strings.Contains(err.Error(), "not finite") {
		t.Errorf("an infinite answer: got %v", err)
	}
	if _, err := Calc("twice", json.RawMessage(`{"x":21}`)); !errors.Is(err, ErrUnknown) {
		t.Errorf("the addition leaked into Calc: %v", err)
	}
}

// Without its optional parts a question is still answered.
func TestOptionalInput(t *testing.T) {
	t.Parallel()
	for fn, in := range map[string]string{
		"srm_chi2":                  `{"users":[0,0,0],"weights":[1,1,0]}`,
		"srm":                       `{"observed":[5,9],"weights":[1,1]}`,
		"sample_size_proportions":   `{"p1":0.1,"p2":0.2,"power":0.8,"alpha":0.05}`,
		"bayes_effect":              `{"stat":"prop","a":{"n":10,"sum":3},"b":{"n":10,"sum":5},"difference":"relative","alpha":0.05}`,
		"bandit_gaussian_posterior": `{"arms":[{"n":10,"sum":5,"sum_squares":9},{"n":10,"sum":6,"sum_squares":9}]}`,
		"discounted_beta_state":     `{"gamma":1,"prior":[1,1],"batches_success_trials":[]}`,
	} {
		if _, err := Calc(fn, json.RawMessage(in)); err != nil {
			t.Error(err)
		}
	}
}
