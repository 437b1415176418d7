package views

import (
	"math"
	"strconv"
)

// axis maps uplifts to places along a bar, the same for every row of a table.
type axis struct {
	low, high float64
	ticks     []float64
}

// newAxis spans every interval and zero. An interval far wider than the estimates would flatten the others, so the axis ends
// at four times the largest estimate, and never closer to zero than 5 %; what lies beyond is cut off at the edge.
func newAxis(lifts []*Lift) axis {
	low, high, widest := 0.0, 0.0, 0.0
	for _, lift := range lifts {
		if lift == nil {
			continue
		}
		low, high = math.Min(low, lift.Low), math.Max(high, lift.High)
		widest = math.Max(widest, math.Abs(lift.Mean))
	}
	limit := 4*widest + 0.05
	low, high = math.Max(low, -limit), math.Min(high, limit)
	low, high = math.Min(low, -0.05), math.Max(high, 0.05)
	step := niceStep((high - low) / 3.2)
	a := axis{low: math.Floor(low/step) * step, high: math.Ceil(high/step) * step}
	for i := math.Round(a.low / step); i <= math.Round(a.high/step); i++ {
		a.ticks = append(a.ticks, i*step)
	}
	return a
}

// niceStep is the smallest of 1, 2 and 5 times a power of ten that is not under x.
func niceStep(x float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range [...]float64{1, 2, 5} {
		if m*power >= x*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// at is where x lies, as a percentage of the width; what is beyond an end lies at the end.
func (a axis) at(x float64) string {
	share := (x - a.low) / (a.high - a.low)
	if math.IsNaN(share) {
		share = 0
	}
	return strconv.FormatFloat(100*math.Min(1, math.Max(0, share)), 'f', 2, 64) + "%"
}

// cutsLow and cutsHigh say that an interval goes on beyond an end.
func (a axis) cutsLow(lift *Lift) bool  { return lift.Low < a.low-1e-9 }
func (a axis) cutsHigh(lift *Lift) bool { return lift.High > a.high+1e-9 }

func (a axis) decimals() int {
	if len(a.ticks) > 1 && a.ticks[1]-a.ticks[0] < 0.00999 {
		return 1
	}
	return 0
}

// liftClass colours an uplift only when its interval leaves zero out.
func liftClass(lift *Lift) string {
	switch {
	case lift.Low > 0:
		return "gain"
	case lift.High < 0:
		return "loss"
	}
	return "unsure"
}
