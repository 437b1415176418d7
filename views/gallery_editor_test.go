package views

import "time"

// sampleEditor is the editor of a draft with two changes.
func sampleEditor() Editor {
	at := moment.Add(-90 * time.Minute)
	return Editor{
		Experiment: Experiment{ID: "x1", Name: "Shorter headline <b>", Key: "headline", Status: "draft", Method: "sequential", Site: "shop.acme.example", CanEdit: true},
		Elements: []EditorElement{{Key: "page", Name: "Page", Variants: []EditorVariant{
			{ID: "v0", Key: "control", Name: "Original"}, {ID: "v1", Key: "b", Name: "Variant B", Index: 1, Changes: 2}, {ID: "v2", Key: "c", Name: "Variant C", Index: 2}}}},
		Page: "https://shop.acme.example/", Powerful: true,
		List: EditorList{Experiment: "x1", Variant: "v1", Rev: 4, Undo: 3, Redo: 1, Open: true, Data: map[string]any{"rev": 4, "variant_id": "v1", "edits": []any{}, "undo": 3, "redo": 1},
			Rows: []EditorRow{
				{ID: "e1", Label: "The headline", Action: "text", Selector: "h1", Value: "Sleep under the stars", Who: "Ana Ruiz", At: at, First: true},
				{ID: "e2", Action: "style", Selector: "a.btn", Name: "background-color", Value: "#0b5f5a", Off: true, At: at, Last: true}}},
	}
}

// editorWing is the editor: in use, empty, of a started experiment, and its questions.
func editorWing() []exhibit {
	empty := sampleEditor()
	empty.List.Rows, empty.Powerful, empty.Notice = nil, false, "error.edited_elsewhere"
	frozen := sampleEditor()
	frozen.Experiment.Status, frozen.List.Open, frozen.Visitors = "running", false, 1204
	return []exhibit{
		fixed("editor", EditorPage, sampleEditor()),
		fixed("editor-empty", EditorPage, empty),
		fixed("editor-frozen", EditorPage, frozen),
		fixed("editor-version", EditorVersionPage, frozen),
	}
}
