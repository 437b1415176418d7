package handlers

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

func (h *server) newExperiment(c echo.Context) error {
	if err := actor(c).MayEdit(); err != nil {
		return err
	}
	refs, err := h.siteRefs(c)
	if err != nil {
		return err
	}
	m := views.NewExperimentForm(refs)
	for _, ref := range refs {
		if ref.ID == c.QueryParam("site") {
			m.SiteID = ref.ID
		}
	}
	return h.showForm(c, http.StatusOK, m)
}

func (h *server) showForm(c echo.Context, status int, m views.ExperimentForm) error {
	page := h.page(c)
	return h.show(c, status, views.ExperimentFormPage(page, m), views.ExperimentFormBody(page, m))
}

// typedForm reads the posted form; done says that it only asked for a row more or less and was answered.
func (h *server) typedForm(c echo.Context, id string) (m views.ExperimentForm, done bool, err error) {
	f, err := form(c)
	if err != nil {
		return m, true, err
	}
	refs, err := h.siteRefs(c)
	if err != nil {
		return m, true, err
	}
	m = views.ParseExperimentForm(f, refs)
	m.ID = id
	if f.Get("do") == views.DoVisually {
		m.DropBlank()
	}
	if do := f.Get("do"); m.Apply(do) {
		wrong, err := h.plan(c, &m)
		if err != nil {
			return m, true, err
		}
		if do == "plan" && len(wrong) > 0 {
			return m, true, h.refuseForm(c, m, http.StatusUnprocessableEntity, wrong)
		}
		return m, true, h.showForm(c, http.StatusOK, m)
	}
	return m, false, nil
}

func (h *server) createExperiment(c echo.Context) error {
	if err := actor(c).MayEdit(); err != nil {
		return err
	}
	m, done, err := h.typedForm(c, "")
	if done {
		return err
	}
	ctx := h.speak(c)
	in, wrong := formInput(ctx, m)
	if len(wrong) > 0 {
		return h.refuseForm(c, m, http.StatusUnprocessableEntity, wrong)
	}
	x, err := h.Experiments.Create(ctx, actor(c), in)
	if err != nil {
		return h.refusedForm(c, m, err)
	}
	return redirect(c, savedForm(c, x))
}

// savedForm is where a saved form leads: to the experiment, or to the visual editor when that was the button.
func savedForm(c echo.Context, x services.Experiment) string {
	to := "/experiments/" + x.ID.String()
	if c.FormValue("do") == views.DoVisually {
		to += "/editor"
	}
	return to
}

func (h *server) editExperiment(c echo.Context) error {
	if err := actor(c).MayEdit(); err != nil {
		return err
	}
	x, err := h.Experiments.Get(c.Request().Context(), actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	if x.Status != services.Draft { // what runs has a page of its own for what may still change
		return redirect(c, "/experiments/"+x.ID.String()+"/settings")
	}
	refs, err := h.siteRefs(c)
	if err != nil {
		return err
	}
	m := storedForm(h.speak(c), x, refs)
	if _, err := h.plan(c, &m); err != nil {
		return err
	}
	return h.showForm(c, http.StatusOK, m)
}

func (h *server) updateExperiment(c echo.Context) error {
	ctx, by := h.speak(c), actor(c)
	if err := by.MayEdit(); err != nil {
		return err
	}
	x, err := h.Experiments.Get(ctx, by, c.Param("id"))
	if err != nil {
		return err
	}
	m, done, err := h.typedForm(c, x.ID.String())
	if done {
		return err
	}
	in, wrong := formInput(ctx, m)
	if len(wrong) > 0 {
		return h.refuseForm(c, m, http.StatusUnprocessableEntity, wrong)
	}
	keepUnseen(&in, x)
	version, _ := strconv.Atoi(m.Version) // what is no version is no current one
	if _, err := h.Experiments.Update(ctx, by, x.ID.String(), in, &version); err != nil {
		if services.Code(err) == services.CodeStale {
			m.Version = strconv.Itoa(x.Version) // saving again is then a decision
		}
		return h.refusedForm(c, m, err)
	}
	if err := h.flash(c, "good", "flash.saved"); err != nil {
		return err
	}
	return redirect(c, savedForm(c, x))
}

func (h *server) refusedForm(c echo.Context, m views.ExperimentForm, err error) error {
	refused, status, ok := h.refusal(c, err)
	if !ok {
		if services.Code(err) != services.CodeConflict {
			return err
		}
		refused, status = views.Errors{"": "error.state"}, http.StatusConflict
	}
	return h.refuseForm(c, m, status, formErrors(h.speak(c), m, refused))
}

func (h *server) refuseForm(c echo.Context, m views.ExperimentForm, status int, errs views.Errors) error {
	if errs[""] == "" {
		errs[""] = "error.form"
	}
	m.Errors = errs
	return h.showForm(c, status, m)
}
