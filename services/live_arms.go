package services

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// showArms finds out what every arm shows, whether that may be another page, and which arms won.
func (x *live) showArms() {
	x.redirects = slices.ContainsFunc(x.elements, func(e liveElement) bool { return slices.ContainsFunc(e.variants, liveVariant.redirects) })
	winners := strings.Split(x.winner, ".")
	for i := range x.splits {
		s := &x.splits[i]
		if len(x.splits) == 1 {
			winners = []string{x.winner}
		}
		s.winner = -1
		if x.winner != "" && i < len(winners) {
			s.winner = slices.Index(s.arms, winners[i])
		}
		s.show(x)
	}
}

// show fills in the arms. One that no variant of its elements makes shows nothing and has no parts.
func (s *liveSplit) show(x *live) {
	of := x.elementsOf(s.key)
	s.shown = make([]liveArm, len(s.arms))
	for i, arm := range s.arms {
		keys := strings.Split(arm, ".")
		if len(keys) != len(of) {
			continue
		}
		for j, e := range of {
			if !s.shown[i].add(e, keys[j]) {
				s.shown[i] = liveArm{}
				break
			}
		}
		if len(of) > 1 {
			s.shown[i].id = uuid.NewSHA1(x.id, []byte(arm))
		}
	}
}

// elementsOf are those whose variants make the arms of a split.
func (x *live) elementsOf(split string) []liveElement {
	if x.mode == ModeFactorial {
		return x.elements
	}
	at := slices.IndexFunc(x.elements, func(e liveElement) bool { return split == "" || e.key == split })
	if at < 0 {
		return nil
	}
	return x.elements[at : at+1]
}

// add shows one more element's variant; false when it has none with that key.
func (a *liveArm) add(e liveElement, key string) bool {
	at := slices.IndexFunc(e.variants, func(v liveVariant) bool { return v.key == key })
	if at < 0 {
		return false
	}
	v := e.variants[at]
	a.id, a.parts = v.id, append(a.parts, livePart{e.key, v.key})
	if len(a.parts) == 1 {
		a.name, a.changes = v.name, v.changes
	} else {
		a.name, a.changes = a.name+" + "+v.name, joinLists(a.changes, v.changes)
	}
	return true
}

// joinLists makes one JSON array of two.
func joinLists(a, b json.RawMessage) json.RawMessage {
	first, second := bytes.TrimSuffix(bytes.TrimSpace(a), []byte("]")), bytes.TrimPrefix(bytes.TrimSpace(b), []byte("["))
	between := ","
	if len(bytes.TrimSpace(first)) <= 1 || len(bytes.TrimSpace(second)) <= 1 {
		between = ""
	}
	return slices.Concat(first, []byte(between), second)
}

// definition is as much of it as says which arms there are.
func (x *live) definition() Definition {
	d := Definition{Mode: x.mode, ExcludedPairs: x.pairs}
	for _, e := range x.elements {
		element := Element{Key: e.key}
		for _, v := range e.variants {
			element.Variants = append(element.Variants, Variant{Key: v.key})
		}
		d.Elements = append(d.Elements, element)
	}
	return d
}

// toCome are the splits that a draft will have.
func (x *live) toCome() []liveSplit {
	planned := x.definition().splits()
	splits := make([]liveSplit, len(planned))
	for i, p := range planned {
		splits[i] = liveSplit{key: p.key, arms: p.keys()}
		splits[i].show(x)
	}
	return splits
}
