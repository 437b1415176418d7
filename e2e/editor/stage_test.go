//go:build e2e

package editor_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/samplit/samplit/e2e/browser"
)

// night follows the browser's colours and has no ground of its own.
const night = `<!doctype html><html><head><title>Night</title><meta name="color-scheme" content="light dark"></head><body><h1>Night shop</h1><p>Open until six</p></body></html>`

// What is in the stage looks the same in both themes of the dashboard: as it does in a tab of its own. Before it is there, no white of an
// empty frame flashes.
func TestStageShowsThePageAsItIs(t *testing.T) {
	s := serve(t, func(s *site, w http.ResponseWriter, _ *http.Request) { s.send(w, night) })
	d := newDesk(t, s)
	const frame = `#editor-frame iframe`
	const colours = `[matchMedia("(prefers-color-scheme: dark)").matches, getComputedStyle(document.body).color].join()`
	direct := chrome.NewTab(t)
	direct.Open(s.URL)
	want := browser.Eval[string](direct, colours)
	for _, theme := range []string{"paper", "ink"} {
		d.Run(fmt.Sprintf(`document.cookie = "theme=%s; path=/"`, theme))
		page := d.edit()
		if got := browser.Eval[string](page, colours); got != want {
			t.Errorf("%s: the page in the stage has the colours %s, want %s as in a tab", theme, got, want)
		}
		d.pick(page, "h1")
		d.photograph("stage." + theme)

		d.Run(`document.querySelector("` + frame + `").parentElement.dataset.state = ""`)
		if got := browser.Eval[string](d.Tab, `[getComputedStyle(document.querySelector("`+frame+`")).opacity, getComputedStyle(document.querySelector(".editor-waiting")).visibility].join()`); got != "0,visible" {
			t.Errorf("%s: before the page is there its frame and the line that says so are %s", theme, got)
		}
		d.photograph("waiting." + theme)
	}
}

// photograph leaves pictures of the editor in LOOK_DIR, when there is one.
func (d *desk) photograph(name string) {
	d.t.Helper()
	dir := os.Getenv("LOOK_DIR")
	if dir == "" {
		return
	}
	for _, width := range []int64{1280, 390} {
		d.Resize(width, 800)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s.%d.png", name, width)), d.Screenshot(), 0o644); err != nil {
			d.t.Fatal(err)
		}
	}
	d.Resize(1280, 800)
}
