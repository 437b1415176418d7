package views

import "time"

// History is the tab of one experiment, or the account's audit list when Experiment is nil.
type History struct {
	Experiment *Experiment
	Rows       []HistoryRow
	Next       string // address of older rows; empty at the end
}

// HistoryRow is one audit entry. Action is the audit's own word ("experiment.started"); Text, when set, is the finished
// sentence to show instead of the catalogue's.
type HistoryRow struct {
	Seq     int64
	At      time.Time
	Actor   string // empty is Samplit itself
	Action  string
	Text    string
	Subject string // what it was done to
	URL     string // where the subject lives
	Detail  []HistoryDetail
}

// HistoryDetail is one changed value.
type HistoryDetail struct {
	Name, Before, After string
}
