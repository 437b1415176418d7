package views

import (
	"context"
	"math"
	"strconv"

	"github.com/samplit/samplit/locale"
)

// Curves are what is believed of the variants, drawn between Low and High: of many the original and the most promising.
type Curves struct {
	Low, High float64
	Shapes    []CurveShape
}

// CurveShape is the belief about one of the variants: its middle with the 95 % range, and heights from 0 to 1 at even steps.
type CurveShape struct {
	Variant         int // place in Results.Variants
	Mean, Low, High float64
	Heights         []float64
}

const curveWidth, curveHeight = 1000, 180

// curvePath draws heights from the base line and back to it.
func curvePath(heights []float64) string {
	b := []byte("M0 " + strconv.Itoa(curveHeight))
	for i, y := range heights {
		b = append(b, 'L')
		b = strconv.AppendInt(b, int64(curveWidth*float64(i)/float64(len(heights)-1)), 10)
		b = append(b, ' ')
		b = strconv.AppendFloat(b, math.Round(10*curveHeight*(1-0.94*y))/10, 'f', -1, 64)
	}
	return string(b) + "L" + strconv.Itoa(curveWidth) + " " + strconv.Itoa(curveHeight)
}

func curveVariants(m Results) (variants []VariantResult) {
	for _, s := range m.Curves.Shapes {
		variants = append(variants, m.Variants[s.Variant])
	}
	return variants
}

// curveStep is the distance of two ticks.
func curveStep(c Curves) float64 { return niceStep((c.High - c.Low) / 5) }

// curveTicks are round values between the ends.
func curveTicks(c Curves) []float64 {
	step := curveStep(c)
	var ticks []float64
	for i := int(c.Low/step) + 1; float64(i)*step < c.High-step/4; i++ {
		ticks = append(ticks, float64(i)*step)
	}
	return ticks
}

// curveAxis maps values to places along the drawing.
func curveAxis(c Curves) axis { return axis{low: c.Low, high: c.High} }

// goalValue writes a value per visitor: an amount, or a rate.
func goalValue(ctx context.Context, m Results, x float64, decimals int) string {
	if m.Money {
		return locale.Fixed(ctx, x, 2)
	}
	return locale.Percent(ctx, x, decimals)
}

// tickText writes a tick with as many decimals as tell it from its neighbours.
func tickText(ctx context.Context, m Results, c Curves, x float64) string {
	decimals := max(0, int(math.Ceil(-math.Log10(curveStep(c))-1e-9)))
	if m.Money {
		return locale.Fixed(ctx, x, decimals)
	}
	return locale.Percent(ctx, x, max(0, decimals-2))
}

// curveFinding is the chart's title: how much the variants still overlap.
func curveFinding(ctx context.Context, m Results) string {
	top, second := 0, 1
	shapes := m.Curves.Shapes
	if len(shapes) < 2 {
		return t(ctx, "curves.title")
	}
	for i, s := range shapes {
		switch {
		case s.Mean > shapes[top].Mean:
			top, second = i, top
		case i != top && (second == top || s.Mean > shapes[second].Mean):
			second = i
		}
	}
	if shapes[top].Low > shapes[second].High {
		return t(ctx, "curves.apart", "Name", m.Variants[shapes[top].Variant].Name)
	}
	return t(ctx, "curves.overlap", "A", m.Variants[shapes[top].Variant].Name, "B", m.Variants[shapes[second].Variant].Name)
}
