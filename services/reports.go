package services

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/samplit/samplit/db"
)

// reportNames are what snippets report of an experiment or of one of its changes.
var reportNames = []string{"found", "healed", "missed", "conflict", "mask_timeout", "fault", "loop"}

// reportTally begins the kinds of the tallies that count reports: report/<name>/<arm>/<change>.
const reportTally = "report/"

// report counts what a snippet tells. It names an arm and a change that the experiment has, which bounds what is kept.
func (in *intake) report(e Event) *Problem {
	x := in.site.find(e.Experiment)
	switch {
	case x == nil:
		return &Problem{UnknownExperiment, "No experiment of this site has that id or key."}
	case !slices.Contains(reportNames, e.Name):
		return &Problem{"bad_name", "name of a report is one of " + strings.Join(reportNames, ", ") + "."}
	case (e.Arm != "" || e.Change != "") && !x.hasChange(e.Arm, e.Change):
		return &Problem{"unknown_change", "That arm of the experiment has no such change."}
	}
	in.reports++
	if in.bot || IsTestVisitor(e.Visitor) {
		return nil
	}
	kind := reportTally + strings.Join([]string{e.Name, e.Arm, e.Change}, "/")
	in.work.tallies = append(in.work.tallies, db.Increment{Account: x.account, Experiment: x.id, At: in.now, Kind: kind, N: 1})
	return nil
}

// hasChange says whether an arm of some split makes the change; any arm makes the empty one.
func (x *live) hasChange(arm, change string) bool {
	return slices.ContainsFunc(x.splits, func(s liveSplit) bool {
		i := slices.Index(s.arms, arm)
		return i >= 0 && i < len(s.shown) && (change == "" || holdsChange(s.shown[i].changes, change))
	})
}

func holdsChange(list json.RawMessage, id string) bool {
	if !bytes.Contains(list, []byte(`"`+id+`"`)) {
		return false
	}
	var changes []struct{ ID string }
	if err := json.Unmarshal(list, &changes); err != nil {
		return false
	}
	return slices.ContainsFunc(changes, func(c struct{ ID string }) bool { return c.ID == id })
}
