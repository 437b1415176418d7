package services

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestScrubbing(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain text":                             "plain text",
		"write to ana.lopez+x@shop.example now":  "write to [email] now",
		"card 4111 1111 1111 1111 ok":            "card [card] ok",
		"4111111111111111":                       "[card]",
		"order 4111111111111112":                 "order 4111111111111112", // fails the check digit
		"20261126174500123":                      "20261126174500123",      // a time is no card
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.s": "[removed]",
		"see https://a.example/x?token=abc&p=1":  "see https://a.example/x?token=[removed]&p=1",
		"@handle":                                "@handle",
	} {
		if got := scrubText(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"https://shop.example/p?color=red&size=4":                  "https://shop.example/p?color=red&size=4",
		"https://shop.example/p?access_token=abc&x=1":              "https://shop.example/p?access_token=[removed]&x=1",
		"https://shop.example/p?email=a%40b.example&x=1":           "https://shop.example/p?email=[email]&x=1",
		"https://user:pw@shop.example/p":                           "https://shop.example/p",
		"https://shop.example/reset/a@b.example":                   "https://shop.example/reset/[email]",
		"https://shop.example/#id_token=abc&state=1":               "https://shop.example/#id_token=[removed]&state=1",
		"/cart?card=4111-1111-1111-1111":                           "/cart?card=[card]",
		"https://shop.example/p?keyword=shoes&monkey=1&zipcode=12": "https://shop.example/p?keyword=shoes&monkey=1&zipcode=12",
		"https://shop.example/p?token=":                            "https://shop.example/p?token=",
	} {
		if got := scrubURL(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestPropsArePlainData(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		``: ``, `null`: ``,
		`{"a": 1, "b": [true, null, "x"]}`:                                 `{"a":1,"b":[true,null,"x"]}`,
		`{"__proto__": {"admin": true}, "constructor": 1, "toString": {}}`: `{"__proto__":{"admin":true},"constructor":1,"toString":{}}`,
		`{"mail": "a@b.example", "deep": {"list": ["4111111111111111"]}}`:  `{"mail":"[email]","deep":{"list":["[card]"]}}`,
		`{"a@b.example": 12345678901234567890}`:                            `{"a@b.example":12345678901234567890}`,
	} {
		got, p := readProps([]byte(in), true)
		if p != nil || string(got) != want {
			t.Errorf("%s became %s, %v, want %s", in, got, p, want)
		}
	}
	if got, p := readProps([]byte(`{"mail":"a@b.example"}`), false); p != nil || string(got) != `{"mail":"a@b.example"}` {
		t.Errorf("unscrubbed: %s, %v", got, p)
	}
	names := map[string]int{}
	for i := range maxPropNames {
		names[strings.Repeat("n", i+1)] = i
	}
	full, err := json.Marshal(names)
	if err != nil {
		t.Fatal(err)
	}
	if _, p := readProps(full, true); p != nil {
		t.Errorf("32 names: %v", p)
	}
	for in, want := range map[string]string{
		`[1]`: "bad_props", `{}0`: "bad_props", `"x"`: "bad_props", `7`: "bad_props", `{"a":1e` + strings.Repeat("9", 40) + `}`: "bad_props",
		`{"x":{"y":0},` + string(full[1:]): "props_too_large", `{"a":"` + strings.Repeat("x", maxProps) + `"}`: "props_too_large",
	} {
		if _, p := readProps([]byte(in), true); p == nil || p.Reason != want || !strings.HasPrefix(p.Message, "props:") {
			t.Errorf("%.40s: got %v, want %s", in, p, want)
		}
	}
}

func FuzzProps(f *testing.F) {
	f.Add([]byte(`{"a":"a@b.example","b":[1,2,{"c":"https://x.example/?token=1"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, p := readProps(raw, true)
		if p == nil && got != nil && !json.Valid(got) {
			t.Errorf("%q became %q", raw, got)
		}
	})
}
