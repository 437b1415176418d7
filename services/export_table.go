package services

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/xuri/excelize/v2"
)

// The columns of every format are the fields of a row's struct, named by their parquet tags.

// rowWriter writes rows of one type to a file.
type rowWriter[T any] interface {
	write(T) error
	close() error // ends the file; what it was written to stays open
}

func newRowWriter[T any](w io.Writer, format string) (rowWriter[T], error) {
	switch format {
	case FormatCSV:
		return newCSVRows[T](w)
	case FormatXLSX:
		return newXLSXRows[T](w), nil
	case FormatJSON:
		return newJSONRows[T](w), nil
	case FormatParquet:
		return parquetRows[T]{parquet.NewGenericWriter[T](w, parquet.Compression(&parquet.Zstd), parquet.MaxRowsPerRowGroup(parquetGroup),
			parquet.PageBufferSize(parquetPage), parquet.CreatedBy("samplit", "1", ""))}, nil
	}
	return nil, fmt.Errorf("no rows in format %q", format)
}

type csvRows[T any] struct {
	w     *csv.Writer
	cells []string
}

func newCSVRows[T any](w io.Writer) (*csvRows[T], error) {
	head := columnsOf[T]()
	c := &csvRows[T]{csv.NewWriter(w), make([]string, len(head))}
	return c, c.w.Write(head)
}

func (c *csvRows[T]) write(row T) error {
	for i, v := range valuesOf(row) {
		c.cells[i] = cellText(v)
	}
	return c.w.Write(c.cells)
}

func (c *csvRows[T]) close() error {
	c.w.Flush()
	return c.w.Error()
}

// jsonRows is a line for each row, its members in the order of the columns.
type jsonRows[T any] struct {
	w    io.Writer
	keys []string
	line []byte
}

func newJSONRows[T any](w io.Writer) *jsonRows[T] {
	j := &jsonRows[T]{w: w}
	for i, name := range columnsOf[T]() {
		before := ","
		if i == 0 {
			before = "{"
		}
		j.keys = append(j.keys, before+strconv.Quote(name)+":")
	}
	return j
}

func (j *jsonRows[T]) write(row T) error {
	j.line = j.line[:0]
	for i, v := range valuesOf(row) {
		if at, ok := v.(time.Time); ok {
			v = cellTime(at)
		}
		text, err := json.Marshal(v)
		if err != nil {
			return err
		}
		j.line = append(append(j.line, j.keys[i]...), text...)
	}
	_, err := j.w.Write(append(j.line, "}\n"...))
	return err
}

func (*jsonRows[T]) close() error { return nil }

// parquetGroup is how many rows of a file are in memory at a time, parquetPage how many bytes are compressed at once: with larger pages
// the compressor alone takes 20 MB.
const (
	parquetGroup = 50_000
	parquetPage  = 64 << 10
)

type parquetRows[T any] struct{ w *parquet.GenericWriter[T] }

func (p parquetRows[T]) write(row T) error {
	_, err := p.w.Write([]T{row})
	return err
}

func (p parquetRows[T]) close() error { return p.w.Close() }

func columnsOf[T any]() []string {
	t := reflect.TypeFor[T]()
	names := make([]string, t.NumField())
	for i := range names {
		names[i], _, _ = strings.Cut(t.Field(i).Tag.Get("parquet"), ",")
	}
	return names
}

// valuesOf are the fields of a row; nil stands for what there is none of.
func valuesOf(row any) []any {
	v := reflect.ValueOf(row)
	values := make([]any, v.NumField())
	for i := range values {
		switch f := v.Field(i); {
		case f.Kind() != reflect.Pointer:
			values[i] = f.Interface()
		case !f.IsNil():
			values[i] = f.Elem().Interface()
		}
	}
	return values
}

// cellText is a value in a CSV file. Numbers have the fewest digits that read back as the same number.
func cellText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return harmless(v)
	case int32:
		return strconv.FormatInt(int64(v), 10)
	case int64:
		return strconv.FormatInt(v, 10)
	case float32:
		return strconv.FormatFloat(float64(v), 'g', -1, 32)
	case float64:
		return decimal(v)
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		return cellTime(v)
	}
	panic(fmt.Sprintf("services: no text for a cell of %T", v))
}

func cellTime(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// formulaStarts begin what spreadsheets take for a formula, see https://owasp.org/www-community/attacks/CSV_Injection.
const formulaStarts = "=+-@\t\r\n＝＋－＠"

// harmless is text that no spreadsheet evaluates: an apostrophe goes before what would be a formula.
func harmless(text string) string {
	if text != "" && strings.ContainsAny(string([]rune(text)[:1]), formulaStarts) {
		return "'" + text
	}
	return text
}

// workSheet is a table of a workbook.
type workSheet struct {
	name string
	head []string
	rows [][]any
}

func newWorkSheet[T any](name string, rows []T) workSheet {
	s := workSheet{name: name, head: columnsOf[T]()}
	for _, row := range rows {
		s.rows = append(s.rows, valuesOf(row))
	}
	return s
}

// writeXLSX writes a workbook. Its text cells are text, whatever they begin with.
func writeXLSX(w io.Writer, sheets []workSheet) (err error) {
	book := excelize.NewFile()
	defer func() {
		if e := book.Close(); err == nil && e != nil {
			err = fmt.Errorf("close workbook: %w", e)
		}
	}()
	for i, s := range sheets {
		if i == 0 {
			err = book.SetSheetName("Sheet1", s.name)
		} else {
			_, err = book.NewSheet(s.name)
		}
		if err != nil {
			return fmt.Errorf("add sheet: %w", err)
		}
		if err := s.fill(book); err != nil {
			return fmt.Errorf("fill sheet %s: %w", s.name, err)
		}
	}
	if err := book.Write(w); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

func (s workSheet) fill(book *excelize.File) error {
	w, err := book.NewStreamWriter(s.name)
	if err != nil {
		return err
	}
	bold, err := book.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	if err := w.SetColWidth(1, len(s.head), 16); err != nil {
		return err
	}
	if err := w.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	head := make([]any, len(s.head))
	for i, name := range s.head {
		head[i] = excelize.Cell{StyleID: bold, Value: name}
	}
	if err := w.SetRow("A1", head); err != nil {
		return err
	}
	for i, row := range s.rows {
		if err := w.SetRow("A"+strconv.Itoa(i+2), row); err != nil {
			return err
		}
	}
	return w.Flush()
}
