package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

func get(t *testing.T, target string, header map[string]string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) []byte {
	t.Helper()
	var reader io.Reader = r.Body
	var err error
	switch r.Header.Get("Content-Encoding") {
	case "br":
		reader = brotli.NewReader(r.Body)
	case "gzip":
		reader, err = gzip.NewReader(r.Body)
	}
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestHandler(t *testing.T) {
	t.Parallel()
	const name = "css/app.css"
	want, err := FS.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, target, accept, encoding, cache string
	}{
		{"current", URL(name), "gzip, deflate, br", "br", "public, max-age=31536000, immutable"},
		{"gzip only", URL(name), "gzip;q=0.8", "gzip", "public, max-age=31536000, immutable"},
		{"brotli refused", URL(name), "br;q=0, gzip", "gzip", "public, max-age=31536000, immutable"},
		{"plain", URL(name), "", "", "public, max-age=31536000, immutable"},
		{"older version", Prefix + "css/app.0123456789abcdef.css", "br", "br", "no-cache"},
		{"plain name", Prefix + name, "", "", "no-cache"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := get(t, tc.target, map[string]string{"Accept-Encoding": tc.accept})
			if r.StatusCode != http.StatusOK || r.Header.Get("Content-Encoding") != tc.encoding || r.Header.Get("Cache-Control") != tc.cache {
				t.Fatalf("got %d %v", r.StatusCode, r.Header)
			}
			if got := r.Header.Get("Content-Type"); got != "text/css; charset=utf-8" {
				t.Errorf("type is %q", got)
			}
			if !bytes.Equal(body(t, r), want) {
				t.Error("the body is not the file")
			}
			again := get(t, tc.target, map[string]string{"Accept-Encoding": tc.accept, "If-None-Match": r.Header.Get("ETag")})
			if again.StatusCode != http.StatusNotModified {
				t.Errorf("asked again: got %d", again.StatusCode)
			}
		})
	}
}

func TestHandlerRefusesWhatIsNotThere(t *testing.T) {
	t.Parallel()
	for _, target := range []string{Prefix, Prefix + "css/", Prefix + "css/other.css", Prefix + "../embed.go", Prefix + "css/src/app.css", "/"} {
		if r := get(t, target, nil); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: got %d", target, r.StatusCode)
		}
	}
}

func TestURLPanicsOnAMissingFile(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	URL("css/missing.css")
}

func TestVendoredFilesAreTheOnesListed(t *testing.T) {
	t.Parallel()
	text, err := FS.ReadFile("vendor/VENDOR.json")
	if err != nil {
		t.Fatal(err)
	}
	var listed []struct{ File, Name, Version, Source, Licence, SHA256 string }
	if err := json.Unmarshal(text, &listed); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"vendor/VENDOR.json": true}
	for _, entry := range listed {
		content, err := FS.ReadFile(entry.File)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(content)
		if got := hex.EncodeToString(sum[:]); got != entry.SHA256 {
			t.Errorf("%s is %s, listed as %s", entry.File, got, entry.SHA256)
		}
		if entry.Name == "" || entry.Version == "" || entry.Source == "" || entry.Licence == "" {
			t.Errorf("%s lacks its origin: %+v", entry.File, entry)
		}
		known[entry.File] = true
	}
	files, err := fs.Glob(FS, "vendor/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !known[file] {
			t.Errorf("%s is not listed in VENDOR.json", file)
		}
	}
}

// TestSizes holds what a page loads to its budget: bytes after gzip -9.
func TestSizes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		what  string
		files []string
		limit int
	}{
		{"style sheet", []string{"css/app.css"}, 30_000},
		{"scripts of every page", []string{"js/app.js", "vendor/htmx.min.js", "vendor/idiomorph-ext.min.js"}, 32_000},
		{"charts", []string{"js/charts.js"}, 110_000},
	} {
		total := 0
		for _, file := range tc.files {
			total += len(assets()[file].gzip())
		}
		t.Logf("%s: %d bytes", tc.what, total)
		if total > tc.limit {
			t.Errorf("%s: %d bytes, over the limit of %d", tc.what, total, tc.limit)
		}
	}
}

// TestStyleSheetNamesTheFontByItsHash: a sheet that is kept for ever must not name a file that changes under it.
func TestStyleSheetNamesTheFontByItsHash(t *testing.T) {
	t.Parallel()
	sheet := string(assets()["css/app.css"].body)
	for _, match := range regexp.MustCompile(`url\("?(/static/[^")]+)`).FindAllStringSubmatch(sheet, -1) {
		name, hash := split(strings.TrimPrefix(match[1], Prefix))
		if a, ok := assets()[name]; !ok || a.hash != hash {
			t.Errorf("the style sheet names %s, the file is at %s", match[1], path.Join(Prefix, name))
		}
	}
	if !strings.Contains(sheet, "inter-latin") {
		t.Error("the style sheet loads no font")
	}
}
