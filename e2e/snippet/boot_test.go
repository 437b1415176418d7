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
// have worked until it was loaded, which no neighbour adds to.
func BenchmarkBoot(b *testing.B) {
	config, err := os.ReadFile("../../static/build/testdata/five.json")
	if err != nil {
		b.Fatal(err)
	}
	s := newSite(b)
	s.mux.HandleFunc("POST /api/v1/tracker/events", func(http.ResponseWriter, *http.Request) {})
	s.bootPage("/{$}", script(b, strings.Replace(strings.TrimSpace(string(config)), "https://tracker.shop.example", s.URL, 1), false))
	s.bootPage("/floor", `document.cookie = "v=1"; localStorage.setItem("v", localStorage.getItem("v") + document.cookie); sessionStorage.setItem("v", sessionStorage.getItem("v"));`)
	for b.Loop() {
		for name, rate := range map[string]float64{"": 1, "slow_": 4} {
			took := map[string][]float64{}
			for range 20 {
				for which, path := range map[string]string{"floor": "/floor", "snippet": "/"} {
					wall, cpu := boot(b, s.at("www.shop.test", path), rate)
					took[which], took[which+"_cpu"] = append(took[which], wall), append(took[which+"_cpu"], cpu)
				}
			}
			for which, times := range took {
				slices.Sort(times)
				b.ReportMetric(times[len(times)/2], name+which+"_median_ms")
				b.ReportMetric(times[0], name+which+"_best_ms")
			}
		}
	}
}

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
	</script>`,
		`<header class="masthead"><h1 class="site-heading">Bags</h1><p class="subheading">Soon</p></header><a id="hero-cta" href="/pricing">See</a>`)
}

// boot opens a page in a new browser context, with a processor that is slower by a factor, and says what the script took by the
// marks, and what the page's scripts worked.
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
	return browser.Eval[float64](tab, "took"), cpu
}
