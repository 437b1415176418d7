package services

import (
	"context"
	"strconv"

	"github.com/samplit/samplit/engine"
	"github.com/samplit/samplit/engine/stats"
	"github.com/samplit/samplit/locale"
)

// Figure is one number of a variant with where it comes from. Key is visitors, rate, revenue, capped, lift, chance, risk or share; Formula
// has the inputs in it, Method is a sentence.
type Figure struct{ Key, Value, Formula, Method string }

// Explain says of every figure of a variant how it was computed and from what. NotFound when the experiment has no such variant.
func (r Results) Explain(ctx context.Context, variant string) ([]Figure, error) {
	for i, v := range r.Variants {
		if v.Key == variant {
			return r.figures(ctx, i), nil
		}
	}
	return nil, notFound("variant")
}

func (r Results) figures(ctx context.Context, i int) []Figure {
	v := r.Variants[i]
	out := []Figure{r.visitorsFigure(ctx, i), r.rateFigure(ctx, v)}
	if v.Revenue != nil {
		out = append(out, r.revenueFigure(ctx, v))
	}
	if v.Revenue != nil && v.Revenue.Capped != nil {
		out = append(out, r.cappedFigure(ctx, v))
	}
	if v.Lift != nil {
		out = append(out, r.liftFigure(ctx, v))
	}
	if r.Progress.Enough && i > 0 && v.ProbBeatsControl != nil {
		out = append(out, r.chanceFigure(ctx, i))
	}
	if r.Progress.Enough {
		out = append(out, r.riskFigure(ctx, v))
	}
	return append(out, r.shareFigure(ctx, v))
}

func (r Results) visitorsFigure(ctx context.Context, i int) Figure {
	v := r.Variants[i]
	return Figure{"visitors", locale.Int(ctx, v.Visitors), "", locale.T(ctx, "explain.visitors", "Expected", locale.Fixed(ctx, r.Expected[i], 0))}
}

func (r Results) rateFigure(ctx context.Context, v VariantResult) Figure {
	f := Figure{Key: "rate", Value: "–", Method: locale.T(ctx, "explain.rate")}
	if v.Visitors == 0 {
		return f
	}
	f.Value = locale.Percent(ctx, v.Rate, 2)
	f.Formula = locale.Int(ctx, v.Conversions) + " ÷ " + locale.Int(ctx, v.Visitors) + " = " + f.Value + "\n" +
		"(p + z²/2n ± z·√(p(1 − p)/n + z²/4n²)) ÷ (1 + z²/n), p = " + f.Value + ", n = " + locale.Int(ctx, v.Visitors) + ", z = " +
		locale.Fixed(ctx, stats.NormalQuantile((1+v.Interval.Level)/2), 2) + "\n= " +
		locale.T(ctx, "results.between", "Low", locale.Percent(ctx, v.Interval.Low, 2), "High", locale.Percent(ctx, v.Interval.High, 2))
	return f
}

func (r Results) revenueFigure(ctx context.Context, v VariantResult) Figure {
	m := v.Revenue
	value := locale.Money(ctx, m.PerVisitor, r.Currency)
	return Figure{"revenue", value, locale.Money(ctx, m.Sum, r.Currency) + " ÷ " + locale.Int(ctx, v.Visitors) + " = " + value + "\nx̄ ± 1.96·s/√n = " +
		locale.T(ctx, "results.between", "Low", locale.Money(ctx, m.Interval.Low, r.Currency), "High", locale.Money(ctx, m.Interval.High, r.Currency)),
		locale.T(ctx, "explain.revenue")}
}

func (r Results) cappedFigure(ctx context.Context, v VariantResult) Figure {
	c := v.Revenue.Capped
	return Figure{"capped", locale.Money(ctx, c.PerVisitor, r.Currency), "Σ min(x, " + locale.Money(ctx, c.Cap, r.Currency) + ") ÷ " + locale.Int(ctx, v.Visitors) + " = " +
		locale.Money(ctx, c.PerVisitor, r.Currency) + "\n" + locale.T(ctx, "results.between", "Low", locale.Money(ctx, c.Interval.Low, r.Currency),
		"High", locale.Money(ctx, c.Interval.High, r.Currency)), locale.T(ctx, "explain.capped")}
}

// estimatorWords say how a lift was estimated.
var estimatorWords = map[string]string{engine.EstimatorDifference: "explain.difference", engine.EstimatorStratified: "explain.stratified",
	engine.EstimatorAIPW: "explain.aipw", estimatorModel: "explain.model"}

func (r Results) liftFigure(ctx context.Context, v VariantResult) Figure {
	f := Figure{Key: "lift", Value: locale.Uplift(ctx, v.Lift.Mean), Method: locale.T(ctx, estimatorWords[v.Lift.Estimator])}
	if v.Lift.Estimator == engine.EstimatorDifference {
		f.Formula = r.perVisitor(ctx, v) + " ÷ " + r.perVisitor(ctx, r.Control()) + " − 1 = " + f.Value + "\n"
	}
	f.Formula += locale.T(ctx, "results.between", "Low", locale.Uplift(ctx, v.Lift.Low), "High", locale.Uplift(ctx, v.Lift.High))
	f.Method += " " + locale.T(ctx, "explain.sequence", "Alpha", locale.Percent(ctx, falseAlarms, 0), "Variants", len(r.Variants)-1, "Planned", r.Technical().Planned)
	return f
}

// perVisitor is what is judged, with four digits behind what the table shows.
func (r Results) perVisitor(ctx context.Context, v VariantResult) string {
	if r.Shown.Money() && v.Revenue != nil {
		return locale.Fixed(ctx, v.Revenue.PerVisitor, 4)
	}
	return locale.Percent(ctx, v.Rate, 4)
}

func (r Results) chanceFigure(ctx context.Context, i int) Figure {
	return Figure{"chance", locale.Chance(ctx, *r.Variants[i].ProbBeatsControl),
		"P(θ > θ₀), θ ~ " + r.belief(ctx, i) + ", θ₀ ~ " + r.belief(ctx, 0), locale.T(ctx, "explain.chance")}
}

func (r Results) belief(ctx context.Context, i int) string {
	b := r.Beliefs[i]
	if b.Beta != (stats.Beta{}) {
		return "Beta(1 + " + locale.Int(ctx, int64(b.Beta.Alpha)-1) + ", 1 + " + locale.Int(ctx, int64(b.Beta.Beta)-1) + ")"
	}
	return "N(" + locale.Number(ctx, b.Mean, 5) + ", " + locale.Number(ctx, b.SD, 5) + "²)"
}

func (r Results) riskFigure(ctx context.Context, v VariantResult) Figure {
	value := locale.Fixed(ctx, 1000*v.ExpectedLoss, 1)
	return Figure{"risk", value, "1000 · (E[max θ] − E[θ]) = 1000 · " + strconv.FormatFloat(v.ExpectedLoss, 'g', 4, 64) + " = " + value,
		r.word(ctx, "explain.risk", "explain.risk_money", "Currency", r.Currency)}
}

func (r Results) shareFigure(ctx context.Context, v VariantResult) Figure {
	f := Figure{Key: "share", Value: locale.Percent(ctx, v.WeightNow, 0)}
	if n := len(r.Epochs); n > 0 {
		e := r.Epochs[n-1]
		f.Method = locale.T(ctx, "explain.share", "Number", e.Number, "When", locale.DateTime(ctx, e.OpenedAt), "Why", EpochText(ctx, e))
	}
	return f
}

// Technical is how the numbers were made.
type Technical struct {
	Alpha, Margin float64
	Planned       int64
	Estimator     string
	Normal        bool // chances are of normal estimates
}

// Technical returns the settings that the numbers rest on.
func (r Results) Technical() Technical {
	t := Technical{Alpha: falseAlarms, Margin: smallestLift, Planned: int64(r.Experiment.PlannedPerArm), Estimator: "–"}
	if t.Planned == 0 {
		t.Planned = stats.DefaultPlanned
	}
	for _, v := range r.Variants {
		if v.Lift != nil {
			t.Estimator = v.Lift.Estimator
		}
	}
	t.Normal = len(r.Beliefs) > 0 && r.Beliefs[0].Beta == (stats.Beta{})
	return t
}
