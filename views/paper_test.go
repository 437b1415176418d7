//go:build e2e

package views

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// paperWidth is that of A4 with the margins of print.css, in CSS pixels.
const paperWidth = 688

// onPaper is what is seen of a page that is printed: colours that are not dark on white, and what is larger than the sheet.
const onPaper = `(() => {
	const wrong = [];
	const light = (color) => { const c = document.createElement("canvas").getContext("2d"); for (c.fillStyle of ["white", color]) c.fillRect(0, 0, 1, 1);
		const [r, g, b] = c.getImageData(0, 0, 1, 1).data; return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255; };
	for (const e of [document.documentElement, document.body]) {
		if (light(getComputedStyle(e).backgroundColor) < 0.99) wrong.push("the paper is " + getComputedStyle(e).backgroundColor);
	}
	for (const e of document.querySelectorAll("main h1, main h2, main td, main th, main p, main .drawing text")) {
		const style = getComputedStyle(e), color = e instanceof SVGElement ? style.fill : style.color;
		if (light(color) > 0.45) wrong.push(e.textContent.trim().slice(0, 30) + " is " + color);
	}
	for (const e of document.querySelectorAll("main .drawing, main .curve-plot, main tr")) {
		if (getComputedStyle(e).breakInside !== "avoid") wrong.push("a " + e.localName + " may break over two pages");
		if (e.getBoundingClientRect().height > 400) wrong.push("a " + e.localName + " takes a page");
	}
	for (const e of document.querySelectorAll("main table, main svg")) {
		const box = e.getBoundingClientRect();
		if (box.right > innerWidth + 1) wrong.push("a " + e.localName + " ends at " + box.right);
	}
	const twins = document.querySelectorAll("main .twin table");
	for (const e of twins) if (e.getBoundingClientRect().height < 20) wrong.push("a table is not shown");
	if (twins.length === 0) wrong.push("there are no tables of charts");
	return [...new Set(wrong)].join("\n");
})()`

// TestPaper prints sheets: dark on white from either theme, nothing cut off, every chart with its table.
func TestPaper(t *testing.T) {
	address, ctx := galleryServer(t, nil), browser(t)
	for _, name := range []string{"sheet", "sheet-learning", "sheet-many"} {
		for _, theme := range []string{"paper", "ink"} {
			t.Run(name+"/"+theme, func(t *testing.T) {
				open(t, ctx, address+"/gallery/en/"+theme+"/"+name, paperWidth)
				printed(t, ctx, "print")
				defer printed(t, ctx, "")
				if wrong := eval[string](t, ctx, onPaper); wrong != "" {
					t.Error(wrong)
				}
				photograph(t, ctx, strings.ReplaceAll(t.Name(), "/", "-")+".png")
				pdf, err := chromedp.Run(ctx, chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4)))
				if err != nil {
					t.Fatal(err)
				}
				if pages := len(regexp.MustCompile(`/Type\s*/Page\b[^s]`).FindAll(pdf, -1)); !bytes.HasPrefix(pdf, []byte("%PDF-")) || pages < 1 || pages > 5 {
					t.Errorf("got a file of %d bytes with %d pages", len(pdf), pages)
				}
			})
		}
	}
}

func printed(t *testing.T, ctx context.Context, media string) {
	t.Helper()
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media}); err != nil {
		t.Fatal(err)
	}
}
