package handlers

import (
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

func (h *server) experimentSettingsPage(c echo.Context) error {
	m, _, err := h.experimentSettings(c)
	if err != nil {
		return err
	}
	return h.showTraffic(c, http.StatusOK, m)
}

func (h *server) showTraffic(c echo.Context, status int, m views.ExperimentSettings) error {
	page := h.page(c)
	return h.show(c, status, views.ExperimentSettingsPage(page, m), views.TrafficForm(page, m))
}

// experimentSettings is the page as it is stored.
func (h *server) experimentSettings(c echo.Context) (m views.ExperimentSettings, x services.Experiment, err error) {
	r, err := h.Analytics.Results(h.speak(c), actor(c), c.Param("id"), "")
	if err != nil {
		return m, x, err
	}
	x = r.Experiment
	m.Visitors, m.Traffic, m.Who = r.Visitors(), formPercent(x.TrafficAllocation), storedRules(x.Rules)
	m.Experiment, err = h.experiment(c, x)
	if err != nil {
		return m, x, err
	}
	for _, e := range x.Elements {
		shares := e.Shares()
		for i, v := range e.Variants {
			w := views.WeightField{Key: v.Key, Name: v.Name, Index: i, Value: formPercent(shares[i])}
			if x.Mode != services.ModeSingle {
				w.Of, w.Element = e.Key, e.Name
			}
			m.Weights = append(m.Weights, w)
		}
	}
	return m, x, nil
}

// changeTraffic changes how many visitors take part and, in a fair split, how they are divided.
func (h *server) changeTraffic(c echo.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	if err := actor(c).MayEdit(); err != nil {
		return err
	}
	m, x, err := h.experimentSettings(c)
	if err != nil {
		return err
	}
	var in services.ExperimentInput
	typed := m
	typed.Traffic, typed.Errors = f.Get("traffic"), views.Errors{}
	if share, ok := percent(typed.Traffic); ok {
		in.TrafficAllocation = &share
	} else {
		typed.Errors["traffic"] = "error.percent"
	}
	if len(m.Weights) > 0 && f.Has(m.Weights[0].Field()) {
		in.Elements = typedWeights(&typed, m, x, f.Get)
	}
	if len(typed.Errors) > 0 {
		return h.showTraffic(c, http.StatusUnprocessableEntity, typed)
	}
	version, _ := strconv.Atoi(f.Get("version")) // what is no version is no current one
	if _, err := h.Experiments.Update(c.Request().Context(), actor(c), x.ID.String(), in, &version); err != nil {
		return h.refusedTraffic(c, typed, err)
	}
	if err := h.flash(c, "good", "flash.traffic"); err != nil {
		return err
	}
	return redirect(c, "/experiments/"+x.ID.String()+"/settings")
}

// typedWeights reads the shares of all variants into the elements as they are stored; nil when the shares are the stored ones. Of an
// element whose shares were not touched the weights stay as they are, so that rounding changes nothing.
func typedWeights(typed *views.ExperimentSettings, stored views.ExperimentSettings, x services.Experiment, get func(string) string) []services.ElementInput {
	elements, changed := x.Input().Elements, false
	typed.Weights = slices.Clone(stored.Weights)
	rest := typed.Weights
	for i := range elements {
		fields := rest[:len(elements[i].Variants)]
		rest = rest[len(fields):]
		if shares, touched := typedShares(typed.Errors, fields, get); touched {
			changed = true
			for j := range shares {
				elements[i].Variants[j].Weight = &shares[j]
			}
		}
	}
	if !changed {
		return nil
	}
	return elements
}

// typedShares reads the fields of one element, and says whether any is another than it was.
func typedShares(wrong views.Errors, fields []views.WeightField, get func(string) string) (shares []float64, touched bool) {
	sum, unread := 0.0, false
	for j := range fields {
		w := &fields[j]
		was := w.Value
		w.Value = get(w.Field())
		share, ok := percent(w.Value)
		if !ok || share <= 0 {
			wrong[w.Field()], unread = "error.percent", true
		}
		sum += share
		shares, touched = append(shares, share), touched || w.Value != was
	}
	if !unread && !adds(sum, 1) {
		wrong[sumField(fields[0])] = "error.sum_100"
	}
	return shares, touched
}

// adds says whether typed shares make the whole, as far as anybody types.
func adds(sum, whole float64) bool { return math.Abs(sum-whole) < 0.0001 }

// sumField is where it stands that shares do not add up, first of which is w: below all of them, or at the element's.
func sumField(w views.WeightField) string {
	if w.Element == "" {
		return "weights"
	}
	return w.Field()
}

func (h *server) refusedTraffic(c echo.Context, m views.ExperimentSettings, err error) error {
	refused, status, ok := h.refusal(c, err)
	if !ok {
		if services.Code(err) != services.CodeConflict {
			return err
		}
		refused, status = views.Errors{"": "error.state"}, http.StatusConflict
	}
	m.Errors = views.Errors{}
	for path, text := range renamed(refused, map[string]string{"traffic_allocation": "traffic"}) {
		if w, ok := weightAt(m.Weights, path); ok {
			path = w.Field()
		}
		m.Errors[path] = text
	}
	return h.showTraffic(c, status, m)
}

var weightPath = regexp.MustCompile(`^(?:elements\[(\d+)\]\.)?variants\[(\d+)\]`)

// weightAt is the field of the variant that a problem is about.
func weightAt(fields []views.WeightField, path string) (w views.WeightField, ok bool) {
	at := weightPath.FindStringSubmatch(path)
	if at == nil {
		return w, false
	}
	element, variant := number(at[1]), number(at[2])
	for _, w := range fields {
		if w.Index == 0 {
			element--
		}
		if element == -1 && w.Index == variant {
			return w, true
		}
	}
	return w, false
}
