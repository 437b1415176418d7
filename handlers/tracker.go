package handlers

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
)

const (
	maxEvents = 500
	// eventsPerRequest is how many events of a batch count as much as a request, which is about what they cost.
	eventsPerRequest = 10
)

// tracker is the public door: the installation token in the body is the credential, no cookie is read, any origin may ask.
type tracker struct {
	svc    *services.Tracker
	limits *services.Limits
}

func (t *tracker) routes(e *echo.Echo) {
	g := e.Group("/api/v1/tracker", anyOrigin)
	for path, h := range map[string]echo.HandlerFunc{"/assign": t.assign, "/convert": t.convert, "/events": t.events, "/identify": t.identify} {
		g.POST(path, h)
		g.OPTIONS(path, preflight)
	}
}

// anyOrigin lets pages of every site read the answers; without credentials there is nothing to steal.
func anyOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		readable(c.Response().Header())
		return next(c)
	}
}

func readable(h http.Header) {
	h["Access-Control-Allow-Origin"] = any_
	h["Cache-Control"] = noStore
	h["Access-Control-Expose-Headers"] = exposed
	h["X-Content-Type-Options"] = nosniff
}

// Header values that are written on every answer.
var (
	any_    = []string{"*"}
	noStore = []string{"no-store"}
	nosniff = []string{"nosniff"}
	exposed = []string{"Retry-After, ETag"}
	isJSON  = []string{"application/json"}
)

func preflight(c echo.Context) error {
	h := c.Response().Header()
	h.Set("Access-Control-Allow-Methods", "POST")
	h.Set("Access-Control-Allow-Headers", "Content-Type")
	h.Set("Access-Control-Max-Age", "86400")
	return c.NoContent(http.StatusNoContent)
}

func sendJSON(c echo.Context, body []byte) error {
	w := c.Response()
	w.Header()["Content-Type"] = isJSON
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(body)
	return err
}

// admit refuses pages that the site does not know, and counts n requests against the site's limit.
func (t *tracker) admit(c echo.Context, token string, n int) error {
	if err := t.svc.Admits(token, c.Request().Header.Get("Origin")); err != nil {
		return err
	}
	return limitToken(c, t.limits, token, n)
}

// fromBrowser says that a web page sent the request.
func fromBrowser(r *http.Request) bool { return r.Header.Get("Origin") != "" }

// secretKey is the key that a customer's server sent as bearer token, empty without one.
func secretKey(r *http.Request) string {
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || !strings.HasPrefix(key, services.SecretKeyPrefix) {
		return ""
	}
	return key
}

type assignRequest struct {
	Token      string       `json:"installation_token"`
	Experiment string       `json:"experiment"`
	Visitor    string       `json:"visitor_id"`
	Context    visitContext `json:"context"`
	Expose     *bool        `json:"expose"`
	Preview    string       `json:"preview"`
	Force      forceRequest `json:"force"`
	Consent    string       `json:"consent"`
}

func (t *tracker) assign(c echo.Context) error {
	var q assignRequest
	if err := decode(c, maxTrackerBody, &q); err != nil {
		return err
	}
	if err := t.admit(c, q.Token, 1); err != nil {
		return err
	}
	if q.Preview == "" && private(c.Request(), q.Consent) {
		return sendJSON(c, []byte(`{"assigned":false,"reason":"private"}`))
	}
	a, err := t.svc.Assign(c.Request().Context(), services.AssignRequest{
		Token: q.Token, Experiment: q.Experiment, Visitor: q.Visitor, Visit: q.Context.visit(c), Expose: q.Expose == nil || *q.Expose,
		Preview: q.Preview, Force: q.Force.Force,
	})
	if err != nil {
		return err
	}
	if a.Reason != "" {
		return sendJSON(c, []byte(`{"assigned":false,"reason":"`+a.Reason+`"}`))
	}
	rendered := a.Rendered(services.DoorTracker, renderAssignment)
	body := append(make([]byte, 0, len(rendered)+32), rendered...)
	body = append(body, `,"new":`...)
	body = strconv.AppendBool(body, a.New)
	body = append(body, `,"stored":`...)
	body = strconv.AppendBool(body, a.Stored)
	return sendJSON(c, append(body, '}'))
}

type variantReply struct {
	ID        string `json:"id"`
	Key       string `json:"key"`
	Name      string `json:"name"`
	IsControl bool   `json:"is_control"`
}

type armReply struct {
	Element    string   `json:"element"`
	Variant    string   `json:"variant"`
	Arm        string   `json:"arm"`
	Epoch      *int32   `json:"epoch,omitempty"`
	Propensity *float64 `json:"propensity,omitempty"`
}

type assignReply struct {
	Assigned   bool            `json:"assigned"`
	Winner     bool            `json:"winner,omitempty"`
	Forced     bool            `json:"forced,omitempty"`
	ID         string          `json:"experiment_id"`
	Key        string          `json:"experiment_key"`
	Variant    *variantReply   `json:"variant,omitempty"`
	Epoch      *int32          `json:"epoch,omitempty"`
	Propensity *float64        `json:"propensity,omitempty"`
	Arms       []armReply      `json:"assignments"`
	Changes    json.RawMessage `json:"changes"`
	Page       string          `json:"page,omitempty"`
}

// renderAssignment writes an answer up to what differs between visitors of the same arm.
func renderAssignment(a services.Assignment) []byte {
	out := assignReply{Assigned: true, Winner: a.Winner, Forced: a.Forced, ID: a.ExperimentID().String(), Key: a.ExperimentKey(), Changes: a.Changes()}
	for _, arm := range a.Arms {
		r := armReply{Arm: arm.Arm()}
		if !a.Winner && !a.Forced {
			epoch, propensity := arm.Epoch(), arm.Propensity()
			r.Epoch, r.Propensity = &epoch, &propensity
		}
		for _, part := range arm.Parts() {
			r.Element, r.Variant = part.Element, part.Variant
			out.Arms = append(out.Arms, r)
		}
	}
	if a.Forced {
		out.Page = a.PagePattern()
	}
	if id, key, name, control, ok := a.Variant(); ok {
		out.Variant = &variantReply{id.String(), key, name, control}
		out.Epoch, out.Propensity = out.Arms[0].Epoch, out.Arms[0].Propensity
	}
	b, err := json.Marshal(out)
	if err != nil {
		panic("handlers: assignment: " + err.Error()) // the change list was valid JSON when it was stored
	}
	return b[:len(b)-1]
}

type convertRequest struct {
	Token      string         `json:"installation_token"`
	Experiment string         `json:"experiment"`
	Goal       string         `json:"goal"`
	Visitor    string         `json:"visitor_id"`
	Value      jsontext.Value `json:"value"`
	Currency   string         `json:"currency"`
	Order      string         `json:"order"`
	EventID    string         `json:"event_id"`
	Consent    string         `json:"consent"`
}

func (t *tracker) convert(c echo.Context) error {
	var q convertRequest
	if err := decode(c, maxTrackerBody, &q); err != nil {
		return err
	}
	if err := t.admit(c, q.Token, 1); err != nil {
		return err
	}
	if private(c.Request(), q.Consent) {
		return sendJSON(c, []byte(`{"accepted":false,"duplicate":false}`))
	}
	value, bad := amount(q.Value)
	duplicate, err := t.svc.Convert(c.Request().Context(), services.ConvertRequest{Token: q.Token, Experiment: q.Experiment, Goal: q.Goal,
		Visitor: q.Visitor, EventID: q.EventID, Value: value, Currency: q.Currency, Order: q.Order, Bad: bad,
		Secret: secretKey(c.Request()), Browser: fromBrowser(c.Request())})
	if err != nil {
		return err
	}
	if duplicate {
		return sendJSON(c, []byte(`{"accepted":true,"duplicate":true}`))
	}
	return sendJSON(c, []byte(`{"accepted":true,"duplicate":false}`))
}

// amount reads an optional value: a number, or a decimal in a string.
func amount(v jsontext.Value) (*services.Decimal, *services.Problem) {
	text := strings.Trim(string(v), `"`)
	if len(v) == 0 || text == "null" {
		return nil, nil
	}
	d, ok := services.ParseDecimal(text)
	if !ok {
		return nil, services.BadValue
	}
	return &d, nil
}

type eventsRequest struct {
	Token   string         `json:"installation_token"`
	SentAt  instant        `json:"sent_at"`
	Context visitContext   `json:"context"`
	Events  []eventRequest `json:"events"`
	Consent string         `json:"consent"`
}

type eventRequest struct {
	ID         string         `json:"id"`
	Type       string         `json:"type"`
	T          instant        `json:"t"`
	Visitor    string         `json:"visitor_id"`
	Experiment string         `json:"experiment"`
	Split      string         `json:"split"`
	Arm        string         `json:"arm"`
	Epoch      int32          `json:"epoch"`
	Goal       string         `json:"goal"`
	Name       string         `json:"name"`
	Change     string         `json:"change"`
	Value      jsontext.Value `json:"value"`
	Currency   string         `json:"currency"`
	Order      string         `json:"order"`
	URL        string         `json:"url"`
	Props      jsontext.Value `json:"props"`
}

// instant is a client's time: milliseconds since 1970 or RFC 3339.
type instant struct{ time.Time }

func (i *instant) UnmarshalJSON(b []byte) error {
	if n, err := strconv.ParseFloat(string(b), 64); err == nil && n > -1e15 && n < 1e15 {
		i.Time = time.UnixMilli(int64(n))
		return nil
	}
	return json.Unmarshal(b, &i.Time)
}

type rejectionReply struct {
	Index   int    `json:"index"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

type eventsReply struct {
	Accepted   int              `json:"accepted"`
	Duplicates int              `json:"duplicates"`
	Rejected   []rejectionReply `json:"rejected"`
}

func (t *tracker) events(c echo.Context) error {
	var q eventsRequest
	if err := decode(c, maxEventsBody, &q); err != nil {
		return err
	}
	if len(q.Events) > maxEvents {
		return fieldError("events", "too_many", "Send at most 500 events at once.")
	}
	if err := t.admit(c, q.Token, 1+len(q.Events)/eventsPerRequest); err != nil {
		return err
	}
	if private(c.Request(), q.Consent) {
		return c.JSON(http.StatusOK, eventsReply{Rejected: []rejectionReply{}})
	}
	b := services.EventBatch{Token: q.Token, SentAt: q.SentAt.Time, Visit: q.Context.visit(c),
		Secret: secretKey(c.Request()), Browser: fromBrowser(c.Request())}
	out := eventsReply{Rejected: []rejectionReply{}}
	for _, e := range q.Events {
		value, bad := amount(e.Value)
		b.Events = append(b.Events, services.Event{ID: e.ID, Type: e.Type, T: e.T.Time, Visitor: e.Visitor, Experiment: e.Experiment,
			Split: e.Split, Arm: e.Arm, Epoch: e.Epoch, Goal: e.Goal, Name: e.Name, Change: e.Change, Value: value, Currency: e.Currency, Order: e.Order, URL: e.URL, Props: e.Props, Bad: bad})
	}
	got, err := t.svc.Events(c.Request().Context(), b)
	if err != nil {
		return err
	}
	out.Accepted, out.Duplicates = got.Accepted, got.Duplicates
	for _, r := range got.Rejected {
		out.Rejected = append(out.Rejected, rejectionReply{r.Index, r.Code, r.Message})
	}
	return c.JSON(http.StatusOK, out)
}

type identifyRequest struct {
	Token   string `json:"installation_token"`
	Visitor string `json:"visitor_id"`
	User    string `json:"user_id"`
	Consent string `json:"consent"`
}

func (t *tracker) identify(c echo.Context) error {
	var q identifyRequest
	if err := decode(c, maxTrackerBody, &q); err != nil {
		return err
	}
	if err := t.admit(c, q.Token, 1); err != nil {
		return err
	}
	if private(c.Request(), q.Consent) {
		return sendJSON(c, []byte(`{"identified":false}`))
	}
	if err := t.svc.Identify(c.Request().Context(), q.Token, q.Visitor, q.User); err != nil {
		return err
	}
	return sendJSON(c, []byte(`{"identified":true}`))
}

func fieldError(path, reason, message string) error {
	return &services.Error{Code: services.CodeInvalid, Message: "Some values need fixing.", Fields: services.Fields{path: {Reason: reason, Message: message}}}
}
