package services

import (
	"archive/zip"
	"compress/flate"
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// xlsxSheetRows is how many rows a sheet has, its head included: what Excel opens.
const xlsxSheetRows = 1_048_576

// xlsxRows is a workbook that is written while its rows come, in as many sheets as they need, holding none of them: excelize keeps
// the whole file. See ECMA-376, part 1, 18.3 for sheets; part 2 lets the parts of a package stand in any order.
type xlsxRows[T any] struct {
	zip    *zip.Writer
	sheet  io.Writer
	sheets int
	rows   int // of the sheet
	most   int // of a sheet
	line   []byte
}

func newXLSXRows[T any](w io.Writer) *xlsxRows[T] {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.BestSpeed) })
	return &xlsxRows[T]{zip: z, most: xlsxSheetRows}
}

func (x *xlsxRows[T]) write(row T) error {
	if x.sheet == nil || x.rows == x.most {
		if err := x.nextSheet(); err != nil {
			return err
		}
	}
	return x.writeRow(valuesOf(row), "")
}

// writeRow appends a row whose texts have a style.
func (x *xlsxRows[T]) writeRow(cells []any, style string) error {
	x.line = append(x.line[:0], "<row>"...)
	for _, v := range cells {
		x.line = appendXLSXCell(x.line, v, style)
	}
	x.line = append(x.line, "</row>"...)
	x.rows++
	_, err := x.sheet.Write(x.line)
	return err
}

// The styles of xlsxStyles.
const (
	xlsxBold = ` s="1"`
	xlsxTime = ` s="2"`
)

const xlsxNamespace = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`

func (x *xlsxRows[T]) nextSheet() (err error) {
	if err := x.endSheet(); err != nil {
		return err
	}
	x.sheets, x.rows = x.sheets+1, 0
	if x.sheet, err = x.zip.Create(fmt.Sprintf("xl/worksheets/sheet%d.xml", x.sheets)); err != nil {
		return err
	}
	_, err = io.WriteString(x.sheet, xml.Header+`<worksheet `+xlsxNamespace+`><sheetViews><sheetView workbookViewId="0">`+
		`<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>`+
		`<cols><col min="1" max="`+strconv.Itoa(len(columnsOf[T]()))+`" width="20" customWidth="1"/></cols><sheetData>`)
	if err != nil {
		return err
	}
	var head []any
	for _, name := range columnsOf[T]() {
		head = append(head, name)
	}
	return x.writeRow(head, xlsxBold)
}

func (x *xlsxRows[T]) endSheet() error {
	if x.sheet == nil {
		return nil
	}
	_, err := io.WriteString(x.sheet, "</sheetData></worksheet>")
	return err
}

// close writes the parts that tell how many sheets there are.
func (x *xlsxRows[T]) close() error {
	if x.sheet == nil { // of no rows there is the head
		if err := x.nextSheet(); err != nil {
			return err
		}
	}
	if err := x.endSheet(); err != nil {
		return err
	}
	for _, part := range xlsxParts(x.sheets) {
		w, err := x.zip.Create(part.name)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, xml.Header+part.text); err != nil {
			return err
		}
	}
	return x.zip.Close()
}

type xlsxPart struct{ name, text string }

// xlsxParts are what a workbook has besides its sheets.
func xlsxParts(sheets int) []xlsxPart {
	const (
		relations     = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
		types         = "application/vnd.openxmlformats-officedocument.spreadsheetml."
		relationships = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
	)
	var list, links, overrides strings.Builder
	for i := 1; i <= sheets; i++ {
		fmt.Fprintf(&list, `<sheet name="Rows %d" sheetId="%d" r:id="rId%d"/>`, i, i, i)
		fmt.Fprintf(&links, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, i, relations, i)
		fmt.Fprintf(&overrides, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%sworksheet+xml"/>`, i, types)
	}
	return []xlsxPart{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="` + types + `sheet.main+xml"/>` +
			`<Override PartName="/xl/styles.xml" ContentType="` + types + `styles+xml"/>` + overrides.String() + `</Types>`},
		{"_rels/.rels", relationships + `<Relationship Id="rId1" Type="` + relations + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook ` + xlsxNamespace + ` xmlns:r="` + relations + `"><sheets>` + list.String() + `</sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", relationships + links.String() +
			fmt.Sprintf(`<Relationship Id="rId%d" Type="%s/styles" Target="styles.xml"/></Relationships>`, sheets+1, relations)},
		{"xl/styles.xml", xlsxStyles},
	}
}

const xlsxStyles = `<styleSheet ` + xlsxNamespace + `><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd\ hh:mm:ss.000"/></numFmts>` +
	`<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>` +
	`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
	`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
	`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
	`<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>` +
	`<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>` +
	`<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>`

// appendXLSXCell appends a cell: text as text, whatever it begins with, moments as those of UTC.
func appendXLSXCell(to []byte, v any, style string) []byte {
	switch v := v.(type) {
	case nil:
		return append(to, "<c/>"...)
	case string:
		to = append(append(append(to, "<c"...), style...), ` t="inlineStr"><is><t xml:space="preserve">`...)
		return append(appendXLSXText(to, v), "</t></is></c>"...)
	case bool:
		if v {
			return append(to, `<c t="b"><v>1</v></c>`...)
		}
		return append(to, `<c t="b"><v>0</v></c>`...)
	case time.Time:
		to = append(append(append(to, "<c"...), xlsxTime...), "><v>"...)
		return append(strconv.AppendFloat(to, xlsxDays(v), 'f', -1, 64), "</v></c>"...)
	}
	return append(append(append(to, "<c><v>"...), cellText(v)...), "</v></c>"...)
}

// xlsxEscape is what workbooks take for a character by its number (ECMA-376, part 1, 22.4.2.4).
var xlsxEscape = regexp.MustCompile(`_(x[0-9A-Fa-f]{4}_)`)

func appendXLSXText(to []byte, text string) []byte {
	if strings.Contains(text, "_x") {
		text = xlsxEscape.ReplaceAllString(text, "_x005F_$1")
	}
	b := byteWriter(to)
	_ = xml.EscapeText(&b, []byte(text)) // it never fails
	return b
}

type byteWriter []byte

func (b *byteWriter) Write(p []byte) (int, error) {
	*b = append(*b, p...)
	return len(p), nil
}

// xlsxDays is a moment as workbooks have it: days since 30 December 1899.
func xlsxDays(t time.Time) float64 {
	const microsPerDay = 24 * 60 * 60 * 1e6
	return float64(t.UnixMicro())/microsPerDay + 25569
}
