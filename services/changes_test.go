package services

import (
	"strings"
	"testing"
)

func TestWhatCouldRunCodeIsRefused(t *testing.T) {
	t.Parallel()
	const site = "https://shop.example"
	for _, c := range []struct {
		action, name, value string
		path                string // of the problem; empty: accepted
	}{
		{"attr", "title", "javascript is a language", ""},
		{"attr", "title", "a: b", ""},
		{"attr", "href", "/sale?x=javascript:1", ""},
		{"attr", "href", "https://other.example/", ""},
		{"attr", "data-x", "data:text/html,x", ""},
		{"attr", "xlink:href", "#icon", ""},
		{"attr", "", "x", "name"},
		{"attr", "on click", "x", "name"},
		{"attr", "a=b", "x", "name"},
		{"attr", "onclick", "x", "name"},
		{"attr", "OnLoad", "x", "name"},
		{"attr", "srcdoc", "x", "name"},
		{"attr", "style", "color:red", "name"},
		{"attr", "http-equiv", "refresh", "name"},
		{"attr", "href", "javascript:alert(1)", "value"},
		{"attr", "href", "JavaScript:alert(1)", "value"},
		{"attr", "href", " \tjava\nscript\t:alert(1)", "value"},
		{"attr", "HREF", "vbscript:x", "value"},
		{"attr", "src", "data:text/html,<script>1</script>", "value"},
		{"attr", "formaction", "DATA:text/html,x", "value"},
		{"attr", "xlink:href", "data:image/svg+xml,x", "value"},
		{"attr", "action", "javascript:1", "value"},

		{"style", "color", "red", ""},
		{"style", "--brand", "oklch(0.5 0.1 190)", ""},
		{"style", "width", "calc(100% - 2px)", ""},
		{"style", "background-image", "url(/img/a.png)", ""},
		{"style", "background-image", "url('img/a.png')", ""},
		{"style", "background-image", "url(\"https://shop.example/a.png\")", ""},
		{"style", "background", "linear-gradient(red, blue)", ""},
		{"style", "content", `"\201C"`, ""},
		{"style", "", "red", "name"},
		{"style", "color;x", "red", "name"},
		{"style", "behavior", "url(#x)", "name"},
		{"style", "-moz-binding", "url(#x)", "name"},
		{"style", "color", " ", "value"},
		{"style", "color", "red; } body { display:none", "value"},
		{"style", "color", "red;background:url(//evil)", "value"},
		{"style", "color", "red}", "value"},
		{"style", "color", "red/**/", "value"},
		{"style", "background", "url(https://evil.example/x)", "value"},
		{"style", "background", "url(https://shop.example.evil/x)", "value"},
		{"style", "background", "url(//evil.example/x)", "value"},
		{"style", "background", `url(\\\\evil.example/x)`, "value"},
		{"style", "background", "URL( \"//evil.example/x\" )", "value"},
		{"style", "background", `u\72l(//evil.example)`, "value"},
		{"style", "background", `url(\2f\2f evil.example)`, "value"},
		{"style", "background", "url(data:image/png;base64,x)", "value"},
		{"style", "background", "image-set('https://evil.example/x' 1x)", "value"},
		{"style", "background", "-webkit-image-set(url(/a) 1x)", "value"},
		{"style", "width", "expression(alert(1))", "value"},
	} {
		f := Fields{}
		f.change("c", site, ChangeInput{Selector: ptr("a"), Action: &c.action, Name: &c.name, Value: &c.value})
		switch _, wrong := f["c."+c.path]; {
		case c.path == "" && len(f) > 0, c.path != "" && !wrong:
			t.Errorf("%s %s=%q: got %v, want %q", c.action, c.name, c.value, f, c.path)
		}
	}
}

// FuzzChange looks for texts that panic, and for values that leave their property.
func FuzzChange(f *testing.F) {
	f.Add("h1 > a", "style", "color", "url(\\2f /x)")
	f.Add("[", "attr", "href", "java\tscript:")
	f.Fuzz(func(t *testing.T, selector, action, name, value string) {
		problems := Fields{}
		out := problems.change("c", "https://shop.example", ChangeInput{Selector: &selector, Action: &action, Name: &name, Value: &value})
		if len(problems) == 0 && out.Action == "style" && strings.ContainsAny(*out.Value, ";{}") {
			t.Errorf("accepted %q", *out.Value)
		}
	})
}
