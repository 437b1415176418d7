package services

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/locale"
)

// Kinds of notices.
const (
	NoticeDecided   = "decided"   // a test has its answer
	NoticeUnhealthy = "unhealthy" // a test must be repaired
	NoticeWeekly    = "weekly"    // how all tests go, on Mondays
)

// NoticeKinds lists them as people choose among them.
var NoticeKinds = []string{NoticeDecided, NoticeUnhealthy, NoticeWeekly}

const (
	noticeEvery = 5 * time.Minute
	weeklyHour  = 7 // UTC, on Mondays
	weeklyTests = 20
	lateNotice  = 48 * time.Hour // a message that could not be sent for so long is not sent any more
)

// Notices tells members what happened to their tests: in the application, and by mail to those who want it. Each occasion is told
// once.
type Notices struct {
	db        *db.DB
	analytics *Analytics
	mailer    NoticeMailer
	links     map[string]linkSigner // by kind: what a link stops
	baseURL   string
	clock     Clock
	log       *slog.Logger
}

// NoticeMailer sends people what happened.
type NoticeMailer interface {
	SendNotice(ctx context.Context, to Recipient, n NoticeMail) error
}

// NoticeMail is what a message says, in the language of its reader.
type NoticeMail struct {
	Kind  string
	Lines []string
	URL   string // where more is
	Stop  string // where such messages are stopped
}

// NewNotices makes the service; key derives the key of each kind's links.
func NewNotices(d *db.DB, a *Analytics, m NoticeMailer, secret Secret, baseURL string, clock Clock, log *slog.Logger) *Notices {
	n := &Notices{d, a, m, map[string]linkSigner{}, baseURL, clock, log}
	for _, kind := range NoticeKinds {
		n.links[kind] = linkSigner{secret.Key("notices/" + kind)}
	}
	return n
}

// Notice is something that happened.
type Notice struct {
	ID         uuid.UUID
	Kind       string
	Experiment *uuid.UUID
	Name       string // of the experiment
	Lines      []string
	At         time.Time
	New        bool
}

// noticeBody is what a notice says, by language.
type noticeBody map[string][]string

type noticeRound struct{}

// Kind names the job.
func (noticeRound) Kind() string { return "notices.round" }

type noticeMailJob struct {
	Account uuid.UUID `json:"account"`
	User    uuid.UUID `json:"user"`
	Notice  uuid.UUID `json:"notice"`
}

// Kind names the job.
func (noticeMailJob) Kind() string { return "mail.notice" }

// Workers look at all tests, and mail what is to be told.
func (n *Notices) Workers() []db.Worker {
	return []db.Worker{
		db.Every(noticeEvery, noticeRound{}, func(ctx context.Context, _ noticeRound) error { return n.Round(ctx) }),
		db.Work(n.mail),
	}
}

// Round looks at the tests of every account and tells what is new about them.
func (n *Notices) Round(ctx context.Context) error {
	var after uuid.UUID
	for {
		var accounts []uuid.UUID
		err := n.db.AsSystem(ctx, func(s *db.Store) (err error) {
			accounts, err = s.RunningAccounts(ctx, after, sweepTake)
			return err
		})
		if err != nil {
			return fmt.Errorf("notices: %w", err)
		}
		for _, account := range accounts {
			after = account
			if err := n.look(ctx, account); err != nil {
				if ctx.Err() != nil || Code(err) == CodeUnavailable {
					return err
				}
				n.log.Error("notices", slog.String("account_id", account.String()), slog.Any("error", err))
			}
		}
		if len(accounts) < sweepTake {
			return nil
		}
	}
}

// look tells the members of an account what is new about its tests.
func (n *Notices) look(ctx context.Context, account uuid.UUID) error {
	running, err := n.running(ctx, account)
	if err != nil {
		return err
	}
	summaries, err := n.analytics.Summaries(ctx, Actor{Account: account, Role: Viewer}, running)
	if err != nil {
		return err
	}
	for _, x := range running {
		r := summaries[x.ID].Results
		kind, occasion := noticeOf(r, n.clock.now())
		if kind == "" {
			continue
		}
		body := noticeBody{}
		for _, lang := range []string{locale.English, locale.Spanish} {
			body[lang] = r.noticeLines(locale.With(ctx, lang))
		}
		if err := n.tell(ctx, account, kind, x.ID.String()+"/"+occasion, &x.ID, body); err != nil {
			return err
		}
	}
	return n.weekly(ctx, account, running, summaries)
}

func (n *Notices) running(ctx context.Context, account uuid.UUID) (list []Experiment, err error) {
	err = n.db.InTx(ctx, account, func(s *db.Store) error {
		rows, err := s.RunningExperiments(ctx, account)
		if err != nil {
			return fmt.Errorf("running experiments: %w", err)
		}
		list, err = withRows(ctx, s, account, rows, listed)
		return err
	})
	return list, err
}

// noticeOf says what is to be told of a test, and on which occasion: a decision once, what is broken once a week.
func noticeOf(r Results, now time.Time) (kind, occasion string) {
	switch r.State() {
	case VerdictWinner, VerdictReady, VerdictTie:
		return NoticeDecided, r.Verdict.Action + "/" + r.Verdict.Variant
	case VerdictFix:
		return NoticeUnhealthy, r.Verdict.Reason + "/" + week(now)
	}
	return "", ""
}

// noticeLines are what is told of a test, in the language of ctx.
func (r Results) noticeLines(ctx context.Context) []string {
	lines := []string{r.headline(ctx)}
	if why := r.Why(ctx); why != "" {
		lines = append(lines, why)
	}
	return lines
}

// week names a week after ISO 8601.
func week(t time.Time) string {
	year, n := t.UTC().ISOWeek()
	return fmt.Sprintf("%d-W%02d", year, n)
}

// weekly tells on Mondays how all tests go.
func (n *Notices) weekly(ctx context.Context, account uuid.UUID, running []Experiment, summaries map[uuid.UUID]Summary) error {
	now := n.clock.now().UTC()
	if now.Weekday() != time.Monday || now.Hour() < weeklyHour || len(running) == 0 {
		return nil
	}
	body := noticeBody{}
	for _, lang := range []string{locale.English, locale.Spanish} {
		spoken := locale.With(ctx, lang)
		for _, x := range running[:min(len(running), weeklyTests)] {
			body[lang] = append(body[lang], x.Name+": "+summaries[x.ID].Results.headline(spoken))
		}
		if more := len(running) - weeklyTests; more > 0 {
			body[lang] = append(body[lang], locale.T(spoken, "alerts.more", "Count", more))
		}
	}
	return n.tell(ctx, account, NoticeWeekly, week(now), nil, body)
}

// tell writes a notice to every member who wants one of its kind, once, and has it mailed.
func (n *Notices) tell(ctx context.Context, account uuid.UUID, kind, occasion string, experiment *uuid.UUID, body noticeBody) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("write notice: %w", err)
	}
	return n.db.InTx(ctx, account, func(s *db.Store) error {
		readers, err := s.NoticeReaders(ctx, kind, account)
		if err != nil {
			return fmt.Errorf("notice readers: %w", err)
		}
		for _, who := range readers {
			if !who.Shown && !who.Mailed {
				continue
			}
			now, id := n.clock.now(), uuid.Must(uuid.NewV7())
			row := db.InsertNoticeParams{AccountID: account, UserID: who.ID, Kind: kind, Occasion: occasion, ExperimentID: experiment, ID: id, Body: raw, Now: now}
			if !who.Shown {
				row.ReadAt = &now
			}
			fresh, err := s.InsertNotice(ctx, row)
			if err != nil {
				return fmt.Errorf("insert notice: %w", err)
			}
			if fresh == 0 || !who.Mailed {
				continue
			}
			if err := s.Enqueue(ctx, noticeMailJob{account, who.ID, id}); err != nil {
				return err
			}
		}
		return nil
	})
}

// mail sends a notice to its reader, who may have left or changed their mind since. It is marked before it is sent: whatever stops
// the server, nobody gets a message twice.
func (n *Notices) mail(ctx context.Context, job noticeMailJob) error {
	var row db.Notice
	var to *db.NoticeReadersRow
	err := n.db.InTx(ctx, job.Account, func(s *db.Store) (err error) {
		if row, err = s.Notice(ctx, db.NoticeParams{AccountID: job.Account, UserID: job.User, ID: job.Notice}); err != nil {
			return err
		}
		readers, err := s.NoticeReaders(ctx, row.Kind, job.Account)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(readers, func(r db.NoticeReadersRow) bool { return r.ID == job.User && r.Mailed })
		if i < 0 || n.clock.now().Sub(row.CreatedAt) > lateNotice {
			return nil
		}
		first, err := s.MarkNoticeMailed(ctx, db.MarkNoticeMailedParams{AccountID: job.Account, UserID: job.User, ID: job.Notice, Now: n.clock.now()})
		if first == 1 {
			to = &readers[i]
		}
		return err
	})
	if err != nil || to == nil {
		return err
	}
	if err := n.send(ctx, row, *to); err != nil {
		return fmt.Errorf("mail notice: %w", n.unmark(ctx, job, err))
	}
	return nil
}

func (n *Notices) unmark(ctx context.Context, job noticeMailJob, cause error) error {
	err := n.db.InTx(context.WithoutCancel(ctx), job.Account, func(s *db.Store) error {
		return s.ForgetNoticeMailed(ctx, db.ForgetNoticeMailedParams{AccountID: job.Account, UserID: job.User, ID: job.Notice})
	})
	if err != nil {
		n.log.Error("a notice that was not sent stays marked as sent", slog.String("notice_id", job.Notice.String()), slog.Any("error", err))
	}
	return cause
}

func (n *Notices) send(ctx context.Context, row db.Notice, to db.NoticeReadersRow) error {
	lang := firstOf(to.Locale, locale.English)
	lines, err := readNotice(row.Body, lang)
	if err != nil {
		return err
	}
	m := NoticeMail{Kind: row.Kind, Lines: lines, URL: n.baseURL + "/alerts", Stop: n.baseURL + "/alerts/stop/" + row.Kind + "/" +
		n.links[row.Kind].sign(linked{account: row.AccountID, id: row.UserID})}
	if row.ExperimentID != nil {
		m.URL = n.baseURL + "/experiments/" + row.ExperimentID.String()
	}
	return n.mailer.SendNotice(ctx, Recipient{to.Email, to.Name, lang}, m)
}

func readNotice(raw json.RawMessage, lang string) ([]string, error) {
	var body noticeBody
	if err := json.Unmarshal(raw, &body); err != nil {
		return nil, fmt.Errorf("read notice: %w", err)
	}
	return body[lang], nil
}

// List returns what the actor was told, newest first, in the language of ctx.
func (n *Notices) List(ctx context.Context, by Actor) (out []Notice, err error) {
	err = n.db.InTx(ctx, by.Account, func(s *db.Store) error {
		rows, err := s.NoticesOfUser(ctx, by.Account, by.User)
		for _, r := range rows {
			lines, err := readNotice(r.Body, locale.Lang(ctx))
			if err != nil {
				return err
			}
			out = append(out, Notice{ID: r.ID, Kind: r.Kind, Experiment: r.ExperimentID, Name: r.Experiment, Lines: lines, At: r.CreatedAt, New: r.ReadAt == nil})
		}
		return err
	})
	return out, err
}

// Read says that the actor has seen all that they were told.
func (n *Notices) Read(ctx context.Context, by Actor) error {
	return n.db.InTx(ctx, by.Account, func(s *db.Store) error {
		return s.ReadNotices(ctx, db.ReadNoticesParams{AccountID: by.Account, UserID: by.User, Now: n.clock.now()})
	})
}

// NoticeChoice is what somebody wants of a kind.
type NoticeChoice struct {
	Kind          string
	Shown, Mailed bool
}

// Choices returns what the actor wants of each kind.
func (n *Notices) Choices(ctx context.Context, by Actor) (out []NoticeChoice, err error) {
	for _, kind := range NoticeKinds {
		out = append(out, NoticeChoice{kind, true, true})
	}
	err = n.db.InTx(ctx, by.Account, func(s *db.Store) error {
		rows, err := s.NoticeChoices(ctx, by.Account, by.User)
		for _, r := range rows {
			if i := slices.Index(NoticeKinds, r.Kind); i >= 0 {
				out[i] = NoticeChoice{r.Kind, r.Shown, r.Mailed}
			}
		}
		return err
	})
	return out, err
}

// Choose keeps what the actor wants; kinds that are not known are passed over.
func (n *Notices) Choose(ctx context.Context, by Actor, choices []NoticeChoice) error {
	return n.db.InTx(ctx, by.Account, func(s *db.Store) error {
		for _, c := range choices {
			if !slices.Contains(NoticeKinds, c.Kind) {
				continue
			}
			if err := s.SaveNoticeChoice(ctx, db.SaveNoticeChoiceParams{AccountID: by.Account, UserID: by.User, Kind: c.Kind, Shown: c.Shown, Mailed: c.Mailed}); err != nil {
				return fmt.Errorf("save choice: %w", err)
			}
		}
		return nil
	})
}

// StopMail stops messages of a kind to whoever the link was mailed to. It needs no session. NotFound: the link was not made here.
func (n *Notices) StopMail(ctx context.Context, kind, token string) error {
	l, err := n.stopLink(kind, token)
	if err != nil {
		return err
	}
	return n.db.InTx(ctx, l.account, func(s *db.Store) error {
		return s.MuteNotice(ctx, db.MuteNoticeParams{AccountID: l.account, UserID: l.id, Kind: kind})
	})
}

// CheckStop says whether a link stops messages of a kind. NotFound: it was not made here.
func (n *Notices) CheckStop(kind, token string) error {
	_, err := n.stopLink(kind, token)
	return err
}

func (n *Notices) stopLink(kind, token string) (linked, error) {
	signer, known := n.links[kind]
	if !known {
		return linked{}, badLink()
	}
	l, ok := signer.open(token)
	if !ok {
		return linked{}, badLink()
	}
	return l, nil
}
