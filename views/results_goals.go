package views

import "context"

// GoalRow is what one variant does about one of the other goals. Role is secondary or guardrail (or primary, where another goal is looked
// at), State better, worse, open or early.
type GoalRow struct {
	Goal    GoalRef
	Role    string
	First   bool // of its goal: carries the name
	Variant VariantResult
	State   string
}

var goalRoleWords = map[string]string{"primary": "goals.primary", "secondary": "goals.secondary", "guardrail": "goals.guardrail"}

// goalStates are the words and the class of what is proven; a guardrail that is better is as good as one that holds.
var goalStates = map[string][2]string{
	"better": {"goals.better", "chip-winner"}, "worse": {"goals.worse", "chip-fix"}, "open": {"goals.open", "chip-tie"}, "early": {"goals.early", "chip-learning"},
}

func goalWord(ctx context.Context, row GoalRow) string {
	if row.Role == "guardrail" {
		switch row.State {
		case "worse":
			return t(ctx, "goals.harmed")
		case "open", "better":
			return t(ctx, "goals.unharmed")
		}
	}
	return t(ctx, goalStates[row.State][0])
}

func goalsAxis(m Results) axis {
	lifts := make([]*Lift, 0, len(m.Others))
	for _, row := range m.Others {
		lifts = append(lifts, row.Variant.Lift)
	}
	return newAxis(lifts)
}
