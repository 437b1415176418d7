package handlers

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/locale"
	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

// mostFound bounds each kind of what a search lists.
const mostFound = 8

// searchPage finds experiments and sites by a part of their names.
func (h *server) searchPage(c echo.Context) error {
	m := views.Search{Query: strings.TrimSpace(c.QueryParam("q"))}
	if m.Query != "" {
		var err error
		if m.Results, err = h.search(c, m.Query); err != nil {
			return err
		}
	}
	page := h.page(c)
	page.Search = m.Query
	return h.show(c, http.StatusOK, views.SearchPage(page, m), views.SearchResults(page, m))
}

func (h *server) search(c echo.Context, query string) (found []views.SearchResult, err error) {
	ctx := h.speak(c)
	list, err := h.Experiments.List(ctx, actor(c), services.ExperimentFilter{Query: query, Paging: services.Paging{PerPage: mostFound}})
	if services.Code(err) == services.CodeInvalid { // longer than any name
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, x := range list.Items {
		found = append(found, views.SearchResult{Kind: "experiment", Title: x.Name, Detail: locale.T(ctx, statusWords[x.Status]), URL: "/experiments/" + x.ID.String()})
	}
	refs, err := h.siteRefs(c)
	if err != nil {
		return nil, err
	}
	sites := 0
	for _, site := range refs {
		if sites < mostFound && strings.Contains(strings.ToLower(site.Name+" "+site.Host), strings.ToLower(query)) {
			found = append(found, views.SearchResult{Kind: "site", Title: site.Name, Detail: site.Host, URL: "/sites/" + site.ID})
			sites++
		}
	}
	return found, nil
}

var statusWords = map[services.Status]string{services.Draft: "status.draft", services.Running: "status.running", services.Paused: "status.paused",
	services.Completed: "status.completed", services.Archived: "status.archived"}
