package views

import (
	"regexp"
	"strings"
	"testing"
)

func TestSheetDrawsItsChartsWithoutScripts(t *testing.T) {
	t.Parallel()
	for name, charts := range map[string]struct {
		sheet Sheet
		want  []string
	}{
		"winner":   {sampleSheet(), []string{"rates-title", "curves-title"}},
		"learning": {learningSheet(), []string{"rates-title", "traffic-title"}},
	} {
		ctx := t.Context()
		doc := parse(t, render(t, ctx, SheetPage(samplePage("en", ""), charts.sheet)))
		if n := doc.Find("script, [style], [data-plot]").Length(); n > 0 {
			t.Errorf("%s: %d elements need scripts or styles that the page's policy forbids", name, n)
		}
		figures := doc.Find("figure.chart")
		if figures.Length() != len(charts.want) {
			t.Errorf("%s: got %d charts, want %d", name, figures.Length(), len(charts.want))
		}
		for _, title := range charts.want {
			figure := doc.Find("#" + title).Closest("figure")
			if figure.Find("svg[role=img] path").Length() < 2 || figure.Find(".twin tbody tr").Length() < 2 {
				t.Errorf("%s: chart %s has no lines, or no table", name, title)
			}
		}
	}
}

func TestHiddenAmountsAreInNoChart(t *testing.T) {
	t.Parallel()
	m := sampleSheet()
	m.Goals[0].Money, m.Goals[0].Hidden = true, true
	doc := parse(t, render(t, t.Context(), SheetPage(samplePage("en", ""), m)))
	if doc.Find("#curves-title").Length() > 0 || doc.Find("#rates-title").Length() != 1 {
		t.Error("want the rates, and no picture of amounts")
	}
}

// The table has the numbers at the end of each line.
func TestDrawnRatesEndWhereTheTableDoes(t *testing.T) {
	t.Parallel()
	m := learningSheet()
	doc := parse(t, render(t, t.Context(), SheetPage(samplePage("en", ""), m)))
	figure := doc.Find("#rates-title").Closest("figure")
	for i, s := range rateDrawing(m.Goals[0].Results).shapes {
		last := figure.Find(".twin tbody tr").Eq(i).Find("td").Last().Text()
		beside := figure.Find(".drawing-names text").Eq(i).Text()
		if rate := regexp.MustCompile(`[\d.]+`).FindString(last); !strings.HasPrefix(last, rate) || !strings.Contains(beside, rate[:3]) {
			t.Errorf("%s: the table ends with %q, the line with %q", s.variant.Name, last, beside)
		}
		x, y := endOf(t, s.line)
		d := rateDrawing(m.Goals[0].Results)
		if x != "1000" || y != px(d.y(s.share)) {
			t.Errorf("%s: the line ends at %s %s", s.variant.Name, x, y)
		}
	}
}

// endOf is the last point of a line.
func endOf(t *testing.T, path string) (x, y string) {
	t.Helper()
	x, y, ok := strings.Cut(path[strings.LastIndex(path, "L")+1:], " ")
	if !ok {
		t.Fatalf("path %q has no points", path)
	}
	return x, y
}

func TestNamesBesideAChartStandApart(t *testing.T) {
	t.Parallel()
	r := learningSheet().Goals[0].Results
	for i := range r.Variants {
		r.Variants[i].Rate = 0.5
	}
	r.Rates = sampleRates(r.Variants, 30)
	d := rateDrawing(r)
	for i, a := range d.shapes {
		if a.nameY < 8 || a.nameY > drawingHeight-8 {
			t.Errorf("%s is written at %g, beyond the picture", a.variant.Name, a.nameY)
		}
		for _, b := range d.shapes[i+1:] {
			if apart := a.nameY - b.nameY; apart < 16 && apart > -16 {
				t.Errorf("%s and %s are written over each other", a.variant.Name, b.variant.Name)
			}
		}
	}
}

func TestTrafficFillsItsPictureAtEveryMoment(t *testing.T) {
	t.Parallel()
	d := trafficDrawing(manySheet().Goals[0].Results)
	total := 0.0
	for _, s := range d.shapes {
		total += s.share
	}
	if total < 0.999 || total > 1.001 {
		t.Errorf("shares add up to %g", total)
	}
	last := d.shapes[len(d.shapes)-1]
	if ys := regexp.MustCompile(`V([\d.]+)`).FindAllStringSubmatch(last.line, -1); len(ys) < 15 {
		t.Errorf("got %d moments", len(ys))
	} else {
		for _, y := range ys {
			if y[1] != "0" {
				t.Errorf("the uppermost layer ends at %s, want 0", y[1])
			}
		}
	}
}
