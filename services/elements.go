package services

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Modes of an experiment: what its arms are.
const (
	ModeSingle      = "single"      // the variants of its one element
	ModeIndependent = "independent" // those of each element, in a split of its own
	ModeFactorial   = "factorial"   // the combinations of one variant of each element
)

const (
	maxElements = 8
	// MostCombinations are the arms that a factorial experiment may have, and ManyCombinations those from which on each sees few visitors.
	MostCombinations = 64
	ManyCombinations = 24
)

// Pair names variants of two elements, by element, that no visitor sees together.
type Pair map[string]string

// plannedSplit is a split as a definition asks for it: what gets weights of its own.
type plannedSplit struct {
	key      string // that of the element in mode independent, else empty
	elements []int  // whose variants make the arms
	arms     []plannedArm
}

// plannedArm is one variant of each of the split's elements.
type plannedArm struct {
	key    string // of the variants, joined by dots
	ratio  float64
	levels []int // of the variants in their elements
}

// keys of the arms, in order; the first is the control's.
func (p plannedSplit) keys() []string {
	keys := make([]string, len(p.arms))
	for i, a := range p.arms {
		keys[i] = a.key
	}
	return keys
}

// ratios are what people chose for the arms: a combination has the product of its variants'.
func (p plannedSplit) ratios() []float64 {
	ratios := make([]float64, len(p.arms))
	for i, a := range p.arms {
		ratios[i] = a.ratio
	}
	return ratios
}

// splits are those of the definition.
func (d Definition) splits() []plannedSplit { return planSplits(d.Mode, d.Elements, d.ExcludedPairs) }

// planSplits lists the combinations of a factorial experiment like an odometer: the last element's variants change fastest.
func planSplits(mode string, elements []Element, pairs []Pair) []plannedSplit {
	if mode == ModeFactorial {
		all := make([]int, len(elements))
		for i := range all {
			all[i] = i
		}
		return []plannedSplit{planSplit("", all, elements, pairs)}
	}
	splits := make([]plannedSplit, len(elements))
	for i, e := range elements {
		key := ""
		if mode == ModeIndependent {
			key = e.Key
		}
		splits[i] = planSplit(key, []int{i}, elements, nil)
	}
	return splits
}

func planSplit(key string, of []int, elements []Element, pairs []Pair) plannedSplit {
	split := plannedSplit{key: key, elements: of}
	levels := make([]int, len(of))
	for more := combinations(elements, of) > 0; more; more = advance(levels, of, elements) {
		if arm := newPlannedArm(levels, of, elements); !arm.excluded(of, elements, pairs) {
			split.arms = append(split.arms, arm)
		}
	}
	return split
}

// combinations counts them, excluded ones included.
func combinations(elements []Element, of []int) int {
	n := 1
	for _, e := range of {
		n *= len(elements[e].Variants)
	}
	return n
}

// advance turns the odometer, and is false when it has come round.
func advance(levels, of []int, elements []Element) bool {
	for i := len(levels) - 1; i >= 0; i-- {
		if levels[i]++; levels[i] < len(elements[of[i]].Variants) {
			return true
		}
		levels[i] = 0
	}
	return false
}

func newPlannedArm(levels, of []int, elements []Element) plannedArm {
	arm := plannedArm{ratio: 1, levels: slices.Clone(levels)}
	keys := make([]string, len(of))
	for i, e := range of {
		v := elements[e].Variants[levels[i]]
		keys[i] = v.Key
		arm.ratio *= v.Weight
	}
	arm.key = strings.Join(keys, ".")
	return arm
}

func (a plannedArm) excluded(of []int, elements []Element, pairs []Pair) bool {
	return slices.ContainsFunc(pairs, func(p Pair) bool {
		found := 0
		for i, e := range of {
			if v, named := p[elements[e].Key]; named && v == elements[e].Variants[a.levels[i]].Key {
				found++
			}
		}
		return found == 2
	})
}

// pairsColumn is what the database keeps of the excluded pairs; null without any.
func (d Definition) pairsColumn() (json.RawMessage, error) {
	if len(d.ExcludedPairs) == 0 {
		return nil, nil
	}
	b, err := json.Marshal(d.ExcludedPairs)
	if err != nil {
		return nil, fmt.Errorf("excluded pairs: %w", err)
	}
	return b, nil
}

// Cell is one combination of all elements' variants.
type Cell struct {
	Key      string   // of the arm
	Names    []string // of its variants, by element
	Excluded bool
}

// Cells are all combinations in the order of the arms, the excluded ones among them.
func (d Definition) Cells() []Cell {
	all := planSplits(ModeFactorial, d.Elements, nil)[0]
	cells := make([]Cell, len(all.arms))
	for i, arm := range all.arms {
		cells[i] = Cell{Key: arm.key, Excluded: arm.excluded(all.elements, d.Elements, d.ExcludedPairs)}
		for e, level := range arm.levels {
			cells[i].Names = append(cells[i].Names, d.Elements[e].Variants[level].Name)
		}
	}
	return cells
}

// Alone is the key of the arm that shows one variant of one element and the originals of the others.
func (d Definition) Alone(element, variant string) string {
	key, _ := d.armKey(map[string]string{element: variant})
	return key
}
