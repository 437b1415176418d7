//go:build e2e

package browser

import (
	"fmt"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
)

// Console collects what a tab logs: calls of the page, uncaught exceptions, messages of the browser itself.
type Console struct {
	mu     sync.Mutex
	all    []string
	errors []string
}

func (c *Console) listen(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		var text []string
		for _, arg := range e.Args {
			text = append(text, strings.Trim(string(arg.Value), `"`)+arg.Description)
		}
		c.add(string(e.Type), strings.Join(text, " "), e.Type == runtime.ConsoleAPICalledTypeError)
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if thrown := e.ExceptionDetails.Exception; thrown != nil {
			text += " " + thrown.Description
		}
		c.add("exception", text, true)
	case *log.EventEntryAdded:
		c.add(string(e.Entry.Level), e.Entry.Text+" "+e.Entry.URL, e.Entry.Level == log.EntryLevelError)
	}
}

func (c *Console) add(kind, text string, isError bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	line := fmt.Sprintf("%s: %s", kind, text)
	c.all = append(c.all, line)
	if isError {
		c.errors = append(c.errors, line)
	}
}

// All returns every message so far.
func (c *Console) All() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string{}, c.all...)
}

// Errors returns the errors and uncaught exceptions so far.
func (c *Console) Errors() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string{}, c.errors...)
}
