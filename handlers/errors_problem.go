package handlers

import (
	"cmp"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"

	"github.com/samplit/samplit/services"
)

// crossSite is the code of a request that another site made a browser send.
const crossSite = "cross_site"

const problemType = "application/problem+json"

// problem is every error that a program gets (RFC 9457), never with a value that was sent.
type problem struct {
	Type      string         `json:"type" example:"about:blank"`
	Title     string         `json:"title" example:"Unprocessable Entity"`
	Status    int            `json:"status" example:"422"`
	Detail    string         `json:"detail,omitempty" doc:"What is wrong, and what to do about it."`
	Code      string         `json:"code" example:"invalid" doc:"A stable word for programs."`
	RequestID string         `json:"request_id" doc:"Names this request in the server's log."`
	Errors    []problemField `json:"errors,omitempty" doc:"The values that need fixing."`

	retryAfter int
}

type problemField struct {
	Field   string `json:"field" example:"variants[1].key"`
	Code    string `json:"code" example:"required"`
	Message string `json:"message"`
}

// Words for the statuses that no service gives.
var statusCode = map[int]string{
	http.StatusBadRequest:            "bad_request",
	http.StatusUnauthorized:          "unauthorized",
	http.StatusForbidden:             "forbidden",
	http.StatusNotFound:              "not_found",
	http.StatusMethodNotAllowed:      "method_not_allowed",
	http.StatusNotAcceptable:         "not_acceptable",
	http.StatusRequestTimeout:        "timeout",
	http.StatusRequestEntityTooLarge: "too_large",
	http.StatusUnsupportedMediaType:  "unsupported_media_type",
	http.StatusMisdirectedRequest:    "wrong_host",
	http.StatusUnprocessableEntity:   "invalid",
	http.StatusTooManyRequests:       "rate_limited",
	http.StatusServiceUnavailable:    "unavailable",
}

// Error implements error.
func (p *problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *problem) GetStatus() int { return p.Status }

// GetHeaders implements huma.HeadersError.
func (p *problem) GetHeaders() http.Header {
	header := retryAfterHeader(p.retryAfter)
	if p.Status == http.StatusUnauthorized {
		return http.Header{"Www-Authenticate": {`Bearer realm="samplit"`}}
	}
	return header
}

// ContentType implements huma.ContentTypeFilter.
func (p *problem) ContentType(string) string { return problemType }

// complete fills in what follows from the status.
func (p *problem) complete(err error) {
	p.Type, p.Title = "about:blank", http.StatusText(p.Status)
	p.Code = cmp.Or(p.Code, statusCode[p.Status], "internal")
	p.retryAfter = retryAfter(p.Status, err)
	if p.Detail == "" || p.Status == http.StatusInternalServerError {
		p.Detail = p.Title + "."
	}
}

// pageStatus is the status whose words a page uses: what a person cannot have caused by clicking reads as "does not work here".
func (p *problem) pageStatus() int {
	switch p.Status {
	case http.StatusBadRequest, http.StatusConflict, http.StatusPreconditionFailed, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return http.StatusMethodNotAllowed
	case http.StatusForbidden:
		if p.Code == crossSite {
			return http.StatusMethodNotAllowed
		}
	}
	return p.Status
}

func (p *problem) addFields(fields services.Fields) {
	for _, path := range slices.Sorted(maps.Keys(fields)) {
		p.Errors = append(p.Errors, problemField{path, fields[path].Reason, fields[path].Message})
	}
}

// shapeProblem is the answer to a request whose shape huma refuses.
func shapeProblem(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
	p := &problem{Status: status, Detail: message}
	if ctx != nil {
		p.RequestID = requestID(humaecho.Unwrap(ctx))
	}
	for _, err := range errs {
		var detail *huma.ErrorDetail
		if errors.As(err, &detail) && detail != nil {
			p.addShape(detail)
		}
	}
	p.complete(nil)
	return p
}

// addShape names the field that huma refuses. A body that could not be read at all has none.
func (p *problem) addShape(detail *huma.ErrorDetail) {
	field := detail.Location
	for _, place := range []string{"body", "query", "path", "header"} {
		if rest, ok := strings.CutPrefix(field, place); ok {
			field = strings.TrimPrefix(rest, ".")
			break
		}
	}
	if p.Status == http.StatusBadRequest || p.Status == http.StatusUnsupportedMediaType {
		p.Detail = detail.Message
		return
	}
	p.Detail = "Some values need fixing."
	code, message := shapeWords(detail.Message)
	if rest, ok := strings.CutPrefix(detail.Message, "expected required property "); ok { // huma names the object, not the field
		name, _, _ := strings.Cut(rest, " ")
		field = strings.TrimPrefix(field+"."+name, ".")
	}
	const longest = 200
	p.Errors = append(p.Errors, problemField{field[:min(len(field), longest)], code, message})
}

// shapeWords gives huma's messages the words that services use.
func shapeWords(message string) (code, sentence string) {
	switch {
	case strings.HasPrefix(message, "expected required property"), strings.HasPrefix(message, "required "):
		return "required", "This field is required."
	case message == "unexpected property", message == "unknown query parameter":
		return "unknown_field", "There is no such field."
	}
	return "invalid", strings.ToUpper(message[:min(1, len(message))]) + message[min(1, len(message)):] + "."
}
