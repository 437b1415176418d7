//go:build e2e

package browser

import (
	"context"
	"sync"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// Network collects the addresses that a tab asks for, those that nothing answers included.
type Network struct {
	mu   sync.Mutex
	urls []string
}

// Record begins to collect.
func (tab *Tab) Record() *Network {
	tab.t.Helper()
	n := &Network{}
	err := chromedp.Listen(tab.ctx, func(event any) {
		if e, ok := event.(*network.EventRequestWillBeSent); ok {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.urls = append(n.urls, e.Request.URL)
		}
	})
	if err != nil {
		tab.t.Fatalf("listen: %v", err)
	}
	if _, err := chromedp.Call(tab.ctx, network.Enable, network.EnableParams{}); err != nil {
		tab.t.Fatalf("record requests: %v", err)
	}
	return n
}

// URLs are those asked for so far.
func (n *Network) URLs() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string{}, n.urls...)
}

// View returns what the tab shows as PNG.
func (tab *Tab) View() []byte {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, actionTimeout)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		tab.t.Fatalf("screenshot: %v", err)
	}
	return png
}
