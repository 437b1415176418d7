package services

import (
	"bytes"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"

	"github.com/samplit/samplit/proxy"
)

// PageLook is what our own look at a site's page found of the snippet.
type PageLook struct {
	Unreachable bool   `json:"unreachable,omitempty"`
	Status      int    `json:"status,omitempty"` // of the answer, where there was one
	Own         int    `json:"own,omitempty"`    // copies of the site's snippet
	Others      int    `json:"others,omitempty"` // snippets of other sites
	Body        bool   `json:"body,omitempty"`   // the first copy is in the body
	Late        bool   `json:"late,omitempty"`   // the first copy does not hold the page: async, defer or a module
	Loader      bool   `json:"loader,omitempty"` // it is the form that may be late, because it comes with a loader
	Manager     bool   `json:"manager,omitempty"`
	Blocked     string `json:"blocked,omitempty"` // directives that the page's policy lacks, as they should read
}

// snippetPath is the address of a snippet on any host: a site may pass it on under its own.
var snippetPath = regexp.MustCompile(`/s/(inst_[a-z0-9]{8,64})(\.async)?\.js$`)

// newPageLook reads a page for the snippet with the token, which comes from the tracker's origin.
func newPageLook(page *proxy.Page, token, tracker string) PageLook {
	kind := strings.ToLower(page.Header.Get("Content-Type"))
	if page.Status >= 400 || !strings.Contains(kind, "html") {
		return PageLook{Unreachable: true, Status: page.Status}
	}
	r := pageReader{token: token, base: page.URL, policies: page.Header.Values("Content-Security-Policy")}
	r.read(page.Body)
	r.look.Status = page.Status
	if len(r.policies) > 0 && r.look.Own > 0 {
		r.look.Blocked = blockedBy(r.policies, originOf(page.URL), tracker, r.nonce)
	}
	return r.look
}

// pageReader goes through the tags of a page. It builds no tree, so that no page is too deep for it.
type pageReader struct {
	token    string
	base     *url.URL
	policies []string
	nonce    string // of the first copy
	body     bool   // the head is over
	inert    int    // open elements whose content is not run
	look     PageLook
}

func (r *pageReader) read(body []byte) {
	z := html.NewTokenizer(bytes.NewReader(body))
	z.SetMaxBuf(1 << 20)
	for {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			r.open(z.Token())
		case html.EndTagToken:
			switch t := z.Token(); t.Data {
			case "head":
				r.body = true
			case "template", "noscript":
				r.inert = max(0, r.inert-1)
			}
		case html.TextToken:
			if bytes.Contains(z.Raw(), []byte("googletagmanager.com/gtm.js")) {
				r.look.Manager = true
			}
		}
	}
}

// headTags may stand in a head; any other one ends it.
var headTags = map[string]bool{"html": true, "head": true, "title": true, "meta": true, "link": true, "base": true, "script": true, "style": true, "noscript": true, "template": true}

func (r *pageReader) open(t html.Token) {
	attrs := map[string]string{}
	for _, a := range t.Attr {
		if _, twice := attrs[a.Key]; !twice {
			attrs[a.Key] = a.Val
		}
	}
	if r.inert == 0 && !headTags[t.Data] {
		r.body = true
	}
	switch t.Data {
	case "template", "noscript":
		r.inert++
	case "base":
		if u, err := r.base.Parse(attrs["href"]); err == nil && attrs["href"] != "" {
			r.base = u
		}
	case "meta":
		if strings.EqualFold(attrs["http-equiv"], "Content-Security-Policy") && !r.body {
			r.policies = append(r.policies, attrs["content"])
		}
	case "script":
		if r.inert == 0 {
			r.script(attrs)
		}
	}
}

func (r *pageReader) script(attrs map[string]string) {
	src, err := r.base.Parse(strings.TrimSpace(attrs["src"]))
	if err != nil || attrs["src"] == "" {
		return
	}
	if strings.Contains(src.Host, "googletagmanager.com") {
		r.look.Manager = true
	}
	m := snippetPath.FindStringSubmatch(src.Path)
	switch {
	case m == nil:
		return
	case m[1] != r.token:
		r.look.Others++
		return
	}
	if r.look.Own++; r.look.Own > 1 {
		return
	}
	_, async := attrs["async"]
	_, deferred := attrs["defer"]
	r.look.Late = async || deferred || strings.EqualFold(attrs["type"], "module")
	r.look.Body, r.look.Loader, r.nonce = r.body, m[2] != "", attrs["nonce"]
}

func originOf(u *url.URL) string { return strings.ToLower(u.Scheme + "://" + u.Host) }
