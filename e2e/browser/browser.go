//go:build e2e

// Package browser gives end-to-end tests a real Chromium, its tabs and what they log, and web pages that nobody here wrote.
package browser

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/chromedp/chromedp"
)

// hostRules keep the browser on this machine: names under .test are the loopback address, as those under .localhost are by themselves,
// and no other name exists.
const hostRules = "MAP *.test 127.0.0.1,MAP * ~NOTFOUND,EXCLUDE localhost,EXCLUDE *.localhost,EXCLUDE 127.0.0.1"

// userAgent is an ordinary visitor's: headless browsers are served but never counted.
const userAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"

// Browser is one headless Chromium with a fresh profile. A test package starts one and opens a tab for each test.
type Browser struct {
	ctx    context.Context
	cancel context.CancelFunc
}

// Start launches Chromium. The caller must Close it.
func Start() (*Browser, error) { return StartAs(userAgent) }

// StartAs launches a Chromium that says to be another browser, in everything that it sends.
func StartAs(userAgent string) (*Browser, error) {
	path, err := find()
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.WindowSize(1280, 800),
		chromedp.UserAgent(userAgent),
		chromedp.WSURLReadTimeout(time.Minute),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("host-resolver-rules", hostRules),
	)
	allocator, cancelAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancelBrowser := chromedp.NewContext(allocator)
	b := &Browser{ctx: ctx, cancel: func() { cancelBrowser(); cancelAllocator() }}
	if err := chromedp.Do(ctx); err != nil {
		b.cancel()
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	return b, nil
}

// Close ends the browser and removes its profile.
func (b *Browser) Close() error {
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	defer b.cancel()
	return chromedp.Cancel(ctx)
}

func find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chromium on the PATH: apt-get install chromium")
}
