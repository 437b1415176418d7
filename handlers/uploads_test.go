package handlers

import (
	"bytes"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/samplit/samplit/services"
)

func smallPNG(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// trackerDoor is the tracker's router with everything that it serves.
func (b *testBundle) trackerDoor() http.Handler {
	b.t.Helper()
	snap := services.NewSnapshot(b.db, b.deps.TrackerURL, b.clock.Now, b.deps.Log)
	svc := services.NewTracker(b.db, snap, services.NewCommitter(b.db, b.clock.Now, b.deps.Log), b.deps.Keys, services.TrackerLimits{Remembered: 1}, b.clock.Now, b.deps.Log)
	e, err := NewTracker(TrackerDeps{Tracker: svc, Uploads: b.deps.Uploads, Pages: b.deps.Pages, Errors: b.e.HTTPErrorHandler, Metrics: prometheus.NewRegistry()})
	if err != nil {
		b.t.Fatal(err)
	}
	return e
}

// fetchPicture asks the tracker's door for an address.
func fetchPicture(t *testing.T, b *testBundle, address string) *httptest.ResponseRecorder {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	b.trackerDoor().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, u.Path, nil))
	return w
}

func TestPicturesAreServedByTheirContent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, file := b.program(), smallPNG(t)
	_, made := p.call(http.MethodPost, "/visual-editor/uploads", file, http.StatusCreated, "Content-Type", "application/octet-stream")
	address := made["url"].(string)
	if made["kind"] != "png" || made["width"] != 3.0 || made["height"] != 2.0 || !strings.HasPrefix(address, "http://localhost:8080/s/img/") {
		t.Fatalf("made %v", made)
	}
	w := fetchPicture(t, b, address)
	h := w.Header()
	if w.Code != http.StatusOK || w.Body.String() != file || h.Get("Content-Type") != "image/png" || h.Get("X-Content-Type-Options") != "nosniff" ||
		!strings.Contains(h.Get("Cache-Control"), "immutable") || h.Get("Content-Security-Policy") == "" {
		t.Errorf("served with %d and %v", w.Code, h)
	}
	if _, again := p.call(http.MethodPost, "/visual-editor/uploads", file, http.StatusCreated, "Content-Type", "application/octet-stream"); again["url"] != address {
		t.Errorf("the same picture is at %v, too", again["url"])
	}
	for _, name := range []string{"none.png", strings.Repeat("a", 64) + ".png", strings.Repeat("a", 64) + ".svg", "..%2f..%2fstate.keyset", strings.ToUpper(address[strings.LastIndex(address, "/")+1:])} {
		if w := fetchPicture(t, b, "http://localhost:8080/s/img/"+name); w.Code != http.StatusNotFound {
			t.Errorf("%s: got %d", name, w.Code)
		}
	}
	_, refused := p.call(http.MethodPost, "/visual-editor/uploads", "<svg/>", http.StatusUnprocessableEntity, "Content-Type", "application/octet-stream")
	if got := problems(refused)["file"]; got != "not_picture" {
		t.Errorf("got %v", refused)
	}
}

func TestEditorUploadsAForm(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.registered(newEmail())
	send := func(file string) answer {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		part, err := form.CreateFormFile("file", "../../a<b>\r\n.png")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write([]byte(file))
		_ = form.Close()
		return b.send(http.MethodPost, "/uploads", body.String(), func(r *http.Request) {
			r.Header.Set("Content-Type", form.FormDataContentType())
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			for _, c := range br.cookies {
				r.AddCookie(c)
			}
		})
	}
	if a := b.want(send(smallPNG(t)), http.StatusCreated); !strings.Contains(a.body, `"kind":"png"`) {
		t.Errorf("got %s", a.body)
	}
	if a := b.want(send("no picture"), http.StatusUnprocessableEntity); !strings.Contains(a.body, "Choose a PNG") {
		t.Errorf("got %s", a.body)
	}
	b.want(send(strings.Repeat("x", 6<<20)), http.StatusRequestEntityTooLarge)
}
