package views

import (
	"reflect"
	"strings"
	"testing"
)

// Rows are put into a page that is there already, so they are looked at by themselves.
func TestSightingRowsEscapeWhatCameFromOutside(t *testing.T) {
	t.Parallel()
	for _, s := range sampleSightings() {
		evil := hostile(reflect.ValueOf(s), hostileText).Interface().(Sighting)
		for _, s := range []Sighting{s, evil, {ID: "x", Kind: evil.Kind, Outcome: "rejected", Code: evil.Code, Message: evil.Message},
			{ID: "x", Kind: evil.Kind, Outcome: "left_out", Code: evil.Code}} {
			doc := parse(t, "<table>"+render(t, withLang("es"), SightingRow(s))+"</table>")
			checkPolicy(t, doc)
			if doc.Find("tr").Length() != 1 || doc.Find("img, script, svg[onload]").Length() > 0 {
				t.Errorf("%+v became %d rows", s, doc.Find("tr").Length())
			}
		}
	}
}

func TestSightingFilter(t *testing.T) {
	t.Parallel()
	f := SightingFilter{Visitor: "a", Kind: "conversion", Outcome: "trouble"}
	for _, c := range []struct {
		s    Sighting
		want bool
	}{
		{Sighting{Visitor: "a", Kind: "conversion", Outcome: "rejected"}, true},
		{Sighting{Visitor: "b", Kind: "conversion", Outcome: "rejected"}, false},
		{Sighting{Visitor: "a", Kind: "exposure", Outcome: "crossover"}, false},
		{Sighting{Visitor: "a", Kind: "conversion", Outcome: "applied"}, false},
		{Sighting{More: 3}, true},
		{Sighting{Lost: true}, true},
	} {
		if got := f.Matches(c.s); got != c.want {
			t.Errorf("%+v: %v", c.s, got)
		}
	}
	if !(SightingFilter{}).Matches(Sighting{Kind: "new", Outcome: "unheard of"}) || !(SightingFilter{Visitor: "user"}).Matches(Sighting{Kind: "identify", Visitor: "v", Name: "user"}) {
		t.Error("the open filter, or a person's other name, keeps something back")
	}
}

func TestSightingOutcomesExplainThemselves(t *testing.T) {
	t.Parallel()
	for outcome := range sightOutcomes {
		for code := range rejectionWords {
			row := render(t, withLang("en"), SightingRow(Sighting{ID: "x", Kind: "exposure", Outcome: outcome, Code: code}))
			if strings.Contains(row, "debugger.") || !strings.Contains(row, "outcome-"+sightOutcomes[outcome][0]) {
				t.Errorf("%s, %s: %s", outcome, code, row)
			}
		}
	}
}
