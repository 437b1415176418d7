package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/samplit/samplit/static/snippet"
)

// partList is the module that imports all parts. It is there for the build: nobody needs it.
const partList = "parts"

// modules bundles the modules of a folder, each with a mark that names it and what it imports, so that the server can leave out
// those that a site does not need. esbuild keeps the code of a module together and gives all of them one scope.
func modules(folder string, options api.BuildOptions) ([]byte, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	options.LegalComments = api.LegalCommentsInline
	options.Metafile = true
	options.Plugins = []api.Plugin{{Name: "marks", Setup: func(b api.PluginBuild) {
		b.OnLoad(api.OnLoadOptions{Filter: `\.ts$`}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			source, err := os.ReadFile(args.Path)
			marked := inlined(string(source))
			if name := moduleName(folder, args.Path); name != partList {
				marked = snippet.Mark(name, nil) + marked
			}
			return api.OnLoadResult{Contents: &marked, Loader: api.LoaderTS}, err
		})
	}}}
	code, metafile, err := build(options)
	if err != nil {
		return nil, err
	}
	needs, err := imports(folder, metafile)
	if err != nil {
		return nil, err
	}
	for name, list := range needs {
		code = bytes.Replace(code, []byte(snippet.Mark(name, nil)), []byte("\n"+snippet.Mark(name, list)), 1)
	}
	_, err = snippet.Parse(code)
	return code, err
}

func moduleName(folder, path string) string {
	name, err := filepath.Rel(folder, path)
	if err != nil {
		return path
	}
	return strings.TrimSuffix(filepath.ToSlash(name), ".ts")
}

// imports reads what each module imports from esbuild's metafile, where types are no more.
func imports(folder, metafile string) (map[string][]string, error) {
	var meta struct {
		Inputs map[string]struct {
			Imports []struct {
				Path string `json:"path"`
			} `json:"imports"`
		} `json:"inputs"`
	}
	if err := json.Unmarshal([]byte(metafile), &meta); err != nil {
		return nil, err
	}
	out := map[string][]string{}
	for path, input := range meta.Inputs {
		name := moduleName(folder, absolute(path))
		if name == partList {
			continue
		}
		out[name] = []string{}
		for _, i := range input.Imports {
			if need := moduleName(folder, absolute(i.Path)); need != partList {
				out[name] = append(out[name], need)
			}
		}
		slices.Sort(out[name])
	}
	return out, nil
}

// absolute is a path of the metafile, which are relative to the working folder.
func absolute(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return abs
}
