package views

import "context"

// panelField is a control of the element panel. The script fills it from the element that is picked and turns what is typed into a
// change: action and name say which.
type panelField struct {
	Label        string // message id
	Action, Name string
	Kind         string // area, text, url, colour, number or choice
	Choices      []string
}

// panelGroup is a part of the element panel. For says to which elements it applies: text, link, image or any.
type panelGroup struct {
	Key, Title, For string
	Folded          bool
	Fields          []panelField
}

// panelGroups are what can be done to an element by filling in a field, the most wanted first.
var panelGroups = []panelGroup{
	{Key: "text", Title: "editor.group_text", For: "text", Fields: []panelField{
		{Label: "editor.text", Action: "text", Kind: "area"},
	}},
	{Key: "link", Title: "editor.group_link", For: "link", Fields: []panelField{
		{Label: "editor.href", Action: "link", Kind: "url"},
	}},
	{Key: "image", Title: "editor.group_image", For: "image", Fields: []panelField{
		{Label: "editor.src", Action: "image", Kind: "url"},
		{Label: "editor.alt", Action: "attr", Name: "alt", Kind: "text"},
	}},
	{Key: "colour", Title: "editor.group_colour", For: "any", Fields: []panelField{
		{Label: "editor.color", Action: "style", Name: "color", Kind: "colour"},
		{Label: "editor.background", Action: "style", Name: "background-color", Kind: "colour"},
	}},
	{Key: "type", Title: "editor.group_type", For: "any", Folded: true, Fields: []panelField{
		{Label: "editor.font_size", Action: "style", Name: "font-size", Kind: "number"},
		{Label: "editor.font_weight", Action: "style", Name: "font-weight", Kind: "choice", Choices: []string{"400", "500", "600", "700"}},
		{Label: "editor.text_align", Action: "style", Name: "text-align", Kind: "choice", Choices: []string{"left", "center", "right"}},
		{Label: "editor.font_style", Action: "style", Name: "font-style", Kind: "choice", Choices: []string{"normal", "italic"}},
	}},
	{Key: "space", Title: "editor.group_space", For: "any", Folded: true, Fields: []panelField{
		{Label: "editor.width", Action: "style", Name: "width", Kind: "number"},
		{Label: "editor.height", Action: "style", Name: "height", Kind: "number"},
		{Label: "editor.padding", Action: "style", Name: "padding", Kind: "number"},
		{Label: "editor.margin_top", Action: "style", Name: "margin-top", Kind: "number"},
		{Label: "editor.margin_bottom", Action: "style", Name: "margin-bottom", Kind: "number"},
		{Label: "editor.radius", Action: "style", Name: "border-radius", Kind: "number"},
	}},
}

func (f panelField) id() string {
	return "edit-" + f.Action + "-" + f.Name
}

var choiceWords = map[string]string{
	"400": "editor.weight_400", "500": "editor.weight_500", "600": "editor.weight_600", "700": "editor.weight_700",
	"left": "editor.align_left", "center": "editor.align_center", "right": "editor.align_right", "normal": "editor.style_normal", "italic": "editor.style_italic",
}

// insertKinds are what can be put into a page.
func insertKinds(ctx context.Context) []option {
	return []option{
		{Value: "banner", Label: t(ctx, "editor.insert_banner")}, {Value: "button", Label: t(ctx, "editor.insert_button")},
		{Value: "notice", Label: t(ctx, "editor.insert_notice")}, {Value: "html", Label: t(ctx, "editor.insert_html")},
	}
}

// positionOptions are where something can be put at an element.
func positionOptions(ctx context.Context) []option {
	return []option{
		{Value: "before", Label: t(ctx, "editor.before")}, {Value: "after", Label: t(ctx, "editor.after")},
		{Value: "first", Label: t(ctx, "editor.first")}, {Value: "last", Label: t(ctx, "editor.last")},
	}
}

// listActions are the kinds of change that the list's own form offers.
func listActions(ctx context.Context) []option {
	var out []option
	for _, action := range []string{"text", "link", "image", "style", "hide", "show", "attr", "class", "insert", "move", "remove", "html", "css", "js"} {
		out = append(out, option{Value: action, Label: word(ctx, actionWords, action)})
	}
	return out
}
