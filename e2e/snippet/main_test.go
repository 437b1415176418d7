//go:build e2e

// Package snippet_test runs the shipped snippet in a real Chromium against pages and a tracker on this machine.
package snippet_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/samplit/samplit/e2e/browser"
)

var chromium *browser.Browser

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if chromium, err = browser.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer chromium.Close()
	return m.Run()
}
