package services

import (
	"regexp"
	"regexp/syntax"
	"strings"
)

// forBrowsers says whether a browser can decide the condition by itself, as the server would.
func (c Condition) forBrowsers() bool {
	if c.Attribute == onCountry {
		return false
	}
	if c.Op == opRegex {
		for _, v := range c.Values {
			if !portable(v) {
				return false
			}
		}
	}
	return true
}

// The common ground of RE2 and JavaScript: ASCII; escapes of marks and of what is ASCII in both; classes without names, brackets and a
// leading ]; whole counts; no flags, names and looking around.
const (
	portableEscape = `\\(?:[dDwW]|[!-/:-@[-` + "`" + `{-~])`
	portableClass  = `\[\^?(?:` + portableEscape + `|[ -Z_-~])+\]`
	portableCount  = `\{[0-9]{1,3}(?:,[0-9]{0,3})?\}`
)

var (
	escapeOrClass = regexp.MustCompile(portableEscape + "|" + portableClass)
	repeatedGroup = regexp.MustCompile(`\)[*+{]`)
	portableText  = regexp.MustCompile("^(?:" + portableEscape + "|" + portableClass + "|" + portableCount + `|\\[bB]|[ -Z^_-z|~])*$`)
)

// portable reports whether an expression means the same in RE2 and in JavaScript, and takes little time in either: JavaScript tries
// one way after the other, which a repeat inside of a repeat makes endless.
func portable(expression string) bool {
	bare := escapeOrClass.ReplaceAllString(expression, "x")
	if !portableText.MatchString(expression) || strings.Count(bare, "(?") != strings.Count(bare, "(?:") {
		return false
	}
	if strings.Contains(bare, "|") && repeatedGroup.MatchString(bare) { // in the tree, equal choices are one
		return false
	}
	tree, err := syntax.Parse(expression, syntax.Perl)
	return err == nil && calm(tree, false)
}

// calm looks for repeats of assertions, which JavaScript refuses, and of what can match in several ways.
func calm(r *syntax.Regexp, repeated bool) bool {
	switch r.Op {
	case syntax.OpQuest:
		if repeated || asserts(r.Sub[0]) {
			return false
		}
	case syntax.OpStar, syntax.OpPlus, syntax.OpRepeat, syntax.OpAlternate:
		if repeated {
			return false
		}
	}
	if repeated && asserts(r) {
		return false
	}
	repeated = repeated || r.Op == syntax.OpStar || r.Op == syntax.OpPlus || r.Op == syntax.OpRepeat
	for _, sub := range r.Sub {
		if !calm(sub, repeated) {
			return false
		}
	}
	return true
}

// asserts says whether an expression matches no character.
func asserts(r *syntax.Regexp) bool {
	switch r.Op {
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary, syntax.OpEmptyMatch:
		return true
	}
	return false
}
