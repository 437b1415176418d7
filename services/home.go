package services

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/locale"
)

// Home tells people what needs them today.
type Home struct {
	db        *db.DB
	analytics *Analytics
	audit     *Audit
	clock     Clock
}

// firstVisitors is when the first results are worth a look.
const firstVisitors = 100

// NewHome makes the service over the others.
func NewHome(d *db.DB, a *Analytics, audit *Audit, clock Clock) *Home {
	return &Home{db: d, analytics: a, audit: audit, clock: clock}
}

// Kinds of tasks.
const (
	TaskDecide  = "decide"
	TaskFix     = "fix"
	TaskInstall = "install"
	TaskLosing  = "losing"
)

// Task is something that only a person can do; Experiment or Site says about what.
type Task struct {
	Kind             string
	Experiment, Site uuid.UUID
	Name, Detail     string
}

// FirstSteps is how far a new account is. The ids name what the next step is about.
type FirstSteps struct {
	Site, Installed, Experiment, Launched, Visitors bool
	SiteID, ExperimentID                            uuid.UUID
}

// Done says whether nothing is left.
func (s FirstSteps) Done() bool {
	return s.Site && s.Installed && s.Experiment && s.Launched && s.Visitors
}

// Today is what the home page shows.
type Today struct {
	Sites     []Installation // by name
	Tasks     []Task
	Running   []Experiment
	Summaries map[uuid.UUID]Summary
	Steps     FirstSteps
	Activity  []Activity
	Impact    Impact
	Draft     uuid.UUID // the newest experiment where it has not been started: what could come next

	troubled map[uuid.UUID]troubled // experiments that run and whose changes may no longer be made
}

// longestHome bounds how many experiments the page looks at.
const longestHome = 50

// Today collects the page, with sentences in the language of ctx and the impact of some days, one of ImpactDays or else the middle one.
// Any member may.
func (h *Home) Today(ctx context.Context, by Actor, days int) (t Today, err error) {
	if err := h.read(ctx, by, &t); err != nil {
		return t, err
	}
	var brought []db.ImpactCellsRow
	days = impactDays(days)
	parts, atOnce := errgroup.WithContext(ctx)
	parts.Go(func() (err error) { brought, err = h.brought(atOnce, by, days); return err })
	parts.Go(func() (err error) { t.Summaries, err = h.analytics.Summaries(atOnce, by, t.Running); return err })
	parts.Go(func() (err error) { t.Activity, err = h.recent(atOnce, by); return err })
	if err := parts.Wait(); err != nil {
		return t, err
	}
	if t.Steps, t.Draft, err = h.steps(ctx, by, t); err != nil {
		return t, err
	}
	t.Impact = impactOf(brought, t.collect(ctx, h.clock.now()), days)
	return t, nil
}

// read finds the sites and what runs.
func (h *Home) read(ctx context.Context, by Actor, t *Today) error {
	running := string(Running)
	return h.db.InTx(ctx, by.Account, func(s *db.Store) error {
		sites, err := s.HomeSites(ctx, homeSites(by.Account, h.clock.now()))
		if err != nil {
			return fmt.Errorf("list sites: %w", err)
		}
		if t.troubled, err = readTroubled(sites); err != nil {
			return err
		}
		for _, r := range sites {
			t.Sites = append(t.Sites, Installation{ID: r.ID, Name: r.Name, SiteURL: r.SiteUrl, CreatedAt: r.CreatedAt, LastSeen: r.LastAt, Running: int(r.Running)})
		}
		rows, err := s.Experiments(ctx, db.ExperimentsParams{AccountID: by.Account, Status: &running, Take: longestHome})
		if err != nil {
			return fmt.Errorf("list experiments: %w", err)
		}
		depth := bare
		if len(t.troubled) > 0 {
			depth = changed
		}
		t.Running, err = withRows(ctx, s, by.Account, rows, depth)
		return err
	})
}

// collect finds the tasks, and returns the experiments whose numbers need fixing.
func (t *Today) collect(ctx context.Context, now time.Time) (broken []uuid.UUID) {
	for _, x := range t.Running {
		r := t.Summaries[x.ID].Results
		if r.State() == VerdictFix {
			broken = append(broken, x.ID)
		}
		if found, ok := t.troubled[x.ID]; ok {
			r.Changes = found.rates(x, now)
		}
		if task, ok := experimentTask(ctx, x, r, now); ok {
			t.Tasks = append(t.Tasks, task)
		}
	}
	if t.Steps.Done() || len(t.Sites) > 1 { // before that, the checklist says it
		for _, site := range t.Sites {
			if task, ok := siteTask(ctx, site, now); ok && !t.visited(site.ID) {
				t.Tasks = append(t.Tasks, task)
			}
		}
	}
	slices.SortStableFunc(t.Tasks, func(a, b Task) int { return cmp.Compare(urgency[a.Kind], urgency[b.Kind]) })
	return broken
}

// urgency puts first what makes numbers wrong, then what can be decided.
var urgency = map[string]int{TaskFix: 0, TaskInstall: 1, TaskDecide: 2, TaskLosing: 3}

// visited says whether visitors come to a site all the same: then they come through its server, without a snippet.
func (t Today) visited(site uuid.UUID) bool {
	for _, x := range t.Running {
		if x.InstallationID == site && t.Summaries[x.ID].Results.Visitors() > 0 {
			return true
		}
	}
	return false
}

// recent is what happened to experiments and sites, the same thing in a row once. The audit has the rest.
func (h *Home) recent(ctx context.Context, by Actor) ([]Activity, error) {
	list, err := h.Activity(ctx, by, uuid.Nil, 0, 40)
	list = slices.DeleteFunc(list, func(a Activity) bool { return a.Experiment == uuid.Nil && a.Site == uuid.Nil })
	list = slices.CompactFunc(list, func(a, b Activity) bool { return a.Action == b.Action && a.Object == b.Object })
	return list[:min(len(list), 6)], err
}

// quietStart is how long an experiment may run before nobody in it is odd.
const quietStart = 24 * time.Hour

func experimentTask(ctx context.Context, x Experiment, r Results, now time.Time) (Task, bool) {
	t := Task{Experiment: x.ID, Name: x.Name, Detail: r.Verdict.Headline}
	if r.State() == VerdictFix {
		t.Kind = TaskFix
		return t, true
	}
	if changes := r.changeHealth(ctx); changes.State == "bad" {
		t.Kind, t.Detail = TaskFix, changes.Detail
		return t, true
	}
	switch r.State() {
	case VerdictWinner, VerdictTie, VerdictReady:
		t.Kind = TaskDecide
		return t, true
	}
	switch {
	case r.Visitors() == 0 && x.StartedAt != nil && now.Sub(*x.StartedAt) > quietStart:
		t.Kind, t.Detail = TaskFix, locale.T(ctx, "task.no_traffic", "When", locale.Ago(ctx, *x.StartedAt, now))
		return t, true
	case r.Progress.Conversions == 0 && r.Visitors() >= silentGoal:
		t.Kind, t.Detail = TaskFix, locale.T(ctx, "health.goal_silent", "Count", r.Visitors())
		return t, true
	}
	if worst, ok := r.losing(); ok {
		t.Kind, t.Detail = TaskLosing, locale.T(ctx, "task.losing", "Variant", worst.Name, "Low", locale.Uplift(ctx, worst.Lift.Low), "High", locale.Uplift(ctx, worst.Lift.High))
		return t, true
	}
	return t, false
}

// losing is the variant that is proven worse than the original by most, where something else is still open.
func (r Results) losing() (worst VariantResult, ok bool) {
	for _, v := range r.Variants {
		if r.Progress.Enough && v.Lift != nil && v.Lift.High < 0 && (!ok || v.Lift.Mean < worst.Lift.Mean) {
			worst, ok = v, true
		}
	}
	return worst, ok
}

func siteTask(ctx context.Context, site Installation, now time.Time) (Task, bool) {
	t := Task{Kind: TaskInstall, Site: site.ID, Name: site.Name}
	switch site.Install(now) {
	case InstallWaiting:
		t.Detail = locale.T(ctx, "task.never_seen")
		return t, true
	case InstallMissing:
		t.Detail = locale.T(ctx, "health.snippet_silent", "When", locale.Ago(ctx, *site.LastSeen, now))
		return t, site.Running > 0
	}
	return t, false
}

// steps says how far the account is on its way to a first result, and which draft is the newest experiment.
func (h *Home) steps(ctx context.Context, by Actor, t Today) (s FirstSteps, draft uuid.UUID, err error) {
	var oldest time.Time
	for _, site := range t.Sites {
		if !s.Site || site.CreatedAt.Before(oldest) {
			s.Site, s.SiteID, oldest = true, site.ID, site.CreatedAt
		}
		s.Installed = s.Installed || site.LastSeen != nil
	}
	for _, x := range t.Running {
		s.Visitors = s.Visitors || t.Summaries[x.ID].Results.Visitors() >= firstVisitors
	}
	err = h.db.InTx(ctx, by.Account, func(st *db.Store) error {
		far, err := st.HowFar(ctx, db.HowFarParams{AccountID: by.Account, Visited: s.Visitors, Enough: firstVisitors})
		if err != nil {
			return fmt.Errorf("how far the account is: %w", err)
		}
		s.Experiment, s.Launched, s.Visitors, s.ExperimentID = far.Any, far.Launched, far.Visited, far.Newest
		if Status(far.Status) == Draft {
			draft = far.Newest
		}
		return nil
	})
	// Whoever has seen visitors has been through all of it, whatever was archived since.
	if s.Visitors {
		s.Site, s.Installed, s.Experiment, s.Launched = true, true, true, true
	}
	return s, draft, err
}
