//go:build e2e

package snippet_test

import (
	"testing"
	"time"

	"github.com/samplit/samplit/e2e/browser"
)

type members = map[string]any

// remote is an experiment that only the server can decide.
func remote(key string) experiment {
	e := targeted(key, condition{Attribute: "utm", Name: "source", Op: "is", Values: []string{"mail"}})
	e.Remote, e.Cookies = true, []string{"plan"}
	return e
}

func in(arm string) members {
	return members{"assigned": true, "assignments": []members{{"arm": arm, "epoch": 3}}}
}

func TestRemoteExperimentAsksTheServer(t *testing.T) {
	t.Parallel()
	e := remote("remote")
	tr, s, tab := setup(t, headline, e)
	tr.decide = func(question) any { return in("variant") }
	tab.Open(s.URL + "/?utm_source=ads")
	expect(t, tab, "ruled out by the browser", "targeting")
	if got := tr.asked(); len(got) != 0 {
		t.Errorf("asked %+v all the same", got)
	}
	tab.Run(`document.cookie = "plan=pro"; document.cookie = "secret=1"`)
	tab.Open(s.URL + "/?utm_source=mail")
	tab.Until(`title.textContent === "remote"`)
	exposure := tr.await(1, "exposures", exposureOf(e))[0]
	if exposure.Arm != "variant" || exposure.Epoch != 3 {
		t.Errorf("exposed to %s in epoch %d, want what the server said", exposure.Arm, exposure.Epoch)
	}
	tab.Run(`location.hash = "#anchor"`)
	tab.Until(`samplit("debug")[0].arm === "variant"`)
	got := tr.asked()
	if len(got) != 1 {
		t.Fatalf("asked %d times, want once for a page", len(got))
	}
	q := got[0]
	if q.Token != token || q.Experiment != e.ID || q.VisitorID != exposure.VisitorID || q.Expose == nil || *q.Expose ||
		q.Context.URL != s.URL+"/?utm_source=mail" || q.Context.Device != "desktop" || q.Context.Returning == nil || *q.Context.Returning ||
		q.Context.UTM["source"] != "mail" || len(q.Context.Cookies) != 1 || q.Context.Cookies["plan"] != "pro" {
		t.Errorf("asked %+v", q)
	}
	noErrors(t, tab)
}

// Whatever the server answers instead of an arm, the page is the original and nobody is counted.
func TestRemoteExperimentWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer any
		why    string
	}{
		"not targeted":   {members{"assigned": false, "reason": "targeting"}, "targeting"},
		"fault":          {nil, "unanswered"},
		"problem":        {members{"title": "Too Many Requests", "status": 429}, "unanswered"},
		"no JSON object": {"what?", "unanswered"},
		"unknown arm":    {in("third"), "unanswered"},
	} {
		e := remote("remote")
		tr, s, tab := setup(t, headline, e)
		tr.decide = func(question) any { return c.answer }
		tab.Open(s.URL + "/?utm_source=mail")
		tab.Until(quote([]string{c.why, "deadline"}) + `.includes(samplit("debug")[0].why)`) // a busy machine may miss the deadline
		if got := browser.Eval[string](tab, `title.textContent + getComputedStyle(title).visibility`); got != "oldvisible" {
			t.Errorf("%s: the page shows %s", name, got)
		}
		tr.await(1, "page views", ofType("pageview"))
		if got := tr.accepted(ofType("exposure")); len(got) != 0 {
			t.Errorf("%s: got exposures %+v", name, got)
		}
	}
}

// While the server is asked only the tested element is hidden. Past the deadline the original is shown and stays, whatever comes.
func TestSlowServerDoesNotFlicker(t *testing.T) {
	t.Parallel()
	e := remote("remote")
	tr, s, tab := setup(t, headline+`<p id="rest">rest</p>`, e)
	release := make(chan struct{})
	tr.decide = func(question) any {
		select {
		case <-release:
		case <-time.After(patience):
		}
		return in("variant")
	}
	tab.OnNewDocument(`window.seen = []; (function frame() {
		const title = document.querySelector("#title");
		if (title) {
			const now = title.textContent + " " + getComputedStyle(title).visibility + " " + getComputedStyle(document.querySelector("#rest") || title).visibility;
			if (now !== seen[seen.length - 1]) seen.push(now);
		}
		requestAnimationFrame(frame);
	})()`)
	tab.Open(s.URL + "/?utm_source=mail")
	tab.Until(`samplit("debug")[0].why === "deadline" && seen[seen.length - 1] === "old visible visible"`)
	close(release)
	tab.Run(`new Promise(done => setTimeout(done, 700))`)
	for _, frame := range browser.Eval[[]string](tab, `seen`) {
		if frame != "old hidden visible" && frame != "old hidden hidden" && frame != "old visible visible" {
			t.Errorf("a frame shows %q", frame)
		}
	}
	if got := browser.Eval[string](tab, `seen[0]`); got == "old visible visible" {
		t.Error("the element was not kept from sight while the server was asked")
	}
	if got := tr.accepted(ofType("exposure")); len(got) != 0 {
		t.Errorf("counted %+v", got)
	}
	noErrors(t, tab)
}

// An answer in time goes from hidden to the variant: no frame shows the original.
func TestRemoteAnswerInTimeDoesNotFlicker(t *testing.T) {
	t.Parallel()
	for range 5 { // a busy machine may miss the deadline
		tr, s, tab := setup(t, headline, remote("remote"))
		tr.decide = func(question) any {
			time.Sleep(100 * time.Millisecond)
			return in("variant")
		}
		tab.OnNewDocument(`window.originals = 0; (function frame() {
			const title = document.querySelector("#title");
			if (title && title.textContent === "old" && getComputedStyle(title).visibility === "visible") originals++;
			requestAnimationFrame(frame);
		})()`)
		tab.Open(s.URL + "/?utm_source=mail")
		tab.Until(`!["running"].includes(samplit("debug")[0].why) || samplit("debug")[0].arm`)
		if browser.Eval[string](tab, `samplit("debug")[0].why`) == "deadline" {
			continue
		}
		if got := browser.Eval[int](tab, `originals`); got != 0 {
			t.Errorf("%d frames show the original", got)
		}
		return
	}
	t.Fatal("no page view was in time")
}
