package services

import (
	"net/url"
	"time"
)

// Sighting is one thing that arrived for a site and what became of it, as the debugger shows it. What it holds of the outside is
// bounded and may be anything.
type Sighting struct {
	ID         string    `json:"id"` // sorts by the time of its node
	At         time.Time `json:"at"` // of arrival
	Kind       string    `json:"kind"`
	Visitor    string    `json:"visitor,omitempty"`
	Experiment string    `json:"experiment,omitempty"` // key; whatever was sent when no such experiment is known
	Split      string    `json:"split,omitempty"`
	Arm        string    `json:"arm,omitempty"`
	Epoch      int32     `json:"epoch,omitempty"`
	Goal       string    `json:"goal,omitempty"`
	Name       string    `json:"name,omitempty"`
	Value      string    `json:"value,omitempty"`
	Page       string    `json:"page,omitempty"` // address without query and hash, which may hold what is nobody's business
	Door       string    `json:"door"`
	Outcome    string    `json:"outcome"`
	Code       string    `json:"code,omitempty"` // of a rejection, or why the visitor is not in the experiment
	Message    string    `json:"message,omitempty"`

	// More stands for so many sightings that were left out: too much came at once. Everything else is empty then. Lost is one for
	// an unknown number: the node could not hear the others for a moment.
	More int  `json:"more,omitempty"`
	Lost bool `json:"lost,omitempty"`
}

// Kinds of sightings; events have the type that they were sent with.
const (
	SightAssignment = "assignment"
	SightExposure   = "exposure"
	SightConversion = "conversion"
	SightPageview   = "pageview"
	SightCustom     = "custom"
	SightIdentify   = "identify"
)

// Doors that a sighting came through.
const (
	SightAssignDoor   = "assign"
	SightFlagDoor     = "flag" // OFREP
	SightEventsDoor   = "events"
	SightConvertDoor  = "convert"
	SightIdentifyDoor = "identify"
)

// Outcomes of a sighting.
const (
	SeenApplied     = "applied"     // it counts, or makes its visitor count
	SeenAgain       = "again"       // the visitor had the variant before: a visitor counts once
	SeenStored      = "stored"      // kept; nothing is counted by it
	SeenDuplicate   = "duplicate"   // the id was known: nothing was stored or counted
	SeenWaiting     = "waiting"     // a conversion whose exposure has not arrived
	SeenOutside     = "outside"     // a conversion before the exposure or after the goal's window
	SeenFrozen      = "frozen"      // a conversion after the end of the experiment
	SeenUncounted   = "uncounted"   // of a visitor who is not counted
	SeenTest        = "test"        // of a test visitor
	SeenBot         = "bot"         // of an automated agent
	SeenExcluded    = "excluded"    // of somebody on an exclusion list
	SeenPreview     = "preview"     // shown with a preview token
	SeenPaused      = "paused"      // an exposure while the experiment is paused or outside its schedule
	SeenCrossover   = "crossover"   // the browser showed another variant than the visitor's own
	SeenWinner      = "winner"      // everybody gets the winner
	SeenPromised    = "promised"    // answered; stored once the database takes it
	SeenDecided     = "decided"     // answered without storing anything
	SeenLeftOut     = "left_out"    // not in the experiment; Code says why
	SeenRejected    = "rejected"    // Code and Message say why
	SeenQuarantined = "quarantined" // set aside, see Quarantine
	SeenUnavailable = "unavailable" // not stored; the sender was asked to send it again
)

const (
	maxSeenText = 128
	maxSeenPage = 200
)

// clipped bounds and repairs what came from outside, so that it fits into a notification and into JSON.
func (s Sighting) clipped() Sighting {
	for _, text := range []*string{&s.Kind, &s.Visitor, &s.Experiment, &s.Split, &s.Arm, &s.Goal, &s.Name, &s.Code} {
		*text = clip(*text, maxSeenText)
	}
	s.Page = clip(pageOf(s.Page), maxSeenPage)
	return s
}

// pageOf is an address without what may be private in it.
func pageOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
