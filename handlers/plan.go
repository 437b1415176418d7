package handlers

import (
	"math"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

func (h *server) planRoutes(g groups) {
	g.person.GET("/experiments/:id/plan", h.planPage)
	g.person.GET("/experiments/:id/plan/mistakes", h.planMistakes)
}

// planPage says what the test can find and what was decided before it started.
func (h *server) planPage(c echo.Context) error {
	f, head, err := h.foresee(c)
	if err != nil {
		return err
	}
	m := views.Forecast{Experiment: head, Daily: int64(math.Round(f.Forecast.Daily)), Rate: f.Forecast.Rate, Measured: f.Forecast.Measured, Lift: f.Forecast.Lift,
		Days: f.Forecast.Days, Long: f.Forecast.Long(), Power: f.Forecast.Power, Detectable: f.Forecast.Detectable, Within: f.Forecast.ForecastDays()}
	if f.Plan != nil {
		if m.Plan, err = h.launchPlan(c, f); err != nil {
			return err
		}
	}
	return h.render(c, http.StatusOK, views.PlanPage(h.page(c), m))
}

func (h *server) foresee(c echo.Context) (f services.Foreseen, head views.Experiment, err error) {
	if f, err = h.Experiments.Foresee(c.Request().Context(), actor(c), c.Param("id")); err != nil {
		return f, head, err
	}
	head, err = h.experiment(c, f.Experiment)
	return f, head, err
}

// launchPlan sets what was planned beside what came.
func (h *server) launchPlan(c echo.Context, f services.Foreseen) (*views.LaunchPlan, error) {
	r, err := h.Analytics.Results(h.speak(c), actor(c), f.Experiment.ID.String(), "")
	if err != nil {
		return nil, err
	}
	number := func(text string) float64 {
		x, _ := strconv.ParseFloat(text, 64) // written by us
		return x
	}
	p := f.Plan
	out := &views.LaunchPlan{Goal: p.Goal.Key, FalseAlarms: number(p.Rules.FalseAlarms), Margin: number(p.Rules.Margin), LeastVisitors: p.Rules.LeastVisitors,
		LeastConversions: p.Rules.LeastConversions, LongestDays: p.Rules.LongestDays, PlannedPerArm: p.Rules.PlannedPerArm, Days: p.Expected.Days,
		Lift: number(p.Expected.Lift), StoredAt: timeOr(f.Experiment.StartedAt), Hash: f.Hash, Seq: f.Seq, Intact: f.Intact, Visitors: r.Visitors()}
	for _, g := range f.Experiment.Goals {
		if g.Key == p.Goal.Key {
			out.Goal = g.Name
		}
	}
	return out, nil
}

// planMistakes plays the test through, which takes seconds: the page asks for it when it is there.
func (h *server) planMistakes(c echo.Context) error {
	f, head, err := h.foresee(c)
	if err != nil {
		return err
	}
	found, known, err := h.Simulator.Mistakes(h.speak(c), f)
	if err != nil && services.Code(err) != services.CodeUnavailable {
		return err
	}
	m := views.ForecastMistakes{Known: known, Busy: err != nil, FalseWinner: found.FalseWinner, Runs: found.Runs}
	return h.show(c, http.StatusOK, views.PlanMistakesPage(h.page(c), head, m), views.PlanMistakes(m))
}
