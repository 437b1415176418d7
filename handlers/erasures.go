package handlers

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

func (h *server) erasuresRoutes(g groups) {
	g.person.GET("/audit/erase", h.erasePage)
	g.person.POST("/audit/erase/find", h.findPerson)
	g.person.POST("/audit/erase", h.erasePerson)
	g.person.GET("/audit/erase/:id", h.erasurePage)
}

func (h *server) erasePage(c echo.Context) error {
	return h.showErase(c, http.StatusOK, views.Erase{})
}

// showErase draws the page with the erasures there were.
func (h *server) showErase(c echo.Context, status int, m views.Erase) error {
	list, err := h.Erasures.List(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	for _, e := range list {
		m.History = append(m.History, erasureOf(e))
	}
	return h.render(c, status, views.ErasePage(h.page(c), m))
}

// typedPerson is whose data is meant: the names, each with the field that it was typed into.
type typedPerson struct {
	page          views.Erase
	names, fields []string
	confirm       string
}

// typedPerson reads the form of somebody who may erase. It says so in the page's errors when nothing was typed.
func (h *server) typedPerson(c echo.Context) (p typedPerson, err error) {
	if err := actor(c).MayErase(); err != nil {
		return p, err
	}
	f, err := form(c)
	if err != nil {
		return p, err
	}
	p.page = views.Erase{Visitor: strings.TrimSpace(f.Get("visitor")), User: strings.TrimSpace(f.Get("user")), Errors: views.Errors{}}
	p.confirm = strings.TrimSpace(f.Get("confirm"))
	for _, typed := range [][2]string{{"visitor", p.page.Visitor}, {"user", p.page.User}} {
		if typed[1] != "" {
			p.fields, p.names = append(p.fields, typed[0]), append(p.names, typed[1])
		}
	}
	if len(p.names) == 0 {
		p.page.Errors["visitor"] = "error.erase_nobody"
	}
	return p, nil
}

// refuse says at each field what is wrong with it, and how to go on. What is not about the names comes back.
func (p *typedPerson) refuse(err error) error {
	var e *services.Error
	switch {
	case !errors.As(err, &e):
		return err
	case e.Code == services.CodeConflict:
		p.page.Errors["names"] = "error.erasures_busy"
	case e.Code == services.CodeInvalid:
		for i, field := range p.fields {
			if _, bad := e.Fields["names["+strconv.Itoa(i)+"]"]; bad {
				p.page.Errors[field] = "error.erase_name"
			}
		}
	default:
		return err
	}
	return nil
}

// findPerson counts what there is, and asks.
func (h *server) findPerson(c echo.Context) error {
	p, err := h.typedPerson(c)
	if err != nil {
		return err
	}
	if len(p.page.Errors) > 0 {
		return h.showErase(c, http.StatusUnprocessableEntity, p.page)
	}
	return h.showFound(c, http.StatusOK, p)
}

func (h *server) showFound(c echo.Context, status int, p typedPerson) error {
	found, err := h.Erasures.Find(c.Request().Context(), actor(c), p.names)
	if err != nil {
		if err := p.refuse(err); err != nil {
			return err
		}
		return h.showErase(c, http.StatusUnprocessableEntity, p.page)
	}
	traces := views.Traces(found)
	p.page.Found = &traces
	return h.showErase(c, status, p.page)
}

// erasePerson has everything erased once the name was typed again.
func (h *server) erasePerson(c echo.Context) error {
	p, err := h.typedPerson(c)
	if err != nil {
		return err
	}
	if len(p.page.Errors) > 0 {
		return h.showErase(c, http.StatusUnprocessableEntity, p.page)
	}
	if p.confirm != p.page.Typed() {
		p.page.Errors["confirm"] = "error.erase_confirm"
		return h.showFound(c, http.StatusUnprocessableEntity, p)
	}
	e, err := h.Erasures.Request(c.Request().Context(), actor(c), p.names)
	if err == nil {
		return redirect(c, "/audit/erase/"+e.ID.String())
	}
	status := http.StatusUnprocessableEntity
	if services.Code(err) == services.CodeConflict {
		status = http.StatusConflict
	}
	if err := p.refuse(err); err != nil {
		return err
	}
	return h.showErase(c, status, p.page)
}

func (h *server) erasurePage(c echo.Context) error {
	e, err := h.Erasures.Get(c.Request().Context(), actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	page, m := h.page(c), erasureOf(e)
	return h.show(c, http.StatusOK, views.ErasurePage(page, m), views.ErasureBody(page, m))
}

func erasureOf(e services.Erasure) views.Erasure {
	m := views.Erasure{ID: e.ID.String(), State: e.State, By: e.By, Searched: e.Searched, Days: e.Days, Erased: views.Traces(e.Erased), At: e.CreatedAt, Entry: -1}
	if e.Entry != nil {
		m.Entry = *e.Entry
	}
	return m
}
