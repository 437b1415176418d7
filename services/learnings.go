package services

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// Learning is what an ended experiment taught: what its numbers say, and what people wrote about it.
type Learning struct {
	Experiment uuid.UUID  `json:"experiment_id"`
	Site       uuid.UUID  `json:"installation_id"`
	Name       string     `json:"name"`
	Hypothesis string     `json:"hypothesis"`
	EndedAt    time.Time  `json:"ended_at"`
	Outcome    string     `json:"outcome" enum:"won,lost,flat,inconclusive"`
	Shipped    bool       `json:"shipped" doc:"A variant is shown to everybody since"`
	Variant    string     `json:"variant" doc:"Name of the version that the effect is of: the one that is shown since, else the one that did best"`
	Effect     *Effect    `json:"effect,omitempty"`
	Text       string     `json:"text"`
	Tags       []string   `json:"tags"`
	Author     string     `json:"author,omitempty"`
	WrittenAt  *time.Time `json:"written_at,omitempty"`
	Version    int        `json:"version"`
	judgedAt   time.Time
}

// Effect is a lift as it was measured, 0.12 being 12 % more, with the range that the experiment's page gave.
type Effect struct {
	Mean float64 `json:"mean"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

const (
	mostLearnings    = 25 // of a page
	maxLearning      = 4000
	mostTags         = 10
	maxTag           = 40
	maxLearningQuery = 200
)

// LearningFilter narrows a list. Empty values do not; After is the Next of the page before.
type LearningFilter struct {
	Query, Tag, Outcome, After string
	Site                       uuid.UUID
}

// Learnings is a page of them.
type Learnings struct {
	Items []Learning `json:"items"`
	Next  string     `json:"next,omitempty" doc:"after of the next page"`
	Tags  []string   `json:"tags" doc:"The account's tags, the most used first"`
	Left  int        `json:"left,omitempty" doc:"Ended experiments that are judged when it is asked again"`
}

// Learnings lists what ended experiments taught, newest first: those that hold every word of the query, the last letters of a
// word being optional. Any member may. Invalid names q, outcome or after.
func (a *Analytics) Learnings(ctx context.Context, by Actor, filter LearningFilter) (out Learnings, err error) {
	p, err := filter.params(by.Account)
	if err != nil {
		return out, err
	}
	if out.Left, err = a.judgeEnded(ctx, by); err != nil {
		return out, err
	}
	out.Items, out.Tags = []Learning{}, []string{}
	err = a.db.InTx(ctx, by.Account, func(s *db.Store) error {
		rows, err := s.Learnings(ctx, p)
		if err != nil {
			return fmt.Errorf("list learnings: %w", err)
		}
		for _, row := range rows[:min(len(rows), mostLearnings)] {
			out.Items = append(out.Items, newLearning(db.LearningRow(row)))
		}
		if len(rows) > mostLearnings {
			last := out.Items[mostLearnings-1]
			out.Next = strconv.FormatInt(last.EndedAt.UnixMicro(), 10) + "-" + last.Experiment.String()
		}
		tags, err := s.LearningTags(ctx, by.Account)
		if err != nil {
			return fmt.Errorf("list tags: %w", err)
		}
		for _, t := range tags {
			out.Tags = append(out.Tags, t.Tag)
		}
		return nil
	})
	return out, err
}

func (filter LearningFilter) params(account uuid.UUID) (p db.LearningsParams, err error) {
	f := Fields{}
	p = db.LearningsParams{AccountID: account, Q: searchWords(f.line("q", filter.Query, maxLearningQuery, false)), Tag: f.line("tag", filter.Tag, maxTag, false),
		Outcome: filter.Outcome, Take: mostLearnings + 1}
	if filter.Outcome != "" && !slices.Contains(Outcomes, filter.Outcome) {
		f.add("outcome", "unknown", "Must be won, lost, flat or inconclusive.")
	}
	if filter.Site != uuid.Nil {
		p.Site = &filter.Site
	}
	if filter.After != "" {
		micros, id, _ := strings.Cut(filter.After, "-")
		n, bad := strconv.ParseInt(micros, 10, 64)
		last, unknown := uuid.Parse(id)
		if bad != nil || unknown != nil || n < 0 || n > time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro() {
			f.add("after", "unknown", "Must be the next of the page before.")
		}
		before := time.UnixMicro(n).UTC()
		p.Before, p.BeforeID = &before, last
	}
	return p, f.err()
}

// searchWords asks for texts with every word, or words that begin with it: 'head':* & 'line':*. What PostgreSQL finds no word in
// asks for nothing.
func searchWords(text string) string {
	words := strings.Fields(text)
	for i, word := range words {
		words[i] = "'" + strings.NewReplacer("'", "''", `\`, `\\`).Replace(word) + "':*"
	}
	return strings.Join(words, " & ")
}

func newLearning(r db.LearningRow) Learning {
	l := Learning{Experiment: r.ExperimentID, Site: r.InstallationID, Name: r.Name, Hypothesis: r.Hypothesis, EndedAt: r.EndedAt, Outcome: r.Outcome, Shipped: r.Shipped,
		Variant: r.Variant, Text: r.Body, Tags: r.Tags, Author: r.Author, WrittenAt: r.WrittenAt, Version: int(r.Version), judgedAt: r.JudgedAt}
	if r.Lift != nil {
		l.Effect = &Effect{*r.Lift, *r.Low, *r.High}
	}
	return l
}

// Learning returns what an ended experiment taught, and the experiment. Any member may. NotFound when it is absent or another
// account's, Conflict when it has not ended.
func (a *Analytics) Learning(ctx context.Context, by Actor, id string) (Learning, Experiment, error) {
	x, err := a.endedExperiment(ctx, by, id)
	if err != nil {
		return Learning{}, x, err
	}
	l, err := a.readLearning(ctx, by, x.ID)
	if known := !errors.Is(err, db.ErrNotFound); known && err != nil || known && l.judgedAt.Sub(l.EndedAt) >= settles {
		return l, x, err
	}
	if err := a.judge(ctx, by, []Experiment{x}); err != nil {
		return l, x, err
	}
	l, err = a.readLearning(ctx, by, x.ID)
	return l, x, err
}

func (a *Analytics) endedExperiment(ctx context.Context, by Actor, id string) (x Experiment, err error) {
	key, err := experimentID(id)
	if err != nil {
		return x, err
	}
	err = a.db.InTx(ctx, by.Account, func(s *db.Store) error {
		row, err := s.Experiment(ctx, by.Account, key)
		if err != nil {
			return orNotFound(err, "experiment")
		}
		if row.CompletedAt == nil {
			return conflict("not_ended", "It has not ended. What it taught can be written down then.")
		}
		list, err := withRows(ctx, s, by.Account, []db.Experiment{row}, bare)
		if err == nil {
			x = list[0]
		}
		return err
	})
	return x, err
}

func (a *Analytics) readLearning(ctx context.Context, by Actor, id uuid.UUID) (l Learning, err error) {
	err = a.db.InTx(ctx, by.Account, func(s *db.Store) error {
		row, err := s.Learning(ctx, by.Account, id)
		l = newLearning(row)
		return err
	})
	return l, err
}

// LearningInput is what people write.
type LearningInput struct {
	Text    string   `json:"text" doc:"At most 4,000 bytes"`
	Tags    []string `json:"tags" doc:"At most 10 of at most 40 characters"`
	Version *int     `json:"version,omitempty" doc:"When given, must still be the current one"`
}

// WriteLearning replaces what is written about an ended experiment. Editors and above may. NotFound when it is absent or another
// account's, Conflict when it has not ended, Invalid names text or tags, Stale when somebody else has written since.
func (a *Analytics) WriteLearning(ctx context.Context, by Actor, id string, in LearningInput) (Learning, error) {
	if err := by.may(Editor); err != nil {
		return Learning{}, err
	}
	old, _, err := a.Learning(ctx, by, id)
	if err != nil {
		return Learning{}, err
	}
	f := Fields{}
	text, tags := strings.TrimSpace(f.prose("text", strings.ReplaceAll(in.Text, "\r\n", "\n"), maxLearning)), f.tags(in.Tags)
	if err := f.err(); err != nil {
		return Learning{}, err
	}
	if err := stale(in.Version, old.Version); err != nil {
		return Learning{}, err
	}
	if text == old.Text && slices.Equal(tags, old.Tags) {
		return old, nil
	}
	err = a.db.InTx(ctx, by.Account, func(s *db.Store) error {
		now := a.clock.now()
		seq, err := record(ctx, s, now, by, "experiment.learning", experimentObject(old.Experiment), map[string]any{"text": audited(text), "tags": tags})
		if err != nil {
			return err
		}
		n, err := s.WriteLearning(ctx, db.WriteLearningParams{AccountID: by.Account, ExperimentID: old.Experiment, Body: text, Tags: tags, WrittenBy: &by.User, Now: &now,
			AuditSeq: &seq, Version: int32(old.Version)})
		if err != nil {
			return fmt.Errorf("write learning: %w", err)
		}
		if n == 0 {
			return stale(&old.Version, old.Version+1)
		}
		row, err := s.Learning(ctx, by.Account, old.Experiment)
		old = newLearning(row)
		return err
	})
	return old, err
}

// tags are short texts in small letters, each once.
func (f Fields) tags(in []string) []string {
	out := []string{}
	for _, tag := range in {
		tag = strings.ToLower(strings.Join(strings.Fields(f.line("tags", tag, maxTag, false)), " "))
		if tag != "" && !slices.Contains(out, tag) {
			out = append(out, tag)
		}
	}
	if len(out) > mostTags {
		f.add("tags", "too_many_tags", fmt.Sprintf("Must be at most %d tags.", mostTags))
	}
	return out
}
