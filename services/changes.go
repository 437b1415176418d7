package services

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/andybalholm/cascadia"
)

// maxChanges bounds the change list of a variant.
const maxChanges = 200

// Change is one change of a page, as browsers and servers apply it: lists are ordered, and order is meaning.
type Change struct {
	ID       string `json:"id"`
	Selector string `json:"selector"`
	Action   string `json:"action" enum:"text,style,attr,hide"`
	// Name is the attribute or the CSS property.
	Name string `json:"name,omitempty"`
	// Value is nil where there is none; an attribute without one is removed.
	Value *string `json:"value,omitempty"`
}

// ChangeInput is a change as sent. What is not built yet is known here in order to be refused.
type ChangeInput struct {
	ID          *string `json:"id,omitempty"`
	Selector    *string `json:"selector,omitempty"`
	Action      *string `json:"action,omitempty"`
	Name        *string `json:"name,omitempty"`
	Value       *string `json:"value,omitempty"`
	Fingerprint any     `json:"fingerprint,omitempty"`
	Position    any     `json:"position,omitempty"`
	When        any     `json:"when,omitempty"`
	Scope       any     `json:"scope,omitempty"`
	Limit       any     `json:"limit,omitempty"`
}

var changeID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// changes checks a variant's list. site is the origin it will run on.
func (f Fields) changes(path, site string, in []ChangeInput) []Change {
	if len(in) > maxChanges {
		f.add(path, "too_many", fmt.Sprintf("Must have at most %d changes.", maxChanges))
		return nil
	}
	ids := map[string]bool{}
	for i, c := range in {
		if c.ID == nil {
			continue
		}
		at := fmt.Sprintf("%s[%d].id", path, i)
		switch {
		case !changeID.MatchString(*c.ID):
			f.add(at, "key", "Must have 1 to 64 characters of A-Z, a-z, 0-9, _ and -.")
		case ids[*c.ID]:
			f.add(at, "duplicate", "Is used by another change of the variant.")
		}
		ids[*c.ID] = true
	}
	out := make([]Change, len(in))
	for i, c := range in {
		out[i] = f.change(fmt.Sprintf("%s[%d]", path, i), site, c)
		if c.ID == nil {
			out[i].ID = freeKey(fmt.Sprintf("c%d", i+1), ids)
			ids[out[i].ID] = true
		}
	}
	return out
}

func (f Fields) change(path, site string, in ChangeInput) Change {
	f.notYet(path+".fingerprint", in.Fingerprint != nil)
	f.notYet(path+".position", in.Position != nil)
	f.notYet(path+".when", in.When != nil)
	f.notYet(path+".scope", in.Scope != nil)
	f.notYet(path+".limit", in.Limit != nil)
	out := Change{ID: orEmpty(in.ID), Selector: f.selector(path+".selector", orEmpty(in.Selector)), Action: orEmpty(in.Action)}
	name, value := orEmpty(in.Name), in.Value
	if value != nil {
		clean := f.prose(path+".value", *value, maxValue)
		value = &clean
	}
	switch out.Action {
	case "text":
		f.absent(path+".name", in.Name)
		f.given(path+".value", value)
		out.Value = value
	case "style":
		f.given(path+".value", value)
		f.style(path, site, name, orEmpty(value))
		out.Name, out.Value = name, value
	case "attr":
		f.attribute(path, name, orEmpty(value))
		out.Name, out.Value = name, value
	case "hide":
		f.absent(path+".name", in.Name)
		f.absent(path+".value", in.Value)
	case "":
		f.add(path+".action", "required", "Is required: text, style, attr or hide.")
	case "html", "class", "image", "link", "show", "insert", "move", "remove", "css", "js", "redirect":
		f.notYet(path+".action", true)
	default:
		f.add(path+".action", "unknown", "Must be text, style, attr or hide.")
	}
	return out
}

func (f Fields) given(path string, value *string) {
	if value == nil {
		f.add(path, "required", "Is required.")
	}
}

func (f Fields) absent(path string, value *string) {
	if value != nil && *value != "" {
		f.add(path, "unexpected", "Has no meaning for this action.")
	}
}

var (
	quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`)
	// notCSS is what our parser reads and no browser does.
	notCSS = regexp.MustCompile(`(?i):(contains|containsown|matches|matchesown|haschild|input)\b|#=`)
)

// selector checks a CSS selector by parsing it.
func (f Fields) selector(path, selector string) string {
	selector = f.line(path, strings.TrimSpace(selector), maxSelector, true)
	if _, wrong := f[path]; wrong {
		return selector
	}
	if len(selector) > maxSelector {
		f.add(path, "too_long", fmt.Sprintf("Must have at most %d bytes.", maxSelector))
	} else if _, err := cascadia.ParseGroup(selector); err != nil || notCSS.MatchString(quoted.ReplaceAllString(selector, "")) {
		f.add(path, "selector", "Must be a CSS selector, such as #buy or .hero h1.")
	}
	return selector
}

var attributeName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_:.-]{0,63}$`)

// addresses are the attributes that browsers follow or load.
var addresses = []string{"href", "src", "action", "formaction", "xlink:href", "data", "poster", "background", "cite", "ping", "manifest"}

// attribute refuses what could run code on the page of a customer: handlers, documents in attributes, script addresses.
func (f Fields) attribute(path, name, value string) {
	lower := strings.ToLower(name)
	switch {
	case name == "":
		f.add(path+".name", "required", "Is required: the attribute to set.")
	case !attributeName.MatchString(name):
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
func (f Fields) style(path, site, name, value string) {
	switch {
	case name == "":
		f.add(path+".name", "required", "Is required: the CSS property to set.")
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
	for _, call := range urlCall.FindAllStringSubmatch(plain, -1) {
		if address := strings.Trim(call[1], "\"' \t\r\n"); !ownAddress(site, address) {
			f.add(path+".value", "unsafe", "Addresses of other servers are refused.")
		}
	}
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
