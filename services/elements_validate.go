package services

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/samplit/samplit/engine"
)

// mostListed bounds the combinations that are listed to find out which of them are excluded.
const mostListed = 4096

// severalElements checks the elements of modes independent and factorial.
func (f Fields) severalElements(in ExperimentInput, site string) []Element {
	switch {
	case in.Variants != nil || len(in.Elements) < 2:
		f.add("elements", "too_few_elements", "Must be two elements or more in modes independent and factorial.")
		return nil
	case len(in.Elements) > maxElements:
		f.add("elements", "too_many", fmt.Sprintf("Must be at most %d elements.", maxElements))
		return nil
	}
	out, taken, ids := make([]Element, len(in.Elements)), map[string]bool{}, map[string]bool{}
	for i, e := range in.Elements {
		at := fmt.Sprintf("elements[%d]", i)
		out[i].Key = orEmpty(e.Key)
		f.named(at, e.Key, e.Name, &out[i].Name, taken)
		if orEmpty(e.Selector) != "" {
			out[i].Selector = f.selector(at+".selector", *e.Selector)
		}
		out[i].Variants = f.variants(at+".variants", site, e.located())
		keepApart(out[i].Variants, ids)
	}
	for i := range out {
		if out[i].Key == "" {
			out[i].Key = NewKey(out[i].Name, "element", taken)
		}
	}
	for i, others := range overlaps(out) {
		f.add(fmt.Sprintf("elements[%d].selector", i), "elements_overlap", fmt.Sprintf("Changes the same part of the page as element %s. Test them as one element, or choose other selectors.", out[others[0]].Key))
	}
	return out
}

// located are the variants, whose changes are of the element where they do not say of what.
func (e ElementInput) located() []VariantInput {
	variants := slices.Clone(e.Variants)
	for i := range variants {
		variants[i].Changes = slices.Clone(variants[i].Changes)
		for j := range variants[i].Changes {
			if c := &variants[i].Changes[j]; orEmpty(c.Selector) == "" {
				c.Selector = e.Selector
			}
		}
	}
	return variants
}

// keepApart gives changes ids that no element before has: a visitor may get changes of all of them in one list, and pages tell them
// apart without regard to capitals.
func keepApart(variants []Variant, used map[string]bool) {
	own := map[string]bool{}
	for _, v := range variants {
		taken := maps.Clone(used)
		for _, c := range v.Changes {
			taken[strings.ToLower(c.ID)] = true
		}
		for i := range v.Changes {
			c := &v.Changes[i]
			if used[strings.ToLower(c.ID)] {
				c.ID = freeKey(strings.ToLower(c.ID), taken)
				taken[c.ID] = true
			}
			own[strings.ToLower(c.ID)] = true
		}
	}
	maps.Copy(used, own)
}

const maxPairs = 200

// pairs checks what is excluded, and that something is left of it.
func (f Fields) pairs(d Definition, in []Pair) []Pair {
	switch {
	case len(in) == 0:
		return nil
	case d.Mode != ModeFactorial:
		f.add("excluded_pairs", "unexpected", "Has a meaning only in mode factorial.")
		return nil
	case len(in) > maxPairs:
		f.add("excluded_pairs", "too_many", fmt.Sprintf("Must be at most %d pairs.", maxPairs))
		return nil
	}
	out := []Pair{}
	for i, p := range in {
		at := fmt.Sprintf("excluded_pairs[%d]", i)
		switch {
		case len(p) != 2:
			f.add(at, "pair", "Must name a variant of each of two elements, such as {\"headline\":\"b\",\"button\":\"c\"}.")
		case !f.knownPair(at, d.Elements, p):
		case slices.ContainsFunc(out, func(other Pair) bool { return maps.Equal(other, p) }):
			f.add(at, "duplicate", "Is excluded twice.")
		}
		out = append(out, p)
	}
	return out
}

// knownPair says whether both variants exist; two controls together are the original, which cannot be left out.
func (f Fields) knownPair(at string, elements []Element, p Pair) bool {
	controls, known := 0, 0
	for _, e := range elements {
		for i, v := range e.Variants {
			if p[e.Key] == v.Key && v.Key != "" {
				known++
				if i == 0 {
					controls++
				}
			}
		}
	}
	switch {
	case known != 2:
		f.add(at, "unknown", "Must be keys of its elements and their variants.")
	case controls == 2:
		f.add(at, "control", "Must not be two originals: the original page is what all others are compared with.")
	}
	return known == 2 && controls < 2
}

// arms checks how many there will be, and that each variant is in one.
func (f Fields) arms(d Definition) {
	if d.Mode != ModeFactorial || len(d.Elements) == 0 || f.err() != nil {
		return
	}
	tooMany := func(n int) {
		f.add("elements", "combinations", fmt.Sprintf("Make %d combinations. Must be at most %d: take variants out, or exclude pairs.", n, MostCombinations))
	}
	if n := d.Combinations(); n > mostListed {
		tooMany(n)
		return
	}
	split := d.splits()[0]
	if n := len(split.arms); n > MostCombinations {
		tooMany(n)
		return
	}
	for e, element := range d.Elements {
		for l, v := range element.Variants {
			if !slices.ContainsFunc(split.arms, func(a plannedArm) bool { return a.levels[e] == l }) {
				f.add("excluded_pairs", "nothing_left", fmt.Sprintf("Leave no combination with variant %s of element %s.", v.Key, element.Key))
			}
		}
	}
	if _, err := engine.Split(split.ratios(), split.keys()); err != nil && f.err() == nil {
		f.add("elements", "weight", "Must give every combination at least 1 % of the visitors: the weights are too unlike.")
	}
}

// Combinations counts those of one variant of each element, excluded ones included.
func (d Definition) Combinations() int {
	all := make([]int, len(d.Elements))
	for i := range all {
		all[i] = i
	}
	return combinations(d.Elements, all)
}
