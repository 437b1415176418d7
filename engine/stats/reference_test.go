package stats

import (
	"bufio"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

// reference is how a line of testdata/reference is checked: f computes from the
// leading numbers of the line what the trailing ones say.
type reference struct {
	f        func(x []float64) []float64
	abs, rel float64
}

func one(x float64) []float64 { return []float64{x} }

func two(x, y float64) []float64 { return []float64{x, y} }

// adjusted returns a reference for a method of p.adjust, whose lines start with
// the number of p-values.
func adjusted(f func([]float64) []float64) reference {
	return reference{func(x []float64) []float64 { return f(x[1 : 1+int(x[0])]) }, 1e-15, 1e-13}
}

func welchOfR(x []float64) Comparison {
	return Welch(SampleOf([]float64{3.1, 4.7, 2.2, 5.9, 4.4, 3.8}), SampleOf([]float64{5.2, 6.1, 4.9, 7.7, 3.3}), 0.95)
}

// ofR are the functions of testdata/reference/reference.R.
var ofR = map[string]reference{
	"qbeta":  {func(x []float64) []float64 { return one(Beta{x[0], x[1]}.Quantile(x[2])) }, 0, 1e-9},
	"pbeta":  {func(x []float64) []float64 { return one(Beta{x[0], x[1]}.CDF(x[2])) }, 1e-13, 1e-9},
	"pt":     {func(x []float64) []float64 { return one(StudentTail(x[0], x[1])) }, 0, 1e-10},
	"qt":     {func(x []float64) []float64 { return one(StudentQuantile(x[0], x[1])) }, 0, 1e-10},
	"pchisq": {func(x []float64) []float64 { return one(ChiSquareTail(x[0], x[1])) }, 0, 1e-11},
	"pnorm":  {func(x []float64) []float64 { return one(NormalTail(x[0])) }, 0, 1e-13},
	"wilson": {func(x []float64) []float64 { return two(Wilson(x[0], x[1], x[2])) }, 1e-15, 1e-12},
	"prop.test": {func(x []float64) []float64 {
		a, b := Rate{x[0], x[1]}, Rate{x[2], x[3]}
		test := TwoProportion(a, b, 0.95)
		low, high := Wald(a, b, 0.95)
		return []float64{test.Statistic * test.Statistic, test.P, low, high}
	}, 1e-15, 1e-11},
	"fisher.test": {func(x []float64) []float64 { return one(Fisher(Rate{x[0], x[0] + x[1]}, Rate{x[2], x[2] + x[3]})) }, 0, 1e-10},
	"t.test": {func(x []float64) []float64 {
		test := welchOfR(x)
		return []float64{test.Statistic, test.DF, test.P, test.Low, test.High}
	}, 0, 1e-12},
	"t.test.greater": {func(x []float64) []float64 {
		p, bound := welchOfR(x).OneSided(true, 0.95)
		return []float64{p, bound, math.Inf(1)}
	}, 0, 1e-11},
	"t.test.less": {func(x []float64) []float64 {
		p, bound := welchOfR(x).OneSided(false, 0.95)
		return []float64{p, math.Inf(-1), bound}
	}, 0, 1e-11},
	"power.prop.n": {func(x []float64) []float64 {
		n, _ := SampleSizeRates(x[0], x[1], x[2], x[3])
		return one(n)
	}, 0, 1e-9},
	"power.prop": {func(x []float64) []float64 {
		oneTail, twoTails, _ := PowerRates(x[0], x[1], x[2], x[3])
		return two(oneTail, twoTails)
	}, 0, 1e-10},
	"power.t.n": {func(x []float64) []float64 {
		n, _, _ := SampleSizeMeans(x[0], x[1], x[2], x[3])
		return one(n)
	}, 0, 1e-7},
	"power.t":             {func(x []float64) []float64 { return one(PowerMeans(x[0], x[1], x[2])) }, 0, 1e-10},
	"p.adjust.bonferroni": adjusted(Bonferroni),
	"p.adjust.holm":       adjusted(Holm),
	"p.adjust.hochberg":   adjusted(Hochberg),
	"p.adjust.hommel":     adjusted(Hommel),
	"p.adjust.BH":         adjusted(BenjaminiHochberg),
	"p.adjust.BY":         adjusted(BenjaminiYekutieli),
}

// ofMpmath are the functions of testdata/reference/reference.py.
var ofMpmath = map[string]reference{
	"best": {func(x []float64) []float64 {
		var arms []Beta
		for i := range int(x[0]) {
			arms = append(arms, Beta{x[1+2*i], x[2+2*i]})
		}
		return ProbBest(arms)
	}, 1e-10, 0},
	"ratio": {func(x []float64) []float64 { return one(newRival(Beta{x[0], x[1]}, Beta{x[2], x[3]}).ratioBelow(x[4])) }, 1e-10, 0},
	"diff":  {func(x []float64) []float64 { return one(newRival(Beta{x[0], x[1]}, Beta{x[2], x[3]}).diffBelow(x[4])) }, 1e-10, 0},
	"path": {func(x []float64) []float64 {
		return one(ProbPathBeats(Path{{x[4], x[5]}}, Path{{x[0], x[1]}, {x[2], x[3]}}))
	}, 1e-8, 0},
	"nig": {func(x []float64) []float64 {
		return one(ProbMeanBeats(NIG{x[0], x[1], x[2], x[3]}, NIG{x[4], x[5], x[6], x[7]}))
	}, 1e-10, 0},
	"gamma":    {func(x []float64) []float64 { return one(ProbRateBeats(Gamma{x[0], x[1]}, Gamma{x[2], x[3]})) }, 1e-10, 0},
	"unitloss": {func(x []float64) []float64 { return one(Normal{x[0], 1}.Shortfall()) }, 0, 1e-11},
}

func TestReferenceR(t *testing.T) {
	t.Parallel()
	checkReference(t, "testdata/reference/r.txt", ofR)
}

func TestReferenceMpmath(t *testing.T) {
	t.Parallel()
	checkReference(t, "testdata/reference/mpmath.txt", ofMpmath)
}

func checkReference(t *testing.T, name string, functions map[string]reference) {
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	seen := map[string]int{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		check, ok := functions[fields[0]]
		if !ok {
			t.Fatalf("no function for %q", fields[0])
		}
		seen[fields[0]]++
		numbers := make([]float64, len(fields)-1)
		for i, field := range fields[1:] {
			if numbers[i], err = strconv.ParseFloat(field, 64); err != nil {
				t.Fatal(err)
			}
		}
		got := check.f(numbers)
		for i, want := range numbers[len(numbers)-len(got):] {
			if got[i] != want {
				near(t, lines.Text(), got[i], want, check.abs, check.rel)
			}
		}
	}
	for fn := range functions {
		if seen[fn] == 0 {
			t.Errorf("no case of %s", fn)
		}
	}
}
