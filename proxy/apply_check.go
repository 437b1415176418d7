package proxy

import (
	"bytes"

	"golang.org/x/net/html"
)

// Check says what would become of lists of changes on a page as it arrives, each list by itself. Changes that wait for a framework or
// for a width are looked for all the same; css, js and redirect, which need no element, are Left.
func Check(page []byte, contentType string, lists ...[]Change) ([][]State, error) {
	page, err := UTF8(page, contentType)
	if err != nil {
		return nil, err
	}
	out := make([][]State, len(lists))
	for i, list := range lists {
		doc, err := html.Parse(bytes.NewReader(page)) // again for each, since changes are made
		if err != nil {
			return nil, err
		}
		out[i] = Apply(doc, ChangeList{Changes: looked(list)}).States[0]
		for j, c := range list {
			if c.Selector == "" {
				out[i][j] = Left
			}
		}
	}
	return out, nil
}

// looked are the changes of a list as something to find, in time and place.
func looked(list []Change) []Change {
	out := make([]Change, len(list))
	for i, c := range list {
		c.When, c.Scope = "", nil
		out[i] = c
	}
	return out
}
