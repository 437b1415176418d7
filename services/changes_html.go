package services

import (
	"strings"

	"github.com/microcosm-cc/bluemonday"

	"github.com/samplit/samplit/proxy"
)

// allowedHTML is what may be put on a customer's page by a change: what one writes with, pictures, buttons and simple drawings; no
// forms, no frames, nothing that runs or loads code.
var allowedHTML = newAllowedHTML()

func newAllowedHTML() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "blockquote", "br", "button", "caption", "cite", "code", "col", "colgroup",
		"dd", "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img",
		"ins", "kbd", "li", "main", "mark", "nav", "ol", "p", "picture", "pre", "q", "s", "samp", "section", "small", "source", "span", "strong", "sub",
		"summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "u", "ul", "var", "wbr")
	p.AllowElements("svg", "g", "path", "circle", "ellipse", "rect", "line", "polyline", "polygon")
	p.AllowAttrs("class", "id", "title", "lang", "dir", "role", "hidden", "tabindex", "aria-label", "aria-labelledby", "aria-describedby", "aria-hidden",
		"aria-expanded", "aria-controls", "aria-current", "aria-live").Globally()
	p.AllowDataAttributes()
	p.AllowAttrs("href", "target", "rel", "download").OnElements("a")
	p.AllowAttrs("src", "srcset", "sizes", "alt", "width", "height", "loading", "decoding").OnElements("img")
	p.AllowAttrs("srcset", "sizes", "media", "type", "width", "height").OnElements("source")
	p.AllowAttrs("type", "name", "value", "disabled").OnElements("button")
	p.AllowAttrs("colspan", "rowspan", "scope", "headers").OnElements("td", "th")
	p.AllowAttrs("start", "reversed", "type").OnElements("ol")
	p.AllowAttrs("datetime").OnElements("time", "ins", "del")
	p.AllowAttrs("open").OnElements("details")
	p.AllowAttrs("viewbox", "width", "height", "fill", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin", "fill-rule", "clip-rule", "transform", "opacity",
		"d", "cx", "cy", "r", "rx", "ry", "x", "y", "x1", "y1", "x2", "y2", "points").OnElements("svg", "g", "path", "circle", "ellipse", "rect", "line", "polyline", "polygon")
	p.AllowStyles("color", "background-color", "font-size", "font-weight", "font-style", "line-height", "text-align", "text-decoration", "padding", "padding-top",
		"padding-right", "padding-bottom", "padding-left", "margin", "margin-top", "margin-right", "margin-bottom", "margin-left", "border", "border-radius",
		"display", "width", "max-width", "height", "max-height", "gap", "align-items", "justify-content", "flex-wrap", "letter-spacing").Globally()
	p.AllowURLSchemes("http", "https", "mailto", "tel", "sms")
	p.AllowRelativeURLs(true)
	p.RequireParseableURLs(true)
	return p
}

// html cleans HTML for a page. What could run code is refused rather than taken out, so that nobody wonders where it went; the rest
// that is not allowed is taken out.
func (f Fields) html(path, _ string, c *Change) {
	if !proxy.Harmless(*c.Value) {
		f.add(path+".value", "unsafe", "HTML that can run or load code is refused: no scripts, frames, style sheets or event handlers.")
		return
	}
	clean := strings.TrimSpace(allowedHTML.Sanitize(*c.Value))
	c.Value = &clean
	switch {
	case clean == "":
		f.add(path+".value", "required", "Is required: HTML with something to see in it. To take an element away use action remove.")
	case !proxy.Harmless(clean):
		f.add(path+".value", "unsafe", "HTML that can run or load code is refused: no scripts, frames, style sheets or event handlers.")
	case c.Action == "insert" && !strings.Contains(clean, "<"):
		clean = "<span>" + clean + "</span>"
	}
}
