//go:build e2e

package browser

import (
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

// Popup is the tab that somebody opened out of another, once it shows an address that holds part. It closes with the test.
func (tab *Tab) Popup(part string) *Tab {
	tab.t.Helper()
	own := chromedp.FromContext(tab.ctx).Target.TargetID
	for deadline := time.Now().Add(actionTimeout); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		all, err := chromedp.Targets(tab.ctx)
		if err != nil {
			tab.t.Fatalf("list targets: %v", err)
		}
		for _, info := range all {
			if info.Type != "page" || info.TargetID == own || info.Attached || !strings.Contains(info.URL, part) {
				continue
			}
			console := &Console{}
			ctx, cancel := chromedp.NewContext(tab.ctx, chromedp.WithTargetID(info.TargetID), chromedp.WithListener(console.listen))
			tab.t.Cleanup(cancel)
			if err := chromedp.Do(ctx); err != nil {
				tab.t.Fatalf("attach to tab: %v", err)
			}
			return &Tab{Console: console, t: tab.t, ctx: ctx}
		}
	}
	tab.t.Fatalf("no other tab shows %s\nconsole: %q", part, tab.Console.All())
	return nil
}
