package handlers

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/locale"
	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

func (h *server) auditRoutes(g groups) {
	g.person.GET("/audit", h.auditPage)
}

const historyPage = 50

func (h *server) auditPage(c echo.Context) error {
	m, err := h.history(c, uuid.Nil, nil, "/audit")
	if err != nil {
		return err
	}
	return h.render(c, http.StatusOK, views.HistoryPage(h.page(c), m))
}

func (h *server) experimentHistoryPage(c echo.Context) error {
	x, err := h.Experiments.Get(c.Request().Context(), actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	head, err := h.experiment(c, x)
	if err != nil {
		return err
	}
	m, err := h.history(c, x.ID, x.ArmNames(), "/experiments/"+x.ID.String()+"/history")
	if err != nil {
		return err
	}
	m.Experiment = &head
	return h.render(c, http.StatusOK, views.HistoryPage(h.page(c), m))
}

// history is one page of entries, of one experiment with its arms or of all.
func (h *server) history(c echo.Context, experiment uuid.UUID, arms []string, path string) (m views.History, err error) {
	before, err := strconv.ParseInt(c.QueryParam("before"), 10, 64)
	if err != nil || before < 0 {
		before = 0
	}
	list, err := h.Home.Activity(c.Request().Context(), actor(c), experiment, before, historyPage)
	if err != nil {
		return m, err
	}
	m.Rows = historyRows(h.speak(c), list, arms)
	if n := len(list); n == historyPage && list[n-1].Seq > 0 {
		m.Next = path + "?before=" + strconv.FormatInt(list[n-1].Seq, 10)
	}
	return m, nil
}

func historyRows(ctx context.Context, list []services.Activity, arms []string) []views.HistoryRow {
	rows := make([]views.HistoryRow, 0, len(list))
	for _, a := range list {
		row := views.HistoryRow{Seq: a.Seq, At: a.At, Actor: a.Who, Action: a.Action, Subject: a.Subject, Detail: append(historyDetail(ctx, a.Payload), epochDetail(ctx, a.Payload, arms)...)}
		switch {
		case a.Experiment != uuid.Nil:
			row.URL = "/experiments/" + a.Experiment.String()
		case a.Site != uuid.Nil:
			row.URL = "/sites/" + a.Site.String()
		}
		rows = append(rows, row)
	}
	return rows
}

// historyDetail shows what an entry's old and new values say, as far as people can read them.
func historyDetail(ctx context.Context, payload map[string]any) (out []views.HistoryDetail) {
	before, _ := payload["old"].(map[string]any)
	after, _ := payload["new"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if weights, ok := after[name].(map[string]any); ok {
			was, _ := before[name].(map[string]any)
			for _, arm := range slices.Sorted(maps.Keys(weights)) {
				out = appendDetail(out, arm, shareText(ctx, was[arm]), shareText(ctx, weights[arm]))
			}
			continue
		}
		out = appendDetail(out, fieldName(ctx, name), valueText(ctx, name, before[name]), valueText(ctx, name, after[name]))
	}
	if winner, ok := payload["winner"].(string); ok {
		out = append(out, views.HistoryDetail{Name: fieldName(ctx, "winner"), After: winner})
	}
	return out
}

// epochDetail shows how the shares moved when an epoch opened; the record lists them in the order of the arms.
func epochDetail(ctx context.Context, payload map[string]any, arms []string) (out []views.HistoryDetail) {
	before, _ := payload["previous"].([]any)
	after, _ := payload["weights"].([]any)
	if len(after) != len(arms) || len(before) != len(arms) {
		return nil
	}
	for i, arm := range arms {
		out = appendDetail(out, arm, shareText(ctx, before[i]), shareText(ctx, after[i]))
	}
	return out
}

func appendDetail(out []views.HistoryDetail, name, before, after string) []views.HistoryDetail {
	if before == after {
		return out
	}
	return append(out, views.HistoryDetail{Name: name, Before: before, After: after})
}

// fieldWords are what people call the values that an entry names.
var fieldWords = map[string]string{
	"name": "field.name", "key": "field.key", "hypothesis": "field.hypothesis", "url": "field.url", "site_url": "field.site_url",
	"installation": "field.installation", "mode": "field.mode", "allocator": "field.allocator", "strategy": "field.strategy",
	"allocator_params": "field.allocator_params", "traffic_allocation": "field.traffic_allocation", "variants": "field.variants",
	"goals": "field.goals", "winner": "field.winner", "excluded_pairs": "field.excluded_pairs",
}

func fieldName(ctx context.Context, name string) string {
	if id, ok := fieldWords[name]; ok {
		return locale.T(ctx, id)
	}
	return name
}

// shareText writes a weight in 1/10,000 as a share.
func shareText(ctx context.Context, weight any) string {
	units, ok := weight.(float64)
	if !ok {
		return ""
	}
	return locale.Percent(ctx, units/10_000, 0)
}

// valueText writes a value of the record. Long texts and lists are kept there as hashes, which say nothing to people.
func valueText(ctx context.Context, name string, value any) string {
	text, ok := value.(string)
	if value == nil {
		return ""
	}
	if !ok || strings.HasPrefix(text, "sha256:") {
		return locale.T(ctx, "history.changed")
	}
	if name == "traffic_allocation" {
		if share, err := strconv.ParseFloat(text, 64); err == nil {
			return locale.Percent(ctx, share, 0)
		}
	}
	if name == "variants" || name == "goals" {
		return "" // the hash of the old list
	}
	return text
}
