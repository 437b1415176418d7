package simulate

import (
	"context"
	"math"
	"math/rand/v2"
	"strconv"

	"github.com/samplit/samplit/engine/stats"
)

// Peeking looks again and again at two arms that get visitors in pairs, and tells how often each rule has stopped and
// decided by the end. With equal rates every decision is false.
type Peeking struct {
	Kind   string     `json:"kind"`
	Seed   uint64     `json:"seed"`
	Runs   int        `json:"runs"`
	Rates  [2]float64 `json:"rates"`
	PerArm int        `json:"per_arm"` // visitors until the last look
	// Looks is the number of evenly spaced looks; 0 looks at every pair from From on.
	Looks int `json:"looks"`
	From  int `json:"from"`
	// Tau are the mixtures of mSPRT to try, Planned the sizes per arm that the confidence sequence is tuned for.
	Tau     []float64 `json:"tau"`
	Planned []float64 `json:"planned"`
	// Loss ships the variant when its expected loss is below this part of the control's rate; 0 = 0.005.
	Loss float64 `json:"loss"`
}

// PeekingAnswer is the answer, by rule.
type PeekingAnswer struct {
	Rules map[string]Peeked `json:"rules"`
}

// Peeked says how often a rule decided, and after how many visitors per arm it stopped or came to the end.
type Peeked struct {
	Decided  float64 `json:"decided"`
	Visitors Mean    `json:"visitors"`
}

// Check implements Scenario.
func (s *Peeking) Check() error {
	var c checks
	c.between("runs", float64(s.Runs), 1, maxRuns)
	c.between("rates[0]", s.Rates[0], 0, 1)
	c.between("rates[1]", s.Rates[1], 0, 1)
	c.between("per_arm", float64(s.PerArm), 1, 1e7)
	c.between("looks", float64(s.Looks), 0, float64(max(s.PerArm, 1)))
	c.that(s.Looks == 0 || s.From == 0, "from", "left out with looks")
	c.between("from", float64(s.From), 0, float64(s.PerArm))
	c.between("number of tau", float64(len(s.Tau)), 0, 20)
	for i, tau := range s.Tau {
		c.between(indexed("tau", i), tau, 1e-9, 1e9)
	}
	c.between("number of planned", float64(len(s.Planned)), 0, 20)
	for i, n := range s.Planned {
		c.between(indexed("planned", i), n, 1, 1e12)
	}
	c.between("loss", s.Loss, 0, 1)
	return c.err
}

// looks returns after how many visitors per arm one looks.
func (s *Peeking) looks() []int {
	var at []int
	for i := 1; i <= s.Looks; i++ {
		at = append(at, int(math.Round(float64(s.PerArm)*float64(i)/float64(s.Looks))))
	}
	if s.Looks == 0 {
		for n := max(s.From, 1); n <= s.PerArm; n++ {
			at = append(at, n)
		}
	}
	return at
}

// Cost implements Scenario.
func (s *Peeking) Cost() float64 {
	n := s.Looks
	if n == 0 {
		n = s.PerArm - s.From
	}
	return float64(s.Runs) * float64(n) * (0.5e-6 + 0.1e-6*float64(len(s.Tau)+len(s.Planned)))
}

// Run implements Scenario.
func (s *Peeking) Run(ctx context.Context, o Options) (any, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if err := o.admit(s.Cost()); err != nil {
		return nil, err
	}
	rules, looks := s.rules(), s.looks()
	decided, visitors := make([]share, len(rules)), make([]running, len(rules))
	run := func(ctx context.Context, random *rand.Rand) ([]int, error) { return s.run(ctx, random, rules, looks) }
	err := replicate(ctx, o, s.Seed, s.Runs, run, func(stops []int) {
		for i, n := range stops {
			decided[i].add(n > 0)
			if n == 0 {
				n = s.PerArm
			}
			visitors[i].add(float64(n))
		}
	})
	if err != nil {
		return nil, err
	}
	a := PeekingAnswer{Rules: map[string]Peeked{}}
	for i, r := range rules {
		a.Rules[r.name] = Peeked{Decided: decided[i].value(), Visitors: visitors[i].result()}
	}
	return a, nil
}

// glance is what a rule sees at a look.
type glance struct {
	n, control, variant float64 // visitors per arm and conversions
	last                bool
	diff                stats.Estimate
	believed            stats.Normal // the difference by a flat prior
}

// peekRule decides at a look or not.
type peekRule struct {
	name    string
	decides func(glance) bool
}

func (s *Peeking) rules() []peekRule {
	loss := s.Loss
	if loss == 0 {
		loss = 0.005
	}
	z := -stats.NormalQuantile(0.025)
	significant := func(g glance) bool {
		pooled := (g.control + g.variant) / (2 * g.n)
		se := math.Sqrt(2 * pooled * (1 - pooled) / g.n)
		return math.Abs(g.diff.Mean) > z*se
	}
	chance := func(g glance) float64 { return g.believed.ProbPositive() }
	rules := []peekRule{
		{"z_fixed_final", func(g glance) bool { return g.last && significant(g) }},
		{"z_peek", significant},
		{"bayes_gt95_either_arm", func(g glance) bool { p := chance(g); return max(p, 1-p) > 0.95 }},
		{"bayes_gt95_variant_only", func(g glance) bool { return chance(g) > 0.95 }},
		{"bayes_gt975_either_arm", func(g glance) bool { p := chance(g); return max(p, 1-p) > 0.975 }},
		{"bayes_loss", func(g glance) bool { return g.believed.Shortfall() < loss*(g.control+1)/(g.n+2) }},
	}
	for _, tau := range s.Tau {
		rules = append(rules, peekRule{"msprt_tau" + number(tau), func(g glance) bool { return stats.MixtureSPRT(g.diff, tau, 0.05).P <= 0.05 }})
	}
	for _, n := range s.Planned {
		rho := stats.Rho(n, 0.05)
		rules = append(rules, peekRule{"asympcs_rho_at_" + number(n), func(g glance) bool {
			return stats.AsymptoticCS(g.diff.Mean, g.diff.Variance, g.n, rho, 0.05).P <= 0.05
		}})
	}
	return rules
}

func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// run returns after how many visitors per arm each rule decided, 0 if it never did.
func (s *Peeking) run(ctx context.Context, random *rand.Rand, rules []peekRule, looks []int) ([]int, error) {
	stops := make([]int, len(rules))
	var n, control, variant int
	for i, at := range looks {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		control += binomial(random, at-n, s.Rates[0])
		variant += binomial(random, at-n, s.Rates[1])
		n = at
		g := newGlance(n, control, variant, i == len(looks)-1)
		for r, rule := range rules {
			if stops[r] == 0 && rule.decides(g) {
				stops[r] = n
			}
		}
	}
	return stops, nil
}

func newGlance(n, control, variant int, last bool) glance {
	a, b := stats.Rate{Successes: float64(control), Trials: float64(n)}, stats.Rate{Successes: float64(variant), Trials: float64(n)}
	pa, pb := a.Posterior(stats.Flat), b.Posterior(stats.Flat)
	return glance{
		n: float64(n), control: a.Successes, variant: b.Successes, last: last, diff: b.Estimate().Minus(a.Estimate()),
		believed: stats.Normal{Mean: pb.Mean() - pa.Mean(), Variance: pa.Variance() + pb.Variance()},
	}
}
