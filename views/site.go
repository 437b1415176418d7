package views

import "time"

// SiteList is every site of the account.
type SiteList struct {
	Sites []SiteRow
}

// SiteRow is one site in the list.
type SiteRow struct {
	ID, Name, URL string
	Install       string // waiting, found or missing, see Install
	LastSeen      time.Time
	Running       int // running experiments
}

// SiteForm adds a site: POST /sites/new with url and name (optional).
type SiteForm struct {
	URL, Name string
	Errors    Errors
}

// Site is one site with its snippet and its install check.
type Site struct {
	ID, Name, URL string
	Token         string
	Snippet       string // the script element to paste
	Install       Install
	Experiments   []ExperimentRow
}

// Install is what is known of a site's snippet. State is
//   - "waiting": nothing arrived since Since; the fragment polls every 5 seconds while Watching,
//   - "found": the snippet reported from Path at LastSeen,
//   - "missing": the watch ended without a report; a button starts it again.
//
// Checked and Verdict tell what the server saw when it fetched the page itself: one of the verdicts in installVerdicts,
// empty when it has not looked.
type Install struct {
	SiteID   string
	State    string
	Watching bool
	Since    time.Time
	LastSeen time.Time
	Path     string
	Verdict  string
	Detail   string // what goes with the verdict, such as the policy directive to add
	Checked  time.Time
}
