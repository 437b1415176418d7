package views

// Search is what the palette lists for GET /search?q=.
type Search struct {
	Query   string
	Results []SearchResult
}

// SearchResult is one place to go. Kind is experiment or site.
type SearchResult struct {
	Kind, Title, Detail, URL string
}

func resultIcon(kind string) string {
	if kind == "site" {
		return "globe"
	}
	return "flask-conical"
}
