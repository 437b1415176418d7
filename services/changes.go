package services

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/samplit/samplit/proxy"
)

// maxChanges bounds the change list of a variant.
const maxChanges = 200

// Change is one change of a page, as browsers and servers apply it: lists are ordered, and order is meaning.
type Change = proxy.Change

// ChangeInput is a change as sent.
type ChangeInput struct {
	ID          *string            `json:"id,omitempty"`
	Selector    *string            `json:"selector,omitempty"`
	Fingerprint *proxy.Fingerprint `json:"fingerprint,omitempty"`
	Action      *string            `json:"action,omitempty"`
	Name        *string            `json:"name,omitempty"`
	Value       *string            `json:"value,omitempty"`
	Position    *string            `json:"position,omitempty"`
	When        *string            `json:"when,omitempty"`
	Scope       *proxy.Scope       `json:"scope,omitempty"`
	Limit       *int               `json:"limit,omitempty"`
}

// changeInput is a change as it would be sent.
func changeInput(c Change) ChangeInput {
	in := ChangeInput{ID: &c.ID, Fingerprint: c.Fingerprint, Action: &c.Action, Value: c.Value, Scope: c.Scope}
	for _, text := range []struct {
		from string
		to   **string
	}{{c.Selector, &in.Selector}, {c.Name, &in.Name}, {c.Position, &in.Position}, {c.When, &in.When}} {
		if text.from != "" {
			*text.to = &text.from
		}
	}
	if c.Limit > 0 {
		in.Limit = &c.Limit
	}
	return in
}

var changeID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// changes checks a variant's list. site is the origin it will run on.
func (f Fields) changes(path, site string, in []ChangeInput) []Change {
	if len(in) > maxChanges {
		f.add(path, "too_many", fmt.Sprintf("Must have at most %d changes.", maxChanges))
		return nil
	}
	ids := map[string]bool{} // on pages they are told apart without regard to capitals
	for i, c := range in {
		if c.ID == nil {
			continue
		}
		at, id := fmt.Sprintf("%s[%d].id", path, i), strings.ToLower(*c.ID)
		switch {
		case !changeID.MatchString(*c.ID):
			f.add(at, "key", "Must have 1 to 64 characters of A-Z, a-z, 0-9, _ and -.")
		case ids[id]:
			f.add(at, "duplicate", "Is used by another change of the variant.")
		}
		ids[id] = true
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

// changeKind says what a change of an action must have, may have and cannot have.
type changeKind struct {
	page                  bool // about the page: no selector
	name, value, position need
	check                 func(f Fields, path, site string, c *Change)
}

type need int

const (
	never need = iota
	optional
	required
)

var changeKinds = map[string]changeKind{
	"text":     {value: required},
	"html":     {value: required, check: Fields.html},
	"attr":     {name: required, value: optional, check: Fields.attribute},
	"class":    {name: optional, value: required, check: Fields.classes},
	"style":    {name: required, value: required, check: Fields.style},
	"image":    {value: required, check: Fields.address},
	"link":     {value: required, check: Fields.address},
	"hide":     {value: optional, check: Fields.hiding},
	"show":     {value: optional, check: Fields.display},
	"insert":   {value: required, position: required, check: Fields.html},
	"move":     {value: required, position: required, check: Fields.target},
	"remove":   {},
	"css":      {page: true, value: required, check: Fields.css},
	"js":       {page: true, value: required, check: Fields.script},
	"redirect": {page: true, value: required, check: Fields.destination},
}

const changeActions = "text, html, attr, class, style, image, link, hide, show, insert, move, remove, css, js or redirect"

func (f Fields) change(path, site string, in ChangeInput) Change {
	out := Change{ID: orEmpty(in.ID), Action: orEmpty(in.Action), Name: orEmpty(in.Name), Value: in.Value, Position: orEmpty(in.Position), When: orEmpty(in.When)}
	kind, known := changeKinds[out.Action]
	switch {
	case out.Action == "":
		f.add(path+".action", "required", "Is required: "+changeActions+".")
	case !known:
		f.add(path+".action", "unknown", "Must be "+changeActions+".")
	}
	if kind.page {
		f.needs(path+".selector", never, orEmpty(in.Selector) != "")
	} else {
		out.Selector = f.selector(path+".selector", orEmpty(in.Selector))
	}
	if !known {
		return out
	}
	if out.Value != nil {
		clean := f.prose(path+".value", *out.Value, maxValue)
		out.Value = &clean
	}
	f.needs(path+".name", kind.name, out.Name != "")
	f.needs(path+".value", kind.value, out.Value != nil && (kind.value != never || *out.Value != ""))
	f.needs(path+".position", kind.position, out.Position != "")
	f.word(path+".position", out.Position, "before", "after", "first", "last")
	f.word(path+".when", out.When, "parse", "ready", "hydrated")
	if kind.check != nil && out.Value != nil || out.Action == "attr" || out.Action == "style" {
		kind.check(f, path, site, &out)
	}
	out.Fingerprint = f.fingerprint(path+".fingerprint", kind, in.Fingerprint)
	out.Scope = f.scope(path+".scope", in.Scope)
	out.Limit = f.limit(path+".limit", kind, in.Limit)
	return out
}

func (f Fields) needs(path string, n need, given bool) {
	if _, wrong := f[path]; wrong {
		return
	}
	switch {
	case n == required && !given:
		f.add(path, "required", "Is required.")
	case n == never && given:
		f.add(path, "unexpected", "Has no meaning for this action.")
	}
}

// word checks one that may be left out.
func (f Fields) word(path, word string, words ...string) {
	if word != "" && !slices.Contains(words, word) {
		f.add(path, "unknown", "Must be one of "+strings.Join(words, ", ")+".")
	}
}

func (f Fields) limit(path string, kind changeKind, limit *int) int {
	if limit == nil {
		return 0
	}
	f.needs(path, never, kind.page)
	if *limit < 0 || *limit > 1000 {
		f.add(path, "range", "Must be from 1 to 1,000; 0 is no limit.")
	}
	return *limit
}

// widest is the widest window that a scope may name, in pixels.
const widest = 10_000

func (f Fields) scope(path string, s *proxy.Scope) *proxy.Scope {
	if s == nil || *s == (proxy.Scope{}) {
		return nil
	}
	out := proxy.Scope{URL: f.line(path+".url", strings.TrimSpace(s.URL), maxURL, false), MinWidth: s.MinWidth, MaxWidth: s.MaxWidth}
	for name, width := range map[string]int{"min_width": s.MinWidth, "max_width": s.MaxWidth} {
		if width < 0 || width > widest {
			f.add(path+"."+name, "range", fmt.Sprintf("Must be from 0 to %d pixels.", widest))
		}
	}
	if s.MaxWidth > 0 && s.MaxWidth < s.MinWidth {
		f.add(path+".max_width", "range", "Must not be less than min_width.")
	}
	return &out
}

// fingerprint checks what the editor noted of an element: it travels to every visitor, so it must be short.
func (f Fields) fingerprint(path string, kind changeKind, p *proxy.Fingerprint) *proxy.Fingerprint {
	if p == nil {
		return nil
	}
	f.needs(path, never, kind.page)
	if strings.TrimSpace(p.Tag) == "" {
		f.add(path+".tag", "required", "Is required.")
	}
	long := func(texts ...string) bool {
		return slices.ContainsFunc(texts, func(text string) bool { return len(text) > 500 })
	}
	size := len(p.Tag) + len(p.Text) + len(p.Before) + len(p.After) + len(p.Heading) + len(p.Unit)
	for name, value := range p.Attributes {
		size += len(name) + len(value)
	}
	for _, token := range slices.Concat(p.Classes, p.Inner, p.Path) {
		size += len(token)
	}
	switch {
	case size > maxFingerprint || long(p.Tag, p.Text, p.Unit, p.Before, p.After, p.Heading) || len(p.Classes)+len(p.Inner)+len(p.Path)+len(p.Attributes) > 200:
		f.add(path, "too_long", fmt.Sprintf("Must have at most %d bytes.", maxFingerprint))
	case p.Place < 0 || p.Place > p.Peers:
		f.add(path+".place", "range", "Must be less than peers.")
	}
	return p
}

// maxFingerprint bounds the texts of a fingerprint, in bytes.
const maxFingerprint = 3 << 10
