package handlers

import (
	"errors"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

// confirmStatus asks before a change of status that needs a decision.
func (h *server) confirmStatus(c echo.Context) error {
	if err := actor(c).MayEdit(); err != nil {
		return err
	}
	target := c.QueryParam("status")
	if target == string(services.Running) {
		return h.confirmStart(c)
	}
	if target != string(services.Completed) && target != string(services.Archived) {
		return echo.ErrNotFound
	}
	m, err := h.confirmation(c, target, c.QueryParam("winner"))
	if err != nil {
		return err
	}
	return h.showConfirmation(c, http.StatusOK, m)
}

// confirmStart offers the start as it is, whatever else could be prepared before.
func (h *server) confirmStart(c echo.Context) error {
	m, r, err := h.results(c, "")
	if err != nil {
		return err
	}
	if !services.CanMove(r.Status, services.Running) {
		return redirect(c, "/experiments/"+m.Experiment.ID)
	}
	if m.Launch != nil {
		m.Launch.Steps = slices.DeleteFunc(m.Launch.Steps, func(s views.LaunchStep) bool { return !s.Done })
	}
	return h.render(c, http.StatusOK, views.ResultsPage(h.page(c), m))
}

func (h *server) showConfirmation(c echo.Context, status int, m views.StatusConfirm) error {
	page := h.page(c)
	return h.show(c, status, views.StatusConfirmPage(page, m), views.StatusConfirmBody(page, m))
}

// confirmation tells in numbers what will happen. The variant to preselect is the one asked for, else the verdict's.
func (h *server) confirmation(c echo.Context, target, winner string) (m views.StatusConfirm, err error) {
	r, err := h.Analytics.Results(h.speak(c), actor(c), c.Param("id"), "")
	if err != nil {
		return m, err
	}
	if m.Experiment, err = h.experiment(c, r.Experiment); err != nil {
		return m, err
	}
	m.Target = target
	m.Elements = elementChoices(r)
	all := r.Visitors()
	for i, v := range r.Variants {
		if v.Key == winner {
			m.Recommended = winner
		}
		m.Choices = append(m.Choices, views.WinnerChoice{Key: v.Key, Name: v.Name, Index: i, Rate: v.Rate, Lift: liftOf(v.Lift), Visitors: all - v.Visitors})
	}
	if m.Recommended == "" && r.Verdict.Action == "ship" {
		m.Recommended = r.Verdict.Variant
	}
	return m, nil
}

// statusDone are the words for what a change of status did.
var statusDone = map[services.Status]string{services.Paused: "flash.paused", services.Completed: "flash.completed", services.Archived: "flash.archived"}

func (h *server) changeStatus(c echo.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	ctx, by, id := c.Request().Context(), actor(c), c.Param("id")
	change := services.StatusChange{To: services.Status(f.Get("status"))}
	if winner := f.Get("winner"); winner != "" {
		change.Winner = &winner
	}
	before, err := h.Experiments.Get(ctx, by, id)
	if err != nil {
		return err
	}
	for _, e := range before.Elements {
		if key := f.Get("winner[" + e.Key + "]"); key != "" {
			if change.Winners == nil {
				change.Winners = map[string]string{}
			}
			change.Winners[e.Key] = key
		}
	}
	x, err := h.Experiments.SetStatus(ctx, by, id, change)
	if err != nil {
		return h.refusedStatus(c, change, err)
	}
	text := statusDone[x.Status]
	if x.Status == services.Running {
		if text = "flash.started"; before.Status == services.Paused {
			text = "flash.resumed"
		}
	}
	flash := views.Flash{Kind: "good", Text: text}
	if x.Status == services.Paused {
		flash.Undo, flash.UndoFields = "/experiments/"+id+"/status", map[string]string{"status": string(services.Running)}
	}
	if err := h.setFlash(c, flash); err != nil {
		return err
	}
	if x.Status == services.Archived {
		return redirect(c, "/experiments")
	}
	return redirect(c, "/experiments/"+id)
}

// refusedStatus shows the question again, or the experiment as it is now.
func (h *server) refusedStatus(c echo.Context, change services.StatusChange, refusal error) error {
	refused, status, ok := h.refusal(c, refusal)
	if !ok {
		if services.Code(refusal) != services.CodeConflict {
			return refusal
		}
		refused, status = views.Errors{"": conflictText(refusal)}, http.StatusConflict
	}
	if change.To == services.Completed || change.To == services.Archived {
		m, err := h.confirmation(c, string(change.To), "")
		if err != nil {
			return err
		}
		m.Errors = views.Errors{"": firstOf(refused)}
		return h.showConfirmation(c, status, m)
	}
	m, _, err := h.results(c, "")
	if err != nil {
		return err
	}
	page := h.page(c)
	page.Flash = &views.Flash{Kind: "bad", Text: firstOf(refused)}
	var held *services.HeldBy
	if errors.As(refusal, &held) {
		page.Flash.URL, page.Flash.Link = "/experiments/"+held.ID.String(), held.Name
	}
	return h.render(c, status, views.ResultsPage(page, m))
}

// conflictText is what a page says about a state that forbids the change.
func conflictText(err error) string {
	var e *services.Error
	if errors.As(err, &e) && e.Reason == "layer" {
		return "error.layer_held"
	}
	return "error.state"
}

func firstOf(errs views.Errors) string {
	for _, text := range errs {
		return text
	}
	return ""
}
