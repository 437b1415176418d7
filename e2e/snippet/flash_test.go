//go:build e2e

package snippet_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/samplit/samplit/e2e/browser"
)

// recorder notes in every animation frame what the headline shows: the callback runs just before the frame is painted.
const recorder = `<script>
window.frames = {empty: 0, hidden: 0, theirs: 0, ours: 0, shown: []};
(function frame() {
	const element = document.querySelector(SELECTOR);
	if (!element || !element.textContent.trim()) frames.empty++;
	else if (!element.checkVisibility({visibilityProperty: true, opacityProperty: true})) frames.hidden++;
	else {
		const ours = element.textContent === OURS;
		frames[ours ? "ours" : "theirs"]++;
		if (!ours) frames.shown.push(element.textContent);
	}
	if (frames.hidden + frames.theirs + frames.ours === 3) fetch("/continue");
	requestAnimationFrame(frame);
})();
</script>`

type frames struct {
	Empty, Hidden, Theirs, Ours int
	Shown                       []string
}

// template is a real page and its headline.
type template struct {
	name     string
	pkg      browser.Package
	selector string
	headline string
}

var templates = []template{
	{"clean-blog", browser.CleanBlog, ".site-heading h1", "Clean Blog"},
	{"agency", browser.Agency, ".masthead-heading", "It's Nice To Meet You"},
}

const ours = "A headline of ours"

// stream serves the template in three pieces, with head put in at the start of the head. The second piece ends amid the headline
// and the third waits until frames with that half have been painted.
func (tpl template) stream(t *testing.T, s *site, head string) {
	t.Helper()
	folder, err := tpl.pkg.Fetch()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(folder, "dist/index.html"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(raw)
	if strings.Count(page, ">"+tpl.headline+"<") != 1 {
		t.Fatalf("%s does not hold its headline %q once", tpl.name, tpl.headline)
	}
	page = strings.Replace(page, "<head>", "<head>"+strings.NewReplacer("SELECTOR", quote(tpl.selector), "OURS", quote(ours)).Replace(recorder)+head, 1)
	body := strings.Index(page, "<body")
	middle := strings.Index(page, ">"+tpl.headline+"<") + 1 + len(tpl.headline)/2
	painted := make(chan struct{}, 1)
	s.mux.HandleFunc("GET /continue", func(http.ResponseWriter, *http.Request) {
		select {
		case painted <- struct{}{}:
		default:
		}
	})
	s.mux.Handle("GET /", http.FileServer(http.Dir(filepath.Join(folder, "dist"))))
	s.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		write(w, page[:body])
		time.Sleep(60 * time.Millisecond)
		write(w, page[body:middle])
		select {
		case <-painted:
		case <-r.Context().Done():
		case <-time.After(patience):
		}
		write(w, page[middle:])
	})
}

// watch opens the page, waits until it has shown a headline for a while and returns what its frames showed.
func watch(t *testing.T, tab *browser.Tab, address string) frames {
	t.Helper()
	tab.Open(address)
	tab.Until(`frames.ours + frames.theirs > 30`)
	return browser.Eval[frames](tab, `frames`)
}

// inTime watches page views until one gets its headline before the deadline: a busy machine may take more than the 400 ms for one of
// these pages many times in a row, and showing the original is right then and another test's subject.
func inTime(t *testing.T, address string) frames {
	t.Helper()
	for range 30 {
		tab := chromium.NewTab(t)
		got := watch(t, tab, address)
		if browser.Eval[string](tab, `samplit("debug")[0].why`) != "deadline" {
			return got
		}
	}
	t.Fatal("no page view was in time")
	return frames{}
}

// With the script in the head no frame may show the original headline, in whole or in part, however late the script is.
func TestScenario01NoFlash(t *testing.T) {
	for _, tpl := range templates {
		for _, delay := range []time.Duration{30 * time.Millisecond, 300 * time.Millisecond, 1500 * time.Millisecond} {
			t.Run(fmt.Sprintf("%s/%s", tpl.name, delay), func(t *testing.T) {
				e := test("flash", text(tpl.selector, ours))
				tr, s := newTracker(t, e), newSite(t)
				tr.delay = delay
				tpl.stream(t, s, tag(tr))
				got := inTime(t, s.URL)
				t.Logf("frames: %+v", got)
				if got.Theirs != 0 || got.Hidden < 3 {
					t.Errorf("%d frames show the original, %d nothing, want 0 and at least 3: %q", got.Theirs, got.Hidden, got.Shown)
				}
				tr.await(1, "exposures", exposureOf(e))
			})
		}
	}
}

// The recorder must be able to see a flash: without the snippet every frame is one, and with a script that comes after the page
// the first ones stay so.
func TestRecorderSeesFlashes(t *testing.T) {
	for _, tpl := range templates {
		t.Run(tpl.name, func(t *testing.T) {
			tr, s := newTracker(t, test("flash", text(tpl.selector, ours))), newSite(t)
			tpl.stream(t, s, "")
			tab := chromium.NewTab(t)
			if got := watch(t, tab, s.URL); got.Theirs == 0 || got.Ours != 0 {
				t.Errorf("without the snippet the frames were %+v", got)
			}
			tab.Run(`document.head.append(Object.assign(document.createElement("script"), {src: ` + quote(tr.URL+"/s/"+token+".js") + `}))`)
			tab.Until(`frames.ours > 5`)
		})
	}
}

// A control is never hidden, and the variant's other elements are not either.
func TestBug09OnlyWhatChangesIsHidden(t *testing.T) {
	tpl := templates[0]
	e := test("flash", text(tpl.selector, ours)).with(func(e *experiment) { e.Splits[0].Weights = always(0) })
	tr, s := newTracker(t, e), newSite(t)
	tpl.stream(t, s, tag(tr))
	got := inTime(t, s.URL)
	if got.Hidden != 0 || got.Theirs == 0 {
		t.Errorf("the control's frames were %+v, want the original and never hidden", got)
	}
	tr.await(1, "exposures", exposureOf(e))
}

// When the headline does not arrive in time the page shows its own, and neither arm counts the visit.
func TestScenario01DeadlineShowsTheOriginalUncounted(t *testing.T) {
	for name, arm := range map[string]int{"control": 0, "variant": 1} {
		t.Run(name, func(t *testing.T) {
			slow := test("slow", text("#title", ours), style("#title", "color", "rgb(1, 2, 3)")).with(func(e *experiment) { e.Splits[0].Weights = always(arm) })
			other := test("other", text("#late", ours))
			tr, s := newTracker(t, slow, other), newSite(t)
			released := make(chan struct{})
			release := sync.OnceFunc(func() { close(released) })
			defer release()
			s.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				write(w, "<!doctype html><head>"+tag(tr)+"</head><body>"+strings.Repeat("<!-- -->", 200)+"<h1 id=title>Orig")
				<-released
				write(w, "inal</h1><p id=late>late</p></body>")
			})
			tab := chromium.NewTab(t)
			tab.Run(`location = ` + quote(s.URL))
			tab.Until(`document.querySelector("#title") && samplit("debug")[0].why === "deadline"`)
			if got := browser.Eval[string](tab, `getComputedStyle(document.querySelector("#title")).visibility`); got != "visible" {
				t.Errorf("after the deadline the headline is %s", got)
			}
			release()
			tr.await(1, "exposures to an element that came whole", exposureOf(other))
			if got := browser.Eval[[]string](tab, `[title.textContent, late.textContent, getComputedStyle(title).color]`); quote(got) != quote([]string{"Original", ours, "rgb(0, 0, 0)"}) {
				t.Errorf("headline, late text, color: got %q, want the original headline", got)
			}
			if got := tr.accepted(exposureOf(slow)); len(got) > 0 {
				t.Errorf("counted a visit that missed the deadline: %+v", got)
			}
			noErrors(t, tab)
		})
	}
}

// A winner is not counted, so it may still come late; but it too may keep an unfinished element from sight only for so long.
func TestBug09WinnerHidesNoLongerThanTheDeadline(t *testing.T) {
	variant := 1
	won := test("won", text("#title", ours)).with(func(e *experiment) { e.State, e.Splits[0].Winner = "winner", &variant })
	tr, s := newTracker(t, won), newSite(t)
	released := make(chan struct{})
	release := sync.OnceFunc(func() { close(released) })
	defer release()
	s.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		write(w, "<!doctype html><head>"+tag(tr)+"</head><body>"+strings.Repeat("<!-- -->", 200)+"<h1 id=title>Orig")
		<-released
		write(w, "inal</h1><p>end</p></body>")
	})
	tab := chromium.NewTab(t)
	tab.Run(`location = ` + quote(s.URL))
	const visibility = `getComputedStyle(document.querySelector("#title")).visibility`
	tab.Until(`document.querySelector("#title") && ` + visibility + ` === "visible"`)
	for range 3 { // it does not start again when more arrives
		tab.Run(`document.body.prepend(document.createElement("i")); new Promise(requestAnimationFrame)`)
		if got := browser.Eval[string](tab, visibility); got != "visible" {
			t.Errorf("after the deadline the headline is %s again", got)
		}
	}
	release()
	tab.Until(`title.textContent === ` + quote(ours))
}
