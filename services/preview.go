package services

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/proxy"
)

// Previews lets members see a variant on their site whatever the hash says, counted nowhere: a signed token names the experiment and
// what to show.
type Previews struct {
	experiments   *Experiments
	installations *Installations
	key           []byte
	clock         Clock
}

// NewPreviews makes the service; the key signs its tokens.
func NewPreviews(e *Experiments, i *Installations, key []byte, clock Clock) *Previews {
	return &Previews{experiments: e, installations: i, key: key, clock: clock}
}

const (
	previewLife     = 24 * time.Hour
	previewParam    = "samplit_preview"
	maxPreviewToken = 4096
)

// Force names the variant to show of each element; those that it leaves out show their original. Under "" it is the key of an arm, in
// mode independent one of each split joined by dots.
type Force map[string]string

func noForce() error {
	return (Fields{"force": {"unknown", "Must be the key of one of its variants; of several elements that of a combination, or variants by element."}}).err()
}

// arms are those that the force shows, one of each split.
func (f Force) arms(d Definition) ([]int, bool) {
	key, whole := f[""]
	if whole && len(f) > 1 || len(f) == 0 {
		return nil, false
	}
	if !whole {
		if key, whole = d.armKey(f); !whole {
			return nil, false
		}
	}
	arms := d.armsOf(key)
	return arms, arms != nil
}

// Preview is a token and where to use it.
type Preview struct {
	Token     string    `json:"token"`
	URL       string    `json:"url" doc:"The site's page with the token; for an experiment on many pages, its first page"`
	ExpiresAt time.Time `json:"expires_at"`
}

// previewClaims are what a token says. The browser reads them too: which experiment, by id and key, and what to show.
type previewClaims struct {
	Installation uuid.UUID `json:"i"`
	Experiment   uuid.UUID `json:"x"`
	Key          string    `json:"k"`
	Force        Force     `json:"f,omitempty"`
	Expires      int64     `json:"e"` // unix seconds
}

// Make returns a token for an experiment in any state, and the address of the page that it is for. Any member may. NotFound if the
// experiment is absent or another account's, Invalid when it has no such arm.
func (p *Previews) Make(ctx context.Context, by Actor, id string, force Force) (Preview, error) {
	x, err := p.experiments.Get(ctx, by, id)
	if err != nil {
		return Preview{}, err
	}
	site, err := p.installations.Get(ctx, by, x.InstallationID.String())
	if err != nil {
		return Preview{}, err
	}
	if force != nil {
		if _, ok := force.arms(x.Definition); !ok {
			return Preview{}, noForce()
		}
	}
	expires := p.clock.now().Add(previewLife).Truncate(time.Second)
	token, err := p.sign(previewClaims{x.InstallationID, x.ID, x.Key, force, expires.Unix()})
	if err != nil {
		return Preview{}, err
	}
	return Preview{token, previewURL(site.SiteURL, x.URL, token), expires}, p.markPreviewed(ctx, by.Account, x.ID)
}

// markPreviewed remembers that somebody looked at an experiment before its visitors do.
func (p *Previews) markPreviewed(ctx context.Context, account, experiment uuid.UUID) error {
	return p.experiments.db.InTx(ctx, account, func(s *db.Store) error {
		if err := s.MarkPreviewed(ctx, db.MarkPreviewedParams{AccountID: account, ExperimentID: experiment, Now: p.clock.now()}); err != nil {
			return fmt.Errorf("mark previewed: %w", err)
		}
		return nil
	})
}

// previewURL is the page of a pattern, the site's first one where the pattern is about several.
func previewURL(site, pattern, token string) string {
	page := proxy.SplitPage(pattern)
	if strings.Contains(pattern, "*") || strings.HasPrefix(page.Origin, "/") {
		page = proxy.PageURL{Path: "/"}
	}
	if page.Origin == "" {
		page.Origin = site
	}
	if !strings.HasPrefix(page.Path, "/") {
		page.Path = "/" + page.Path
	}
	query := "?" + previewParam + "=" + token
	if page.Query != "" {
		query = page.Query + "&" + query[1:]
	}
	return page.Origin + page.Path + query + page.Hash
}

func (p *Previews) sign(c previewClaims) (string, error) {
	body, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("preview: %w", err)
	}
	text := base64.RawURLEncoding.EncodeToString(body)
	return text + "." + base64.RawURLEncoding.EncodeToString(p.mac(text)), nil
}

func (p *Previews) mac(text string) []byte {
	m := hmac.New(sha256.New, p.key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

// open reads a token; false when it was not made here, was changed or has expired.
func (p *Previews) open(token string) (c previewClaims, ok bool) {
	text, signature, _ := strings.Cut(token, ".")
	if p == nil || len(token) > maxPreviewToken {
		return c, false
	}
	mac, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || !hmac.Equal(mac, p.mac(text)) {
		return c, false
	}
	body, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return c, false
	}
	err = json.NewDecoder(bytes.NewReader(body)).Decode(&c)
	return c, err == nil && p.clock.now().Unix() < c.Expires
}

// AcceptPreviews makes the tracker show what tokens of p force. It is called before the tracker serves.
func (t *Tracker) AcceptPreviews(p *Previews) { t.previews = p }

// preview is the forced assignment that a request asks for. Nothing is stored or counted.
func (t *Tracker) preview(s *site, x *live, token string, force Force) (Assignment, error) {
	c, ok := t.previews.open(token)
	if !ok || c.Installation != s.id || c.Experiment != x.id {
		return Assignment{}, (Fields{"preview": {"bad_preview", "Must be a preview token of this experiment that is less than a day old. Make a new one."}}).err()
	}
	if force == nil {
		force = c.Force
	}
	a, ok := x.forced(force)
	if !ok {
		return Assignment{}, noForce()
	}
	return a, nil
}

// forced are the arms that force names.
func (x *live) forced(force Force) (Assignment, bool) {
	splits := x.splits
	if len(splits) == 0 {
		splits = x.toCome()
	}
	arms, ok := force.arms(x.definition())
	if !ok || len(arms) != len(splits) {
		return Assignment{}, false
	}
	a := Assignment{Experiment: x, Forced: true}
	for i, arm := range arms {
		a.Arms = append(a.Arms, ArmOf{split: &splits[i], arm: int16(arm)})
	}
	return a, true
}
