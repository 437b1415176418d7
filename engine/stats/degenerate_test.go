package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// nasty are the numbers that data can degenerate to.
var nasty = []float64{0, 0, 1, 1, 2, 0.5, 0.05, 3.7, 40, 1000, 1e7, 1e12, 1e15, 1e300, math.MaxFloat64, 1e-9, 1e-300,
	math.SmallestNonzeroFloat64, 1 - 0x1p-53, -1, -1e-9, -1e12, -1e300, math.NaN(), math.Inf(1), math.Inf(-1)}

// total are the functions that must answer whatever they are given. Methods
// take their receiver first.
var total = map[string]any{
	"Best": Best, "ProbBest": ProbBest, "ExpectedLoss": ExpectedLoss, "ExpectedMax": ExpectedMax, "ProbBeats": ProbBeats,
	"Beta.Mean": Beta.Mean, "Beta.Variance": Beta.Variance, "Beta.SD": Beta.SD, "Beta.CDF": Beta.CDF, "Beta.Survival": Beta.Survival,
	"Beta.Quantile": Beta.Quantile, "Beta.Interval": Beta.Interval, "Beta.HDI": Beta.HDI, "Beta.Update": Beta.Update,
	"Uplift": Uplift, "MeanUplift": MeanUplift, "UpliftQuantile": UpliftQuantile, "DiffQuantile": DiffQuantile,
	"ValueRemaining": ValueRemaining, "Path.Value": Path.Value, "ProbPathBeats": ProbPathBeats,
	"PriorFromMean": PriorFromMean, "PriorFromHistory": PriorFromHistory, "Discounted": Discounted,
	"Normal.Update": Normal.Update, "Normal.ProbPositive": Normal.ProbPositive, "Normal.Shortfall": Normal.Shortfall,
	"Normal.Surplus": Normal.Surplus, "Normal.Interval": Normal.Interval, "NormalBest": NormalBest,
	"NIG.Update": NIG.Update, "NIG.Mean": NIG.Mean, "NIG.Interval": NIG.Interval,
	"ProbMeanBeats": ProbMeanBeats, "ProbLogMeanBeats": ProbLogMeanBeats, "CoxInterval": CoxInterval,
	"Gamma.Update": Gamma.Update, "Gamma.Mean": Gamma.Mean, "ProbRateBeats": ProbRateBeats,
	"Revenue.Update": Revenue.Update, "Revenue.PerVisitor": Revenue.PerVisitor,
	"ProbRevenueBeats": ProbRevenueBeats, "ProbOrderValueBeats": ProbOrderValueBeats,
	"Rate.Value": Rate.Value, "Rate.Posterior": Rate.Posterior, "Rate.Estimate": Rate.Estimate, "Rate.Sums": Rate.Sums,
	"Wilson": Wilson, "Newcombe": Newcombe, "Wald": Wald, "TwoProportion": TwoProportion, "Fisher": Fisher,
	"TestHomogeneity": TestHomogeneity, "Welch": Welch, "WelchDF": WelchDF, "CompareZ": CompareZ, "CompareT": CompareT,
	"SampleFromSums": SampleFromSums, "Sums.Sample": Sums.Sample, "Katz": Katz, "LogLift": LogLift, "DeltaLift": DeltaLift,
	"FiellerLift": FiellerLift, "LiftCS": LiftCS, "RelativeDiff": RelativeDiff, "Estimate.Interval": Estimate.Interval, "Estimate.SE": Estimate.SE,
	"BivariateFromSums": BivariateFromSums, "Bivariate.Ratio": Bivariate.Ratio, "Theta": Theta, "CUPEDRelative": CUPEDRelative,
	"NormalTail": NormalTail, "NormalTwoSided": NormalTwoSided, "NormalQuantile": NormalQuantile,
	"StudentTail": StudentTail, "StudentTwoSided": StudentTwoSided, "StudentQuantile": StudentQuantile, "ChiSquareTail": ChiSquareTail,
	"Bonferroni": Bonferroni, "Holm": Holm, "Hochberg": Hochberg, "Hommel": Hommel,
	"BenjaminiHochberg": BenjaminiHochberg, "BenjaminiYekutieli": BenjaminiYekutieli,
	"SampleSizeRates": SampleSizeRates, "PowerRates": PowerRates, "DetectableRate": DetectableRate,
	"SampleSizeMeans": SampleSizeMeans, "PowerMeans": PowerMeans, "Days": Days, "SequentialSampleSize": SequentialSampleSize,
	"Rho": Rho, "RhoExact": RhoExact, "RhoOneSided": RhoOneSided, "OneSidedHalfwidth": OneSidedHalfwidth, "AsymptoticCS": AsymptoticCS,
	"MixtureSPRT": MixtureSPRT, "PeekingError": PeekingError, "Boundaries": Boundaries, "Inflation": Inflation,
	"SpendingBoundaries": SpendingBoundaries, "Spending.Spent": Spending.Spent,
	"SRM": SRM, "SRMMix": SRMMix, "SRMExpected": SRMExpected, "SequentialSRM": SequentialSRM,
	"Stratified": Stratified, "MergeThin": MergeThin, "BOLS": BOLS, "KLUCB": KLUCB, "LaiRobbins": LaiRobbins,
	"SampleOf": SampleOf, "Capped": Capped, "BivariateOf": BivariateOf, "CUPED": CUPED, "TopTwo": TopTwo, "FloorShares": FloorShares,
	"adaptive": adaptiveOf, "delayed": delayedOf, "kaplanMeier": kaplanMeierOf,
}

// adaptiveOf returns all estimates after the periods, for the sweep.
func adaptiveOf(start float64, periods []Batch, e [2]float64, width float64) (estimates []Estimate, lift Lift) {
	a := NewAdaptive(2, 0, start)
	for _, p := range periods {
		a.Add(e[:], []Sums{p.A, p.B})
	}
	for i := range 2 {
		estimates = append(estimates, a.IPW(i), a.AIPW(i), a.Stabilised(i), a.Observed(i))
	}
	return append(estimates, a.Contrast(1)), a.Lift(1, width)
}

func delayedOf(cohorts []Cohort, rate float64) (Delayed, Beta) {
	d := DelayedRate(cohorts, ExponentialDelay(rate))
	return d, d.Posterior(Flat)
}

func kaplanMeierOf(waits []Wait, age float64) float64 { return KaplanMeier(waits).At(age) }

func TestNoFunctionBreaks(t *testing.T) {
	t.Parallel()
	for name, f := range total {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(1, uint64(len(name))))
			fn := reflect.ValueOf(f)
			for range 200 {
				args := make([]reflect.Value, fn.Type().NumIn())
				for i := range args {
					args[i] = anything(r, fn.Type().In(i))
				}
				results := call(t, fn, args)
				for _, result := range results {
					if problem := notFinite(result); problem != "" {
						t.Fatalf("%s(%s) = %v", name, describe(args), problem)
					}
				}
			}
		})
	}
}

// call calls the function; only the misuse of slices may panic.
func call(t *testing.T, fn reflect.Value, args []reflect.Value) (results []reflect.Value) {
	defer func() {
		if problem := recover(); problem != nil && !strings.HasPrefix(fmt.Sprint(problem), "stats: ") {
			t.Fatalf("(%s) panics: %v", describe(args), problem)
		}
	}()
	if fn.Type().IsVariadic() {
		return fn.CallSlice(args)
	}
	return fn.Call(args)
}

func describe(args []reflect.Value) string {
	var parts []string
	for _, arg := range args {
		parts = append(parts, fmt.Sprintf("%+v", arg))
	}
	return strings.Join(parts, ", ")
}

// anything returns a value of the type made of nasty numbers.
func anything(r *rand.Rand, of reflect.Type) reflect.Value {
	v := reflect.New(of).Elem()
	switch of.Kind() {
	case reflect.Float64:
		v.SetFloat(nasty[r.IntN(len(nasty))])
	case reflect.Int:
		v.SetInt(int64(r.IntN(8) - 2))
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Slice:
		for range r.IntN(4) {
			v.Set(reflect.Append(v, anything(r, of.Elem())))
		}
	case reflect.Array:
		for i := range of.Len() {
			v.Index(i).Set(anything(r, of.Elem()))
		}
	case reflect.Struct:
		for i := range of.NumField() {
			v.Field(i).Set(anything(r, of.Field(i).Type))
		}
	default:
		panic("no value of " + of.String())
	}
	return v
}

// notFinite returns what of the value is not a finite number. The flat prior is
// allowed to stay flat, and a struct that was given may be returned as it was.
func notFinite(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Float64:
		if math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0) {
			return fmt.Sprint(v.Float())
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if problem := notFinite(v.Index(i)); problem != "" {
				return fmt.Sprintf("[%d]: %s", i, problem)
			}
		}
	case reflect.Struct:
		switch x := v.Interface().(type) {
		case Normal:
			if x == FlatNormal {
				return ""
			}
		case NIG, Gamma, Revenue, Sums:
			return ""
		}
		for i := range v.NumField() {
			if problem := notFinite(v.Field(i)); problem != "" {
				return v.Type().Field(i).Name + ": " + problem
			}
		}
	}
	return ""
}
