package proxy

import (
	"errors"
	"regexp"

	"github.com/andybalholm/cascadia"
)

var (
	quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`)
	// notCSS is what our parser reads and no browser does.
	notCSS = regexp.MustCompile(`(?i):(contains|containsown|matches|matchesown|haschild|input)\b|#=|!=|#[0-9]|#-[0-9]`)
)

// ParseSelector reads a CSS selector that browsers read as well.
func ParseSelector(selector string) (cascadia.SelectorGroup, error) {
	if notCSS.MatchString(quoted.ReplaceAllString(selector, "")) {
		return nil, errors.New("no selector of CSS")
	}
	return cascadia.ParseGroup(selector)
}
