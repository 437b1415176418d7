package proxy

import (
	"strconv"
	"strings"
)

// CSS rewrites the addresses in a style sheet or a style attribute: url(…) and the strings of @import. Everything else stays
// byte for byte.
func (w *Rewriter) CSS(text string) string {
	if !w.cssNames(text) {
		return text
	}
	s := styleSheet{text: text, link: w.Link}
	s.scan()
	return s.out.String() + text[s.kept:]
}

// cssNames is false for what surely names nothing of the site, as most style sheets do.
func (w *Rewriter) cssNames(text string) bool {
	if w.path != "" || strings.ContainsRune(text, '\\') {
		return strings.Contains(text, "(") || strings.Contains(text, "@") || strings.ContainsRune(text, '\\')
	}
	return strings.Contains(text, "//")
}

// styleSheet is one on its way through the tokens of CSS that matter here.
type styleSheet struct {
	text string
	link func(string) string
	at   int
	kept int // text before it is in out
	out  strings.Builder
	// imports: since an @import the next string is an address.
	imports bool
}

func (s *styleSheet) scan() {
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case strings.HasPrefix(s.text[s.at:], "/*"):
			s.comment()
		case c == '"' || c == '\'':
			s.quoted(s.imports)
		case c == ';' || c == '{':
			s.imports = false
			s.at++
		case c == '@':
			s.at++
			s.imports = strings.EqualFold(s.name(), "import")
		case nameByte(c):
			if name := s.name(); s.at < len(s.text) && s.text[s.at] == '(' && strings.EqualFold(name, "url") {
				s.at++
				s.address()
			}
		default:
			s.at++
		}
	}
}

func (s *styleSheet) comment() {
	end := strings.Index(s.text[s.at+2:], "*/")
	if end < 0 {
		s.at = len(s.text)
		return
	}
	s.at += end + 4
}

// name reads an identifier with its escapes, at least one byte.
func (s *styleSheet) name() string {
	start := s.at
	for s.at < len(s.text) && nameByte(s.text[s.at]) {
		if s.text[s.at] == '\\' {
			s.at++
		}
		s.at++
	}
	s.at = min(s.at, len(s.text))
	return unescape(s.text[start:s.at])
}

func nameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '\\' || c >= 0x80
}

// quoted passes a string, and rewrites it when it is an address. One that a line break ends is none.
func (s *styleSheet) quoted(isAddress bool) {
	quote, start := s.text[s.at], s.at+1
	for s.at++; s.at < len(s.text) && s.text[s.at] != quote; s.at++ {
		switch s.text[s.at] {
		case '\\':
			s.at++
		case '\n':
			return
		}
	}
	end := min(s.at, len(s.text))
	s.at = min(s.at+1, len(s.text))
	if isAddress {
		s.imports = false
		s.replace(start, end, quote)
	}
}

// address passes what is in the brackets of url().
func (s *styleSheet) address() {
	for s.at < len(s.text) && strings.IndexByte(" \t\n\r\f", s.text[s.at]) >= 0 {
		s.at++
	}
	if s.at < len(s.text) && (s.text[s.at] == '"' || s.text[s.at] == '\'') {
		s.quoted(true)
		return
	}
	start := s.at
	for s.at < len(s.text) && s.text[s.at] != ')' {
		if s.text[s.at] == '\\' {
			s.at++
		}
		s.at++
	}
	s.at = min(s.at, len(s.text))
	s.imports = false
	s.replace(start, s.at, 0)
}

// replace writes another address in place of a part of the text. Without a quote it gets a pair.
func (s *styleSheet) replace(start, end int, quote byte) {
	before := unescape(s.text[start:end])
	after := s.link(before)
	if after == before {
		return
	}
	s.out.WriteString(s.text[s.kept:start])
	q := string(quote)
	if quote == 0 {
		q = `"`
		after = strings.TrimRight(after, " \t\n\r\f")
	}
	after = strings.NewReplacer(`\`, `\\`, q, `\`+q, "\n", `\a `).Replace(after)
	if quote == 0 {
		after = q + after + q
	}
	s.out.WriteString(after)
	s.kept = end
}

// unescape resolves the escapes of CSS: up to six hexadecimal digits and one space after them, or any other character.
func unescape(text string) string {
	if !strings.ContainsRune(text, '\\') {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			out.WriteByte(text[i])
			continue
		}
		i++
		digits := i
		for digits < len(text) && digits < i+6 && strings.IndexByte("0123456789abcdefABCDEF", text[digits]) >= 0 {
			digits++
		}
		if digits == i {
			if text[i] != '\n' {
				out.WriteByte(text[i])
			}
			continue
		}
		code, _ := strconv.ParseUint(text[i:digits], 16, 32) // six digits at most
		out.WriteRune(rune(code))
		i = digits - 1
		if digits < len(text) && strings.IndexByte(" \t\n\r\f", text[digits]) >= 0 {
			i++
		}
	}
	return out.String()
}
