package handlers

import (
	"net/http"
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
	if err != nil || x.Mode != services.ModeSingle { // the shares of several elements are changed by the API
		return m, x, err
	}
	shares := x.Elements[0].Shares()
	for i, v := range x.Variants() {
		m.Weights = append(m.Weights, views.WeightField{Key: v.Key, Name: v.Name, Index: i, Value: formPercent(shares[i])})
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
	if len(m.Weights) > 0 && f.Has("weights["+m.Weights[0].Key+"]") {
		in.Variants = typedWeights(&typed, m, x, f.Get)
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

// typedWeights reads the shares of all variants; nil when they are the stored ones, so that rounding changes nothing.
func typedWeights(typed *views.ExperimentSettings, stored views.ExperimentSettings, x services.Experiment, get func(string) string) []services.VariantInput {
	var out []services.VariantInput
	sum, changed := 0.0, false
	typed.Weights = make([]views.WeightField, len(stored.Weights))
	for i, w := range stored.Weights {
		name := "weights[" + w.Key + "]"
		typed.Weights[i] = w
		typed.Weights[i].Value = get(name)
		share, ok := percent(get(name))
		if !ok || share <= 0 {
			typed.Errors[name] = "error.percent"
		}
		sum += share
		changed = changed || typed.Weights[i].Value != w.Value
		out = append(out, services.VariantInput{Key: &x.Variants()[i].Key, Weight: &share})
	}
	if len(typed.Errors) == 0 && (sum < 0.9999 || sum > 1.0001) {
		typed.Errors["weights"] = "error.sum_100"
	}
	if !changed {
		return nil
	}
	return out
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
		if at := variantPath.FindStringSubmatch(path); at != nil && len(m.Weights) > 0 {
			i, _ := strconv.Atoi(at[1])
			path = "weights[" + m.Weights[min(i, len(m.Weights)-1)].Key + "]"
		}
		m.Errors[path] = text
	}
	return h.showTraffic(c, status, m)
}
