package services

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

func TestSiteAddressesBecomeOrigins(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://shop.example":                 "https://shop.example",
		" HTTPS://Shop.Example:443/a?b#c ":     "https://shop.example",
		"http://shop.example:80":               "http://shop.example",
		"http://shop.example:8080/":            "http://shop.example:8080",
		"shop.example/start":                   "https://shop.example",
		"https://münchen.example":              "https://xn--mnchen-3ya.example",
		"http://localhost:3000":                "http://localhost:3000",
		"http://shop.localhost:8080":           "http://shop.localhost:8080",
		"http://[::1]:8080":                    "http://[::1]:8080",
		"http://127.0.0.1":                     "http://127.0.0.1",
		"":                                     "",
		"javascript:alert(1)":                  "",
		"ftp://shop.example":                   "",
		"https://":                             "",
		"https://user:pw@shop.example":         "",
		"https://shop.example:0":               "",
		"https://shop.example:99999":           "",
		"https://shop example":                 "",
		"https://a..b":                         "",
		"https://<script>":                     "",
		"https://" + strings.Repeat("a", 2000): "",
		"https://shop.example\x00":             "",
		"data:text/html,x":                     "",
	} {
		f := Fields{}
		if got := f.origin("site_url", address); got != want || (want == "") != (len(f) > 0) {
			t.Errorf("%q: got %q %v, want %q", address, got, f, want)
		}
	}
}

func TestCreateInstallation(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	site, err := d.sites.Create(t.Context(), d.by, InstallationInput{SiteURL: ptr("https://Blog.example/x"), Name: ptr("<b>Blog</b>")})
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^inst_[a-z2-7]{26}$`).MatchString(site.Token) || site.Status != InstallationPending || site.Name != "<b>Blog</b>" || site.SiteURL != "https://blog.example" {
		t.Errorf("got %+v", site)
	}
	if want := `<script src="https://track.test/s/` + site.Token + `.js"></script>`; site.Snippet != want {
		t.Errorf("snippet %q, want %q", site.Snippet, want)
	}
	if d.site.Name != "shop.example" {
		t.Errorf("name without one: %q", d.site.Name)
	}
	_, err = d.sites.Create(t.Context(), d.by, InstallationInput{Name: ptr(strings.Repeat("x", 256))})
	if diff := cmp.Diff(map[string]string{"site_url": "required", "name": "too_long"}, fields(t, err)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	list, err := d.sites.List(t.Context(), d.by, Paging{PerPage: 1})
	if err != nil || list.Total != 2 || !list.HasMore || list.Items[0].ID != site.ID {
		t.Errorf("list %+v, %v", list, err)
	}
	names, err := d.sites.Names(t.Context(), d.by)
	if err != nil || len(names) != 2 || names[0].Host != "blog.example" {
		t.Errorf("names %+v, %v", names, err)
	}
	renamed, err := d.sites.Update(t.Context(), d.by, site.ID.String(), InstallationInput{Name: ptr("Blog")})
	if err != nil || renamed.Name != "Blog" || renamed.SiteURL != site.SiteURL || renamed.Token != site.Token {
		t.Errorf("renamed %+v, %v", renamed, err)
	}
	if again, err := d.sites.Get(t.Context(), d.by, site.ID.String()); err != nil || !reflect.DeepEqual(again, renamed) {
		t.Errorf("read back %+v, %v", again, err)
	}
	other := newDesk(t)
	for _, id := range []string{site.ID.String(), uuid.NewString(), "x"} {
		if _, err := other.sites.Get(t.Context(), other.by, id); Code(err) != CodeNotFound {
			t.Errorf("%s: got %v", id, err)
		}
		if _, err := other.sites.Update(t.Context(), other.by, id, InstallationInput{Name: ptr("x")}); Code(err) != CodeNotFound {
			t.Errorf("update %s: got %v", id, err)
		}
	}
}

func TestAnOldHeartbeatProvesNothing(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	for _, c := range []struct {
		name     string
		since    time.Time
		seen     time.Time
		want     string
		watching bool
	}{
		{"never seen, not watched", time.Time{}, time.Time{}, InstallWaiting, false},
		{"seen, not watched", time.Time{}, ago(time.Hour), InstallFound, false},
		{"silent for long", time.Time{}, ago(8 * 24 * time.Hour), InstallMissing, false},
		{"just began", ago(time.Second), time.Time{}, InstallWaiting, true},
		{"seen before it began", ago(time.Minute), ago(2 * time.Minute), InstallWaiting, true},
		{"seen at the moment it began", ago(time.Minute), ago(time.Minute), InstallWaiting, true},
		{"seen after it began", ago(time.Minute), ago(time.Second), InstallFound, false},
		{"over", ago(2 * time.Minute), ago(time.Hour), InstallMissing, false},
		{"claims to be older than an hour", ago(48 * time.Hour), ago(2 * time.Hour), InstallMissing, false},
		{"claims to begin in the future", now.Add(time.Hour), ago(time.Second), InstallWaiting, true},
	} {
		site := Installation{SiteURL: "https://shop.example", LastURL: "https://shop.example/cart?x=1"}
		if !c.seen.IsZero() {
			site.LastSeen = &c.seen
		}
		got := checkInstall(site, c.since, now)
		if got.State != c.want || got.Watching() != c.watching {
			t.Errorf("%s: got %s watching %v, want %s %v", c.name, got.State, got.Watching(), c.want, c.watching)
		}
		if !c.seen.IsZero() && (got.Path != "/cart" || got.Elsewhere != "") {
			t.Errorf("%s: seen at %q of %q", c.name, got.Path, got.Elsewhere)
		}
	}
	far := Installation{SiteURL: "https://shop.example", LastSeen: ptr(now), LastURL: "http://localhost:3000"}
	if got := checkInstall(far, time.Time{}, now); got.Path != "/" || got.Elsewhere != "localhost:3000" {
		t.Errorf("elsewhere: got %+v", got)
	}
}

func TestAHeartbeatMakesASiteActive(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	began := time.Now()
	_, check, err := d.sites.Check(t.Context(), d.by, d.site.ID.String(), began)
	if err != nil || check.State != InstallWaiting {
		t.Fatalf("got %+v, %v", check, err)
	}
	beat(t, d, "https://shop.example/a%20b", began.Add(time.Second))
	site, check, err := d.sites.Check(t.Context(), d.by, d.site.ID.String(), began)
	if err != nil || check.State != InstallFound || check.Path != "/a%20b" || site.Status != InstallationActive {
		t.Errorf("got %+v, %+v, %v", site, check, err)
	}
}

// beat stores a heartbeat of the desk's site.
func beat(t *testing.T, d desk, url string, at time.Time) {
	t.Helper()
	_, err := d.db.Apply(t.Context(), db.Batch{Now: at, Beats: []db.Beat{{Account: d.by.Account, Installation: d.site.ID, At: at, URL: url}}})
	if err != nil {
		t.Fatal(err)
	}
}
