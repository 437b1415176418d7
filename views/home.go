package views

// Home answers: what needs me today?
type Home struct {
	Checklist *Checklist // nil once every step is done
	Tasks     []Task
	Running   []ExperimentRow
	Activity  []HistoryRow
}

// Checklist leads a new account to its first result.
type Checklist struct {
	Steps   []ChecklistStep
	DemoURL string // the demo account's experiment; empty hides it
}

// ChecklistStep is one step. Key is one of site, install, experiment, launch, visitors.
type ChecklistStep struct {
	Key  string
	Done bool
	URL  string
}

// Task is something only a person can do. Kind is one of decide, fix, install.
type Task struct {
	Kind   string
	Title  string // the experiment's or site's name
	Detail string // one sentence, finished
	URL    string
}
