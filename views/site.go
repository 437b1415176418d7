package views

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/samplit/samplit/locale"
)

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
	Policy        string // directives that a page with a content security policy needs
	SnippetAsync  string // the elements to paste where the page shall not wait
	Install       Install
	Checklist     *Checklist // nil once an experiment was started
	Experiments   []ExperimentRow

	// POST /sites/{ID}/rules with origins (one a line), partners (domains, one a line), scrub, consent and ga4 (on).
	Origins       string
	OriginsWrong  bool
	Partners      string
	PartnersWrong bool
	Scrubs        bool
	Consent, GA4  bool

	// POST /sites/{ID}/halt with halted (on, or absent to go on).
	Halted  bool
	CanEdit bool
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

func originsError(ctx context.Context, m Site) string {
	if m.OriginsWrong {
		return t(ctx, "sites.origins_wrong")
	}
	return ""
}

func partnersError(ctx context.Context, m Site) string {
	if m.PartnersWrong {
		return t(ctx, "sites.partners_wrong")
	}
	return ""
}

// guide tells how to install the snippet on one kind of site. In its code %s stands for the address of
// the snippet, TRACKER and TOKEN for the parts of it.
type guide struct {
	title string
	steps []string
	code  string
}

const pasted = `<script src="%s"></script>`

var guides = []guide{
	{"guide.html", []string{"guide.html_1", "guide.html_2", "guide.html_3"}, "<head>\n  <meta charset=\"utf-8\">\n  " + pasted},
	{"guide.wordpress", []string{"guide.wordpress_1", "guide.wordpress_2", "guide.wordpress_3"}, pasted},
	{"guide.shopify", []string{"guide.shopify_1", "guide.shopify_2", "guide.shopify_3"}, "<head>\n  " + pasted},
	{"guide.wix", []string{"guide.wix_1", "guide.wix_2", "guide.wix_3"}, pasted},
	{"guide.webflow", []string{"guide.webflow_1", "guide.webflow_2", "guide.webflow_3"}, pasted},
	{"guide.gtm", []string{"guide.gtm_1", "guide.gtm_2", "guide.gtm_3"}, pasted},
	{"guide.next", []string{"guide.next_1", "guide.next_2", "guide.next_3"},
		"import Script from 'next/script'\n\n<head>\n  <Script src=\"%s\" strategy=\"beforeInteractive\" />\n</head>"},
	{"guide.go", []string{"guide.go_1", "guide.go_2", "guide.go_3"},
		"// go get github.com/samplit/samplit/edge\ne, err := edge.New(edge.Config{Tracker: \"TRACKER\", Token: \"TOKEN\"})\nif err != nil {\n\tlog.Fatal(err)\n}\ngo e.Run(ctx)\nhttp.ListenAndServe(addr, e.Handler(site))"},
}

// snippetAddress matches the parts of the snippet's element that guides use.
var snippetAddress = regexp.MustCompile(`src="(.*)/s/([^"]*)\.js"`)

func guideID(g guide) string { return strings.ReplaceAll(g.title, ".", "-") }

// codeFor is what to paste for a site's snippet.
func (g guide) codeFor(snippet string) string {
	m := snippetAddress.FindStringSubmatch(snippet)
	if m == nil {
		return snippet
	}
	return strings.NewReplacer("%s", m[1]+"/s/"+m[2]+".js", "TRACKER", m[1], "TOKEN", m[2]).Replace(g.code)
}

var installTips = [][2]string{
	{"tips.early", "tips.early_text"}, {"tips.every", "tips.every_text"}, {"tips.cache", "tips.cache_text"}, {"tips.policy", "tips.policy_text"},
}

// installPoll makes the check ask again every 5 seconds while it watches.
func installPoll(m Install) templ.Attributes {
	if !m.Watching {
		return nil
	}
	return templ.Attributes{
		"hx-get": string(pathTo("sites", m.SiteID, "check")), "hx-trigger": "every 5s", "hx-swap": "outerHTML", "hx-target": "this", "data-poll": true,
	}
}

func installLine(ctx context.Context, m Install) string {
	switch m.State {
	case "found":
		return t(ctx, "install.found_line")
	case "missing":
		return t(ctx, "install.missing_line")
	}
	return t(ctx, "install.waiting_line")
}

func installDetail(ctx context.Context, p Page, m Install) string {
	switch m.State {
	case "found":
		return t(ctx, "install.found_detail", "Path", m.Path, "When", locale.Ago(ctx, m.LastSeen, p.Now))
	case "missing":
		return t(ctx, "install.missing_detail")
	}
	return t(ctx, "install.waiting_detail")
}

func verdictIcon(verdict string) string {
	if isWarning(verdict) {
		return "triangle-alert"
	}
	return "circle-check"
}

func sitesLine(ctx context.Context, m SiteList) string {
	silent := 0
	for _, site := range m.Sites {
		if site.Install != "found" {
			silent++
		}
	}
	switch {
	case len(m.Sites) == 0:
		return ""
	case silent > 0:
		return t(ctx, "sites.line_silent", "Count", silent)
	}
	return t(ctx, "sites.line_good")
}
