package services

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/samplit/samplit/engine"
	"github.com/samplit/samplit/locale"
)

// Limits of a file of results.
const (
	maxTallyRow   = 64 << 10 // bytes
	maxTallyName  = 200      // bytes of a variant's name
	maxTallyCount = 1e12
	maxTallyValue = 1e9  // of one visitor
	maxTallySum   = 1e15 // of one row of counts
)

// TallyError is a file of results that cannot be read; the message is in the language of the reader's context.
type TallyError struct {
	Line    int // 0 when it is about the whole file
	Message string
}

func (e *TallyError) Error() string { return e.Message }

// ReadTally counts a CSV file with a header. It has a row per variant (variant, visitors, conversions and, where there are
// values, revenue and revenue_sq, the sum of their squares by visitor), rows of one variant being added up; or a row per visitor
// (visitor_id, variant, converted and perhaps value). A visitor counts once, under the first variant. Columns may stand in any
// order beside others, separated by commas, semicolons or tabs. The control is the variant of that name; with an empty name the
// one named control, else that of the first row. The file is read once and not kept; of visitors, at most mostVisitors, a hash
// and what they did is. An error is a *TallyError or the reader's own.
func ReadTally(ctx context.Context, r io.Reader, control string, mostVisitors int) (Tally, error) {
	s, err := openSheet(ctx, r)
	if err != nil {
		return Tally{}, err
	}
	rows := s.perVariant
	if s.has("visitor_id") {
		rows = func(t *Tally) error { return s.perVisitor(t, mostVisitors) }
	}
	var t Tally
	if err := rows(&t); err != nil {
		return Tally{}, err
	}
	if len(t.Arms) == 0 {
		return Tally{}, s.wrong(0, "tally.empty")
	}
	return t, s.choose(&t, control)
}

// choose finds the control.
func (s *sheet) choose(t *Tally, control string) error {
	for i, a := range t.Arms {
		if a.Name == control || control == "" && strings.EqualFold(a.Name, "control") {
			t.Control = i
			return nil
		}
	}
	if control != "" {
		return s.wrong(0, "tally.no_control", "Name", control)
	}
	return nil
}

// sheet reads the rows of a file one by one.
type sheet struct {
	ctx     context.Context
	csv     *csv.Reader
	meter   *meter
	columns map[string]int
	width   int
	row     []string
	line    int
	decimal string         // "," where it may separate decimals, since it does not separate columns
	arms    map[string]int // by name
}

// meter refuses to read on once a row has used up its bytes: an open quote must not swallow a file.
type meter struct {
	r    io.Reader
	left int
}

var errLongRow = errors.New("row too long")

func (m *meter) Read(p []byte) (int, error) {
	if m.left <= 0 {
		return 0, errLongRow
	}
	n, err := m.r.Read(p)
	m.left -= n
	return n, err
}

// openSheet reads the header.
func openSheet(ctx context.Context, r io.Reader) (*sheet, error) {
	s := &sheet{ctx: ctx, meter: &meter{left: maxTallyRow}, columns: map[string]int{}, arms: map[string]int{}}
	head := bufio.NewReaderSize(r, maxTallyRow)
	s.meter.r = head
	start, _ := head.Peek(3) // an error comes back when it is read
	switch {
	case strings.HasPrefix(string(start), "\xff\xfe"), strings.HasPrefix(string(start), "\xfe\xff"):
		return nil, s.wrong(1, "tally.encoding")
	case string(start) == "\ufeff":
		_, _ = head.Discard(len(start))
	}
	s.csv = csv.NewReader(s.meter)
	s.csv.Comma, s.csv.ReuseRecord = separator(head), true
	s.csv.TrimLeadingSpace = s.csv.Comma != '\t' // or empty columns would be trimmed, too
	if s.csv.Comma != ',' {
		s.decimal = ","
	}
	switch err := s.next(); {
	case errors.Is(err, io.EOF):
		return nil, s.wrong(0, "tally.empty")
	case err != nil:
		return nil, err
	}
	for i, name := range s.row {
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := s.columns[name]; twice && name != "" {
			return nil, s.wrong(s.line, "tally.twice", "Column", name)
		}
		s.columns[name] = i
	}
	s.width = len(s.row)
	return s, s.require()
}

// separator is the one that the first line has most of.
func separator(r *bufio.Reader) rune {
	for n := 256; ; n *= 2 {
		start, err := r.Peek(min(n, maxTallyRow))
		line, _, whole := strings.Cut(string(start), "\n")
		if !whole && err == nil && n < maxTallyRow {
			continue
		}
		best := ','
		for _, c := range ";\t" {
			if strings.Count(line, string(c)) > strings.Count(line, string(best)) {
				best = c
			}
		}
		return best
	}
}

// require checks that the columns of one of the two kinds are there.
func (s *sheet) require() error {
	need := []string{"variant", "visitors", "conversions"}
	if s.has("visitor_id") {
		need = []string{"visitor_id", "variant", "converted"}
	}
	if s.has("revenue") != s.has("revenue_sq") {
		need = append(need, "revenue", "revenue_sq")
	}
	for _, name := range need {
		if !s.has(name) {
			return s.wrong(s.line, "tally.column", "Column", name)
		}
	}
	return nil
}

func (s *sheet) has(column string) bool { _, ok := s.columns[column]; return ok }

// field is a value of the row, without spaces around it; empty when there is no such column.
func (s *sheet) field(column string) string {
	i, ok := s.columns[column]
	if !ok {
		return ""
	}
	return strings.TrimSpace(s.row[i])
}

// next goes to the next row that is not blank; io.EOF at the end.
func (s *sheet) next() (err error) {
	for {
		s.meter.left = maxTallyRow
		if s.row, err = s.csv.Read(); err != nil {
			return s.readError(err)
		}
		s.line, _ = s.csv.FieldPos(0)
		if strings.TrimSpace(strings.Join(s.row, "")) != "" {
			return nil
		}
	}
}

// readError says in words what the CSV reader found; what is not about the file stays as it is.
func (s *sheet) readError(err error) error {
	var bad *csv.ParseError
	switch {
	case errors.Is(err, errLongRow):
		return s.wrong(s.line+1, "tally.long")
	case !errors.As(err, &bad):
		if errors.Is(err, io.EOF) {
			return err
		}
		return fmt.Errorf("read the file: %w", err)
	case errors.Is(err, csv.ErrFieldCount):
		return s.wrong(bad.Line, "tally.fields", "Have", len(s.row), "Need", s.width)
	}
	return s.wrong(bad.StartLine, "tally.quote")
}

// arm finds or makes the arm that the row names.
func (s *sheet) arm(t *Tally) (int, error) {
	name := s.field("variant")
	if i, ok := s.arms[name]; ok {
		return i, nil
	}
	switch {
	case name == "":
		return 0, s.wrong(s.line, "tally.no_name")
	case !utf8.ValidString(name):
		return 0, s.wrong(s.line, "tally.encoding")
	case len(name) > maxTallyName || strings.ContainsFunc(name, unprintable):
		return 0, s.wrong(s.line, "tally.name", "Most", maxTallyName)
	case len(t.Arms) == engine.MaxArms:
		return 0, s.wrong(s.line, "tally.arms", "Most", engine.MaxArms)
	}
	s.arms[name] = len(t.Arms)
	t.Arms = append(t.Arms, TallyArm{Name: name})
	return len(t.Arms) - 1, nil
}

// unprintable characters could rewrite a terminal or reverse a line.
func unprintable(r rune) bool { return !unicode.IsPrint(r) }

// wrong is an error about a line, or about the file.
func (s *sheet) wrong(line int, id string, kv ...any) error {
	text := locale.T(s.ctx, id, kv...)
	if line > 0 {
		text = locale.T(s.ctx, "tally.line", "Line", line, "What", text)
	}
	return &TallyError{line, text}
}
