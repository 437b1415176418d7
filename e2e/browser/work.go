//go:build e2e

package browser

import (
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
)

// Meter starts to count what the tab's main thread works, in time of its own: what others do on this machine does not count.
func (tab *Tab) Meter() {
	tab.t.Helper()
	_, err := chromedp.Call(tab.ctx, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks})
	if err != nil {
		tab.t.Fatalf("meter tab: %v", err)
	}
}

// Worked is what the main thread has worked since Meter, in milliseconds, by Chromium's names: ScriptDuration is all of scripts.
func (tab *Tab) Worked() map[string]float64 {
	tab.t.Helper()
	answer, err := chromedp.Call(tab.ctx, performance.GetMetrics, cdp.Empty{})
	if err != nil {
		tab.t.Fatalf("read meter: %v", err)
	}
	out := map[string]float64{}
	for _, m := range answer.Metrics {
		out[m.Name] = m.Value * 1000
	}
	return out
}
