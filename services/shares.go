package services

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/maypok86/otter/v2"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/locale"
)

const (
	longestShare = 365 // days
	mostShares   = 50  // of an experiment at a time
	sharedFresh  = 10 * time.Second
)

// Shares lets people without an account see the results of an experiment: by links that hold for a time, and by a public page.
type Shares struct {
	db        *db.DB
	analytics *Analytics
	links     linkSigner
	baseURL   string
	clock     Clock
	seen      *otter.Cache[sharedKey, Shared]
}

type sharedKey struct {
	share uuid.UUID
	lang  string
}

// NewShares makes the service; the key signs links.
func NewShares(d *db.DB, a *Analytics, key []byte, baseURL string, clock Clock) *Shares {
	return &Shares{d, a, linkSigner{key}, baseURL, clock, otter.Must(&otter.Options[sharedKey, Shared]{MaximumSize: 1000,
		ExpiryCalculator: otter.ExpiryCreating[sharedKey, Shared](sharedFresh)})}
}

// ShareInput is what a link is to show besides the numbers. Text are the names of the experiment, its variants and its goals; Money
// is what visitors brought.
type ShareInput struct {
	Public bool `json:"public,omitempty" doc:"A page that holds until it is taken down"`
	Days   int  `json:"days,omitempty" doc:"That a link holds, unless it is public" maximum:"365"`
	Text   bool `json:"text" doc:"Show the names of the experiment, its variants and goals"`
	URL    bool `json:"url" doc:"Show the site and the page"`
	Money  bool `json:"money" doc:"Show amounts"`
}

// Share is a link that holds.
type Share struct {
	ID uuid.UUID `json:"id"`
	ShareInput
	Link      string     `json:"link"`
	Author    string     `json:"author"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
}

// Create makes a link, or the public page. Editors and above may. NotFound if the experiment is absent or another account's; Invalid
// names days; Conflict when it never ran, has a public page already or as many links as may be.
func (sh *Shares) Create(ctx context.Context, by Actor, experiment string, in ShareInput) (Share, error) {
	if err := by.may(Editor); err != nil {
		return Share{}, err
	}
	id, err := experimentID(experiment)
	if err != nil {
		return Share{}, err
	}
	if !in.Public && (in.Days < 1 || in.Days > longestShare) {
		return Share{}, (Fields{"days": {"share_days", "Must be between 1 and 365 days."}}).err()
	}
	now := sh.clock.now()
	out := Share{ID: uuid.Must(uuid.NewV7()), ShareInput: in, CreatedAt: now}
	if !in.Public {
		until := now.AddDate(0, 0, in.Days).Truncate(time.Second)
		out.ExpiresAt = &until
	}
	out.Link = sh.link(by.Account, out.ID, out.ExpiresAt)
	return out, sh.db.InTx(ctx, by.Account, func(s *db.Store) error {
		row, err := s.LockExperiment(ctx, by.Account, id)
		if err != nil {
			return orNotFound(err, "experiment")
		}
		if row.StartedAt == nil {
			return conflict("share_draft", "There are no results to show yet. Start the experiment first.")
		}
		return sh.insert(ctx, s, by, id, out)
	})
}

func (sh *Shares) insert(ctx context.Context, s *db.Store, by Actor, experiment uuid.UUID, out Share) error {
	others, err := s.SharesOfExperiment(ctx, db.SharesOfExperimentParams{AccountID: by.Account, ExperimentID: experiment, Now: out.CreatedAt})
	if err != nil {
		return fmt.Errorf("read shares: %w", err)
	}
	if len(others) >= mostShares {
		return conflict("share_many", "This experiment has 50 links. Withdraw one of them first.")
	}
	for _, o := range others {
		if o.Public && out.Public {
			return conflict("share_public", "This experiment has a public page already.")
		}
	}
	action, payload := "share.created", map[string]any{"share": out.ID, "text": out.Text, "url": out.URL, "money": out.Money}
	if out.Public {
		action = "share.published"
	} else {
		payload["until"] = out.ExpiresAt.UTC().Format(time.RFC3339)
	}
	seq, err := record(ctx, s, out.CreatedAt, by, action, experimentObject(experiment), payload)
	if err != nil {
		return err
	}
	err = s.InsertShare(ctx, db.InsertShareParams{AccountID: by.Account, ID: out.ID, ExperimentID: experiment, Public: out.Public, ShowText: out.Text, ShowUrl: out.URL,
		ShowMoney: out.Money, CreatedBy: by.User, Now: out.CreatedAt, ExpiresAt: out.ExpiresAt, AuditSeq: &seq})
	if err != nil {
		return fmt.Errorf("insert share: %w", err)
	}
	return nil
}

func (sh *Shares) link(account, id uuid.UUID, until *time.Time) string {
	l := linked{account: account, id: id}
	if until != nil {
		l.until = *until
	}
	return sh.baseURL + "/shared/" + sh.links.sign(l)
}

// List returns the links of an experiment that hold, newest first. Editors and above may: whoever reads a link can pass it on.
// NotFound if the experiment is absent or another account's.
func (sh *Shares) List(ctx context.Context, by Actor, experiment string) (out []Share, err error) {
	if err := by.may(Editor); err != nil {
		return nil, err
	}
	id, err := experimentID(experiment)
	if err != nil {
		return nil, err
	}
	out = []Share{}
	err = sh.db.InTx(ctx, by.Account, func(s *db.Store) error {
		if _, err := s.Experiment(ctx, by.Account, id); err != nil {
			return orNotFound(err, "experiment")
		}
		rows, err := s.SharesOfExperiment(ctx, db.SharesOfExperimentParams{AccountID: by.Account, ExperimentID: id, Now: sh.clock.now()})
		for _, r := range rows {
			out = append(out, Share{ID: r.ID, ShareInput: ShareInput{Public: r.Public, Text: r.ShowText, URL: r.ShowUrl, Money: r.ShowMoney},
				Link: sh.link(by.Account, r.ID, r.ExpiresAt), Author: r.Author, CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt})
		}
		return err
	})
	return out, err
}

// Revoke ends a link at once and returns the experiment that it led to. Editors and above may. NotFound if there is no such link in
// the account.
func (sh *Shares) Revoke(ctx context.Context, by Actor, id string) (experiment uuid.UUID, err error) {
	if err := by.may(Editor); err != nil {
		return uuid.Nil, err
	}
	key, err := uuid.Parse(id)
	if err != nil {
		return uuid.Nil, notFound("link")
	}
	err = sh.db.InTx(ctx, by.Account, func(s *db.Store) error {
		now := sh.clock.now()
		row, err := s.RevokeShare(ctx, db.RevokeShareParams{AccountID: by.Account, ID: key, Now: now})
		if err != nil {
			return orNotFound(err, "link")
		}
		experiment = row
		_, err = record(ctx, s, now, by, "share.revoked", experimentObject(experiment), map[string]any{"share": key})
		return err
	})
	return experiment, err
}

// Shared is what a link shows: the results on each goal, the primary one first, without what is not to be seen.
type Shared struct {
	ShareInput
	Results   []Results
	Site      string    // host; empty when it is not to be seen
	ExpiresAt time.Time // zero: never
}

// Open returns what a link shows, in the language of ctx. NotFound: with Reason link_bad it was not made here, with link_over its time
// is over or it was withdrawn.
func (sh *Shares) Open(ctx context.Context, token string) (out Shared, err error) {
	l, ok := sh.links.open(token)
	if !ok {
		return out, badLink()
	}
	if !l.until.IsZero() && !sh.clock.now().Before(l.until) {
		return out, linkOver()
	}
	var row db.Share
	err = sh.db.InTx(ctx, l.account, func(s *db.Store) (err error) {
		row, err = s.Share(ctx, l.account, l.id)
		return orNotFound(err, "link")
	})
	if Code(err) == CodeNotFound || err == nil && row.RevokedAt != nil {
		return out, linkOver()
	}
	if err != nil {
		return out, err
	}
	key := sharedKey{row.ID, locale.Lang(ctx)}
	if known, ok := sh.seen.GetIfPresent(key); ok {
		return known, nil
	}
	if out, err = sh.read(ctx, row); err == nil {
		sh.seen.Set(key, out)
	}
	return out, err
}

// read makes what a link shows.
func (sh *Shares) read(ctx context.Context, row db.Share) (Shared, error) {
	out := Shared{ShareInput: ShareInput{Public: row.Public, Text: row.ShowText, URL: row.ShowUrl, Money: row.ShowMoney}}
	if row.ExpiresAt != nil {
		out.ExpiresAt = *row.ExpiresAt
	}
	all, err := sh.analytics.EveryGoal(ctx, Actor{Account: row.AccountID, Role: Viewer}, row.ExperimentID.String())
	if err != nil {
		return out, err
	}
	for i, r := range all {
		if shown, ok := r.shown(ctx, out.ShareInput, i); ok {
			out.Results = append(out.Results, shown)
		}
	}
	if !out.URL {
		return out, nil
	}
	return out, sh.db.InTx(ctx, row.AccountID, func(s *db.Store) error {
		site, err := s.Installation(ctx, row.AccountID, all[0].Experiment.InstallationID)
		if err != nil {
			return fmt.Errorf("read installation: %w", err)
		}
		out.Site = hostOf(site.SiteUrl)
		return nil
	})
}

// shown leaves out what is not to be seen. Of several goals, those of money are left out whole when no amounts are shown.
func (r Results) shown(ctx context.Context, in ShareInput, goal int) (Results, bool) {
	if !in.Money && r.Shown.Money() && goal > 0 {
		return r, false
	}
	r.Segments = nil
	if !in.URL {
		r.Experiment.URL = ""
	}
	if !in.Text {
		r = r.anonymous(ctx, goal)
	}
	return r, true
}

// anonymous has letters in place of the names that people gave.
func (r Results) anonymous(ctx context.Context, goal int) Results {
	r.Experiment.Name, r.Experiment.Hypothesis = locale.T(ctx, "share.test"), ""
	r.Shown.Name = locale.T(ctx, "share.goal", "Number", goal+1)
	r.Experiment.Elements = anonymousElements(ctx, r.Experiment.Elements)
	r.Variants = anonymousRows(ctx, "share.variant", r.Variants)
	r.Combinations = anonymousRows(ctx, "share.combination", r.Combinations)
	elements := make([]ElementResult, len(r.Elements))
	for i, e := range r.Elements {
		e.Name, e.Variants = locale.T(ctx, "share.element", "Number", i+1), anonymousRows(ctx, "share.variant", e.Variants)
		if e.Results != nil {
			part := *e.Results
			part.Experiment.Elements, part.Variants = anonymousElements(ctx, part.Experiment.Elements), e.Variants
			e.Results, e.Verdict = &part, &part.Verdict
		}
		elements[i] = e
	}
	if r.Elements != nil {
		r.Elements = elements
	}
	r.speak(ctx)
	return r
}

func anonymousElements(ctx context.Context, list []Element) []Element {
	out := make([]Element, len(list))
	for i, e := range list {
		variants := make([]Variant, len(e.Variants))
		for j, v := range e.Variants {
			v.Name, v.Changes = anonymousName(ctx, "share.variant", j), nil
			variants[j] = v
		}
		out[i] = Element{Key: e.Key, Name: locale.T(ctx, "share.element", "Number", i+1), Variants: variants}
	}
	return out
}

func anonymousRows(ctx context.Context, id string, list []VariantResult) []VariantResult {
	out := make([]VariantResult, len(list))
	for i, v := range list {
		v.Name = anonymousName(ctx, id, i)
		out[i] = v
	}
	return out
}

// anonymousName is a letter, past Z a number.
func anonymousName(ctx context.Context, id string, i int) string {
	if i == 0 {
		return locale.T(ctx, "form.control")
	}
	letter := fmt.Sprint(i + 1)
	if i < 26 {
		letter = string(rune('A' + i))
	}
	return locale.T(ctx, id, "Letter", letter)
}
