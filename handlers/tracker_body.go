package handlers

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/labstack/echo/v4"
)

const (
	maxTrackerBody = 64 << 10
	maxEventsBody  = 512 << 10
	maxDepth       = 32
)

var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// decode reads a bounded JSON body into v. Duplicate names, invalid UTF-8, NUL, and nesting beyond maxDepth are refused; unknown
// fields are ignored. Beacons send text/plain, so the content type does not matter.
func decode(c echo.Context, limit int64, v any) error {
	r := c.Request()
	if e := r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return echo.NewHTTPError(http.StatusUnsupportedMediaType, "Send the body without Content-Encoding.")
	}
	if r.ContentLength > limit {
		return echo.NewHTTPError(http.StatusRequestEntityTooLarge, "The body is too large.")
	}
	buf := bodies.Get().(*bytes.Buffer)
	defer func() {
		if buf.Cap() <= 4*maxTrackerBody {
			buf.Reset()
			bodies.Put(buf)
		}
	}()
	n, err := buf.ReadFrom(io.LimitReader(r.Body, limit+1))
	switch {
	case err != nil:
		return echo.NewHTTPError(http.StatusBadRequest, "The body ended early.").SetInternal(err)
	case n > limit:
		return echo.NewHTTPError(http.StatusRequestEntityTooLarge, "The body is too large.")
	}
	if wrong := checkShape(buf.Bytes()); wrong != "" {
		return echo.NewHTTPError(http.StatusBadRequest, wrong)
	}
	if err := json.Unmarshal(buf.Bytes(), v); err != nil {
		return badJSON(err)
	}
	return nil
}

// badJSON is 422 naming the field for JSON of another shape, 400 for what is not JSON.
func badJSON(err error) error {
	var se *json.SemanticError
	if errors.As(err, &se) && se.JSONPointer != "" && se.JSONKind != 0 {
		return fieldError(pointerPath(string(se.JSONPointer)), "wrong_type", "This value has the wrong type.")
	}
	return echo.NewHTTPError(http.StatusBadRequest, "The body is not valid JSON.").SetInternal(err)
}

// pointerPath turns a JSON pointer into the path that people read: /events/3/id is events[3].id.
func pointerPath(p string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(strings.TrimPrefix(p, "/"), "/") {
		switch {
		case part != "" && strings.Trim(part, "0123456789") == "":
			b.WriteString("[" + part + "]")
		case b.Len() > 0:
			b.WriteString("." + part)
		default:
			b.WriteString(part)
		}
	}
	return b.String()
}

// checkShape looks once over the bytes for what the decoder would accept and nothing downstream can hold, and says what it is.
func checkShape(b []byte) (wrong string) {
	depth, inString := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inString && c == '\\':
			if i+5 < len(b) && b[i+1] == 'u' && string(b[i+2:i+6]) == "0000" {
				return "The body holds a NUL, which no text may."
			}
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return "The body is nested too deeply."
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return ""
}
