package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// configToken is what the server replaces by the configuration of an installation, quotes included.
const configToken = `"__SAMPLIT_CONFIG__"`

// script is one file that pages load.
type script struct {
	name   string     // in static/js
	entry  string     // in static/src
	limit  int        // bytes after gzip -9
	brotli int        // bytes after brotli; 0 is no limit
	tokens int        // how often configToken must occur
	target api.Target // 0 is ES2018
}

var scripts = []script{
	{name: "snippet.js", entry: "snippet/main.ts", limit: 7_000, brotli: 6_300, tokens: 1},
	{name: "preview.js", entry: "preview/main.ts", limit: 1_500},
	{name: "app.js", entry: "app/main.ts", limit: 10_000},
	{name: "verifier.js", entry: "verifier/main.ts", limit: 4_500, target: api.ES2020},
	{name: "charts.js", entry: "charts/main.ts", limit: 110_000},
}

// bundle returns the minified script as one function that leaves no global of its own.
func (s script) bundle(entry string) ([]byte, error) {
	result := api.Build(api.BuildOptions{
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
	})
	if len(result.Errors) > 0 {
		return nil, errors.New(strings.Join(api.FormatMessages(result.Errors, api.FormatMessagesOptions{Kind: api.ErrorMessage}), ""))
	}
	code := result.OutputFiles[0].Contents
	if n := bytes.Count(code, []byte(configToken)); n != s.tokens {
		return nil, fmt.Errorf("%s holds %s %d times, want %d", s.name, configToken, n, s.tokens)
	}
	return code, nil
}
