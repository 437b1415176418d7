package services

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/samplit/samplit/engine"
)

const (
	maxVariants = 20
	maxGoals    = 20
)

// validate is the one place that judges what an experiment means. site is the origin it runs on. Every problem is named by the
// path the value has in the input; the definition is only good without any. A missing key is made from the name; the
// experiment's own is left empty for the caller, who knows which are free.
func (in ExperimentInput) validate(site string) (Definition, Fields) {
	f := Fields{}
	d := Definition{
		Key: orEmpty(in.Key), Name: f.line("name", orEmpty(in.Name), maxName, true),
		Hypothesis: f.prose("hypothesis", orEmpty(in.Hypothesis), maxHypothesis), URL: f.pattern("url", orEmpty(in.URL), false),
		TrafficAllocation: 1, AllocatorParams: in.AllocatorParams,
	}
	if in.Key != nil {
		f.key("key", *in.Key)
	}
	d.InstallationID = f.installation(in.InstallationID)
	if in.TrafficAllocation != nil {
		d.TrafficAllocation = *in.TrafficAllocation
		f.share("traffic_allocation", d.TrafficAllocation)
	}
	d.Mode = f.mode(in.Mode)
	if d.Mode == ModeSingle {
		d.Elements = f.elements(in, site)
	} else {
		d.Elements = f.severalElements(in, site)
	}
	d.ExcludedPairs = f.pairs(d, in.ExcludedPairs)
	f.arms(d)
	d.Goals = f.goals(in.Goals)
	f.allocation(&d, in)
	d.Rules = f.rules(in.Rules)
	return d, f
}

func (f Fields) installation(id *string) uuid.UUID {
	if id == nil || *id == "" {
		f.add("installation_id", "required", "Is required: the id of the site it runs on.")
		return uuid.Nil
	}
	parsed, err := uuid.Parse(*id)
	if err != nil {
		f.add("installation_id", "choose", "Must be the id of a site.")
	}
	return parsed
}

func (f Fields) share(path string, share float64) {
	if !(share > 0 && share <= 1) {
		f.add(path, "range", "Must be more than 0 and at most 1.")
	}
}

// pattern checks a page pattern; every text is one, see proxy.MatchPage.
func (f Fields) pattern(path, pattern string, required bool) string {
	pattern = f.line(path, strings.TrimSpace(pattern), maxURL, required)
	if len(pattern) > maxURL {
		f.add(path, "too_long", fmt.Sprintf("Must have at most %d bytes.", maxURL))
	}
	return pattern
}

func (f Fields) mode(mode *string) string {
	switch m := orEmpty(mode); m {
	case "":
	case ModeSingle, ModeIndependent, ModeFactorial:
		return m
	default:
		f.add("mode", "unknown", "Must be single, independent or factorial.")
	}
	return ModeSingle
}

// elements returns the one element of mode single with its variants.
func (f Fields) elements(in ExperimentInput, site string) []Element {
	if len(in.Elements) > 1 {
		f.add("elements", "too_many", "Must be one element in mode single.")
	}
	variants, path := in.variants()
	element := Element{Key: "page", Name: "Page"}
	if len(in.Elements) > 0 {
		e := in.Elements[0]
		if e.Key != nil {
			f.key("elements[0].key", *e.Key)
			element.Key, element.Name = *e.Key, *e.Key
		}
		if e.Name != nil {
			element.Name = f.line("elements[0].name", *e.Name, maxName, true)
		}
		if orEmpty(e.Selector) != "" {
			element.Selector = f.selector("elements[0].selector", *e.Selector)
		}
	}
	element.Variants = f.variants(path, site, variants)
	return []Element{element}
}

func (f Fields) variants(path, site string, in []VariantInput) []Variant {
	switch {
	case len(in) == 0:
		f.add(path, "required", "Is required: the control and at least one other variant.")
		return nil
	case len(in) < 2:
		f.add(path, "too_few", "Must be the control and at least one other variant.")
	case len(in) > maxVariants:
		f.add(path, "too_many", fmt.Sprintf("Must be at most %d variants.", maxVariants))
		return nil
	}
	out, taken, controls := make([]Variant, len(in)), map[string]bool{}, 0
	for i, v := range in {
		at := fmt.Sprintf("%s[%d]", path, i)
		out[i] = Variant{Key: orEmpty(v.Key), IsControl: v.IsControl != nil && *v.IsControl, Weight: 1, Changes: f.changes(at+".changes", site, v.Changes)}
		f.named(at, v.Key, v.Name, &out[i].Name, taken)
		if out[i].IsControl {
			if controls++; controls > 1 {
				f.add(at+".is_control", "control", "Must be true for one variant only.")
			}
		}
	}
	if controls == 0 {
		f.add(path, "control", "One variant must have is_control: true.")
	}
	f.weights(path, in, out)
	for i := range out {
		if out[i].Key == "" {
			out[i].Key = NewKey(out[i].Name, "variant", taken)
		}
	}
	// The control is variant 0 wherever it was listed.
	slices.SortStableFunc(out, func(a, b Variant) int { return cmp.Compare(btoi(b.IsControl), btoi(a.IsControl)) })
	return out
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// named checks a key that must not be taken, and a name; one of the two is enough.
func (f Fields) named(at string, key, name, into *string, taken map[string]bool) {
	if key != nil {
		if f.key(at+".key", *key); taken[*key] {
			f.add(at+".key", "duplicate", "Is used twice.")
		}
		taken[*key] = true
		*into = *key
	}
	if name != nil || key == nil {
		*into = f.line(at+".name", orEmpty(name), maxName, true)
	}
}

// weights wants all weights or none, and each variant at least 1 % of the visitors.
func (f Fields) weights(path string, in []VariantInput, out []Variant) {
	given := 0
	for i, v := range in {
		if v.Weight == nil {
			continue
		}
		given++
		out[i].Weight = *v.Weight
		if !(*v.Weight > 0 && *v.Weight <= 1e9) {
			f.add(fmt.Sprintf("%s[%d].weight", path, i), "range", "Must be more than 0.")
		}
	}
	if given == 0 || f.err() != nil {
		return
	}
	sum := 0.0
	for i, v := range in {
		if v.Weight == nil {
			f.add(fmt.Sprintf("%s[%d].weight", path, i), "required", "Is required when another variant has a weight.")
		}
		sum += out[i].Weight
	}
	for i := range out {
		if out[i].Weight/sum < float64(engine.MinWeight)/engine.Buckets-1e-12 {
			f.add(fmt.Sprintf("%s[%d].weight", path, i), "weight", "Must give the variant at least 1 % of the visitors.")
		}
	}
}

// allocation checks that method, strategy and parameters go together, by asking the engine.
func (f Fields) allocation(d *Definition, in ExperimentInput) {
	d.Allocator = engine.Sequential
	if orEmpty(in.Allocator) != "" {
		d.Allocator = *in.Allocator
	}
	strategy := orEmpty(in.Strategy)
	if d.AllocatorParams == nil {
		d.AllocatorParams = map[string]any{}
	}
	if strategy == engine.MultiStep && d.Allocator == engine.Thompson {
		f.notYet("strategy", true)
		return
	}
	var bad *engine.ParamError
	if _, err := engine.New(d.Allocator, strategy, d.AllocatorParams); errors.As(err, &bad) {
		path, message := bad.Field, "Is not allowed here."
		switch bad.Field {
		case "allocator":
			message = "Must be sequential, thompson or explore."
		case "strategy":
			message = "Must be adaptive or fast_learning with thompson, and absent otherwise."
		default:
			path = "allocator_params." + bad.Field
		}
		f.add(path, bad.Code, message)
	}
	if d.Allocator == engine.Thompson {
		strategy = cmp.Or(strategy, engine.Adaptive)
		d.Strategy = &strategy
	}
}

// firstWeights returns the weights of each split's first epoch.
func (d Definition) firstWeights() ([]engine.Weights, error) {
	splits := d.splits()
	out := make([]engine.Weights, len(splits))
	for i, split := range splits {
		var err error
		out[i], err = engine.Split(split.ratios(), split.keys())
		var bad *engine.ParamError
		switch {
		case errors.As(err, &bad) && d.Mode == ModeFactorial:
			return nil, (Fields{"elements": {"weight", "Must give every combination at least 1 % of the visitors."}}).err()
		case errors.As(err, &bad):
			variant := strings.TrimPrefix(bad.Field, "weights")
			return nil, (Fields{d.variantsPath(i) + variant + ".weight": {"weight", "Must give the variant at least 1 % of the visitors."}}).err()
		case err != nil:
			return nil, err
		}
	}
	return out, nil
}

// variantsPath is where the input names the variants of an element.
func (d Definition) variantsPath(element int) string {
	if d.Mode == ModeSingle {
		return "variants"
	}
	return fmt.Sprintf("elements[%d].variants", element)
}
