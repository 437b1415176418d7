package main

import "testing"

func TestInlined(t *testing.T) {
	t.Parallel()
	for module, want := range map[string]string{
		"const MAX = 5;\nf(MAX, MAX_AGE);\n":                                "f((5), MAX_AGE);\n",
		"const BYTES = 2 * 1024;\nconst NAME = \"_n\";\ng(n / BYTES, NAME)": `g(n / (2 * 1024), ("_n"))`,
		"export const MAX = 5;\nf(MAX)":                                     "export const MAX = 5;\nf(MAX)",
		"const RE = /a;b/i;\nf(RE)":                                         "f((/a;b/i))",
		"const LIST = [5];\nf(LIST)":                                        "const LIST = [5];\nf(LIST)",
	} {
		if got := inlined(module); got != want {
			t.Errorf("%q: got %q, want %q", module, got, want)
		}
	}
}
