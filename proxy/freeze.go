package proxy

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
)

// Freeze takes out of a page whatever could run or load a page into it: scripts, handlers, frames, plug-ins, addresses that are code,
// refreshes. Where such an element stood an empty one of its name stays, so that selectors find what they found.
func Freeze(page []byte) []byte {
	var out bytes.Buffer
	out.Grow(len(page))
	for z := html.NewTokenizer(bytes.NewReader(page)); ; {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			return out.Bytes()
		case html.StartTagToken, html.SelfClosingTagToken:
			t := (&document{z: z}).tag()
			t.freeze()
			if t.name != "script" {
				t.write(&out, kind == html.SelfClosingTagToken)
				continue
			}
			t.write(&out, false) // in HTML a script does not close itself
			if z.Next() != html.TextToken {
				out.Write(z.Raw()) // its end tag: there was nothing in it
			}
		default:
			out.Write(z.Raw())
		}
	}
}

// freeze takes out of a tag what could run. What is in a script element is for the caller to leave out.
func (t *tag) freeze() {
	var kept []tagAttribute
	for _, a := range t.attrs {
		if !runs(a) {
			kept = append(kept, a)
		}
	}
	t.attrs = kept
	switch t.name {
	case "script":
		t.attrs = []tagAttribute{{"type", "text/plain"}}
	case "iframe", "frame", "object", "embed":
		t.disable("src", "data")
	case "base":
		t.disable("href", "target")
	}
}

// runs says whether an attribute is code, leads to code or loads another page. Browsers skip white space inside of a scheme.
func runs(a tagAttribute) bool {
	switch a.key {
	case "srcdoc", "http-equiv", "ping":
		return true
	}
	value := strings.ToLower(strings.Map(func(r rune) rune {
		if r <= ' ' {
			return -1
		}
		return r
	}, a.value))
	for _, scheme := range []string{"javascript:", "vbscript:", "data:text/html"} {
		if strings.HasPrefix(value, scheme) {
			return true
		}
	}
	return strings.HasPrefix(a.key, "on")
}
