package handlers

import (
	"compress/gzip"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/labstack/echo/v4"
)

// worthCompressing is the size from which an answer is compressed; a smaller one fits in the first packets anyway.
const worthCompressing = 1024

// compress sends an answer in brotli or gzip when the client takes it. Our answers are written at once, so the first write tells
// whether it is worth it.
func compress(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		w := &compressor{ResponseWriter: c.Response().Writer, request: c.Request()}
		c.Response().Writer = w
		defer func() {
			c.Response().Writer = w.ResponseWriter
		}()
		err := next(c)
		if err != nil {
			c.Error(err) // the error page is compressed too
		}
		return w.close()
	}
}

type compressor struct {
	http.ResponseWriter
	request *http.Request
	status  int
	started bool
	out     io.WriteCloser // nil when the answer goes as it is
}

func (w *compressor) WriteHeader(status int) {
	w.status = status // sent by the first write, or by close
}

func (w *compressor) Write(b []byte) (int, error) {
	if !w.started {
		w.start(len(b))
	}
	if w.out != nil {
		return w.out.Write(b)
	}
	return w.ResponseWriter.Write(b)
}

// start chooses the coding and sends the header. An answer that can be had in parts goes as it is: they are parts of its bytes.
func (w *compressor) start(size int) {
	w.started = true
	header := w.Header()
	if compressible(header.Get("Content-Type")) && header.Get("Content-Encoding") == "" && header.Get("Accept-Ranges") == "" {
		header.Add("Vary", "Accept-Encoding")
		if size >= worthCompressing {
			w.choose(header)
		}
	}
	if w.status == 0 {
		w.status = http.StatusOK
	}
	w.ResponseWriter.WriteHeader(w.status)
}

func (w *compressor) choose(header http.Header) {
	accepted := w.request.Header.Get("Accept-Encoding")
	switch {
	case acceptsCoding(accepted, "br"):
		w.out = brotli.NewWriterLevel(w.ResponseWriter, 4)
		header.Set("Content-Encoding", "br")
	case acceptsCoding(accepted, "gzip"):
		w.out = gzip.NewWriter(w.ResponseWriter)
		header.Set("Content-Encoding", "gzip")
	default:
		return
	}
	header.Del("Content-Length")
	if tag := header.Get("ETag"); tag != "" && !strings.HasPrefix(tag, "W/") {
		header.Set("ETag", "W/"+tag)
	}
}

func (w *compressor) close() error {
	if w.out != nil {
		return w.out.Close()
	}
	if !w.started && w.status != 0 {
		w.started = true
		w.ResponseWriter.WriteHeader(w.status)
	}
	return nil
}

// Flush sends what there is, for answers that stream.
func (w *compressor) Flush() {
	if !w.started {
		w.start(0)
	}
	if f, ok := w.out.(interface{ Flush() error }); ok {
		_ = f.Flush() // a client that left is noticed by the next write
	}
	_ = http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController reach the connection.
func (w *compressor) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func compressible(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && (strings.HasPrefix(kind, "text/") && kind != "text/event-stream" || strings.HasSuffix(kind, "json"))
}

// acceptsCoding says whether an Accept-Encoding header names coding without refusing it (q=0).
func acceptsCoding(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), coding) {
			q := strings.ReplaceAll(params, " ", "")
			return q == "" || strings.Trim(strings.TrimPrefix(q, "q="), "0.") != ""
		}
	}
	return false
}
