package handlers

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/locale"
	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

// auditBundle ends the routes whose answer may take longer than others.
const auditBundle = "/audit/bundle"

// auditStream bounds itself, too.
const auditStream = "/audit/verify/stream"

func (h *server) auditRoutes(g groups) {
	g.person.GET("/audit", h.auditPage)
	g.person.POST("/audit/verify", h.verifyAudit)
	g.person.POST(auditStream, h.streamCheck)
	g.person.GET(auditBundle, h.downloadBundle)
	g.person.GET("/audit/checkpoint", h.downloadCheckpoint)
	g.person.GET("/audit/key", h.downloadAuditKey)
	g.person.GET("/audit/certificate", h.auditCertificate)
}

const historyPage = 50

func (h *server) auditPage(c echo.Context) error { return h.showAudit(c, http.StatusOK, nil) }

// showAudit draws the record, with what a self-check found when one was made.
func (h *server) showAudit(c echo.Context, status int, checked *views.AuditChecked) error {
	f := services.AuditFilter{Family: c.QueryParam("what"), Actor: c.QueryParam("who")}
	if !slices.Contains(views.AuditFamilies, f.Family) {
		f.Family = ""
	}
	m, err := h.history(c, f, nil, "/audit")
	if err != nil {
		return err
	}
	people, err := h.Home.Colleagues(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	if m.Seal, err = h.auditSeal(c); err != nil {
		return err
	}
	m.Family, m.Who, m.MayErase = f.Family, f.Actor, actor(c).MayErase() == nil
	for _, p := range people {
		m.People = append(m.People, views.Person{ID: p.Actor, Name: p.Name})
	}
	m.Seal.Checked = checked
	return h.render(c, status, views.HistoryPage(h.page(c), m))
}

func (h *server) auditSeal(c echo.Context) (*views.AuditSeal, error) {
	st, err := h.Notary.Standing(c.Request().Context(), actor(c))
	if err != nil {
		return nil, err
	}
	seal := &views.AuditSeal{Entries: st.Entries, Sealed: st.Sealed.Size, At: st.Sealed.At, Problem: st.Problem, Key: h.Notary.PublicKey()}
	if st.Sealed.Size > 0 {
		seal.Root = st.Sealed.Root.String()
	}
	return seal, nil
}

// verifyAudit is the server's own check of the record.
func (h *server) verifyAudit(c echo.Context) error {
	checked, err := h.checkAudit(c.Request().Context(), actor(c), nil)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if checked.Busy {
		status = http.StatusTooManyRequests
	}
	return h.showAudit(c, status, checked)
}

func (h *server) checkAudit(ctx context.Context, by services.Actor, progress func(done, total int64)) (*views.AuditChecked, error) {
	found, err := h.Notary.Verify(ctx, by, progress)
	if services.Code(err) == services.CodeLimited {
		return &views.AuditChecked{Busy: true}, nil
	}
	if err != nil && services.Code(err) != services.CodeConflict {
		return nil, err
	}
	checked := &views.AuditChecked{OK: found.OK, Code: found.Code, First: -1, Entries: found.Entries, Erased: found.Erased, Checkpoints: found.Checkpoints, At: found.At,
		Around: len(found.Around)}
	if found.Seq != nil {
		checked.First = *found.Seq
	}
	return checked, nil
}

// checkTime is how long a check with progress may take.
const checkTime = 10 * time.Minute

// streamCheck is verifyAudit as server-sent events: progress with {"done","total"}, then found with what the page says about the record.
// It stops reading when the client goes away.
func (h *server) streamCheck(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), checkTime)
	defer cancel()
	_ = http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(checkTime)) // where there is none there is nothing to lift
	header := c.Response().Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	c.Response().WriteHeader(http.StatusOK)
	c.Response().Flush()
	checked, err := h.checkAudit(ctx, actor(c), func(done, total int64) {
		_ = sendEvent(c, "progress", fmt.Sprintf(`{"done":%d,"total":%d}`, done, total)) // of a client that left the context tells
	})
	if err != nil {
		return err
	}
	seal, err := h.auditSeal(c)
	if err != nil {
		return err
	}
	seal.Checked = checked
	var panel bytes.Buffer
	if err := views.AuditSealPanel(h.page(c), *seal).Render(h.speak(c), &panel); err != nil {
		return err
	}
	return sendEvent(c, "found", strings.ReplaceAll(panel.String(), "\n", "\ndata: "))
}

func (h *server) downloadCheckpoint(c echo.Context) error {
	signed, err := h.Notary.Checkpoint(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	attach(c, fmt.Sprintf("samplit-%d.checkpoint", signed.Size))
	return c.Blob(http.StatusOK, "text/plain; charset=utf-8", []byte(signed.Note))
}

func (h *server) downloadAuditKey(c echo.Context) error {
	key := h.Notary.PublicKey()
	if key == "" {
		return echo.ErrNotFound
	}
	attach(c, "samplit-audit.pub")
	return c.Blob(http.StatusOK, "text/plain; charset=utf-8", []byte(key+"\n"))
}

func attach(c echo.Context, name string) {
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="`+name+`"`)
	c.Response().Header().Set("Cache-Control", "no-store")
}

// bundleTime is how long a download of a record may take.
const bundleTime = 15 * time.Minute

func (h *server) downloadBundle(c echo.Context) error {
	begin, cancel := context.WithTimeout(c.Request().Context(), 20*time.Second)
	defer cancel()
	signed, write, err := h.Notary.Bundle(begin, actor(c))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), bundleTime)
	defer cancel()
	_ = http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(bundleTime)) // where there is none there is nothing to lift
	attach(c, fmt.Sprintf("samplit-audit-%d.ndjson", signed.Size))
	c.Response().Header().Set(echo.HeaderContentType, "application/x-ndjson")
	c.Response().WriteHeader(http.StatusOK)
	return write(ctx, c.Response())
}

func (h *server) auditCertificate(c echo.Context) error {
	found, err := h.Notary.Verify(c.Request().Context(), actor(c), nil)
	if err != nil {
		return err
	}
	m := views.Certificate{OK: found.OK, Code: found.Code, Entries: found.Entries, Erased: found.Erased, Checkpoint: found.Checkpoint, Key: h.Notary.PublicKey(), At: found.At}
	return h.render(c, http.StatusOK, views.CertificatePage(h.page(c), m))
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
	m, err := h.history(c, services.AuditFilter{Object: "experiment:" + x.ID.String()}, x.ArmNames(), "/experiments/"+x.ID.String()+"/history")
	if err != nil {
		return err
	}
	m.Experiment = &head
	return h.render(c, http.StatusOK, views.HistoryPage(h.page(c), m))
}

// history is one page of entries that pass a filter; arms are those of the one experiment that it is about.
func (h *server) history(c echo.Context, f services.AuditFilter, arms []string, path string) (m views.History, err error) {
	before, err := strconv.ParseInt(c.QueryParam("before"), 10, 64)
	if err != nil || before < 0 {
		before = 0
	}
	list, err := h.Home.Find(c.Request().Context(), actor(c), f, before, historyPage)
	if err != nil {
		return m, err
	}
	m.Rows = historyRows(h.speak(c), list, arms)
	if n := len(list); n == historyPage && list[n-1].Seq > 0 {
		query := url.Values{"before": {strconv.FormatInt(list[n-1].Seq, 10)}}
		for name, value := range map[string]string{"what": f.Family, "who": f.Actor} {
			if value != "" {
				query.Set(name, value)
			}
		}
		m.Next = path + "?" + query.Encode()
	}
	return m, nil
}

func historyRows(ctx context.Context, list []services.Activity, arms []string) []views.HistoryRow {
	rows := make([]views.HistoryRow, 0, len(list))
	for _, a := range list {
		row := views.HistoryRow{Seq: a.Seq, At: a.At, Actor: a.Who, Action: a.Action, Subject: a.Subject, Detail: append(historyDetail(ctx, a.Payload), epochDetail(ctx, a.Payload, arms)...), Erased: a.ErasedAt != nil}
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
