package locale

import (
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// entry is one message as it is written in a catalogue.
type entry struct {
	file  string
	forms map[string]string // "other", and "one" where it counts
}

func catalogue(t *testing.T, lang string) map[string]entry {
	t.Helper()
	all := make(map[string]entry)
	files, err := fs.Glob(catalogues, path.Join(lang, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := catalogues.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var messages map[string]any
		if err := json.Unmarshal(text, &messages); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for id, message := range messages {
			if before, twice := all[id]; twice {
				t.Errorf("%s is in %s and in %s", id, before.file, name)
			}
			all[id] = entry{path.Base(name), forms(message)}
		}
	}
	return all
}

func forms(message any) map[string]string {
	switch m := message.(type) {
	case string:
		return map[string]string{"other": m}
	case map[string]any:
		out := make(map[string]string, len(m))
		for form, text := range m {
			out[form], _ = text.(string)
		}
		return out
	}
	return nil
}

var placeholder = regexp.MustCompile(`\{\{\.(\w+)\}\}`)

// places are the names a message needs in any of its forms.
func (e entry) places() []string {
	var names []string
	for _, text := range e.forms {
		for _, match := range placeholder.FindAllStringSubmatch(text, -1) {
			names = append(names, match[1])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestCataloguesHoldTheSameMessages(t *testing.T) {
	t.Parallel()
	en, es := catalogue(t, English), catalogue(t, Spanish)
	for id, spanish := range es {
		if _, ok := en[id]; !ok {
			t.Errorf("%s (%s) is in Spanish only", id, spanish.file)
		}
	}
	for id, english := range en {
		spanish, ok := es[id]
		if !ok {
			t.Errorf("%s (%s) is in English only", id, english.file)
			continue
		}
		if english.file != spanish.file {
			t.Errorf("%s is in en/%s but es/%s", id, english.file, spanish.file)
		}
		if got, want := spanish.places(), english.places(); !slices.Equal(got, want) {
			t.Errorf("%s: Spanish fills in %v, English %v", id, got, want)
		}
		if (english.forms["one"] == "") != (spanish.forms["one"] == "") {
			t.Errorf("%s counts in one language only", id)
		}
		for _, e := range []entry{english, spanish} {
			if e.forms["other"] == "" {
				t.Errorf("%s has an empty form", id)
			}
			for form, text := range e.forms {
				if strings.ContainsAny(text, "!¡") || strings.Contains(text, "  ") || strings.TrimSpace(text) != text {
					t.Errorf("%s (%s): %q shouts or has stray spaces", id, form, text)
				}
			}
		}
	}
}

var (
	calls    = regexp.MustCompile(`\b(?:t|locale\.T)\((?:\w+), "([^"]+)"`)
	literals = regexp.MustCompile("[\"`]([a-z0-9]+\\.[a-z0-9_]+)[\"`]")
)

// sources calls read with every Go and templ file of the module but generated and vendored ones, and the tests of this package.
func sources(t *testing.T, read func(name, text string)) {
	t.Helper()
	err := filepath.WalkDir("..", func(name string, entry fs.DirEntry, err error) error {
		switch base := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && (base == "node_modules" || base == "data" || strings.HasPrefix(base, ".") && base != ".."):
			return filepath.SkipDir
		case strings.HasSuffix(base, "_test.go") && filepath.Base(filepath.Dir(name)) == "locale":
			return nil
		case strings.HasSuffix(base, "_templ.go") || filepath.Ext(base) != ".go" && filepath.Ext(base) != ".templ":
			return nil
		}
		text, err := os.ReadFile(name)
		if err == nil {
			read(name, string(text))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEveryMessageThatIsAskedForExists(t *testing.T) {
	t.Parallel()
	en := catalogue(t, English)
	asked := 0
	sources(t, func(name, text string) {
		for _, match := range calls.FindAllStringSubmatch(text, -1) {
			asked++
			if _, ok := en[match[1]]; !ok {
				t.Errorf("%s asks for %q, which no catalogue has", name, match[1])
			}
		}
	})
	if asked < 300 {
		t.Errorf("found %d calls only: the search no longer reads the sources", asked)
	}
}

// TestEveryMessageIsUsed finds messages left behind. Refused fields are looked up by the reason that services give, as "error."
// and the reason; what a redirect may say is a set of its own.
func TestEveryMessageIsUsed(t *testing.T) {
	t.Parallel()
	used := make(map[string]bool)
	sources(t, func(_, text string) {
		for _, match := range literals.FindAllStringSubmatch(text, -1) {
			used[match[1]] = true
		}
		for _, match := range regexp.MustCompile(`"([a-z0-9_]+)"`).FindAllStringSubmatch(text, -1) {
			used["error."+match[1]] = true
		}
	})
	for id, message := range catalogue(t, English) {
		if !used[id] && !strings.HasPrefix(id, "date.") && !strings.HasPrefix(id, "flash.") {
			t.Errorf("%s (%s) is not used", id, message.file)
		}
	}
}
