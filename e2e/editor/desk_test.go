//go:build e2e

package editor_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/samplit/samplit/e2e/browser"
	"github.com/samplit/samplit/e2e/program"
)

// site serves a package's pages with the snippet, once it is known, as the first in the head.
type site struct {
	*httptest.Server
	snippet atomic.Pointer[string]
}

func newSite(t *testing.T, p browser.Package, folder string) *site {
	t.Helper()
	files, err := p.Fetch()
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(files, folder)
	return serve(t, func(s *site, w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		if name == "" {
			name = "index.html"
		}
		page, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil || !strings.HasSuffix(name, ".html") {
			http.FileServer(http.Dir(root)).ServeHTTP(w, r)
			return
		}
		s.send(w, string(page))
	})
}

// serve makes a website of a handler.
func serve(t *testing.T, answer func(*site, http.ResponseWriter, *http.Request)) *site {
	t.Helper()
	s := &site{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(s, w, r) }))
	t.Cleanup(s.Close)
	return s
}

// send answers with a page and the snippet in it.
func (s *site) send(w http.ResponseWriter, page string) {
	head := "<head>"
	if snippet := s.snippet.Load(); snippet != nil {
		head += *snippet
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, strings.Replace(page, "<head>", head, 1))
}

// desk is somebody in the editor.
type desk struct {
	*browser.Tab
	t    *testing.T
	p    *program.Program
	site *site
	id   string // of the experiment
}

// newDesk is a new account with a site and a draft, before its editor.
func newDesk(t *testing.T, s *site, env ...string) *desk {
	t.Helper()
	p := program.New(t, append(env, "ALLOW_PRIVATE_NETWORKS=true")...)
	p.Serve()
	d := &desk{Tab: chrome.NewTab(t), t: t, p: p, site: s}
	d.Open(p.URL + "/register")
	d.fill(map[string]string{"name": "Marta", "email": "marta@shop.test", "password": "a-long-enough-secret-7", "company": "Shop"})
	d.submit("/register", "/home")
	d.Open(p.URL + "/sites/new")
	d.fill(map[string]string{"url": d.site.URL, "name": "The site"})
	d.submit("/sites/new", "/sites/")
	snippet := browser.Eval[string](d.Tab, `(document.body.textContent.match(/<script[^>]*src="[^"]+\/s\/inst_[a-z0-9]+\.js"[^>]*><\/script>/) || [""])[0]`)
	d.site.snippet.Store(&snippet)
	d.Open(p.URL + "/experiments/new")
	d.fill(map[string]string{"name": "Front page", "url": d.site.URL + "/", "goals[0][name]": "Opens", "goals[0][type]": "click", "goals[0][selector]": "a"})
	d.Run(`document.querySelector("button[value=edit-visually]").click()`)
	d.Until(`location.pathname.endsWith("/editor") && document.readyState === "complete"`)
	d.id = browser.Eval[string](d.Tab, `location.pathname.split("/")[2]`)
	return d
}

func (d *desk) fill(values map[string]string) {
	d.t.Helper()
	for name, value := range values {
		found := browser.Eval[bool](d.Tab, fmt.Sprintf(`(() => {
			const field = [...document.getElementsByName(%[1]s)].find(f => f.type !== 'radio' || f.value === %[2]s);
			if (!field) return false;
			if (field.type === 'radio') field.checked = true; else field.value = %[2]s;
			for (const kind of ['input', 'change']) field.dispatchEvent(new Event(kind, {bubbles: true}));
			return true;
		})()`, quote(name), quote(value)))
		if !found {
			d.t.Fatalf("%s has no field %s", browser.Eval[string](d.Tab, "location.href"), name)
		}
	}
}

func (d *desk) submit(action, next string) {
	d.t.Helper()
	d.Run(fmt.Sprintf(`document.querySelector('form[method=post][action$=%s]').requestSubmit()`, quote(action)))
	d.Until(fmt.Sprintf(`location.pathname.startsWith(%s) && !location.pathname.endsWith(%s) && document.readyState === "complete"`, quote(next), quote(action)))
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// launch starts the experiment from its page and waits until browsers know of it.
func (d *desk) launch() {
	d.t.Helper()
	d.Open(d.p.URL + "/experiments/" + d.id)
	d.Run(`document.querySelector("form[action$='/status'] button").click()`)
	d.Until(`!document.querySelector("form[action$='/status'] [value=running]") && document.readyState === "complete"`)
	snippet := *d.site.snippet.Load()
	script := snippet[strings.Index(snippet, "http") : strings.Index(snippet, ".js")+3]
	d.p.Await("told to browsers", func() bool { return strings.Contains(get(d.t, script), d.id) })
}

// edit opens the editor and waits for the page in it; the answer is the page.
func (d *desk) edit() *browser.Tab {
	d.t.Helper()
	d.Open(d.p.URL + "/experiments/" + d.id + "/editor")
	d.Until(`document.querySelector("#editor-frame[data-state=ready]") && document.querySelector("#structure [role=treeitem]")`)
	return d.Frame(".preview.localhost")
}

// pick chooses an element by its selector, as a click on it does.
func (d *desk) pick(page *browser.Tab, selector string) {
	d.t.Helper()
	at := browser.Eval[[]float64](page, fmt.Sprintf(`(() => {
		const element = document.querySelector(%s);
		element.scrollIntoView({block: "center", behavior: "instant"});
		const box = element.getBoundingClientRect();
		return [box.left + Math.min(box.width, 60) / 2, box.top + Math.min(box.height, 20) / 2];
	})()`, quote(selector)))
	d.Show()
	for range 20 { // a tab that has just come to the front does not hear the mouse at once
		page.Click(at[0], at[1])
		time.Sleep(200 * time.Millisecond)
		if browser.Eval[bool](d.Tab, `!document.getElementById("element-picked").hidden`) {
			return
		}
	}
	d.t.Fatalf("a click on %s picks nothing", selector)
}

// set types a value into a field of the panel.
func (d *desk) set(field, value string) {
	d.t.Helper()
	d.Run(fmt.Sprintf(`(() => { const f = document.getElementById(%s); f.focus(); f.value = %s; f.dispatchEvent(new Event("input", {bubbles: true})); })()`, quote(field), quote(value)))
}

func (d *desk) saved() {
	d.t.Helper()
	d.Until(`document.getElementById("editor-status").dataset.state === "saved"`)
}

// changes is the draft's list for variant b, as the API of the page's own origin would tell: from the list in the page.
func (d *desk) changes() (out []map[string]any) {
	d.t.Helper()
	text := browser.Eval[string](d.Tab, `document.getElementById("editor-list").textContent`)
	var list struct {
		Edits []struct{ Change map[string]any }
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		d.t.Fatal(err)
	}
	for _, e := range list.Edits {
		out = append(out, e.Change)
	}
	return out
}

func get(t *testing.T, url string) string {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return ""
	}
	return string(text)
}
