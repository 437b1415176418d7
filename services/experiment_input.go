package services

import (
	"encoding/json"
	"slices"
)

// ExperimentInput is an experiment as sent: a whole one to create, or what should change of one. nil is "not said". What is not
// built yet is known here in order to be refused.
type ExperimentInput struct {
	InstallationID    *string        `json:"installation_id,omitempty"`
	Key               *string        `json:"key,omitempty"`
	Name              *string        `json:"name,omitempty"`
	Hypothesis        *string        `json:"hypothesis,omitempty"`
	URL               *string        `json:"url,omitempty"`
	Mode              *string        `json:"mode,omitempty"`
	Allocator         *string        `json:"allocator,omitempty"`
	Strategy          *string        `json:"strategy,omitempty"`
	AllocatorParams   map[string]any `json:"allocator_params,omitempty"`
	TrafficAllocation *float64       `json:"traffic_allocation,omitempty"`
	Elements          []ElementInput `json:"elements,omitempty"`
	Variants          []VariantInput `json:"variants,omitempty" doc:"Shorthand of mode single, instead of elements"`
	ExcludedPairs     []Pair         `json:"excluded_pairs,omitempty" doc:"factorial: variants of two elements that nobody sees together, such as {\"headline\":\"b\",\"button\":\"c\"}"`
	Goals             []GoalInput    `json:"goals,omitempty"`
	Rules
}

// UnmarshalJSON reads null for a rule as none, like an empty object: a rule that is left out stays as it is.
func (in *ExperimentInput) UnmarshalJSON(b []byte) error {
	type plain ExperimentInput
	if err := json.Unmarshal(b, (*plain)(in)); err != nil {
		return err
	}
	said := map[string]json.RawMessage{}
	if err := json.Unmarshal(b, &said); err != nil {
		return err
	}
	null := func(name string) bool { return string(said[name]) == "null" }
	if null("targeting") {
		in.Targeting = &Targeting{}
	}
	if null("schedule") {
		in.Schedule = &Schedule{}
	}
	if null("exclusions") {
		in.Exclusions = &Exclusions{}
	}
	if null("layer") {
		in.Layer = &Layer{}
	}
	if null("holdout") {
		in.Holdout = &Holdout{}
	}
	return nil
}

// ElementInput is an element as sent.
type ElementInput struct {
	Key      *string        `json:"key,omitempty"`
	Name     *string        `json:"name,omitempty"`
	Selector *string        `json:"selector,omitempty"`
	Variants []VariantInput `json:"variants,omitempty"`
}

// VariantInput is a variant as sent.
type VariantInput struct {
	Key       *string       `json:"key,omitempty"`
	Name      *string       `json:"name,omitempty"`
	IsControl *bool         `json:"is_control,omitempty"`
	Weight    *float64      `json:"weight,omitempty"`
	Changes   []ChangeInput `json:"changes,omitempty"`
}

// GoalInput is a goal as sent.
type GoalInput struct {
	Key     *string        `json:"key,omitempty"`
	Name    *string        `json:"name,omitempty"`
	Role    *string        `json:"role,omitempty"`
	Primary *bool          `json:"primary,omitempty" doc:"Shorthand of role primary"`
	Type    *string        `json:"type,omitempty"`
	Config  map[string]any `json:"config,omitempty"`
}

// variants returns the arms wherever they were given, and the path they have there.
func (in ExperimentInput) variants() ([]VariantInput, string) {
	if in.Variants != nil || len(in.Elements) == 0 {
		return in.Variants, "variants"
	}
	return in.Elements[0].Variants, "elements[0].variants"
}

// Input is the definition as it would be sent.
func (d Definition) Input() ExperimentInput {
	installation := d.InstallationID.String()
	in := ExperimentInput{InstallationID: &installation, Key: &d.Key, Name: &d.Name, Hypothesis: &d.Hypothesis, URL: &d.URL, Mode: &d.Mode,
		Allocator: &d.Allocator, Strategy: d.Strategy, AllocatorParams: d.AllocatorParams, TrafficAllocation: &d.TrafficAllocation, ExcludedPairs: d.ExcludedPairs, Rules: d.Rules}
	for _, e := range d.Elements {
		element := ElementInput{Key: &e.Key, Name: &e.Name, Selector: &e.Selector}
		for _, v := range e.Variants {
			element.Variants = append(element.Variants, v.input())
		}
		in.Elements = append(in.Elements, element)
	}
	for _, g := range d.Goals {
		in.Goals = append(in.Goals, g.input())
	}
	return in
}

func (v Variant) input() VariantInput {
	in := VariantInput{Key: &v.Key, Name: &v.Name, IsControl: &v.IsControl, Weight: &v.Weight}
	for _, c := range v.Changes {
		in.Changes = append(in.Changes, changeInput(c))
	}
	return in
}

func (g Goal) input() GoalInput {
	config := map[string]any{"window_days": g.Config.WindowDays}
	for name, value := range map[string]string{"selector": g.Config.Selector, "url": g.Config.URL, "name": g.Config.Name,
		"success": g.Config.Success, "trigger": g.Config.Trigger, "currency": g.Config.Currency, "source": g.Config.Source} {
		if value != "" {
			config[name] = value
		}
	}
	for name, value := range map[string]int{"percent": g.Config.Percent, "seconds": g.Config.Seconds} {
		if value > 0 {
			config[name] = value
		}
	}
	if g.Config.Cap > 0 {
		config["cap"] = g.Config.Cap
	}
	return GoalInput{Key: &g.Key, Name: &g.Name, Role: &g.Role, Type: &g.Type, Config: config}
}

// over lays in over base: lists are replaced whole, except where arms are frozen, see overArms.
func (in ExperimentInput) over(base ExperimentInput) ExperimentInput {
	out := base
	set(&out.InstallationID, in.InstallationID)
	set(&out.Key, in.Key)
	set(&out.Name, in.Name)
	set(&out.Hypothesis, in.Hypothesis)
	set(&out.URL, in.URL)
	set(&out.Mode, in.Mode)
	if in.Allocator != nil && *in.Allocator != orEmpty(base.Allocator) {
		// Another method starts from its own defaults.
		out.Strategy, out.AllocatorParams = nil, nil
	}
	set(&out.Allocator, in.Allocator)
	set(&out.Strategy, in.Strategy)
	set(&out.TrafficAllocation, in.TrafficAllocation)
	if in.AllocatorParams != nil {
		out.AllocatorParams = in.AllocatorParams
	}
	if in.Goals != nil {
		out.Goals = in.Goals
	}
	if in.ExcludedPairs != nil || in.Mode != nil && *in.Mode != orEmpty(base.Mode) {
		out.ExcludedPairs = in.ExcludedPairs
	}
	switch {
	case in.Elements != nil:
		out.Elements, out.Variants = in.Elements, nil
	case in.Variants != nil: // the element itself stays
		out.Elements, out.Variants = slices.Clone(base.Elements[:min(1, len(base.Elements))]), in.Variants
	}
	out.Rules = in.Rules.over(base.Rules)
	return out
}

// armPlaces tells where a patch had an experiment's elements and their variants; -1 is nowhere.
type armPlaces struct {
	elements []int
	variants [][]int
}

// overArms is over for an experiment with frozen arms: elements and variants are found by their key and keep what is not said. It is
// false when the patch names one that is not there.
func (in ExperimentInput) overArms(base ExperimentInput) (out ExperimentInput, at armPlaces, ok bool) {
	elements, said := slices.Clone(base.Elements), in.Elements
	if in.Variants != nil {
		said = []ElementInput{{Variants: in.Variants}}
	}
	at = armPlaces{slices.Repeat([]int{-1}, len(elements)), make([][]int, len(elements))}
	for n, e := range said {
		i := slices.IndexFunc(elements, func(own ElementInput) bool { return orEmpty(own.Key) == orEmpty(e.Key) })
		if i < 0 && len(elements) == 1 && n == 0 {
			i = 0 // there is no other that could be meant
		}
		if i < 0 {
			return in, at, false
		}
		at.elements[i] = n
		set(&elements[i].Key, e.Key)
		set(&elements[i].Name, e.Name)
		set(&elements[i].Selector, e.Selector)
		if elements[i].Variants, at.variants[i], ok = overVariants(e.Variants, elements[i].Variants); !ok {
			return in, at, false
		}
	}
	if in.Variants != nil {
		in.Variants = elements[0].Variants
	} else {
		in.Elements = elements
	}
	return in.over(base), at, true
}

func overVariants(said, base []VariantInput) (out []VariantInput, at []int, ok bool) {
	out, at = slices.Clone(base), slices.Repeat([]int{-1}, len(base))
	for n, v := range said {
		i := slices.IndexFunc(out, func(own VariantInput) bool { return *own.Key == orEmpty(v.Key) })
		if i < 0 {
			return nil, nil, false
		}
		set(&out[i].Name, v.Name)
		set(&out[i].IsControl, v.IsControl)
		set(&out[i].Weight, v.Weight)
		if v.Changes != nil {
			out[i].Changes = v.Changes
		}
		at[i] = n
	}
	return out, at, true
}

func set[T any](to **T, said *T) {
	if said != nil {
		*to = said
	}
}
