package views

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"github.com/samplit/samplit/locale"
)

// Bounds of the part of the form about elements, as those of ExperimentForm.
const (
	maxFormElements = 8
	maxFormPairs    = 40
)

// ElementsForm is the part of ExperimentForm that tests several elements. Fields:
//
//	mode (single | independent | factorial)
//	elements[e][key], …[name], …[selector]
//	elements[e][variants][i][key], …[name], …[weight], …[changes][j][action], …[selector], …[name], …[value]
//	pairs[p][a], pairs[p][b]: two variants that nobody sees together, each as "element:variant" in numbers
//	do: add-element, remove-element:e, add-version:e, remove-version:e:i, add-step:e:i, remove-step:e:i:j, add-pair, remove-pair:p;
//	    plan — show what it would take;
//	    mode:single, mode:independent, mode:factorial — show the form for it
//
// Variant 0 of an element is its control. What the mode does not use is kept in hidden fields and not stored.
type ElementsForm struct {
	Mode     string
	Elements []ElementForm
	Pairs    []PairForm
	Plan     *ElementsPlan
}

// ElementForm is one element as typed.
type ElementForm struct {
	Key, Name, Selector string
	Variants            []VariantForm
}

// PairForm is an excluded pair: two places in the list of elements, "element:variant".
type PairForm struct{ A, B string }

// ElementsPlan is what a test of several elements takes. Days is 0 when that cannot be told, VisitorsByDay when nobody was seen;
// Lift and Rate are what Days speaks of.
type ElementsPlan struct {
	Combinations, Excluded int // 0 in mode independent
	Many                   bool
	Days                   int
	Long                   bool
	VisitorsByDay          int64
	Lift, Rate             float64
	Measured               bool
	Matrix                 Matrix
}

func newElementsForm() ElementsForm {
	return ElementsForm{Mode: "single", Elements: []ElementForm{newElementForm(), newElementForm()}}
}

// several says whether elements are tested and not whole pages.
func (f ElementsForm) several() bool { return f.Mode == "independent" || f.Mode == "factorial" }

// unshown are the fields of the part of the form that the mode leaves out, as far as anything was typed there.
func (f ExperimentForm) unshown() (kept []hiddenField) {
	if f.Elements.several() {
		for i, v := range f.Variants {
			kept = append(kept, hiddenField{variantField(i, "key"), v.Key}, hiddenField{variantField(i, "name"), v.Name}, hiddenField{variantField(i, "weight"), v.Weight})
			for j, c := range v.Changes {
				kept = append(kept, c.fields(changeField(i, j, ""))...)
			}
		}
		return kept
	}
	if f.Elements.untouched() {
		return nil
	}
	for e, element := range f.Elements.Elements {
		kept = append(kept, hiddenField{elementField(e, "key"), element.Key}, hiddenField{elementField(e, "name"), element.Name}, hiddenField{elementField(e, "selector"), element.Selector})
		for i, v := range element.Variants {
			kept = append(kept, hiddenField{versionField(e, i, "key"), v.Key}, hiddenField{versionField(e, i, "name"), v.Name}, hiddenField{versionField(e, i, "weight"), v.Weight})
			for j, c := range v.Changes {
				kept = append(kept, c.fields(StepField(e, i, j, ""))...)
			}
		}
	}
	for p, pair := range f.Elements.Pairs {
		kept = append(kept, hiddenField{pairField(p, "a"), pair.A}, hiddenField{pairField(p, "b"), pair.B})
	}
	return kept
}

// untouched says that the elements are as a new form has them.
func (f ElementsForm) untouched() bool {
	f.Mode, f.Plan = "single", nil
	return reflect.DeepEqual(f, newElementsForm())
}

// fields are those of a change below a name.
func (c Change) fields(at string) []hiddenField {
	return []hiddenField{{at + "[action]", c.Action}, {at + "[selector]", c.Selector}, {at + "[name]", c.Name}, {at + "[value]", c.Value}}
}

func newElementForm() ElementForm {
	return ElementForm{Variants: []VariantForm{{}, {Changes: []Change{{Action: "text"}}}}}
}

func parseElements(v url.Values) ElementsForm {
	f := ElementsForm{Mode: cmp.Or(v.Get("mode"), "single")}
	for e := range maxFormElements {
		at := elementField(e, "")
		if !v.Has(at + "[name]") {
			break
		}
		element := ElementForm{Key: v.Get(at + "[key]"), Name: strings.TrimSpace(v.Get(at + "[name]")), Selector: strings.TrimSpace(v.Get(at + "[selector]"))}
		for i := range maxFormVariants {
			if !v.Has(versionField(e, i, "name")) {
				break
			}
			element.Variants = append(element.Variants, parseVersion(v, e, i))
		}
		f.Elements = append(f.Elements, element)
	}
	if f.Elements == nil {
		f.Elements = newElementsForm().Elements
	}
	for p := range maxFormPairs {
		if !v.Has(pairField(p, "a")) {
			break
		}
		f.Pairs = append(f.Pairs, PairForm{v.Get(pairField(p, "a")), v.Get(pairField(p, "b"))})
	}
	return f
}

func parseVersion(v url.Values, e, i int) VariantForm {
	version := VariantForm{Key: v.Get(versionField(e, i, "key")), Name: strings.TrimSpace(v.Get(versionField(e, i, "name"))),
		Weight: strings.TrimSpace(v.Get(versionField(e, i, "weight")))}
	for j := range maxFormChanges {
		at := StepField(e, i, j, "")
		if !v.Has(at + "[action]") {
			break
		}
		version.Changes = append(version.Changes, Change{Action: v.Get(at + "[action]"), Name: strings.TrimSpace(v.Get(at + "[name]")),
			Selector: strings.TrimSpace(v.Get(at + "[selector]")), Value: v.Get(at + "[value]")})
	}
	return version
}

// apply carries out what ExperimentForm.Apply does for this part.
func (f *ElementsForm) apply(do string) bool {
	verb, args, _ := strings.Cut(do, ":")
	at := places(args)
	switch verb {
	case "plan":
	case "mode":
		f.Mode = args
	case "add-element":
		if len(f.Elements) < maxFormElements {
			f.Elements = append(f.Elements, newElementForm())
		}
	case "remove-element":
		if e := at[0]; e >= 0 && e < len(f.Elements) && len(f.Elements) > 2 {
			f.Elements = append(f.Elements[:e:e], f.Elements[e+1:]...)
			f.forget(e, -1)
		}
	case "add-version", "remove-version", "add-step", "remove-step":
		if e := at[0]; e >= 0 && e < len(f.Elements) {
			f.applyVersion(verb, e, at[1], at[2])
		}
	case "add-pair":
		if len(f.Pairs) < maxFormPairs {
			f.Pairs = append(f.Pairs, PairForm{})
		}
	case "remove-pair":
		if p := at[0]; p >= 0 && p < len(f.Pairs) {
			f.Pairs = append(f.Pairs[:p:p], f.Pairs[p+1:]...)
		}
	default:
		return false
	}
	return true
}

// places reads up to three numbers; -1 stands for what is none.
func places(args string) (at [3]int) {
	at = [3]int{-1, -1, -1}
	for i, text := range strings.SplitN(args, ":", 3) {
		if n, err := strconv.Atoi(text); err == nil {
			at[i] = n
		}
	}
	return at
}

func (f *ElementsForm) applyVersion(verb string, e, i, j int) {
	versions := &f.Elements[e].Variants
	has := i > 0 && i < len(*versions)
	switch {
	case verb == "add-version":
		if len(*versions) < maxFormVariants {
			*versions = append(*versions, VariantForm{Changes: []Change{{Action: "text"}}})
		}
	case !has:
	case verb == "remove-version" && len(*versions) > 2:
		*versions = append((*versions)[:i:i], (*versions)[i+1:]...)
		f.forget(e, i)
	case verb == "add-step" && len((*versions)[i].Changes) < maxFormChanges:
		(*versions)[i].Changes = append((*versions)[i].Changes, Change{Action: "text"})
	case verb == "remove-step" && j >= 0 && j < len((*versions)[i].Changes):
		changes := (*versions)[i].Changes
		(*versions)[i].Changes = append(changes[:j:j], changes[j+1:]...)
	}
}

// forget drops the pairs with an element, or with one of its versions, that is gone, and counts the places after it anew.
func (f *ElementsForm) forget(element, version int) {
	kept := f.Pairs[:0]
	for _, p := range f.Pairs {
		a, okA := moved(p.A, element, version)
		b, okB := moved(p.B, element, version)
		if okA && okB {
			kept = append(kept, PairForm{a, b})
		}
	}
	f.Pairs = kept
}

// moved is where a place is once an element (version -1) or a version is gone; false when it went with it.
func moved(place string, element, version int) (string, bool) {
	e, v, ok := PlaceOf(place)
	switch {
	case !ok:
		return place, true
	case e == element && (version < 0 || v == version):
		return "", false
	case version < 0 && e > element:
		e--
	case e == element && v > version:
		v--
	}
	return Place(e, v), true
}

// PlaceOf reads "element:variant".
func PlaceOf(place string) (element, variant int, ok bool) {
	first, second, _ := strings.Cut(place, ":")
	element, errE := strconv.Atoi(first)
	variant, errV := strconv.Atoi(second)
	return element, variant, errE == nil && errV == nil
}

// Place writes "element:variant".
func Place(element, variant int) string { return fmt.Sprintf("%d:%d", element, variant) }

func elementField(e int, name string) string {
	at := fmt.Sprintf("elements[%d]", e)
	if name == "" {
		return at
	}
	return at + "[" + name + "]"
}

func versionField(e, i int, name string) string {
	return fmt.Sprintf("elements[%d][variants][%d][%s]", e, i, name)
}

// ShareField names the share of a version.
func ShareField(e, i int) string { return versionField(e, i, "weight") }

// SharesField names the shares of all versions of an element together.
func SharesField(e int) string { return elementField(e, "shares") }

// opensShares says whether the shares of an element differ, or are wrong: then they are shown without being asked for.
func (f ExperimentForm) opensShares(e int) bool {
	for i, v := range f.Elements.Elements[e].Variants {
		if v.Weight != "" || f.Errors[ShareField(e, i)] != "" {
			return true
		}
	}
	return f.Errors[SharesField(e)] != ""
}

// evenShare is what a version gets when none has a share of its own.
func evenShare(ctx context.Context, versions int) string {
	return locale.Number(ctx, 100/float64(versions), 1)
}

// StepField names a field of one change of a version; without a name all of it.
func StepField(e, i, j int, name string) string {
	at := fmt.Sprintf("elements[%d][variants][%d][changes][%d]", e, i, j)
	if name == "" {
		return at
	}
	return at + "[" + name + "]"
}

// PairField names the first field of a pair.
func PairField(p int) string { return pairField(p, "a") }

func pairField(p int, side string) string { return fmt.Sprintf("pairs[%d][%s]", p, side) }

func elementName(ctx context.Context, e int, f ElementForm) string {
	if f.Name != "" {
		return f.Name
	}
	return t(ctx, "elements.unnamed", "Count", e+1)
}

// pairOptions are all versions of all elements.
func pairOptions(ctx context.Context, f ElementsForm) []option {
	options := []option{{Value: "", Label: t(ctx, "elements.pair_choose")}}
	for e, element := range f.Elements {
		for i, v := range element.Variants {
			options = append(options, option{Value: Place(e, i), Label: elementName(ctx, e, element) + ": " + formVariantName(ctx, i, v)})
		}
	}
	return options
}

func modeOptions(ctx context.Context) []option {
	return []option{
		{"single", t(ctx, "mode.single"), t(ctx, "mode.single_help")},
		{"independent", t(ctx, "mode.independent"), t(ctx, "mode.independent_help")},
		{"factorial", t(ctx, "mode.factorial"), t(ctx, "mode.factorial_help")},
	}
}

// planLine says how long it takes, and from what that follows.
func planLine(ctx context.Context, p ElementsPlan) string {
	if p.VisitorsByDay == 0 {
		return t(ctx, "plan.no_traffic")
	}
	kv := []any{"Days", p.Days, "Visitors", locale.Int(ctx, p.VisitorsByDay), "Lift", locale.Percent(ctx, p.Lift, 0), "Rate", locale.Percent(ctx, p.Rate, 1)}
	switch {
	case p.Days == 0:
		return t(ctx, "plan.never", kv...)
	case p.Measured:
		return t(ctx, "plan.days", kv...)
	}
	return t(ctx, "plan.days_guess", kv...)
}

// Matrix shows all combinations: a row for each of those of all elements but the last, a column for each version of the last.
type Matrix struct {
	Columns []string
	Rows    []MatrixRow
}

// MatrixRow is one combination of the other elements.
type MatrixRow struct {
	Name  string
	Cells []MatrixCell
}

// MatrixCell is one combination. Key is that of its arm, empty while nothing is stored that could be opened.
type MatrixCell struct {
	Key, Name string
	Excluded  bool
	Control   bool
}
