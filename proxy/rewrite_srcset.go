package proxy

import "strings"

const htmlSpace = " \t\n\r\f"

// srcset rewrites the addresses of a srcset attribute by the standard's algorithm: an address ends at white space, so commas in it
// are its own unless they are its last bytes.
func (w *Rewriter) srcset(text string) string {
	var out strings.Builder
	for rest := text; ; {
		start := len(rest) - len(strings.TrimLeft(rest, htmlSpace+","))
		out.WriteString(rest[:start])
		rest = rest[start:]
		if rest == "" {
			return out.String()
		}
		end := strings.IndexAny(rest, htmlSpace)
		if end < 0 {
			end = len(rest)
		}
		address := strings.TrimRight(rest[:end], ",")
		out.WriteString(w.Link(address) + rest[len(address):end])
		commas := len(address) < end
		rest = rest[end:]
		if !commas { // the descriptors follow, to the next comma that is not in brackets
			n := descriptors(rest)
			out.WriteString(rest[:n])
			rest = rest[n:]
		}
	}
}

func descriptors(text string) int {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth <= 0 {
				return i
			}
		}
	}
	return len(text)
}
