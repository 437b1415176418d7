package edge

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/samplit/samplit/proxy"
)

// servedID is the id of the script element that tells the snippet what the page already is.
const servedID = "samplit-served"

// served is what the element holds. The snippet then observes and counts, and does only what servers cannot.
type served struct {
	Visitor string                 `json:"visitor"`
	Splits  map[string]servedSplit `json:"splits"`
}

type servedSplit struct {
	Arm        string  `json:"arm"`
	Epoch      int     `json:"epoch"`
	Propensity float64 `json:"propensity"`
	// Matched: the page as it was held an element that some arm changes. Seeing it is an exposure, whatever the arm.
	Matched bool                   `json:"matched"`
	States  map[string]proxy.State `json:"states,omitempty"`
}

// apply makes a page what a plan wants. nonce is that of the page's content security policy, where it has one.
func (p *plan) apply(page []byte, nonce string) ([]byte, error) {
	if !bytes.Contains(bytes.ToLower(page[:min(len(page), 4096)]), []byte("<html")) && !bytes.HasPrefix(bytes.TrimSpace(bytes.ToLower(page[:min(len(page), 256)])), []byte("<!doctype")) {
		return nil, errors.New("a fragment, no page")
	}
	doc, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		return nil, err
	}
	head := find(doc, atom.Head)
	if head == nil || find(doc, atom.Body) == nil {
		return nil, errors.New("no head or no body")
	}
	told := served{Visitor: p.visitor.id, Splits: map[string]servedSplit{}}
	var lists []proxy.ChangeList
	for _, d := range p.decisions {
		told.Splits[d.split.Seed] = servedSplit{Arm: d.split.Arms[d.arm], Epoch: d.epoch, Propensity: d.propensity, Matched: d.matches(doc)}
		lists = append(lists, proxy.ChangeList{Seed: d.split.Seed, Changes: p.here(d.split.Changes[d.arm])})
	}
	applied := proxy.Apply(doc, lists...)
	for i, list := range lists {
		s := told.Splits[list.Seed]
		s.States = map[string]proxy.State{}
		for j, c := range list.Changes {
			s.States[c.ID] = applied.States[i][j]
		}
		told.Splits[list.Seed] = s
	}
	if err := told.put(head); err != nil {
		return nil, err
	}
	if sheet := applied.Sheet(); sheet != "" {
		head.AppendChild(element("style", sheet, "data-smp", "", "nonce", nonce))
	}
	var out bytes.Buffer
	out.Grow(len(page) + 4096)
	err = html.Render(&out, doc)
	return out.Bytes(), err
}

// here are the changes of a list that are for this page.
func (p *plan) here(list []proxy.Change) (out []proxy.Change) {
	for _, c := range list {
		if c.Scope == nil || proxy.MatchPage(c.Scope.URL, p.page) {
			out = append(out, c)
		}
	}
	return out
}

// matches says whether the page holds an element that some arm of the split changes.
func (d decision) matches(doc *html.Node) bool {
	any := false
	for _, list := range d.split.Changes {
		if len(list) > 0 && proxy.Matches(doc, list) {
			return true
		}
		any = any || len(list) > 0
	}
	return !any
}

// put writes what was served at the start of the head, before any script that asks.
func (s served) put(head *html.Node) error {
	text, err := json.Marshal(s) // with < and > escaped, so that it cannot end its element
	if err != nil {
		return err
	}
	head.InsertBefore(element("script", string(text), "type", "application/json", "id", servedID), head.FirstChild)
	return nil
}

// element makes one with a text and those of the attributes that are not empty; data-smp stands for itself.
func element(tag, text string, attributes ...string) *html.Node {
	n := &html.Node{Type: html.ElementNode, Data: tag, DataAtom: atom.Lookup([]byte(tag))}
	for i := 0; i < len(attributes); i += 2 {
		if attributes[i+1] != "" || strings.HasPrefix(attributes[i], "data-") {
			n.Attr = append(n.Attr, html.Attribute{Key: attributes[i], Val: attributes[i+1]})
		}
	}
	n.AppendChild(&html.Node{Type: html.TextNode, Data: text})
	return n
}

func find(doc *html.Node, tag atom.Atom) *html.Node {
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.DataAtom == tag {
			return n
		}
	}
	return nil
}
