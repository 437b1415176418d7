package views

import (
	"context"

	"github.com/samplit/samplit/locale"
)

// Home answers: what needs me today?
type Home struct {
	Checklist *Checklist // nil once every step is done
	Tasks     []Task
	Running   []ExperimentRow
	Activity  []HistoryRow
	Impact    *Impact // nil while no variant was seen
	Next      string  // where a draft waits, when nothing else needs anybody
}

// Impact is what tests brought in some days beyond the original. Choices are the days that can be asked for.
type Impact struct {
	Days     int
	Choices  []int
	Visitors int64
	Gains    []Gain
}

// Gain is an amount of a currency, or of conversions, with its 95 % range.
type Gain struct {
	Currency        string
	More, Low, High float64
}

// gainText writes a gain with what it counts.
func gainText(ctx context.Context, g Gain) string {
	if g.Currency == "" {
		return t(ctx, "home.gain", "More", locale.Signed(ctx, g.More, 0))
	}
	return t(ctx, "home.gain_money", "More", locale.Signed(ctx, g.More, 0), "Currency", g.Currency)
}

func gainRange(ctx context.Context, g Gain) string {
	return t(ctx, "results.between", "Low", locale.Signed(ctx, g.Low, 0), "High", locale.Signed(ctx, g.High, 0))
}

func gainClass(g Gain) string { return liftClass(&Lift{Low: g.Low, High: g.High}) }

// Checklist leads a new account to its first result.
type Checklist struct {
	Steps   []ChecklistStep
	DemoURL string // the demo account's experiment; empty hides it
}

// ChecklistStep is one step. Key is one of site, install, verify, goal, experiment, preview, launch, visitors.
type ChecklistStep struct {
	Key  string
	Done bool
	URL  string
}

// Task is something only a person can do. Kind is one of decide, fix, install, losing.
type Task struct {
	Kind   string
	Title  string // the experiment's or site's name
	Detail string // one sentence, finished
	URL    string
}

func (c Checklist) done() int {
	n := 0
	for _, step := range c.Steps {
		if step.Done {
			n++
		}
	}
	return n
}

// next is the first step that is not done.
func (c Checklist) next() int {
	for i, step := range c.Steps {
		if !step.Done {
			return i
		}
	}
	return len(c.Steps)
}

// homeLine is the page's answer in one line.
func homeLine(ctx context.Context, m Home) string {
	switch {
	case len(m.Tasks) > 0:
		return t(ctx, "home.line_tasks", "Count", len(m.Tasks))
	case m.Checklist != nil:
		return t(ctx, "home.line_start")
	case len(m.Running) > 0:
		return t(ctx, "home.line_calm", "Count", len(m.Running))
	}
	return t(ctx, "home.line_idle")
}

func taskIcon(kind string) string {
	if name, ok := taskIcons[kind]; ok {
		return name
	}
	return "info"
}

// stepWord is the title, help or button (part 0, 1, 2) of a checklist step.
func stepWord(ctx context.Context, key string, part int) string {
	words, ok := stepWords[key]
	if !ok {
		return key
	}
	return t(ctx, words[part])
}
