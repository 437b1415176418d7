package views

// Numbers is where the figures of one variant come from.
type Numbers struct {
	Experiment Experiment
	Goal       GoalRef
	Variant    VariantResult
	Figures    []Figure
}

// Figure is one number: Key is one of figureWords, the others are finished. Formula has a line for each step.
type Figure struct{ Key, Value, Formula, Method string }

var figureWords = map[string]string{"visitors": "results.visitors", "rate": "results.rate", "revenue": "results.revenue", "capped": "explain.capped_term",
	"lift": "results.lift", "chance": "results.chance", "risk": "results.risk", "share": "results.traffic"}
