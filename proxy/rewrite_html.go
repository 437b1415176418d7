package proxy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/net/html"
)

// HTML rewrites a document, UTF-8, and puts head in front of everything in its head element. It works on the stream of tags and
// leaves every byte that needs no change as it is, so that a browser makes the same tree of it, broken markup included. It ends with
// the context's error when ctx ends.
func (w *Rewriter) HTML(ctx context.Context, page []byte, head string) ([]byte, error) {
	return w.document(ctx, page, head, 0)
}

func (w *Rewriter) document(ctx context.Context, page []byte, head string, depth int) ([]byte, error) {
	d := document{w: w, ctx: ctx, z: html.NewTokenizer(&interruptible{ctx, bytes.NewReader(page)}), head: head, depth: depth}
	d.out.Grow(len(page) + len(page)/16 + len(head))
	if err := d.rewrite(); err != nil {
		return nil, fmt.Errorf("rewrite: %w", err)
	}
	return d.out.Bytes(), nil
}

// interruptible ends reading with its context, in steps small enough that a tokenizer notices.
type interruptible struct {
	ctx  context.Context
	from *bytes.Reader
}

func (r *interruptible) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.from.Read(b[:min(len(b), 16<<10)])
}

// document is one on its way from in to out.
type document struct {
	w     *Rewriter
	ctx   context.Context
	z     *html.Tokenizer
	out   bytes.Buffer
	head  string // empty once it was written
	raw   string // element whose text comes next: script or style
	depth int    // of documents in srcdoc attributes
}

func (d *document) rewrite() error {
	for {
		switch kind := d.z.Next(); kind {
		case html.ErrorToken:
			if err := d.z.Err(); !errors.Is(err, io.EOF) {
				return err
			}
			d.out.Write(d.z.Raw())
			d.putHead()
			return nil
		case html.TextToken:
			d.text(d.z.Raw())
		case html.StartTagToken, html.SelfClosingTagToken:
			d.startTag()
		case html.EndTagToken:
			d.endTag(d.z.Raw())
		default: // comments and the doctype
			d.out.Write(d.z.Raw())
		}
	}
}

func (d *document) putHead() {
	d.out.WriteString(d.head)
	d.head = ""
}

func (d *document) text(raw []byte) {
	if d.head != "" && len(bytes.Trim(raw, htmlSpace)) > 0 {
		d.putHead()
	}
	switch d.raw {
	case "style":
		d.out.WriteString(d.w.CSS(string(raw)))
	case "script":
		d.out.Write(d.w.Script(raw))
	default:
		d.out.Write(raw)
	}
}

// endTag: most end tags before the head are ignored by browsers; these four are not.
func (d *document) endTag(raw []byte) {
	raw = bytes.Clone(raw)
	name, _ := d.z.TagName()
	switch string(name) {
	case "head", "body", "html", "br":
		d.putHead()
	}
	d.raw = ""
	d.out.Write(raw)
}

func (d *document) startTag() {
	raw := bytes.Clone(d.z.Raw())
	t := d.tag()
	d.raw = ""
	if t.name == "script" || t.name == "style" {
		d.raw = t.name
	}
	if t.name != "html" && t.name != "head" {
		d.putHead()
	}
	d.rewriteTag(&t)
	if t.name == "script" && !t.runs() {
		d.raw = ""
	}
	if t.changed {
		t.write(&d.out, t.closes(raw))
	} else {
		d.out.Write(raw)
	}
	if t.name == "head" {
		d.putHead()
	}
}

func (d *document) tag() tag {
	name, more := d.z.TagName()
	t := tag{name: string(name)}
	for more {
		var key, value []byte
		key, value, more = d.z.TagAttr()
		t.attrs = append(t.attrs, tagAttribute{string(key), string(value)})
	}
	return t
}

// tag is a start tag.
type tag struct {
	name    string
	attrs   []tagAttribute
	changed bool
}

type tagAttribute struct{ key, value string }

// get returns the value that a browser takes: the first one.
func (t *tag) get(key string) string {
	for _, a := range t.attrs {
		if a.key == key {
			return a.value
		}
	}
	return ""
}

func (t *tag) has(key string) bool {
	for _, a := range t.attrs {
		if a.key == key {
			return true
		}
	}
	return false
}

func (t *tag) set(i int, value string) {
	if t.attrs[i].value != value {
		t.attrs[i].value, t.changed = value, true
	}
}

// disable keeps an attribute under another name, where it does nothing.
func (t *tag) disable(keys ...string) {
	for i := range t.attrs {
		for _, key := range keys {
			if t.attrs[i].key == key {
				t.attrs[i].key, t.changed = "data-samplit-"+strings.ReplaceAll(key, ":", "-"), true
			}
		}
	}
}

func (t *tag) add(key, value string) {
	t.attrs = append(t.attrs, tagAttribute{key, value})
	t.changed = true
}

// closes says whether a tag closes itself, which means something in SVG. The slash may belong to a value without quotes, too.
func (t *tag) closes(raw []byte) bool {
	before, ok := bytes.CutSuffix(raw, []byte("/>"))
	if !ok || len(t.attrs) == 0 {
		return ok
	}
	switch before[len(before)-1] {
	case '"', '\'', ' ', '\t', '\n', '\r', '\f':
		return true
	}
	return t.attrs[len(t.attrs)-1].value == ""
}

func (t *tag) write(out *bytes.Buffer, selfClosing bool) {
	out.WriteString("<" + t.name)
	for _, a := range t.attrs {
		out.WriteString(" " + a.key)
		if a.value != "" {
			out.WriteString(`="` + escapeAttribute.Replace(a.value) + `"`)
		}
	}
	if selfClosing {
		out.WriteString(" /")
	}
	out.WriteString(">")
}

var escapeAttribute = strings.NewReplacer("&", "&amp;", `"`, "&#34;", "\u00a0", "&nbsp;")
