//go:build e2e

// Package audit_test checks records in a real browser, without trusting the server and without a network.
package audit_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/samplit/samplit/e2e/browser"
)

var chrome *browser.Browser

func TestMain(m *testing.M) {
	var err error
	if chrome, err = browser.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := chrome.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}
