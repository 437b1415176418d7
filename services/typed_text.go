package services

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Bounds of what people type about sites and experiments.
const (
	maxName       = 255     // characters
	maxHypothesis = 4 << 10 // bytes
	maxURL        = 2000    // bytes
	maxSelector   = 500     // bytes
	maxValue      = 10 << 10
)

// line checks one line of text and returns it in normal form, otherwise as typed.
func (f Fields) line(path, text string, most int, required bool) string {
	switch {
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		f.add(path, "text", "Must be one line of text without control characters.")
	case required && strings.TrimSpace(text) == "":
		f.add(path, "required", "Is required.")
	case utf8.RuneCountInString(text) > most:
		f.add(path, "too_long", fmt.Sprintf("Must have at most %d characters.", most))
	}
	return norm.NFC.String(text)
}

// prose checks text that may have several lines, by its bytes.
func (f Fields) prose(path, text string, most int) string {
	control := func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\n\r\t", r) }
	switch {
	case !utf8.ValidString(text) || strings.ContainsFunc(text, control):
		f.add(path, "text", "Must be text without control characters.")
	case len(text) > most:
		f.add(path, "too_long", fmt.Sprintf("Must have at most %d bytes.", most))
	}
	return norm.NFC.String(text)
}

// notYet refuses a value that a later version will understand: nothing sent is ever ignored.
func (f Fields) notYet(path string, given bool) {
	if given {
		f.add(path, "not_supported_yet", "Is not supported yet.")
	}
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
