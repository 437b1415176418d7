//go:build e2e

package snippet_test

import (
	"testing"

	"github.com/samplit/samplit/e2e/browser"
)

// An element that fades on its page is in the new colour at once, also where it had been painted before; what the page does to it
// later fades as ever.
func TestStyleDoesNotFadeIn(t *testing.T) {
	t.Parallel()
	const page = `<style>#title { color: rgb(255, 0, 0); transition: all 1s 1s } #title.dim { opacity: .2 }</style><h1 id="title">old</h1>`
	e := test("fade", style("#title", "color", "rgb(1, 2, 3)"))
	for name, late := range map[string]bool{"before the first paint": false, "after it": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr, s := newTracker(t, e), newSite(t)
			head := tag(tr)
			if late {
				head = ""
			}
			s.document("/{$}", head, page)
			tab := chromium.NewTab(t)
			tab.Open(s.URL)
			if late {
				tab.Until(`new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(getComputedStyle(title).color === "rgb(255, 0, 0)"))))`)
				tab.Run(`new Promise(done => {
					const script = document.createElement("script");
					script.src = "` + tr.URL + "/s/" + token + `.js";
					script.onload = done;
					document.head.append(script);
				})`)
			}
			if got := browser.Eval[string](tab, `getComputedStyle(title).color`); got != "rgb(1, 2, 3)" {
				t.Errorf("the colour is %s", got)
			}
			tab.Until(`getComputedStyle(title).transitionDuration === "1s"`)
			if got := browser.Eval[string](tab, `getComputedStyle(title).color`); got != "rgb(1, 2, 3)" {
				t.Errorf("the colour is %s once it may fade again", got)
			}
			tab.Run(`title.classList.add("dim")`)
			if got := browser.Eval[string](tab, `getComputedStyle(title).opacity`); got != "1" {
				t.Errorf("the page's own fading begins at %s, want 1", got)
			}
		})
	}
}
