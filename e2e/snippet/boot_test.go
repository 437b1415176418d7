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

// BenchmarkBoot measures how long the snippet with five experiments and twenty changes keeps a page from being read on, from before
// the browser compiles it: first visits, of browsers that have never seen it. Best and median of 20, each as fast as this machine
// is and with a processor four times as slow.
func BenchmarkBoot(b *testing.B) {
	config, err := os.ReadFile("../../static/build/testdata/five.json")
	if err != nil {
		b.Fatal(err)
	}
	s := newSite(b)
	code := script(b, strings.Replace(strings.TrimSpace(string(config)), "https://tracker.shop.example", s.URL, 1), false)
	s.mux.HandleFunc("POST /api/v1/tracker/events", func(http.ResponseWriter, *http.Request) {})
	s.document("/{$}", "<script>began = performance.now()</script><script>"+code+"</script><script>took = performance.now() - began</script>",
		`<header class="masthead"><h1 class="site-heading">Bags</h1><p class="subheading">Soon</p></header><a id="hero-cta" href="/pricing">See</a>`)
	for b.Loop() {
		for name, rate := range map[string]float64{"": 1, "at a quarter of the speed ": 4} {
			var took []float64
			for range 20 {
				took = append(took, boot(b, s.URL, rate))
			}
			slices.Sort(took)
			b.ReportMetric(took[0], strings.ReplaceAll(name, " ", "_")+"best_ms")
			b.ReportMetric(took[len(took)/2], strings.ReplaceAll(name, " ", "_")+"median_ms")
		}
	}
}

// boot opens a page in a new browser context, with a processor that is slower by a factor.
func boot(b *testing.B, url string, slower float64) float64 {
	tab := chromium.NewTab(b)
	defer tab.Close()
	tab.Slow(slower)
	tab.Open(url)
	if got := browser.Eval[string](tab, `document.querySelector("h1").textContent`); !strings.Contains("Bags Handmade leather bags, repaired for life", got) {
		b.Fatalf("the page shows %q", got)
	}
	return browser.Eval[float64](tab, "took")
}
