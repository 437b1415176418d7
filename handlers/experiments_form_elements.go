package handlers

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

// elementsInput puts the form's elements in place of its variants. Keys are made here and not in the service, since pairs name them.
func elementsInput(ctx context.Context, f views.ElementsForm, in *services.ExperimentInput, wrong views.Errors) {
	if f.Mode == "" || f.Mode == services.ModeSingle {
		return
	}
	in.Mode, in.Variants, in.Elements = &f.Mode, nil, make([]services.ElementInput, len(f.Elements))
	taken := map[string]bool{}
	for _, e := range f.Elements {
		taken[e.Key] = true
	}
	for i, e := range f.Elements {
		if e.Key == "" && e.Name != "" {
			e.Key = services.NewKey(e.Name, "element", taken)
		}
		in.Elements[i] = services.ElementInput{Name: &e.Name, Selector: &e.Selector, Variants: versionsInput(ctx, e)}
		versionShares(i, e, in.Elements[i].Variants, wrong)
		if e.Key != "" {
			in.Elements[i].Key = &e.Key
		}
	}
	if f.Mode == services.ModeFactorial {
		in.ExcludedPairs = pairsInput(f, in.Elements)
	}
}

func versionsInput(ctx context.Context, e views.ElementForm) []services.VariantInput {
	taken := map[string]bool{}
	for _, v := range e.Variants {
		taken[v.Key] = true
	}
	out := make([]services.VariantInput, len(e.Variants))
	for i, v := range e.Variants {
		control := i == 0
		if v.Name == "" {
			v.Name = defaultVariant(ctx, i)
		}
		if v.Key == "" {
			v.Key = services.NewKey(v.Name, "version", taken)
		}
		out[i] = services.VariantInput{IsControl: &control, Key: &v.Key, Name: &v.Name, Changes: []services.ChangeInput{}}
		for _, j := range filledSteps(v) {
			out[i].Changes = append(out[i].Changes, changeInput(v.Changes[j]))
		}
	}
	return out
}

// versionShares reads the shares of an element's versions. Those that are left empty share evenly what remains; with none given all
// are alike.
func versionShares(e int, typed views.ElementForm, out []services.VariantInput, wrong views.Errors) {
	sum, empty := 0.0, 0
	for i, v := range typed.Variants {
		share, ok := percent(v.Weight)
		switch {
		case v.Weight == "":
			empty++
		case !ok || share <= 0 || share >= 1:
			wrong[views.ShareField(e, i)] = "error.percent"
		default:
			out[i].Weight = &share
		}
		sum += share
	}
	if empty == len(typed.Variants) {
		return
	}
	if rest := 1 - sum; empty == 0 && !adds(sum, 1) || empty > 0 && rest < 0.01*float64(empty) {
		wrong[views.SharesField(e)] = "error.shares"
	} else if empty > 0 {
		even := rest / float64(empty)
		for i, v := range typed.Variants {
			if v.Weight == "" {
				out[i].Weight = &even
			}
		}
	}
}

// filledSteps are the rows of a version in which something was typed; hiding the element needs no words.
func filledSteps(v views.VariantForm) (rows []int) {
	for j, c := range v.Changes {
		if c.Action == "hide" || c.Selector != "" || c.Name != "" || c.Value != "" {
			rows = append(rows, j)
		}
	}
	return rows
}

// pairsInput names the versions of the pairs by their keys; a pair of which nothing was chosen is none.
func pairsInput(f views.ElementsForm, elements []services.ElementInput) []services.Pair {
	pairs := []services.Pair{}
	for _, p := range f.Pairs {
		if p.A == "" && p.B == "" {
			continue
		}
		pair := services.Pair{}
		for _, place := range []string{p.A, p.B} {
			e, v, ok := views.PlaceOf(place)
			if ok && e >= 0 && e < len(elements) && elements[e].Key != nil && v >= 0 && v < len(elements[e].Variants) {
				pair[*elements[e].Key] = *elements[e].Variants[v].Key
			}
		}
		pairs = append(pairs, pair)
	}
	return pairs
}

// storedElements shows the elements of a draft for editing.
func storedElements(x services.Experiment) views.ElementsForm {
	f := views.NewExperimentForm(nil).Elements
	f.Mode = x.Mode
	if x.Mode == services.ModeSingle {
		return f
	}
	f.Elements = nil
	for _, e := range x.Elements {
		element := views.ElementForm{Key: e.Key, Name: e.Name, Selector: e.Selector}
		shares, even := e.Shares(), e.Even()
		for i, v := range e.Variants {
			version := views.VariantForm{Key: v.Key, Name: v.Name}
			if !even {
				version.Weight = formPercent(shares[i])
			}
			for _, c := range v.Changes {
				change := changeOf(c)
				if change.Selector == e.Selector {
					change.Selector = ""
				}
				version.Changes = append(version.Changes, change)
			}
			element.Variants = append(element.Variants, version)
		}
		f.Elements = append(f.Elements, element)
	}
	for _, p := range x.ExcludedPairs {
		f.Pairs = append(f.Pairs, storedPair(x, p))
	}
	return f
}

func storedPair(x services.Experiment, p services.Pair) (out views.PairForm) {
	for e, element := range x.Elements {
		v := slices.IndexFunc(element.Variants, func(v services.Variant) bool { return v.Key == p[element.Key] })
		switch {
		case v < 0:
		case out.A == "":
			out.A = views.Place(e, v)
		default:
			out.B = views.Place(e, v)
		}
	}
	return out
}

var (
	elementPath = regexp.MustCompile(`^elements\[\d+\]`)
	stepPath    = regexp.MustCompile(`^elements\[(\d+)\]\.variants\[(\d+)\]\.changes\[(\d+)\]\.(\w+)$`)
	pairPath    = regexp.MustCompile(`^excluded_pairs\[(\d+)\]$`)
)

// elementField gives a problem of elements or pairs the name of the form's field; false when it is about something else.
func elementField(f views.ElementsForm, path string) (string, bool) {
	switch {
	case path == "elements", path == "mode":
		return path, true
	case path == "excluded_pairs":
		return "pairs", true
	case pairPath.MatchString(path):
		p := number(pairPath.FindStringSubmatch(path)[1])
		for row, pair := range f.Pairs { // empty rows were not sent
			if pair.A == "" && pair.B == "" {
				p++
			}
			if row == p {
				break
			}
		}
		return views.PairField(p), true
	case stepPath.MatchString(path):
		at := stepPath.FindStringSubmatch(path)
		e, i, j := number(at[1]), number(at[2]), number(at[3])
		if e < len(f.Elements) && i < len(f.Elements[e].Variants) {
			if rows := filledSteps(f.Elements[e].Variants[i]); j < len(rows) {
				j = rows[j]
			}
		}
		return views.StepField(e, i, j, at[4]), true
	case elementPath.MatchString(path):
		return bracketed(path), true
	}
	return "", false
}

// bracketed writes a path as the form does: a.b is a[b]. Of a version, what has no field of its own stands at its name.
func bracketed(path string) string {
	parts := strings.Split(path, ".")
	if len(parts) == 3 && parts[2] != "weight" {
		parts[2] = "name"
	}
	out := parts[0]
	for _, part := range parts[1:] {
		name, index, indexed := strings.Cut(part, "[")
		out += "[" + name + "]"
		if indexed {
			out += "[" + index
		}
	}
	return out
}

// plan adds what the test would take, as far as what was typed is a test.
func (h *server) plan(c echo.Context, m *views.ExperimentForm) (views.Errors, error) {
	ctx := h.speak(c)
	if m.Elements.Mode == "" || m.Elements.Mode == services.ModeSingle {
		return nil, nil
	}
	in, wrong := formInput(ctx, *m)
	if len(wrong) > 0 {
		return wrong, nil
	}
	p, err := h.Experiments.Plan(ctx, actor(c), in)
	if err != nil {
		refused, _, ok := h.refusal(c, err)
		if !ok {
			return nil, err
		}
		return formErrors(ctx, *m, refused), nil
	}
	m.Elements.Plan = planOf(p)
	return nil, nil
}

func planOf(p services.Plan) *views.ElementsPlan {
	out := &views.ElementsPlan{Combinations: p.Combinations, Excluded: p.Excluded, Many: p.Many(), Days: p.Days, Long: p.Long(),
		VisitorsByDay: int64(p.Daily + 0.5), Lift: p.Lift, Rate: p.Rate, Measured: p.Measured}
	if p.Combinations > 0 {
		out.Matrix = matrixOf(p.Definition)
	}
	return out
}

// matrixOf lays the combinations out: the variants of the last element are the columns.
func matrixOf(d services.Definition) views.Matrix {
	last := d.Elements[len(d.Elements)-1]
	m := views.Matrix{}
	for _, v := range last.Variants {
		m.Columns = append(m.Columns, v.Name)
	}
	for i, cell := range d.Cells() {
		if i%len(last.Variants) == 0 {
			m.Rows = append(m.Rows, views.MatrixRow{Name: strings.Join(cell.Names[:len(cell.Names)-1], " + ")})
		}
		row := &m.Rows[len(m.Rows)-1]
		row.Cells = append(row.Cells, views.MatrixCell{Key: cell.Key, Name: strings.Join(cell.Names, " + "), Excluded: cell.Excluded, Control: i == 0})
	}
	return m
}
