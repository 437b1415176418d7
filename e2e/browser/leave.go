//go:build e2e

package browser

import (
	"context"
	"strings"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Offline takes the tab's connection away, or gives it back. Frames of other sites inside the page keep theirs.
func (tab *Tab) Offline(yes bool) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, actionTimeout)
	defer cancel()
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		tab.t.Fatalf("offline: %v", err)
	}
	rule := &network.Conditions{Offline: yes, DownloadThroughput: -1, UploadThroughput: -1}
	rules := network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{rule}}
	if _, err := chromedp.Call(ctx, network.EmulateNetworkConditionsByRule, rules); err != nil {
		tab.t.Fatalf("offline: %v", err)
	}
	state := network.OverrideNetworkStateParams{Offline: yes, DownloadThroughput: -1, UploadThroughput: -1}
	if _, err := chromedp.Call(ctx, network.OverrideNetworkState, state); err != nil {
		tab.t.Fatalf("offline: %v", err)
	}
}

// Reload reloads the page as its user would, and leaves it when it asks whether to stay; asked says that it did. The new page may be the
// browser's own about a missing connection.
func (tab *Tab) Reload() (asked bool) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, actionTimeout)
	defer cancel()
	tab.Run(`window.beforeReload = true`)
	questions := make(chan page.DialogType, 1)
	err := chromedp.Listen(ctx, func(event any) {
		if e, ok := event.(*page.EventJavascriptDialogOpening); ok {
			questions <- e.Type
		}
	})
	if err != nil {
		tab.t.Fatalf("listen: %v", err)
	}
	reloaded := make(chan error, 1)
	go func() {
		_, err := chromedp.Call(ctx, page.Reload, page.ReloadParams{})
		reloaded <- err
	}()
	for {
		select {
		case kind := <-questions:
			asked = asked || kind == page.DialogTypeBeforeunload
			if _, err := chromedp.Call(ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true}); err != nil {
				tab.t.Fatalf("answer %s: %v", kind, err)
			}
		case err := <-reloaded:
			if err != nil && !strings.Contains(err.Error(), "INTERNET_DISCONNECTED") {
				tab.t.Fatalf("reload: %v", err)
			}
			reloaded = nil
		case <-time.After(50 * time.Millisecond):
			if reloaded == nil && tab.replaced(ctx) {
				return asked
			}
		}
	}
}

// replaced says whether the page that Reload began with has gone. While a question is open nothing of a page can be asked.
func (tab *Tab) replaced(ctx context.Context) bool {
	short, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	gone, err := chromedp.Run(short, chromedp.Evaluate[bool](`!window.beforeReload && document.readyState === "complete"`))
	return err == nil && gone
}
