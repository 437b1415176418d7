package main

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// script is one file that pages load.
type script struct {
	name    string     // in static/js
	entry   string     // in static/src
	limit   int        // bytes after gzip -9
	raw     int        // bytes as they are; 0 is no limit
	runtime bool       // cut into modules, see package snippet
	short   bool       // has short names for fields, see names.go
	target  api.Target // 0 is ES2018
}

var scripts = []script{
	{name: "snippet.js", entry: "snippet/main.ts", limit: 20_000, runtime: true, short: true},
	{name: "loader.js", entry: "loader/main.ts", limit: 500, raw: 700},
	{name: "preview.js", entry: "preview/main.ts", limit: 20_000, short: true},
	{name: "onpage.js", entry: "onpage/main.ts", limit: 1_500},
	{name: "app.js", entry: "app/main.ts", limit: 10_000},
	{name: "verifier.js", entry: "verifier/main.ts", limit: 5_500, target: api.ES2020},
	{name: "editor.js", entry: "editor/main.ts", limit: 12_000},
	{name: "frame.js", entry: "frame/main.ts", limit: 30_000},
	{name: "charts.js", entry: "charts/main.ts", limit: 110_000},
}

// eager has V8 compile the functions of a script along with it: nearly all of them run at once, while the page waits, and one after the
// other each would be read twice.
const eager = "//# allFunctionsCalledOnLoad"

// bundle returns the minified script as one function that leaves no global of its own.
func (s script) bundle(entry string) ([]byte, error) {
	options := api.BuildOptions{
		EntryPoints:       []string{entry},
		Bundle:            true,
		Format:            api.FormatIIFE,
		Target:            max(s.target, api.ES2018),
		Charset:           api.CharsetUTF8,
		LegalComments:     api.LegalCommentsEndOfFile,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		LogLevel:          api.LogLevelSilent,
	}
	if s.short {
		options.MangleProps, options.MangleCache = shortened()
	}
	if s.runtime {
		options.Banner = map[string]string{"js": eager}
		return modules(filepath.Dir(entry), options)
	}
	code, _, err := build(options)
	return code, err
}

// build runs esbuild and returns the one file that it makes, and its metafile if that was asked for.
func build(options api.BuildOptions) (code []byte, metafile string, err error) {
	result := api.Build(options)
	if len(result.Errors) > 0 {
		return nil, "", errors.New(strings.Join(api.FormatMessages(result.Errors, api.FormatMessagesOptions{Kind: api.ErrorMessage}), ""))
	}
	return result.OutputFiles[0].Contents, result.Metafile, nil
}
