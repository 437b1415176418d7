package services

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/proxy"
)

// Installations are the websites of an account, each with the token its snippet carries.
type Installations struct {
	db      *db.DB
	clock   Clock
	tracker string
	fetch   *proxy.Fetcher // nil: pages are not looked at
	looks   chan struct{}  // one for each look under way
}

// NewInstallations makes the service; trackerURL is where browsers load the snippet from.
func NewInstallations(d *db.DB, trackerURL string, clock Clock) *Installations {
	return &Installations{db: d, clock: clock, tracker: strings.TrimRight(trackerURL, "/"), looks: make(chan struct{}, mostLooks)}
}

// LookWith makes install checks look at pages themselves. It is called before anybody asks.
func (s *Installations) LookWith(f *proxy.Fetcher) { s.fetch = f }

// Statuses of an installation.
const (
	InstallationPending = "pending" // nothing was heard from the snippet yet
	InstallationActive  = "active"
)

// What a site wants of visitors before they are remembered and counted.
const (
	ConsentOff      = "off"
	ConsentRequired = "required"
)

// Installation is one website.
type Installation struct {
	ID        uuid.UUID  `json:"id"`
	SiteURL   string     `json:"site_url"`
	Name      string     `json:"name"`
	Token     string     `json:"token"`
	Snippet   string     `json:"snippet"`
	Status    string     `json:"status" enum:"pending,active"`
	LastSeen  *time.Time `json:"last_seen"`
	LastURL   string     `json:"last_url,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
	Running   int        `json:"-"` // running experiments; lists count them

	AllowedOrigins []string `json:"allowed_origins" doc:"Web pages of other origins are refused; empty takes them all"`
	Scrub          bool     `json:"scrub_personal_data" doc:"What looks like personal data is taken out of events before they are stored"`
	Consent        string   `json:"consent" enum:"off,required" doc:"required: the snippet remembers and counts nobody who has not said yes"`
	Partners       []string `json:"partner_domains" doc:"Domains that belong to the site beside its own, such as pay.example: who goes from one to another stays the same visitor"`
	GA4            bool     `json:"ga4" doc:"The snippet tells Google Analytics 4 who sees what, as experience_impression"`
	Halted         bool     `json:"halted" doc:"The snippet shows nobody anything, whatever runs on the site"`
}

// Host is what people call the site in a line.
func (i Installation) Host() string { return hostOf(i.SiteURL) }

func hostOf(origin string) string {
	_, host, _ := strings.Cut(origin, "://")
	return host
}

// InstallationInput is what can be said of a site; nil keeps what is.
type InstallationInput struct {
	SiteURL        *string   `json:"site_url,omitempty"`
	Name           *string   `json:"name,omitempty"`
	AllowedOrigins *[]string `json:"allowed_origins,omitempty" doc:"At most 50, such as https://shop.example; the site's own is always one of them unless the list is empty"`
	Scrub          *bool     `json:"scrub_personal_data,omitempty"`
	Consent        *string   `json:"consent,omitempty" enum:"off,required"`
	Partners       *[]string `json:"partner_domains,omitempty" doc:"At most 20, such as pay.example; subdomains belong to them"`
	GA4            *bool     `json:"ga4,omitempty"`
	Halted         *bool     `json:"halted,omitempty"`
}

// Create adds a site. Editors and above may. Invalid names site_url or name; a missing name is the site's host.
func (s *Installations) Create(ctx context.Context, by Actor, in InstallationInput) (Installation, error) {
	if err := by.may(Editor); err != nil {
		return Installation{}, err
	}
	site, err := in.apply(Installation{Scrub: true, AllowedOrigins: []string{}, Partners: []string{}, Consent: ConsentOff})
	if err != nil {
		return Installation{}, err
	}
	now := s.clock.now()
	site.ID, site.Token, site.Status, site.CreatedAt = uuid.Must(uuid.NewV7()), newToken(), InstallationPending, now
	site.Snippet = s.snippet(site.Token)
	err = s.db.InTx(ctx, by.Account, func(st *db.Store) error {
		err := st.InsertInstallation(ctx, db.InsertInstallationParams{AccountID: by.Account, ID: site.ID, Name: site.Name, SiteUrl: site.SiteURL, Token: site.Token, Now: now})
		if err != nil {
			return fmt.Errorf("insert installation: %w", err)
		}
		seq, err := record(ctx, st, now, by, "installation.created", installationObject(site.ID), site.audited())
		if err != nil {
			return err
		}
		return site.store(ctx, st, by, seq)
	})
	return site, err
}

// Update changes a site's name or address. Editors and above may. NotFound if absent or another account's.
func (s *Installations) Update(ctx context.Context, by Actor, id string, in InstallationInput) (Installation, error) {
	if err := by.may(Editor); err != nil {
		return Installation{}, err
	}
	var site Installation
	err := s.db.InTx(ctx, by.Account, func(st *db.Store) error {
		old, err := s.one(ctx, st, by, id)
		if err != nil {
			return err
		}
		if site, err = in.apply(old); err != nil || site.says() == old.says() {
			return err
		}
		seq, err := record(ctx, st, s.clock.now(), by, old.became(site), installationObject(site.ID), map[string]any{
			"old": old.audited(), "new": site.audited(),
		})
		if err != nil {
			return err
		}
		return site.store(ctx, st, by, seq)
	})
	return site, err
}

// says is what people decided about a site, to tell whether anything changed.
func (i Installation) says() string {
	return fmt.Sprintf("%q %q %q %q %v %s %v %v", i.Name, i.SiteURL, i.AllowedOrigins, i.Partners, i.Scrub, i.Consent, i.GA4, i.Halted)
}

// became names what a change did to a site.
func (i Installation) became(now Installation) string {
	switch {
	case now.Halted && !i.Halted:
		return "installation.halted"
	case i.Halted && !now.Halted:
		return "installation.resumed"
	}
	return "installation.updated"
}

func (i Installation) audited() map[string]any {
	return map[string]any{"name": audited(i.Name), "site_url": audited(i.SiteURL), "allowed_origins": audited(strings.Join(i.AllowedOrigins, " ")),
		"partner_domains": audited(strings.Join(i.Partners, " ")),
		"scrub":           i.Scrub, "consent": i.Consent, "ga4": i.GA4, "halted": i.Halted}
}

func (i Installation) store(ctx context.Context, st *db.Store, by Actor, seq int64) error {
	_, err := st.UpdateInstallation(ctx, db.UpdateInstallationParams{AccountID: by.Account, ID: i.ID, Name: i.Name, SiteUrl: i.SiteURL,
		AllowedOrigins: i.AllowedOrigins, Scrubs: i.Scrub, Consent: i.Consent, Ga4: i.GA4, Partners: i.Partners, Halted: i.Halted, AuditSeq: &seq})
	if err != nil {
		return fmt.Errorf("update installation: %w", err)
	}
	return nil
}

// Get returns one site. Any member may. NotFound if absent or another account's.
func (s *Installations) Get(ctx context.Context, by Actor, id string) (site Installation, err error) {
	err = s.db.InTx(ctx, by.Account, func(st *db.Store) error {
		site, err = s.one(ctx, st, by, id)
		return err
	})
	return site, err
}

// List returns the sites, newest first. Any member may.
func (s *Installations) List(ctx context.Context, by Actor, p Paging) (List[Installation], error) {
	fields := Fields{}
	take, skip := p.bounds(fields)
	if err := fields.err(); err != nil {
		return List[Installation]{}, err
	}
	items, total := []Installation{}, int64(0)
	err := s.db.InTx(ctx, by.Account, func(st *db.Store) (err error) {
		if total, err = st.CountInstallations(ctx, by.Account); err != nil {
			return fmt.Errorf("count installations: %w", err)
		}
		rows, err := st.Installations(ctx, db.InstallationsParams{AccountID: by.Account, Take: take, Skip: skip})
		if err != nil {
			return fmt.Errorf("list installations: %w", err)
		}
		items = make([]Installation, len(rows))
		for i, r := range rows {
			items[i] = s.fromRow(db.InstallationRow{AccountID: r.AccountID, ID: r.ID, Name: r.Name, SiteUrl: r.SiteUrl, Token: r.Token,
				CreatedAt: r.CreatedAt, LastAt: r.LastAt, LastUrl: r.LastUrl, AllowedOrigins: r.AllowedOrigins, Scrubs: r.Scrubs, Consent: r.Consent, Ga4: r.Ga4, Partners: r.Partners})
			items[i].Running = int(r.Running)
		}
		return nil
	})
	return newList(items, total, p), err
}

// SiteName names a site where people choose one.
type SiteName struct {
	ID         uuid.UUID
	Name, Host string
}

// mostNames bounds a list to choose from.
const mostNames = 200

// Names returns the sites by name. Any member may.
func (s *Installations) Names(ctx context.Context, by Actor) (names []SiteName, err error) {
	err = s.db.InTx(ctx, by.Account, func(st *db.Store) error {
		rows, err := st.InstallationNames(ctx, by.Account, mostNames)
		if err != nil {
			return fmt.Errorf("list installation names: %w", err)
		}
		names = make([]SiteName, len(rows))
		for i, r := range rows {
			names[i] = SiteName{r.ID, r.Name, hostOf(r.SiteUrl)}
		}
		return nil
	})
	return names, err
}

func (s *Installations) one(ctx context.Context, st *db.Store, by Actor, id string) (Installation, error) {
	key, err := uuid.Parse(id)
	if err != nil {
		return Installation{}, notFound("installation")
	}
	row, err := st.Installation(ctx, by.Account, key)
	if err != nil {
		return Installation{}, orNotFound(err, "installation")
	}
	return s.fromRow(row), nil
}

func (s *Installations) fromRow(r db.InstallationRow) Installation {
	site := Installation{ID: r.ID, SiteURL: r.SiteUrl, Name: r.Name, Token: r.Token, Snippet: s.snippet(r.Token), Status: InstallationPending,
		LastSeen: r.LastAt, LastURL: orEmpty(r.LastUrl), CreatedAt: r.CreatedAt, AllowedOrigins: r.AllowedOrigins, Scrub: r.Scrubs,
		Consent: r.Consent, GA4: r.Ga4, Partners: r.Partners, Halted: r.Halted}
	if r.LastAt != nil {
		site.Status = InstallationActive
	}
	return site
}

// snippet is the element that people paste into their pages. A token holds nothing that would need escaping.
func (s *Installations) snippet(token string) string {
	return `<script src="` + s.tracker + `/s/` + token + `.js"></script>`
}

// apply returns site after the input, or what is wrong with it.
func (in InstallationInput) apply(site Installation) (Installation, error) {
	f := Fields{}
	if in.SiteURL != nil || site.SiteURL == "" {
		site.SiteURL = f.origin("site_url", orEmpty(in.SiteURL))
	}
	if in.Name != nil {
		site.Name = f.line("name", *in.Name, maxName, false)
	}
	if strings.TrimSpace(site.Name) == "" {
		site.Name = hostOf(site.SiteURL)
	}
	if in.AllowedOrigins != nil {
		site.AllowedOrigins = f.origins("allowed_origins", *in.AllowedOrigins)
	}
	if in.Partners != nil {
		site.Partners = f.domains("partner_domains", *in.Partners)
	}
	if in.Consent != nil {
		if site.Consent = *in.Consent; site.Consent != ConsentOff && site.Consent != ConsentRequired {
			f.add("consent", "unknown", "Must be off or required.")
		}
	}
	if in.GA4 != nil {
		site.GA4 = *in.GA4
	}
	if in.Halted != nil {
		site.Halted = *in.Halted
	}
	if in.Scrub != nil {
		site.Scrub = *in.Scrub
	}
	return site, f.err()
}

const maxOrigins = 50

// origins are the addresses of websites, each once.
func (f Fields) origins(path string, in []string) []string {
	if len(in) > maxOrigins {
		f.add(path, "too_many", "Must be at most 50 origins.")
		return nil
	}
	out := []string{}
	for i, address := range in {
		if o := f.origin(fmt.Sprintf("%s[%d]", path, i), address); !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	return out
}

// newToken is public and names the site: unguessable so that nobody finds a site by trying.
func newToken() string { return "inst_" + strings.ToLower(rand.Text()) }

func installationObject(id uuid.UUID) string { return "installation:" + id.String() }
