package services

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/samplit/samplit/proxy"
)

// selector checks a CSS selector by parsing it.
func (f Fields) selector(path, selector string) string {
	selector = f.line(path, strings.TrimSpace(selector), maxSelector, true)
	if _, wrong := f[path]; wrong {
		return selector
	}
	if len(selector) > maxSelector {
		f.add(path, "too_long", fmt.Sprintf("Must have at most %d bytes.", maxSelector))
	} else if _, err := proxy.ParseSelector(selector); err != nil {
		f.add(path, "selector", "Must be a CSS selector, such as #buy or .hero h1.")
	}
	return selector
}

var attributeName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_:.-]{0,63}$`)

// addresses are the attributes that browsers follow or load.
var addresses = []string{"href", "src", "action", "formaction", "xlink:href", "data", "poster", "background", "cite", "ping", "manifest"}

// attribute refuses what could run code on the page of a customer: handlers, documents in attributes, script addresses.
func (f Fields) attribute(path, _ string, c *Change) {
	lower, value := strings.ToLower(c.Name), orEmpty(c.Value)
	switch {
	case c.Name == "":
	case lower == "class" || strings.HasPrefix(lower, "data-smp"):
		f.add(path+".name", "attribute", "This attribute is not set as a whole: use action class.")
	case !attributeName.MatchString(c.Name):
		f.add(path+".name", "attribute", "Must be the name of an attribute, such as title.")
	case strings.HasPrefix(lower, "on") || slices.Contains([]string{"srcdoc", "style", "http-equiv"}, lower):
		f.add(path+".name", "unsafe", "This attribute can run code on the page and is refused.")
	}
	scheme := addressScheme(value)
	if scheme == "javascript" || scheme == "vbscript" || scheme == "data" && slices.Contains(addresses, lower) {
		f.add(path+".value", "unsafe", "Addresses that can carry code are refused.")
	}
}

// addressScheme reads the scheme as browsers do: blanks and control characters before and between do not count.
func addressScheme(address string) string {
	var kept strings.Builder
	for _, r := range address {
		switch {
		case r == ':':
			return strings.ToLower(kept.String())
		case strings.ContainsRune(`/\?#`, r) || kept.Len() > 32:
			return ""
		case r > ' ':
			kept.WriteRune(r)
		}
	}
	return ""
}

var (
	propertyName = regexp.MustCompile(`^(--[A-Za-z0-9_-]{1,62}|-?[A-Za-z][A-Za-z0-9-]{0,62})$`)
	cssEscape    = regexp.MustCompile(`\\([0-9a-fA-F]{1,6}[ \t\r\n\f]?|(?s:.))`)
	// loaders are the functions of a value that fetch something, url() apart.
	loaders = regexp.MustCompile(`(?i)(image-set|image|src|cross-fade|element|expression|paint)\s*\(`)
	urlCall = regexp.MustCompile(`(?i)url\s*\(\s*("[^"]*"|'[^']*'|[^)]*)`)
)

// style keeps a value inside its property and off other people's servers.
func (f Fields) style(path, site string, c *Change) {
	name, value := c.Name, orEmpty(c.Value)
	switch {
	case name == "":
	case !propertyName.MatchString(name):
		f.add(path+".name", "property", "Must be the name of a CSS property, such as color.")
	case strings.EqualFold(name, "behavior") || strings.EqualFold(name, "-moz-binding"):
		f.add(path+".name", "unsafe", "This property can run code on the page and is refused.")
	}
	if strings.TrimSpace(value) == "" {
		f.add(path+".value", "required", "Is required.")
	}
	plain := cssEscape.ReplaceAllStringFunc(value, unescapeCSS)
	switch {
	case strings.ContainsAny(value, ";{}") || strings.Contains(plain, "/*"):
		f.add(path+".value", "style", "Must be the value of one property, without ; { } and comments.")
	case loaders.MatchString(plain):
		f.add(path+".value", "unsafe", "Values that load something from elsewhere are refused.")
	}
	f.ownAddresses(path, site, plain)
}

// ownAddresses keeps CSS, without its escapes, from loading what is elsewhere.
func (f Fields) ownAddresses(path, site, css string) {
	for _, call := range urlCall.FindAllStringSubmatch(css, -1) {
		if address := strings.Trim(call[1], "\"' \t\r\n"); !ownAddress(site, address) {
			f.add(path+".value", "unsafe", "Addresses of other servers are refused.")
		}
	}
}

// css takes a style sheet that neither loads others nor leaves its element.
func (f Fields) css(path, site string, c *Change) {
	plain := cssEscape.ReplaceAllStringFunc(*c.Value, unescapeCSS)
	switch {
	case strings.TrimSpace(plain) == "":
		f.add(path+".value", "required", "Is required.")
	case strings.Contains(plain, "</"):
		f.add(path+".value", "style", "Must be CSS, without </.")
	case strings.Contains(strings.ToLower(plain), "@import") || loaders.MatchString(plain):
		f.add(path+".value", "unsafe", "Values that load something from elsewhere are refused.")
	}
	f.ownAddresses(path, site, plain)
}

var scriptEnd = regexp.MustCompile(`(?i)</script|<!--`)

func (f Fields) script(path, _ string, c *Change) {
	switch {
	case strings.TrimSpace(*c.Value) == "":
		f.add(path+".value", "required", "Is required.")
	case scriptEnd.MatchString(*c.Value):
		f.add(path+".value", "script", "Must be JavaScript, without </script and <!--.")
	}
}

// classes takes a list of classes to add or to remove.
func (f Fields) classes(path, _ string, c *Change) {
	f.word(path+".name", c.Name, "add", "remove")
	if len(strings.Fields(*c.Value)) == 0 {
		f.add(path+".value", "required", "Is required: one class or several, with blanks between them.")
	}
}

// address checks where a link leads or an image comes from.
func (f Fields) address(path, _ string, c *Change) {
	address := strings.TrimSpace(*c.Value)
	c.Value = &address
	switch scheme := addressScheme(address); {
	case address == "":
		f.add(path+".value", "required", "Is required.")
	case len(address) > maxURL:
		f.add(path+".value", "too_long", fmt.Sprintf("Must have at most %d bytes.", maxURL))
	case !slices.Contains([]string{"", "http", "https", "mailto", "tel", "sms"}, scheme):
		f.add(path+".value", "unsafe", "Addresses that can carry code are refused.")
	case c.Action == "image" && scheme != "" && !strings.HasPrefix(scheme, "http"):
		f.add(path+".value", "url", "Must be the address of an image.")
	}
}

// destination checks where a redirect leads.
func (f Fields) destination(path, _ string, c *Change) {
	address := strings.TrimSpace(*c.Value)
	c.Value = &address
	u, err := url.Parse(address)
	switch {
	case address == "":
		f.add(path+".value", "required", "Is required.")
	case err != nil || u.User != nil || u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" || u.Scheme == "" && !strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "?"):
		f.add(path+".value", "url", "Must be an address, such as /pricing-b or https://shop.example/b.")
	}
}

func (f Fields) hiding(path, _ string, c *Change) {
	f.word(path+".value", *c.Value, "collapse", "keep")
}

func (f Fields) display(path, _ string, c *Change) {
	f.word(path+".value", *c.Value, "block", "inline", "inline-block", "flex", "inline-flex", "grid", "inline-grid", "table", "list-item", "contents", "revert")
}

// target is the selector of where an element moves to.
func (f Fields) target(path, _ string, c *Change) {
	to := f.selector(path+".value", *c.Value)
	c.Value = &to
}

// unescapeCSS returns the character of an escape.
func unescapeCSS(escape string) string {
	if code, err := strconv.ParseUint(strings.TrimSpace(escape[1:]), 16, 32); err == nil {
		return string(rune(code))
	}
	return escape[1:]
}

// ownAddress says whether an address stays on the site.
func ownAddress(site, address string) bool {
	slashes := strings.ReplaceAll(address, `\`, "/")
	if strings.HasPrefix(slashes, "//") {
		return false
	}
	if addressScheme(slashes) == "" {
		return true
	}
	return site != "" && (slashes == site || strings.HasPrefix(slashes, site+"/"))
}
