// Package changetest holds the cases that both engines which apply change lists are tested with: package proxy and the snippet.
package changetest

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"github.com/samplit/samplit/proxy"
)

// Vector is a page, what is to change on it and what it is to become. What it is to become is written as HTML by hand, and read by a
// parser; no engine had a part in it.
type Vector struct {
	Name string
	// HTML and Want are what stands in the body.
	HTML, Want string
	Lists      []proxy.ChangeList
	// Rules are those of the style sheet; States those of the changes of all lists, all found where there are none.
	Rules  []proxy.Rule
	States []proxy.State
}

// Page and WantPage are the documents.
func (v Vector) Page() string     { return document(v.HTML) }
func (v Vector) WantPage() string { return document(v.Want) }

func document(body string) string {
	return "<!doctype html><html><head><title>Page</title></head><body>" + body + "</body></html>"
}

// file is changes.json: every case marked everywhere stands in each of the contexts.
type file struct {
	Contexts []struct{ Name, Before, After string }
	Cases    []struct {
		Name, HTML, Want string
		Everywhere       bool
		Changes          []proxy.Change
		Lists            [][]proxy.Change
		Rules            []proxy.Rule
		States           []proxy.State
	}
}

// Load reads the vectors of a file.
func Load(path string) ([]Vector, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var f file
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var out []Vector
	for _, c := range f.Cases {
		v := Vector{Name: c.Name, HTML: c.HTML, Want: c.Want, Rules: c.Rules, States: c.States}
		for i, changes := range append(c.Lists, c.Changes) {
			if len(changes) > 0 {
				v.Lists = append(v.Lists, proxy.ChangeList{Seed: fmt.Sprintf("x%d", i), Changes: withIDs(changes)})
			}
		}
		out = append(out, v)
		if !c.Everywhere {
			continue
		}
		for _, around := range f.Contexts {
			v.Name = c.Name + ", " + around.Name
			v.HTML = around.Before + c.HTML + around.After
			v.Want = around.Before + c.Want + around.After
			out = append(out, v)
		}
	}
	return out, nil
}

func withIDs(changes []proxy.Change) []proxy.Change {
	out := slices.Clone(changes)
	for i := range out {
		if out[i].ID == "" {
			out[i].ID = fmt.Sprintf("c%d", i+1)
		}
	}
	return out
}

// Dump writes a tree so that two are equal when they hold the same elements, attributes in whatever order, comments and text, in however
// many pieces.
func Dump(n *html.Node) string {
	var out strings.Builder
	dump(&out, n)
	return out.String()
}

func dump(out *strings.Builder, n *html.Node) {
	switch n.Type {
	case html.TextNode:
		out.WriteString(escape(n.Data))
	case html.CommentNode:
		out.WriteString("<!--" + escape(n.Data) + "-->")
	case html.ElementNode:
		out.WriteString("<" + n.Data)
		out.WriteString(strings.Join(attributes(n), "") + ">")
	}
	for c := range n.ChildNodes() {
		dump(out, c)
	}
	if n.Type == html.ElementNode {
		out.WriteString("</" + n.Data + ">")
	}
}

func attributes(n *html.Node) (out []string) {
	for _, a := range n.Attr {
		name := a.Key
		if a.Namespace != "" {
			name = a.Namespace + ":" + a.Key
		}
		out = append(out, " "+name+`="`+escape(a.Val)+`"`)
	}
	slices.Sort(out)
	return out
}

func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(text)
}
