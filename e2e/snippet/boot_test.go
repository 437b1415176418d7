//go:build e2e

package snippet_test

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/samplit/samplit/e2e/browser"
)

// BenchmarkBoot measures what the snippet with five experiments and twenty changes takes of a page that is being read, in browsers that
// have never seen it: by marks around compiling it with its first run, and around each of its looks at what has come of the page since, until
// the variants are in it. Beside it, in turns, the floor: a script that does no more than remember a visitor, by one cookie and one entry
// of each storage. Medians of 20, as fast as this machine is and with a processor four times as slow; cpu is what all scripts of the page
// have worked until it was loaded, which no neighbour adds to. Of the snippet as pages have it, in a file of its own, which browsers compile
// beside the page, there is cpu alone.
func BenchmarkBoot(b *testing.B) {
	config, err := os.ReadFile("../../static/build/testdata/five.json")
	if err != nil {
		b.Fatal(err)
	}
	marked, installed := newSite(b), newSite(b)
	pages := map[string]string{"floor": marked.at("www.shop.test", "/floor"), "snippet": marked.at("www.shop.test", "/"), "installed": installed.at("www.shop.test", "/")}
	marked.mux.HandleFunc("POST /api/v1/tracker/events", func(http.ResponseWriter, *http.Request) {})
	code := script(b, strings.Replace(strings.TrimSpace(string(config)), "https://tracker.shop.example", marked.URL, 1), false)
	installed.mux.HandleFunc("GET /s.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		write(w, code)
	})
	installed.document("/{$}", `<script src="/s.js"></script>`, bootBody)
	marked.bootPage("/{$}", code)
	marked.bootPage("/floor", `document.cookie = "v=1"; localStorage.setItem("v", localStorage.getItem("v") + document.cookie); sessionStorage.setItem("v", sessionStorage.getItem("v"));`)
	for b.Loop() {
		for name, rate := range map[string]float64{"": 1, "slow_": 4} {
			took := map[string][]float64{}
			for range 20 {
				for which, url := range pages {
					wall, cpu := boot(b, url, rate)
					took[which], took[which+"_cpu"] = append(took[which], wall), append(took[which+"_cpu"], cpu)
				}
			}
			delete(took, "installed")
			for which, times := range took {
				slices.Sort(times)
				b.ReportMetric(times[len(times)/2], name+which+"_median_ms")
				b.ReportMetric(times[0], name+which+"_best_ms")
			}
		}
	}
}

const bootBody = `<header class="masthead"><h1 class="site-heading">Bags</h1><p class="subheading">Soon</p></header><a id="hero-cta" href="/pricing">See</a>`

// bootPage is a page with a script in its head whose work it measures.
func (s *site) bootPage(path, code string) {
	s.document(path, `<script>
		took = 0;
		const marked = work => (...given) => {
			const began = performance.now();
			work(...given);
			took += performance.now() - began;
		};
		window.MutationObserver = class extends MutationObserver {
			constructor(look) { super(marked(look)); }
		};
		const script = document.createElement("script");
		script.text = `+quote(code)+`;
		marked(() => document.head.append(script))();
	</script>`, bootBody)
}

// boot opens a page in a new browser context, with a processor that is slower by a factor, and says what the script took by the
// marks, if there are any, and what the page's scripts worked.
func boot(b *testing.B, url string, slower float64) (wall, cpu float64) {
	tab := chromium.NewTab(b)
	defer tab.Close()
	tab.Slow(slower)
	tab.Meter()
	tab.Open(url)
	cpu = tab.Worked()["ScriptDuration"]
	if got := browser.Eval[string](tab, `document.querySelector("h1").textContent`); !strings.Contains("Bags Handmade leather bags, repaired for life", got) {
		b.Fatalf("the page shows %q", got)
	}
	return browser.Eval[float64](tab, "window.took || 0"), cpu
}
