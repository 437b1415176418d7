package stats

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// ProductFit is the test of paths against a model in which their rates are
// products of one factor for each option.
type ProductFit struct {
	G    float64   // likelihood ratio statistic
	DF   int       // paths less free factors
	P    float64   // chance of a G at least as large if the model holds
	Rate []float64 // fitted rates of the paths
	OK   bool      // false when there is nothing to test, or too little for a chi-square: then P is 1
}

// TestProduct tests for interaction between the options of a path: whether
// ln p_path = c + Σ_s b_{s, option of s}, fitted by maximum likelihood to the
// binomial counts of the paths, explains them,
//
//	G = 2 Σ x ln(x/np) + (n-x) ln((n-x)/(n-np)),
//
// on as many degrees of freedom as there are paths more than free factors. Paths
// are listed like an odometer over the options of the steps, last step fastest;
// unknown ones are left out. Every option needs five successes and every fitted
// count 1, most of them 5 (Cochran 1954). Where weights followed outcomes the
// level is approximate. It panics unless there is one rate for each path.
func TestProduct(options []int, paths []Rate) ProductFit {
	none := ProductFit{P: 1}
	design := newProductDesign(options, paths)
	if !design.enough(options) {
		return none
	}
	logs, ok := design.fit()
	if !ok {
		return none
	}
	f := ProductFit{DF: len(design.rows) - design.columns, P: 1, Rate: make([]float64, len(paths))}
	few := 0
	for i, row := range design.rows {
		p, r := math.Exp(logs[i]), row.rate
		f.Rate[row.path] = p
		expected := r.Trials * min(p, 1-p)
		if expected < 1 {
			return none
		}
		if expected < 5 {
			few++
		}
		f.G += 2 * (surprise(r.Successes, r.Trials*p) + surprise(r.Trials-r.Successes, r.Trials*(1-p)))
	}
	if f.DF < 1 || few*5 > len(design.rows) || !finite(f.G) {
		return none
	}
	f.G = max(f.G, 0)
	f.P, f.OK = ChiSquareTail(f.G, float64(f.DF)), true
	return f
}

// surprise returns o ln(o/e), which is 0 for o = 0.
func surprise(o, e float64) float64 {
	if o == 0 {
		return 0
	}
	return o * math.Log(o/e)
}

// productDesign is the regression of ln p on options: column 0 is the constant,
// the first option of every step has none.
type productDesign struct {
	columns int
	rows    []productRow
}

type productRow struct {
	path    int
	rate    Rate
	options []int
	columns []int // those that are 1
}

func newProductDesign(options []int, paths []Rate) productDesign {
	d := productDesign{columns: 1}
	first, all := make([]int, len(options)), 1
	for s, n := range options {
		if n < 1 {
			panic("stats: a step needs an option")
		}
		first[s] = d.columns - 1
		d.columns += n - 1
		all *= n
	}
	if len(paths) != all {
		panic("stats: one rate per path")
	}
	for i, rate := range paths {
		r, ok := rate.sane()
		if !ok {
			continue
		}
		row := productRow{path: i, rate: r, options: make([]int, len(options)), columns: []int{0}}
		for s, rest := len(options)-1, i; s >= 0; s-- {
			row.options[s] = rest % options[s]
			rest /= options[s]
			if row.options[s] > 0 {
				row.columns = append(row.columns, first[s]+row.options[s])
			}
		}
		d.rows = append(d.rows, row)
	}
	return d
}

// enough reports whether every option has five successes and failures.
func (d productDesign) enough(options []int) bool {
	for s, n := range options {
		for option := range n {
			var x, failures float64
			for _, row := range d.rows {
				if row.options[s] == option {
					x, failures = x+row.rate.Successes, failures+row.rate.Trials-row.rate.Successes
				}
			}
			if !(x >= 5 && failures >= 5) || !finite(x, failures) {
				return false
			}
		}
	}
	return len(options) > 0
}

// fit returns ln p of every row, by Fisher scoring with steps halved until the
// likelihood grows.
func (d productDesign) fit() (logs []float64, ok bool) {
	var x, n float64
	for _, row := range d.rows {
		x, n = x+row.rate.Successes, n+row.rate.Trials
	}
	b := make([]float64, d.columns)
	b[0] = math.Log(x / n)
	at := d.likelihood(b)
	for range 50 {
		step, solved := d.step(b)
		if !solved {
			return nil, false
		}
		next, size := make([]float64, len(b)), 1.0
		for range 40 {
			for j := range b {
				next[j] = b[j] + size*step[j]
			}
			if d.likelihood(next) >= at {
				break
			}
			size /= 2
		}
		gain := d.likelihood(next) - at
		if !(gain > 1e-9) {
			return d.logs(b), true
		}
		copy(b, next)
		at += gain
	}
	return nil, false
}

func (d productDesign) logs(b []float64) []float64 {
	logs := make([]float64, len(d.rows))
	for i, row := range d.rows {
		for _, j := range row.columns {
			logs[i] += b[j]
		}
	}
	return logs
}

// likelihood returns Σ x ln p + (n-x) ln(1-p), -Inf where some p is not below 1.
func (d productDesign) likelihood(b []float64) float64 {
	sum := 0.0
	for i, l := range d.logs(b) {
		if l >= 0 {
			return math.Inf(-1)
		}
		r := d.rows[i].rate
		sum += r.Successes*l + (r.Trials-r.Successes)*math.Log(-math.Expm1(l))
	}
	return sum
}

// step solves the scoring equations Xᵀ W X δ = Xᵀ (x - np)/(1-p) with
// W = np/(1-p).
func (d productDesign) step(b []float64) ([]float64, bool) {
	info, score := mat.NewSymDense(d.columns, nil), mat.NewVecDense(d.columns, nil)
	for i, l := range d.logs(b) {
		p, r := math.Exp(l), d.rows[i].rate
		w := r.Trials * p / -math.Expm1(l)
		for _, j := range d.rows[i].columns {
			score.SetVec(j, score.AtVec(j)+(r.Successes-r.Trials*p)/-math.Expm1(l))
			for _, k := range d.rows[i].columns {
				if k >= j {
					info.SetSym(j, k, info.At(j, k)+w)
				}
			}
		}
	}
	var root mat.Cholesky
	step := mat.NewVecDense(d.columns, nil)
	if !root.Factorize(info) || root.SolveVecTo(step, score) != nil {
		return nil, false
	}
	return step.RawVector().Data, true
}
