package services

import (
	"cmp"
	"context"
	"time"

	"github.com/samplit/samplit/db"
)

// EventBatch is what one request reports.
type EventBatch struct {
	Token   string
	Secret  string    // an account's key, where the sender has one
	Browser bool      // a web page sent it
	SentAt  time.Time // the client's clock when it sent
	Visit   Visit     // of all events, whose pages may differ
	Events  []Event
	door    string // of a sighting; empty: that of events
}

// EventReceipt answers an EventBatch once everything taken is durable.
type EventReceipt struct {
	Accepted, Duplicates int // a duplicate, of an id or of an order, is accepted and counts nothing
	Rejected             []Rejection
}

// Events stores a batch: good items are durable when it returns, bad ones are named. Any error means that nothing was promised
// and the same ids may be sent again.
func (t *Tracker) Events(ctx context.Context, b EventBatch) (EventReceipt, error) {
	s, err := t.site(b.Token)
	if err != nil {
		return EventReceipt{}, err
	}
	secret, err := t.opens(ctx, s, b.Secret, b.Browser)
	if err != nil {
		return EventReceipt{}, err
	}
	b.Visit.places = t.places
	in := intake{site: s, sticky: t.sticky, now: t.clock.now(), sent: b.SentAt, visit: &b.Visit, bot: agentOf(b.Visit.userAgent()).automated, secret: secret, work: &work{}}
	trace := t.newTrace(s, cmp.Or(b.door, SightEventsDoor), in.now)
	var out EventReceipt
	for i, e := range b.Events {
		p := in.take(e)
		if p != nil {
			out.Rejected = append(out.Rejected, Rejection{i, p.Reason, p.Message})
		}
		trace.took(e, p, in.work)
	}
	if in.work.rows() > 0 {
		err = t.committer.commit(ctx, in.work, eventWait)
	}
	t.settled(trace, &in, err)
	if err != nil {
		return EventReceipt{}, err
	}
	t.remember(in.work)
	out.Accepted = in.reports
	for i, r := range in.work.result.Events {
		switch {
		case in.work.events[i].Part > 0:
			continue
		case !r.Fresh, r.State == db.StateKnown:
			out.Duplicates++
		}
		out.Accepted++
	}
	return out, nil
}

// intake turns a site's reports into rows.
type intake struct {
	site   *site
	sticky *sticky
	now    time.Time
	sent   time.Time
	visit  *Visit
	bot    bool
	// secret: it came with a key of the site's account.
	secret bool
	work   *work
	// segment is that of a visit to page, the last one that was asked for.
	page, segment string
	reports       int // taken; they are counted and not kept
}

// take adds one event, or says what is wrong with it.
func (in *intake) take(e Event) *Problem {
	if e.Bad != nil {
		return e.Bad
	}
	if !validVisitor(e.Visitor) {
		return &Problem{"bad_visitor", "visitor_id: use 1 to 128 printable ASCII characters."}
	}
	if len(e.URL) > maxEventURL || len(e.Name) > maxEventName {
		return &Problem{"too_long", "url has at most 2,048 bytes, name at most 128."}
	}
	id, p := identify(in.site.id, e.ID, in.now)
	if p != nil {
		return p
	}
	props, p := readProps(e.Props, in.site.scrubs)
	if p != nil {
		return p
	}
	url, name := e.URL, e.Name
	if in.site.scrubs {
		url, name = scrubURL(url), scrubText(name)
	}
	base := db.NewEvent{Account: in.site.account, ID: id.id, Day: id.day, Dayless: id.dayless, Installation: in.site.id, Visitor: e.Visitor,
		Name: name, URL: url, Props: props, Occurred: occurred(in.now, in.sent, e.T), Received: in.now, Value: (*int64)(e.Value)}
	switch e.Type {
	case "exposure":
		return in.exposure(e, base)
	case "conversion":
		return in.conversion(e, base)
	case "pageview":
		base.Kind = db.KindPageview
		in.work.beats = append(in.work.beats, db.Beat{Account: in.site.account, Installation: in.site.id, At: in.now, URL: url})
	case "custom":
		base.Kind = db.KindCustom
	case "report":
		return in.report(e)
	default:
		return &Problem{"bad_type", "type is exposure, conversion, pageview, custom or report."}
	}
	in.work.events = append(in.work.events, base)
	return nil
}

// exposure checks that the browser chose as the server would have in the epoch it names.
func (in *intake) exposure(e Event, base db.NewEvent) *Problem {
	x := in.site.find(e.Experiment)
	if x == nil {
		return &Problem{UnknownExperiment, "No experiment of this site has that id or key."}
	}
	if x.status != "running" && x.status != "paused" {
		return &Problem{NotRunning, "The experiment is not running."}
	}
	sp := x.splitByKey(e.Split)
	if sp == nil {
		return &Problem{"unknown_split", "The experiment has no such split."}
	}
	epoch := sp.epoch(e.Epoch)
	if epoch == nil {
		return &Problem{"unknown_epoch", "The experiment has no such epoch."}
	}
	if closed := sp.epoch(e.Epoch + 1); closed != nil && in.now.Sub(closed.opened) > eventLife {
		return &Problem{"epoch_closed", "That epoch closed more than 7 days ago."}
	}
	arm := sp.choose(e.Visitor, e.Epoch)
	if sp.arms[arm] != e.Arm {
		return &Problem{"wrong_arm", "This visitor's arm in that epoch is another one."}
	}
	if reason := in.keptOut(x, e.Visitor); reason != "" {
		return &Problem{reason, "This visitor is kept out of the experiment."}
	}
	base.Kind, base.Experiment, base.Arm, base.Epoch = db.KindExposure, x.id, arm, e.Epoch
	in.work.events = append(in.work.events, base)
	if !x.takesIn(base.Occurred) { // nobody new comes in, and who is in has been counted
		return nil
	}
	if kind := in.uncounted(x, e.URL); kind != "" {
		in.work.tallies = append(in.work.tallies, db.Increment{Account: x.account, Experiment: x.id, At: in.now, Kind: kind, N: 1})
		return nil
	}
	in.work.assignments = append(in.work.assignments, db.NewAssignment{Account: x.account, Experiment: x.id, Split: sp.split, Visitor: e.Visitor,
		Arm: arm, Epoch: e.Epoch, Propensity: float32(sp.propensity(arm, e.Epoch)), At: base.Occurred, Exposed: true, Door: db.DoorBrowser, Counted: !IsTestVisitor(e.Visitor),
		Segment: in.segmentOf(x, sp.split, e)})
	return nil
}

// segmentOf is that of a visitor who may be new; of others it was kept when they were.
func (in *intake) segmentOf(x *live, split int16, e Event) string {
	if _, known := in.sticky.get(x.id, split, e.Visitor); known {
		return ""
	}
	v := *in.visit
	v.URL = cmp.Or(e.URL, v.URL)
	switch {
	case x.redirects: // whose visitors lose where they came from on their way to some variants
		v.URL, v.UTM, v.Referrer, v.NoReferrer = "", nil, "", false
		return v.segment()
	case in.segment == "" || in.page != e.URL:
		in.page, in.segment = e.URL, v.segment()
	}
	return in.segment
}

// keptOut says why the visitor cannot have seen the experiment. Whoever follows another visitor may have.
func (in *intake) keptOut(x *live, visitor string) string {
	if x.judge == nil || in.site.identifies {
		return ""
	}
	return x.judge.keepsOut(visitor)
}

// takesIn says whether new visitors are taken in at a time.
func (x *live) takesIn(at time.Time) bool {
	return x.status == "running" && (x.judge == nil || x.judge.open(at))
}

// uncounted is as for an assignment, on the page of the event.
func (in *intake) uncounted(x *live, url string) string {
	if in.bot {
		return botKind
	}
	v := *in.visit
	if url != "" {
		v.URL = url
	}
	return x.judge.excludes(&v)
}

// conversion adds a row for each goal that takes the event; it is refused when none does.
func (in *intake) conversion(e Event, base db.NewEvent) *Problem {
	if p := e.checkAmount(); p != nil {
		return p
	}
	named, p := in.goals(e.Experiment, e.Goal)
	if p != nil {
		return p
	}
	var goals []counted
	for _, c := range named {
		if why := c.goal.terms.refuse(e, in.secret); why == nil {
			goals = append(goals, c)
		} else if p == nil {
			p = why
		}
	}
	if len(goals) == 0 {
		return p
	}
	base.Kind, base.Order = db.KindConversion, e.Order
	in.work.events = append(in.work.events, in.expand(base, goals)...)
	return nil
}

// goals are those a conversion may count for: the named goal, else the primary one, of the named experiment, else of every
// experiment of the site that visitors can be in.
func (in *intake) goals(experiment, goal string) ([]counted, *Problem) {
	var out []counted
	if experiment != "" {
		x := in.site.find(experiment)
		if x == nil {
			return nil, &Problem{UnknownExperiment, "No experiment of this site has that id or key."}
		}
		if g := x.goal(goal); g != nil {
			return []counted{{x, g}}, nil
		}
		return nil, &Problem{"unknown_goal", "The experiment has no such goal."}
	}
	for _, x := range in.site.serving {
		if g := x.goal(goal); g != nil && x.status != "completed" {
			out = append(out, counted{x, g})
		}
	}
	if len(out) == 0 {
		return nil, &Problem{"unknown_goal", "No running experiment of this site has that goal."}
	}
	return out, nil
}

// ConvertRequest reports that a visitor reached a goal.
type ConvertRequest struct {
	Token, Experiment, Goal, Visitor, EventID string
	Value                                     *Decimal
	Currency, Order                           string
	Secret                                    string   // an account's key, where the sender has one
	Browser                                   bool     // a web page sent it
	Bad                                       *Problem // as in Event
}

// Convert stores one conversion; duplicate says that its id was known and nothing was counted. It returns when the conversion is
// durable; any error means that nothing was promised and the same id may be sent again.
func (t *Tracker) Convert(ctx context.Context, r ConvertRequest) (duplicate bool, err error) {
	b := EventBatch{Token: r.Token, Secret: r.Secret, Browser: r.Browser, door: SightConvertDoor, Events: []Event{{ID: r.EventID, Type: "conversion",
		Visitor: r.Visitor, Experiment: r.Experiment, Goal: r.Goal, Value: r.Value, Currency: r.Currency, Order: r.Order, Bad: r.Bad}}}
	got, err := t.Events(ctx, b)
	if err != nil {
		return false, err
	}
	if len(got.Rejected) > 0 {
		p := got.Rejected[0]
		if p.Code == ServerOnly {
			return false, &Error{Code: CodeForbidden, Reason: ServerOnly, Message: p.Message}
		}
		f := Fields{}
		f.add(convertField[p.Code], p.Code, p.Message)
		return false, f.err()
	}
	return got.Duplicates > 0, nil
}

// convertField names the field of a convert request that a rejection is about.
var convertField = map[string]string{"bad_visitor": "visitor_id", "bad_id": "event_id", "too_old": "event_id", "future": "event_id",
	UnknownExperiment: "experiment", "unknown_goal": "goal", "no_id": "event_id", "no_value": "value", "bad_value": "value", "over_cap": "value",
	"wrong_currency": "currency", "bad_order": "order"}
