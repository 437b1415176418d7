// Package snippet makes the script that a site's pages load: of the modules of the built runtime those that the site's
// configuration needs, and the configuration.
package snippet

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
)

const (
	// ConfigMark stands in the built runtime where a site's configuration goes.
	ConfigMark = `"__SAMPLIT_CONFIG__"`
	// main is the module that starts the runtime; what it needs is always there.
	main = "main"
)

// Runtime is the built runtime, cut into its modules. They share one scope, so a module takes those along that it imports.
type Runtime struct {
	head    []byte   // before the first module
	modules []module // in the order in which they run
	index   map[string]int
}

type module struct {
	name  string
	needs []string
	code  []byte
}

// Mark is the comment at the start of a module in the built runtime.
func Mark(name string, needs []string) string {
	return "/*! " + name + ": " + strings.Join(needs, " ") + " */"
}

// Parse reads a built runtime.
func Parse(built []byte) (*Runtime, error) {
	pieces := bytes.Split(built, []byte("/*! "))
	r := &Runtime{head: pieces[0], index: map[string]int{}}
	for i, piece := range pieces[1:] {
		mark, code, closed := bytes.Cut(piece, []byte(" */"))
		name, needs, named := strings.Cut(string(mark), ":")
		if _, twice := r.index[name]; !closed || !named || twice {
			return nil, fmt.Errorf("snippet: module %d is marked %q", i, mark)
		}
		r.index[name] = i
		r.modules = append(r.modules, module{name, strings.Fields(needs), bytes.TrimSpace(code)})
	}
	for _, m := range r.modules {
		for _, need := range m.needs {
			if _, ok := r.index[need]; !ok {
				return nil, fmt.Errorf("snippet: module %s needs %s, which is not there", m.name, need)
			}
		}
	}
	if last := len(r.modules) - 1; last < 0 || r.modules[last].name != main || bytes.Count(built, []byte(ConfigMark)) != 1 {
		return nil, errors.New("snippet: the runtime must end with its module main and hold its configuration mark once")
	}
	return r, nil
}

// Script returns the runtime for a configuration: with it and with the parts that it needs, and for pages that load it without waiting
// with the one that speaks with their loader.
func (r *Runtime) Script(config []byte, loader bool) ([]byte, error) {
	parts, err := Parts(config)
	if err != nil {
		return nil, err
	}
	if loader && slices.Contains(parts, "page") {
		parts = append(parts, "mask")
	}
	code, err := r.with(parts)
	if err != nil {
		return nil, err
	}
	inline, err := literal(config)
	if err != nil {
		return nil, err
	}
	return bytes.Replace(code, []byte(ConfigMark), inline, 1), nil
}

// with returns the runtime with some of its parts.
func (r *Runtime) with(parts []string) ([]byte, error) {
	kept := make([]bool, len(r.modules))
	var keep func(name string)
	keep = func(name string) {
		i := r.index[name]
		if kept[i] {
			return
		}
		kept[i] = true
		for _, need := range r.modules[i].needs {
			keep(need)
		}
	}
	keep(main)
	for _, part := range parts {
		if _, ok := r.index[part]; !ok {
			return nil, fmt.Errorf("snippet: there is no part %s", part)
		}
		keep(part)
	}
	out := bytes.NewBuffer(bytes.Clone(r.head))
	for i, m := range r.modules {
		if kept[i] {
			out.Write(m.code)
		}
	}
	return out.Bytes(), nil
}
