package handlers

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/locale"
	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

// debuggerStream is the route of the only answer that takes longer than a request may.
const debuggerStream = "/debugger/:id/stream"

const (
	streamBeat  = 5 * time.Second  // between two signs of life, each after a look whether the reader is still signed in
	streamLife  = 30 * time.Minute // then it asks its reader to go on, so that a forgotten tab ends
	streamWrite = 15 * time.Second // for the reader to take what is sent
	streamRenew = 20 * time.Second // between two renewals of the watch
)

// streamSightings sends what arrives for a site as server-sent events: open once nothing is missed any more, sighting with a row
// of the table, and rest when the reader should ask again. Last-Event-ID, or after in the address, says what was seen already.
func (h *server) streamSightings(c echo.Context) error {
	session, err := h.session(c)
	if err != nil {
		return err
	}
	ctx := locale.With(c.Request().Context(), h.lang(c))
	after := cmp.Or(c.Request().Header.Get("Last-Event-ID"), c.QueryParam("after"))
	begin, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	watch, err := h.Debugger.Watch(begin, actor(c), c.Param("id"), session.ID, after)
	if err != nil {
		return err
	}
	defer watch.Close()
	s := &stream{c: c, control: http.NewResponseController(c.Response()), site: c.Param("id"), filter: sightingFilter(c)}
	s.begin()
	return h.follow(ctx, s, watch, session.ID)
}

// follow sends until the reader leaves or signs out, the server stops, or it has been long enough.
func (h *server) follow(ctx context.Context, s *stream, watch *services.Watch, session string) error {
	beat, rest := time.NewTicker(streamBeat), time.NewTimer(streamLife)
	defer beat.Stop()
	defer rest.Stop()
	renewed := time.Now()
	for s.err == nil {
		select {
		case <-ctx.Done():
			return nil
		case <-watch.Stopped():
			return nil
		case <-rest.C:
			s.send("event: rest\ndata:\n\n")
			return nil
		case <-watch.Ready():
			s.rows(ctx, watch)
		case <-beat.C:
			if _, err := h.Sessions.Peek(ctx, session); services.Code(err) == services.CodeUnauthorized {
				return nil
			}
			if time.Since(renewed) >= streamRenew {
				if err := watch.Renew(ctx); services.Code(err) == services.CodeNotFound {
					return nil
				}
				renewed = time.Now()
			}
			s.send(":\n\n")
		}
	}
	return nil // the reader went away
}

// stream writes server-sent events to one reader.
type stream struct {
	c       echo.Context
	control *http.ResponseController
	site    string
	filter  views.SightingFilter
	err     error
}

func (s *stream) begin() {
	header := s.c.Response().Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store, no-transform")
	header.Set("X-Accel-Buffering", "no")      // nginx would collect it
	_ = s.control.SetReadDeadline(time.Time{}) // the server's is for requests; where there is none there is nothing to lift
	s.c.Response().WriteHeader(http.StatusOK)
	s.send("retry: 2000\nevent: open\ndata:\n\n")
}

// send writes and flushes; the first error ends the stream.
func (s *stream) send(text string) {
	_ = s.control.SetWriteDeadline(time.Now().Add(streamWrite))
	if _, s.err = s.c.Response().Write([]byte(text)); s.err == nil {
		s.c.Response().Flush()
	}
}

// rows sends what was not read yet and passes the filter.
func (s *stream) rows(ctx context.Context, watch *services.Watch) {
	list, missed := watch.Take()
	var out bytes.Buffer
	if missed > 0 && len(list) > 0 {
		s.row(ctx, &out, views.Sighting{ID: list[0].ID + "-more", More: missed})
	}
	for _, seen := range list {
		row := views.Sighting{ID: seen.ID, SiteID: s.site, At: seen.At, Kind: seen.Kind, Visitor: seen.Visitor, Experiment: seen.Experiment,
			Split: seen.Split, Arm: seen.Arm, Epoch: int(seen.Epoch), Goal: seen.Goal, Name: seen.Name, Value: seen.Value, Page: seen.Page,
			Door: seen.Door, Outcome: seen.Outcome, Code: seen.Code, Message: seen.Message, More: seen.More, Lost: seen.Lost}
		if s.filter.Matches(row) {
			s.row(ctx, &out, row)
		}
	}
	if out.Len() > 0 {
		s.send(out.String())
	}
}

// row writes one event: every line of its data has to say so.
func (s *stream) row(ctx context.Context, out *bytes.Buffer, row views.Sighting) {
	var html bytes.Buffer
	if s.err = views.SightingRow(row).Render(ctx, &html); s.err != nil {
		return
	}
	text := bytes.ReplaceAll(bytes.ReplaceAll(html.Bytes(), []byte("\r"), nil), []byte("\n"), []byte("\ndata: "))
	fmt.Fprintf(out, "id: %s\nevent: sighting\ndata: %s\n\n", row.ID, text)
}
