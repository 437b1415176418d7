package handlers

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/locale"
	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

func (h *server) editorRoutes(g groups) {
	g.person.GET("/experiments/:id/editor", h.editorPage)
	g.person.GET("/experiments/:id/editor/version", h.confirmVersion)
	g.person.POST("/experiments/:id/editor/version", h.newVersion)
	g.person.POST("/experiments/:id/editor/frame", h.openEditorFrame)
	g.person.POST("/experiments/:id/editor/page/:page/relay", h.relayEdits)
	g.person.GET("/experiments/:id/editor/:variant/list", h.editorList)
	g.person.POST("/experiments/:id/editor/:variant/ops", h.saveEdits)
	g.person.POST("/experiments/:id/editor/:variant/form", h.editByForm)
	g.person.POST("/experiments/:id/editor/:variant/undo", h.undoEdit)
	g.person.POST("/experiments/:id/editor/:variant/redo", h.redoEdit)
	g.person.POST("/experiments/:id/editor/:variant/here", h.seeEditor)
}

func (h *server) editorPage(c echo.Context) error {
	m, err := h.editor(c, c.QueryParam("variant"))
	if err != nil {
		return err
	}
	return h.renderEditor(c, http.StatusOK, m)
}

// renderEditor lets the page frame what is shown in the editor, and nothing else.
func (h *server) renderEditor(c echo.Context, status int, m views.Editor) error {
	c.Set(frameSourceKey, h.Pages.FrameSource())
	return h.render(c, status, views.EditorPage(h.page(c), m))
}

// editor is the page as it is stored, with the variant of that id open, else the first that is not the original.
func (h *server) editor(c echo.Context, variant string) (m views.Editor, err error) {
	ctx, by := c.Request().Context(), actor(c)
	x, err := h.Experiments.Get(ctx, by, c.Param("id"))
	if err != nil {
		return m, err
	}
	if m.Experiment, err = h.experiment(c, x); err != nil {
		return m, err
	}
	m.Elements, variant = editorElements(x, variant)
	list, err := h.Editor.List(ctx, by, x.ID.String(), variant)
	if err != nil {
		return m, err
	}
	m.List = editorListOf(x.ID.String(), list)
	m.List.Open = m.Experiment.CanEdit && x.Status == services.Draft && m.Current().Index > 0
	m.Powerful = by.Role == services.Owner || by.Role == services.Admin
	if m.Page, err = h.editedPage(c, x); err != nil || x.Status == services.Draft {
		return m, err
	}
	results, err := h.Analytics.Results(ctx, by, x.ID.String(), "")
	m.Visitors = results.Visitors()
	return m, err
}

// editorElements are the tabs, and the variant to open.
func editorElements(x services.Experiment, wanted string) (out []views.EditorElement, open string) {
	for _, e := range x.Elements {
		element := views.EditorElement{Key: e.Key, Name: e.Name, Selector: e.Selector}
		for i, v := range e.Variants {
			id := v.ID.String()
			element.Variants = append(element.Variants, views.EditorVariant{ID: id, Key: v.Key, Name: v.Name, Index: i, Changes: len(v.Changes)})
			if id == wanted || open == "" && i > 0 {
				open = id
			}
		}
		out = append(out, element)
	}
	return out, open
}

// editedPage is where the editor opens: the address that was asked for, else what the experiment's page pattern begins with.
func (h *server) editedPage(c echo.Context, x services.Experiment) (string, error) {
	if asked := c.QueryParam("page"); asked != "" {
		return asked, nil
	}
	if start, _, _ := strings.Cut(x.URL, "*"); start != "" {
		return start, nil
	}
	site, err := h.Installations.Get(c.Request().Context(), actor(c), x.InstallationID.String())
	return site.SiteURL + "/", err
}

func editorListOf(experiment string, list services.EditorList) views.EditorList {
	m := views.EditorList{Experiment: experiment, Variant: list.Variant.String(), Rev: list.Rev, Undo: list.Undo, Redo: list.Redo, Open: true, Data: list}
	for i, e := range list.Edits {
		c := changeOf(e.Change)
		m.Rows = append(m.Rows, views.EditorRow{ID: e.Change.ID, Label: e.Label, Action: c.Action, Selector: c.Selector, Name: c.Name, Value: c.Value, Position: e.Change.Position,
			Off: e.Off, Who: list.Names[e.By], At: e.At, First: i == 0, Last: i == len(list.Edits)-1})
	}
	return m
}

func (h *server) editorList(c echo.Context) error {
	list, err := h.Editor.List(c.Request().Context(), actor(c), c.Param("id"), c.Param("variant"))
	return h.answerEdits(c, list, err)
}

// maxEdits bounds the body of one save.
const maxEdits = 512 << 10

// saveEdits takes what the editor's script collected.
func (h *server) saveEdits(c echo.Context) error {
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, maxEdits))
	if err != nil {
		return err
	}
	var in services.EditInput
	if err := strictJSON(body, &in); err != nil {
		return echo.NewHTTPError(http.StatusBadRequest, err.Error())
	}
	list, err := h.Editor.Save(c.Request().Context(), actor(c), c.Param("id"), c.Param("variant"), in)
	if isReason(err, "edited_elsewhere") {
		return h.askWhichEdits(c, in, err)
	}
	return h.answerEdits(c, list, err)
}

func isReason(err error, reason string) bool {
	var e *services.Error
	return errors.As(err, &e) && e.Reason == reason
}

// askWhichEdits shows what others made of the same and asks what should stay.
func (h *server) askWhichEdits(c echo.Context, in services.EditInput, conflict error) error {
	list, err := h.Editor.List(c.Request().Context(), actor(c), c.Param("id"), c.Param("variant"))
	if err != nil {
		return err
	}
	contested := in.Contested(conflict)
	m := views.EditorConflict{}
	for _, row := range editorListOf(c.Param("id"), list).Rows {
		for _, op := range contested {
			if op.About(row.ID, row.Action, row.Name, row.Selector) {
				m.Contested = append(m.Contested, row)
				break
			}
		}
	}
	return h.render(c, http.StatusConflict, views.EditorConflictBody(m))
}

// answerEdits sends the list as it is now, or what was wrong in one sentence.
func (h *server) answerEdits(c echo.Context, list services.EditorList, err error) error {
	if err == nil {
		return h.render(c, http.StatusOK, views.EditorSaved(editorListOf(c.Param("id"), list)))
	}
	text, status, ok := h.editProblem(c, err)
	if !ok {
		return err
	}
	return h.render(c, status, views.EditorProblem(text))
}

// editProblem is what a page says about a refused edit: a message id or a sentence.
func (h *server) editProblem(c echo.Context, err error) (text string, status int, ok bool) {
	if refused, status, ok := h.refusal(c, err); ok {
		return firstOf(refused), status, true
	}
	var e *services.Error
	if errors.As(err, &e) && e.Code == services.CodeConflict {
		return words(h.speak(c), e.Reason, e.Message), http.StatusConflict, true
	}
	return "", 0, false
}

func (h *server) undoEdit(c echo.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	list, err := h.Editor.Undo(c.Request().Context(), actor(c), c.Param("id"), c.Param("variant"), f.Get("request"))
	return h.answerStep(c, list, err)
}

func (h *server) redoEdit(c echo.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	list, err := h.Editor.Redo(c.Request().Context(), actor(c), c.Param("id"), c.Param("variant"), f.Get("request"))
	return h.answerStep(c, list, err)
}

// answerStep answers the script with the list, and a form with the page.
func (h *server) answerStep(c echo.Context, list services.EditorList, err error) error {
	if wantsPart(c) {
		return h.answerEdits(c, list, err)
	}
	return h.backToEditor(c, err)
}

// backToEditor shows the page again, after a refused form with the reason.
func (h *server) backToEditor(c echo.Context, err error) error {
	if err == nil {
		return redirect(c, "/experiments/"+c.Param("id")+"/editor?variant="+c.Param("variant"))
	}
	text, status, ok := h.editProblem(c, err)
	if !ok {
		return err
	}
	m, err := h.editor(c, c.Param("variant"))
	if err != nil {
		return err
	}
	m.Notice = text
	return h.renderEditor(c, status, m)
}

// seeEditor notes that somebody has the editor open and says who else has.
func (h *server) seeEditor(c echo.Context) error {
	p, err := h.Editor.See(c.Request().Context(), actor(c), c.Param("id"), c.Param("variant"))
	if err != nil {
		return err
	}
	var names []string
	for _, other := range p.Others {
		names = append(names, other.Name)
	}
	return h.render(c, http.StatusOK, views.EditorOthers(names, p.Rev))
}

// confirmVersion asks before a started experiment is copied for further work.
func (h *server) confirmVersion(c echo.Context) error {
	if err := actor(c).MayEdit(); err != nil {
		return err
	}
	m, err := h.editor(c, "")
	if err != nil {
		return err
	}
	page := h.page(c)
	return h.show(c, http.StatusOK, views.EditorVersionPage(page, m), views.EditorVersionBody(page, m))
}

func (h *server) newVersion(c echo.Context) error {
	x, err := h.Experiments.Duplicate(h.speak(c), actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	return redirect(c, "/experiments/"+x.ID.String()+"/editor")
}

// openEditorFrame opens a page of the experiment's site for the editor.
func (h *server) openEditorFrame(c echo.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	ctx, by := h.speak(c), actor(c)
	x, err := h.Experiments.Get(ctx, by, c.Param("id"))
	if err != nil {
		return err
	}
	s, err := h.Pages.Open(ctx, by, services.PageWish{Installation: x.InstallationID.String(), Address: f.Get("url"), Tab: f.Get("tab") != ""})
	if err != nil {
		text, status, ok := h.editProblem(c, err)
		if !ok {
			return err
		}
		return h.render(c, status, views.EditorFramed(views.EditorFrame{Problem: locale.T(ctx, text)}))
	}
	return h.render(c, http.StatusOK, views.EditorFramed(views.EditorFrame{Session: s.ID.String(), URL: s.URL, Origin: s.Origin, Sandbox: s.Sandbox, Nonce: s.Nonce, Mode: s.Mode,
		Reason: locale.T(ctx, s.Reason.Key, s.Reason.Args...)}))
}
