//go:build e2e

package browser

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// actionTimeout bounds one action, so that a lost page fails its own test and not the whole run.
const actionTimeout = 30 * time.Second

// Tab is one tab with cookies, storage and cache of its own. It closes with its test.
type Tab struct {
	Console *Console
	t       testing.TB
	ctx     context.Context
}

// NewTab opens an empty tab for t.
func (b *Browser) NewTab(t testing.TB) *Tab {
	t.Helper()
	console := &Console{}
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(console.listen))
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("open tab: %v", err)
	}
	return &Tab{Console: console, t: t, ctx: ctx}
}

// Sibling opens another tab of the same visitor: it shares cookies and storage with tab.
func (tab *Tab) Sibling() *Tab {
	tab.t.Helper()
	console := &Console{}
	ctx, cancel := chromedp.NewContext(tab.ctx, chromedp.WithListener(console.listen))
	tab.t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		tab.t.Fatalf("open tab: %v", err)
	}
	return &Tab{Console: console, t: tab.t, ctx: ctx}
}

// Do runs actions in order and fails the test at the first error.
func (tab *Tab) Do(actions ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, actionTimeout)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		tab.t.Fatalf("%v\nconsole: %q", err, tab.Console.All())
	}
}

// Open loads url and waits until it has loaded.
func (tab *Tab) Open(url string) {
	tab.t.Helper()
	tab.Do(chromedp.Navigate(url))
}

// Show brings the tab to the front, where it draws and hears the mouse.
func (tab *Tab) Show() {
	tab.t.Helper()
	if _, err := chromedp.Call(tab.ctx, page.BringToFront, cdp.Empty{}); err != nil {
		tab.t.Fatalf("show tab: %v", err)
	}
}

// Close closes the tab as its user would.
func (tab *Tab) Close() {
	tab.t.Helper()
	err := chromedp.Cancel(tab.ctx)
	// Chromium may have closed it with one of its frames, which end at the same time.
	var gone *cdproto.Error
	if errors.As(err, &gone) && strings.HasPrefix(gone.Message, "No target with given id") {
		return
	}
	if err != nil {
		tab.t.Fatalf("close tab: %v", err)
	}
}

// OnNewDocument runs script before any script of every page that the tab loads from now on.
func (tab *Tab) OnNewDocument(script string) {
	tab.t.Helper()
	_, err := chromedp.Call(tab.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
	if err != nil {
		tab.t.Fatalf("add script: %v", err)
	}
}

// WithoutScripts makes the tab that of somebody who lets no page run any.
func (tab *Tab) WithoutScripts() {
	tab.t.Helper()
	_, err := chromedp.Call(tab.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	if err != nil {
		tab.t.Fatalf("disable scripts: %v", err)
	}
}

// Slow makes the tab that of a machine whose processor is slower by a factor.
func (tab *Tab) Slow(factor float64) {
	tab.t.Helper()
	_, err := chromedp.Call(tab.ctx, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: factor})
	if err != nil {
		tab.t.Fatalf("slow tab down: %v", err)
	}
}

// Run evaluates a script for its effect; a promise is awaited.
func (tab *Tab) Run(script string) {
	tab.t.Helper()
	tab.Do(chromedp.Evaluate[chromedp.Void](script, chromedp.EvalAwaitPromise))
}

// Until waits for a JavaScript expression to become true, over navigations too.
func (tab *Tab) Until(expression string) {
	tab.t.Helper()
	deadline := time.Now().Add(actionTimeout)
	for {
		ctx, cancel := context.WithDeadline(tab.ctx, deadline)
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		cancel()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			tab.t.Fatalf("never true: %s (%v)\nconsole: %q", expression, err, tab.Console.All())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Eval returns the value of a JavaScript expression; a promise is awaited.
func Eval[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, actionTimeout)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		tab.t.Fatalf("%s: %v\nconsole: %q", expression, err, tab.Console.All())
	}
	return value
}

// Resize gives the page a viewport of that size.
func (tab *Tab) Resize(width, height int64) {
	tab.t.Helper()
	tab.Do(chromedp.EmulateViewport(width, height))
}

// Screenshot returns the whole page as PNG.
func (tab *Tab) Screenshot() []byte {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, actionTimeout)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		tab.t.Fatalf("screenshot: %v", err)
	}
	return png
}

// Frame is the frame of another site inside the page, once it shows an address that holds part. It closes with the tab.
func (tab *Tab) Frame(part string) *Tab {
	tab.t.Helper()
	page := chromedp.FromContext(tab.ctx).Target.TargetID.String() // also the id of its main frame
	for deadline := time.Now().Add(actionTimeout); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		all, err := chromedp.Targets(tab.ctx)
		if err != nil {
			tab.t.Fatalf("list targets: %v", err)
		}
		for _, info := range all {
			if info.Type != "iframe" || string(info.ParentFrameID) != page || !strings.Contains(info.URL, part) {
				continue
			}
			console := &Console{}
			ctx, cancel := chromedp.NewContext(tab.ctx, chromedp.WithTargetID(info.TargetID), chromedp.WithListener(console.listen))
			tab.t.Cleanup(cancel)
			if err := chromedp.Do(ctx); err != nil {
				tab.t.Fatalf("attach to frame: %v", err)
			}
			return &Tab{Console: console, t: tab.t, ctx: ctx}
		}
	}
	tab.t.Fatalf("no frame shows %s\nconsole: %q", part, tab.Console.All())
	return nil
}

// Press types keys as a person would: text, or the names of package kb.
func (tab *Tab) Press(keys string, modifiers ...chromedp.Modifier) {
	tab.t.Helper()
	tab.Do(chromedp.KeyEvent(keys, chromedp.KeyModifiers(modifiers...)))
}

// Click clicks a point of the page.
func (tab *Tab) Click(x, y float64) {
	tab.t.Helper()
	tab.Do(chromedp.MouseClickXY(x, y))
}

// Drag presses the pointer at one point of the page, moves it in a few steps to another and lets go.
func (tab *Tab) Drag(fromX, fromY, toX, toY float64) {
	tab.t.Helper()
	mouse := func(kind input.DispatchMouseEventType, x, y float64) {
		params := input.DispatchMouseEventParams{Type: kind, X: x, Y: y, Button: input.MouseButtonLeft, Buttons: 1, ClickCount: 1}
		if _, err := chromedp.Call(tab.ctx, input.DispatchMouseEvent, params); err != nil {
			tab.t.Fatalf("drag: %v", err)
		}
		time.Sleep(50 * time.Millisecond) // frames of other sites learn late whose the pointer is
	}
	mouse(input.DispatchMouseEventTypeMousePressed, fromX, fromY)
	for i := range 5 {
		share := float64(i+1) / 5
		mouse(input.DispatchMouseEventTypeMouseMoved, fromX+share*(toX-fromX), fromY+share*(toY-fromY))
	}
	mouse(input.DispatchMouseEventTypeMouseReleased, toX, toY)
}

// Photo returns what the window shows as a small JPEG.
func (tab *Tab) Photo() []byte {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, actionTimeout)
	defer cancel()
	quality := int64(60)
	photo, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatJpeg, Quality: &quality})
	if err != nil {
		tab.t.Fatalf("photograph: %v", err)
	}
	return photo.Data
}
