package handlers

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/static"
)

//go:embed api_docs.html
var docsHTML string

var docsTemplate = template.Must(template.New("docs").Parse(docsHTML))

// docs serves the description of the API, for programs and for people.
func (a *api) docs(g *echo.Group) {
	spec := sync.OnceValues(func() ([]byte, error) { return json.Marshal(a.OpenAPI()) })
	g.GET("/openapi.json", func(c echo.Context) error {
		body, err := spec()
		if err != nil {
			return err
		}
		return c.Blob(http.StatusOK, "application/openapi+json", body)
	})
	g.GET("/docs", func(c echo.Context) error {
		var page bytes.Buffer
		err := docsTemplate.Execute(&page, map[string]any{"Nonce": nonce(c), "Styles": static.URL("css/app.css"), "Sections": a.sections(), "Types": a.types()})
		if err != nil {
			return err
		}
		c.Response().Header().Set("Content-Security-Policy", pagePolicy(nonce(c), "'self'"))
		return c.HTMLBlob(http.StatusOK, page.Bytes())
	})
}

type docsSection struct {
	Name       string
	Operations []docsOperation
}

type docsOperation struct {
	Method, Path, Summary string
	Bearer                bool
	Parameters            []docsField
	Request, Answer       []docsField
}

type docsField struct {
	Name, Type, Doc string
	Ref             string // name of the object that it is or lists, described further down
	Required        bool
}

type docsType struct {
	Name   string
	Fields []docsField
}

// sections reads the operations out of the OpenAPI document, by tag and path.
func (a *api) sections() []docsSection {
	byTag := map[string][]docsOperation{}
	paths := a.OpenAPI().Paths
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item := paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				byTag[op.Tags[0]] = append(byTag[op.Tags[0]], a.describe(op))
			}
		}
	}
	var out []docsSection
	for _, tag := range slices.Sorted(maps.Keys(byTag)) {
		out = append(out, docsSection{tag, byTag[tag]})
	}
	return out
}

func (a *api) describe(op *huma.Operation) docsOperation {
	d := docsOperation{Method: op.Method, Path: "/api/v1" + op.Path, Summary: op.Summary, Bearer: len(op.Security) > 0}
	for _, p := range op.Parameters {
		d.Parameters = append(d.Parameters, docsField{Name: p.Name + " (" + p.In + ")", Type: typeName(p.Schema), Doc: p.Description, Required: p.Required})
	}
	if op.RequestBody != nil {
		d.Request = a.fields(op.RequestBody.Content)
	}
	for _, code := range slices.Sorted(maps.Keys(op.Responses)) {
		if strings.HasPrefix(code, "2") {
			d.Answer = a.fields(op.Responses[code].Content)
			break
		}
	}
	return d
}

func (a *api) fields(content map[string]*huma.MediaType) []docsField {
	media := content["application/json"]
	if media == nil || media.Schema == nil {
		return nil
	}
	schema := media.Schema
	if schema.Ref != "" {
		schema = a.OpenAPI().Components.Schemas.SchemaFromRef(schema.Ref)
	}
	return fieldsOf(schema)
}

func fieldsOf(schema *huma.Schema) []docsField {
	var out []docsField
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		p := schema.Properties[name]
		out = append(out, docsField{Name: name, Type: typeName(p), Doc: p.Description, Ref: refName(p), Required: slices.Contains(schema.Required, name)})
	}
	return out
}

// types are the objects that other objects hold.
func (a *api) types() []docsType {
	schemas := a.OpenAPI().Components.Schemas.Map()
	held := map[string]bool{}
	for _, schema := range schemas {
		for _, f := range fieldsOf(schema) {
			held[f.Ref] = true
		}
	}
	var out []docsType
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		if held[name] {
			out = append(out, docsType{name, fieldsOf(schemas[name])})
		}
	}
	return out
}

func refName(s *huma.Schema) string {
	if s.Items != nil {
		s = s.Items
	}
	return s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
}

func typeName(s *huma.Schema) string {
	switch {
	case s == nil:
		return ""
	case s.Ref != "":
		return refName(s)
	case s.Items != nil:
		return "list of " + typeName(s.Items)
	}
	return s.Type
}
