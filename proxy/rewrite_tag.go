package proxy

import (
	"net/url"
	"slices"
	"strings"
)

// linking are the attributes whose value is one address, whatever the element.
var linking = map[string]bool{"href": true, "src": true, "action": true, "formaction": true, "poster": true, "data": true, "cite": true,
	"manifest": true, "background": true, "longdesc": true, "xlink:href": true}

// rewriteTag is where the rules for single elements are.
func (d *document) rewriteTag(t *tag) {
	if len(t.attrs) == 0 {
		return
	}
	w := d.w
	w.quiet(t)
	switch t.name {
	case "meta":
		t.meta()
	case "link":
		t.link()
	case "iframe", "frame":
		d.frame(t)
	case "script":
		if strings.EqualFold(t.get("type"), "speculationrules") {
			t.disable("type")
			t.add("type", "text/plain")
		}
	case "audio", "video":
		t.disable("autoplay")
	case "a", "area":
		t.disable("ping")
	}
	for i, a := range t.attrs {
		switch {
		case linking[a.key]:
			t.set(i, w.Link(a.value))
		case a.key == "srcset" || a.key == "imagesrcset":
			t.set(i, w.srcset(a.value))
		case a.key == "style":
			t.set(i, w.CSS(a.value))
		}
	}
	// The site's own files may arrive changed, others do not.
	if t.has("integrity") && !w.isForeign(t.get("src")+t.get("href")) {
		t.disable("integrity")
	}
}

func (w *Rewriter) isForeign(address string) bool {
	_, foreign := w.foreign(address)
	return foreign
}

// quiet takes what counts visits out of use.
func (w *Rewriter) quiet(t *tag) {
	switch t.name {
	case "script", "img", "iframe", "link", "source", "input", "embed":
		if w.counts(t.get("src")) || t.name == "link" && w.counts(t.get("href")) {
			t.disable("src", "srcset", "href")
			t.add("data-samplit-off", "counts")
		}
	}
}

// meta: a page is not to leave by itself, nor to say what may be loaded in place of our own policy. It arrives as UTF-8.
func (t *tag) meta() {
	switch strings.ToLower(strings.Trim(t.get("http-equiv"), htmlSpace)) {
	case "refresh", "content-security-policy", "content-security-policy-report-only", "x-frame-options", "set-cookie", "origin-trial":
		t.disable("http-equiv")
	case "content-type":
		t.replace("content", "text/html; charset=utf-8")
	}
	if t.has("charset") {
		t.replace("charset", "utf-8")
	}
}

func (t *tag) replace(key, value string) {
	for i, a := range t.attrs {
		if a.key == key && !strings.EqualFold(a.value, value) {
			t.set(i, value)
		}
	}
}

// link: nothing is fetched ahead. A preload that an onload handler turns into a style sheet is kept.
func (t *tag) link() {
	rel := strings.Fields(strings.ToLower(t.get("rel")))
	for _, ahead := range []string{"prefetch", "prerender", "dns-prefetch", "preconnect", "modulepreload", "preload"} {
		if slices.Contains(rel, ahead) && !slices.Contains(rel, "stylesheet") && !(ahead == "preload" && t.has("onload")) {
			t.disable("rel")
		}
	}
}

// frame: pages of other sites stay out. Of their frame a box with their name is left.
func (d *document) frame(t *tag) {
	t.disable("csp")
	d.inner(t)
	host, foreign := d.w.foreign(t.get("src"))
	if !foreign {
		return
	}
	t.disable("src")
	t.add("src", d.w.Target+Placeholder+"?host="+url.QueryEscape(host))
}

// maxDepth of documents in srcdoc attributes: nobody writes more, and each level is read again.
const maxDepth = 3

// inner rewrites the document that an attribute holds.
func (d *document) inner(t *tag) {
	for i, a := range t.attrs {
		if a.key != "srcdoc" {
			continue
		}
		if d.depth < maxDepth {
			if page, err := d.w.document(d.ctx, []byte(a.value), "", d.depth+1); err == nil {
				t.set(i, string(page))
				continue
			}
		}
		t.disable("srcdoc")
	}
}

// Placeholder is the path of what stands in for a page of another site. It is for whoever serves the target to answer.
const Placeholder = "/.samplit/elsewhere"

// runs says whether a script element holds JavaScript that a browser runs.
func (t *tag) runs() bool {
	switch kind, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(t.get("type"))), ";"); kind {
	case "", "module", "text/javascript", "application/javascript", "application/x-javascript", "text/ecmascript":
		return true
	}
	return false
}
