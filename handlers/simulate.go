package handlers

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

// uploadLimit bounds a file of visitors, which is read as it comes and not kept.
const uploadLimit = 8 << 20

func (h *server) simulateRoutes(e *echo.Echo, g groups) {
	g.public.GET("/simulate", h.simulatePage)
	g.public.GET("/simulate/stream", h.simulateStream)
	e.POST("/simulate", h.simulateFile, h.sameOrigin, compress, limitBody(uploadLimit))
	h.simulateMetrics()
}

// simulateMetrics tells operators how busy the simulator is.
func (h *server) simulateMetrics() {
	load := h.Simulator.Load
	h.Metrics.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "samplit_simulations_running", Help: "Simulations that compute now."},
			func() float64 { return float64(load().Running) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "samplit_simulations_total", Help: "Simulations by how they ended.",
			ConstLabels: prometheus.Labels{"end": "finished"}}, func() float64 { return float64(load().Finished) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "samplit_simulations_total", Help: "Simulations by how they ended.",
			ConstLabels: prometheus.Labels{"end": "cancelled"}}, func() float64 { return float64(load().Cancelled) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "samplit_simulations_total", Help: "Simulations by how they ended.",
			ConstLabels: prometheus.Labels{"end": "refused"}}, func() float64 { return float64(load().Refused) }),
	)
}

// simulatePage is the form and, when the address holds a seed, what the simulation found: the same address, the same page.
func (h *server) simulatePage(c echo.Context) error {
	q := c.QueryParams()
	m, err := h.simulatorForm(c, q)
	if err != nil {
		return err
	}
	if q.Get("seed") == "" || q.Get("do") != "" {
		return h.render(c, http.StatusOK, views.SimulatorPage(h.page(c), m))
	}
	ctx := h.speak(c)
	in, wrong := simulationOf(q)
	if len(wrong) > 0 {
		return h.refuseSimulation(c, m, wrong, http.StatusUnprocessableEntity)
	}
	found, err := h.Simulator.Compare(ctx, in, nil)
	switch refused, status, ok := h.refusal(c, err); {
	case isBusy(err):
		m.Busy = true
		c.Response().Header().Set("Retry-After", strconv.Itoa(retryAfter(http.StatusServiceUnavailable, err)))
		return h.render(c, http.StatusServiceUnavailable, views.SimulatorPage(h.page(c), m))
	case ok:
		return h.refuseSimulation(c, m, refused, status)
	case err != nil:
		return err
	}
	m.Simulation = simulatedOf(found)
	m.Simulation.Link, m.Simulation.Again = h.BaseURL+simulationURL(q, in.Seed), simulationURL(q, newSeed())
	return h.render(c, http.StatusOK, views.SimulatorPage(h.page(c), m))
}

func isBusy(err error) bool {
	var e *services.Error
	return errors.As(err, &e) && e.Reason == "busy" || errors.Is(err, context.DeadlineExceeded)
}

// refuseSimulation shows the form again. What has no field of its own is said above it.
func (h *server) refuseSimulation(c echo.Context, m views.Simulator, wrong views.Errors, status int) error {
	for _, name := range []string{"rates", "seed", "strategy"} {
		if wrong[""] == "" {
			wrong[""] = wrong[name]
		}
	}
	m.Errors = wrong
	return h.render(c, status, views.SimulatorPage(h.page(c), m))
}

// simulateFile reads rates from a file into the form's address. The file is not kept, nor is anything else.
func (h *server) simulateFile(c echo.Context) error {
	q, rates, err := h.readUpload(c)
	m, formErr := h.simulatorForm(c, q)
	if formErr != nil {
		return formErr
	}
	switch refused, status, ok := h.refusal(c, err); {
	case isBusy(err):
		m.Busy = true
		return h.render(c, http.StatusServiceUnavailable, views.SimulatorPage(h.page(c), m))
	case ok:
		return h.refuseSimulation(c, m, refused, status)
	case err != nil:
		return err
	}
	q["rate"] = nil
	for _, rate := range rates {
		q.Add("rate", percentText(rate))
	}
	q.Set("from", "file")
	return redirect(c, "/simulate?"+q.Encode())
}

// readUpload takes the form apart as it comes: the numbers typed before, then the file.
func (h *server) readUpload(c echo.Context) (q url.Values, rates []float64, err error) {
	q = url.Values{}
	parts, err := c.Request().MultipartReader()
	if err != nil {
		return q, nil, badForm(err)
	}
	for {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return q, nil, &services.Error{Code: services.CodeInvalid, Fields: services.Fields{"csv": {Reason: "choose"}}}
		case err != nil:
			return q, nil, badUpload(err)
		}
		switch name := part.FormName(); name {
		case "daily", "days":
			value, err := io.ReadAll(io.LimitReader(part, 20))
			if err != nil {
				return q, nil, badUpload(err)
			}
			q.Set(name, string(value))
		case "csv":
			rates, err := h.Simulator.Rates(h.speak(c), part)
			return q, rates, badUpload(err)
		}
	}
}

// badUpload turns what ends a broken upload into what the client did; the simulator's own errors stay.
func badUpload(err error) error {
	var known *services.Error
	var tooLarge *http.MaxBytesError
	if err == nil || errors.As(err, &known) || errors.As(err, &tooLarge) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return badForm(err)
}

// simulatorForm is the form with what the address holds, else with the account's own traffic or an example.
func (h *server) simulatorForm(c echo.Context, q url.Values) (views.Simulator, error) {
	m := views.Simulator{Rates: []string{"4", "5"}, MaxRates: services.MaxSimulatedRates, Daily: "1000", Days: "30",
		Seed: q.Get("seed"), FromFile: q.Get("from") == "file"}
	if m.Seed == "" {
		m.Seed = strconv.FormatInt(newSeed(), 10)
	}
	who := h.person(c)
	if who != nil {
		c.Set(actorKey, who.Actor()) // for the navigation, which the page has although anybody may see it
	}
	if rates := q["rate"]; len(rates) > 0 {
		m.Rates = editRates(rates[:min(len(rates), services.MaxSimulatedRates)], q.Get("do"))
	} else if who != nil {
		own, ok, err := h.Simulator.Own(c.Request().Context(), who.Actor())
		if err != nil {
			return m, err
		}
		if ok {
			m.Own, m.Daily, m.Rates = own.Name, strconv.Itoa(own.Daily), nil
			for _, rate := range own.Rates {
				m.Rates = append(m.Rates, percentText(rate))
			}
		}
	}
	for name, value := range map[string]*string{"daily": &m.Daily, "days": &m.Days} {
		if q.Has(name) {
			*value = q.Get(name)
		}
	}
	return m, nil
}

// editRates adds a version, like the best so far, or removes one.
func editRates(rates []string, do string) []string {
	rates = slices.Clone(rates)
	if do == "add" && len(rates) < services.MaxSimulatedRates {
		return append(rates, rates[len(rates)-1])
	}
	if which, ok := strings.CutPrefix(do, "remove-"); ok {
		if i, err := strconv.Atoi(which); err == nil && i > 0 && i < len(rates) && len(rates) > services.MinSimulatedRates {
			return slices.Delete(rates, i, i+1)
		}
	}
	return rates
}

// newSeed is short enough for an address and long enough to surprise.
func newSeed() int64 { return rand.Int64N(1_000_000) }
