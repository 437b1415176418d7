package views

import (
	"os"
	"strings"
	"testing"

	"github.com/samplit/samplit/locale"
)

// The manual and the site's page tell the same.
func TestGuidesAreThoseOfTheManual(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/install.md")
	if err != nil {
		t.Fatal(err)
	}
	manual, ctx := string(text), locale.With(t.Context(), "en")
	for _, g := range guides {
		_, section, found := strings.Cut(manual, "\n## "+locale.T(ctx, g.title)+"\n")
		section, _, _ = strings.Cut(section, "\n## ")
		if !found || !strings.Contains(section, "\n"+g.codeFor(`<script src="https://samplit.example/s/inst_….js"></script>`)+"\n```") {
			t.Errorf("%s: the manual has no guide with this code", g.title)
		}
		for _, step := range g.steps {
			if !strings.Contains(section, ". "+locale.T(ctx, step)+"\n") {
				t.Errorf("%s: the manual does not say %q", g.title, locale.T(ctx, step))
			}
		}
	}
	for verdict, words := range installVerdicts {
		if !strings.Contains(manual, "| "+locale.T(ctx, words)+" |") {
			t.Errorf("the manual does not explain the verdict %s", verdict)
		}
	}
}
