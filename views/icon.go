package views

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/a-h/templ"

	"github.com/samplit/samplit/static"
)

// drawings holds the inner markup of every embedded icon by name. The files are Lucide's, unchanged.
var drawings = sync.OnceValue(func() map[string]string {
	byName := make(map[string]string)
	files, err := fs.Glob(static.FS, "icons/*.svg")
	if err != nil {
		panic("views: " + err.Error())
	}
	for _, file := range files {
		text, err := static.FS.ReadFile(file)
		if err != nil {
			panic("views: " + err.Error())
		}
		_, inner, _ := strings.Cut(string(text), "stroke-linejoin=\"round\"\n>")
		inner, _, _ = strings.Cut(inner, "</svg>")
		byName[strings.TrimSuffix(path.Base(file), ".svg")] = strings.NewReplacer("> <", "><", " />", "/>").Replace(strings.Join(strings.Fields(inner), " "))
	}
	return byName
})

// icon draws a 16 px icon. It is decoration: the words beside it, or the label of its button, carry the meaning.
func icon(name string) templ.Component {
	return drawing(name, 16)
}

// bigIcon draws a 20 px icon.
func bigIcon(name string) templ.Component {
	return drawing(name, 20)
}

// drawing writes markup that is part of the program, never input, so it is not escaped. An unknown name is a mistake in a
// template and fails the rendering. How lines are drawn stands in the style sheet, once and not in each of a page's many icons.
func drawing(name string, size int) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		inner, ok := drawings()[name]
		if !ok {
			return fmt.Errorf("views: no icon %q", name)
		}
		_, err := fmt.Fprintf(w, `<svg class="icon" width="%[1]d" height="%[1]d" viewBox="0 0 24 24" aria-hidden="true">%[2]s</svg>`, size, inner)
		return err
	})
}
