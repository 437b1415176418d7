package main

import (
	"regexp"
	"strings"
)

// constant is a number, text or pattern to which a module gives a name in capitals for itself.
var constant = regexp.MustCompile(`(?m)^const ([A-Z_]+) = ([\d\s*.]+|"[^"\n]*"|/.+/[a-z]*);\n`)

// inlined is a module with those values in the place of their names. esbuild does it only in modules that import nothing, as others
// may be asked for a constant before it is there; what only its own module knows is not.
func inlined(module string) string {
	for _, c := range constant.FindAllStringSubmatch(module, -1) {
		module = strings.Replace(module, c[0], "", 1)
		module = regexp.MustCompile(`\b`+c[1]+`\b`).ReplaceAllLiteralString(module, "("+c[2]+")")
	}
	return module
}
