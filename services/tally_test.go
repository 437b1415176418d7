package services

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/samplit/samplit/locale"
)

func readTally(t *testing.T, file string) Tally {
	t.Helper()
	tally, err := ReadTally(t.Context(), strings.NewReader(file), "", 1000)
	if err != nil {
		t.Fatalf("%q: %v", file, err)
	}
	return tally
}

func TestTallyReadsWhatSpreadsheetsWrite(t *testing.T) {
	t.Parallel()
	counts := []TallyArm{{Name: "a", Visitors: 1000, Conversions: 30}, {Name: "b", Visitors: 1100, Conversions: 40}}
	for name, file := range map[string]string{
		"plain":               "variant,visitors,conversions\na,1000,30\nb,1100,40\n",
		"no last newline":     "variant,visitors,conversions\na,1000,30\nb,1100,40",
		"Windows":             "\ufeffvariant;visitors;conversions\r\na;1000;30\r\nb;1100;40\r\n",
		"tabs":                "variant\tnote\tvisitors\tconversions\na\t\t1000\t30\nb\t\t1100\t40\n",
		"quotes and spaces":   "\"Variant\", \"Visitors\",\"Conversions\"\n\"a\", \"1000\",30\n b ,1100, 40 \n",
		"other order":         "conversions,when,visitors,variant\n30,May,1000,a\n40,May,1100,b\n",
		"blank rows":          "variant,visitors,conversions\n\na,1000,30\n,,\nb,1100,40\n,,\n",
		"days, added up":      "variant,visitors,conversions\na,400,10\nb,500,15\na,600,20\nb,600,25\n",
		"scientific notation": "variant,visitors,conversions\na,1e3,30\nb,1.1E3,40\n",
	} {
		if diff := cmp.Diff(counts, readTally(t, file).Arms); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	money := readTally(t, "variant;visitors;conversions;revenue;revenue_sq\na;2;1;12,5;156,25\nb;0;0;0;0\n")
	want := []TallyArm{{Name: "a", Visitors: 2, Conversions: 1, Value: 12.5, ValueSq: 156.25}, {Name: "b"}}
	if diff := cmp.Diff(want, money.Arms); diff != "" || !money.Money {
		t.Errorf("revenue (-want +got):\n%s", diff)
	}
}

func TestTallyCountsVisitorsOnce(t *testing.T) {
	t.Parallel()
	tally := readTally(t, `visitor_id,variant,converted,value
v1,a,1,10
v2,b,no,
v3,b,true,2.5
v1,b,1,99
v2,b,Sí,4
v3,b,0,1.5
v1,a,0,-3
`)
	want := Tally{Money: true, Crossovers: 1, Repeats: 3, Arms: []TallyArm{
		{Name: "a", Visitors: 1, Conversions: 1, Value: 7, ValueSq: 49}, {Name: "b", Visitors: 2, Conversions: 2, Value: 8, ValueSq: 32}}}
	if diff := cmp.Diff(want, tally); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTallyFindsTheControl(t *testing.T) {
	t.Parallel()
	const file = "variant,visitors,conversions\nB,10,1\nControl,10,1\nC,10,1\n"
	for _, c := range []struct {
		file, named string
		want        int
	}{{file, "", 1}, {file, "C", 2}, {file, "B", 0}, {strings.Replace(file, "Control", "A", 1), "", 0}} {
		tally, err := ReadTally(t.Context(), strings.NewReader(c.file), c.named, 0)
		if err != nil || tally.Control != c.want {
			t.Errorf("%q: got %d, %v, want %d", c.named, tally.Control, err, c.want)
		}
	}
	if _, err := ReadTally(t.Context(), strings.NewReader(file), "D", 0); err == nil || !strings.Contains(err.Error(), "No variant is called D") {
		t.Errorf("got %v", err)
	}
}

func TestTallyNamesTheLineThatIsWrong(t *testing.T) {
	t.Parallel()
	const counts, visitors = "variant,visitors,conversions\na,10,1\n", "visitor_id,variant,converted,value\nv0,a,1,2\n"
	for _, c := range []struct {
		file string
		line int
		want string
	}{
		{"", 0, "has no rows"},
		{"variant,visitors,conversions\n", 0, "has no rows"},
		{"a,10,1\n", 1, "no column variant"},
		{"visitor_id,variant\nv,a\n", 1, "no column converted"},
		{"variant,visitors,conversions,revenue\na,10,1,5\n", 1, "no column revenue_sq"},
		{"variant,visitors,visitors,conversions\na,10,10,1\n", 1, "visitors is there twice"},
		{"\xff\xfev\x00", 1, "UTF-8"},
		{counts + "b,10,11\n", 3, "11 conversions and only 10 visitors"},
		{counts + "b,-1,0\n", 3, "visitors must be a whole number"},
		{counts + "b,1.5,0\n", 3, "visitors must be a whole number"},
		{counts + "b,NaN,0\n", 3, "visitors must be a whole number"},
		{counts + "b,Inf,0\n", 3, "visitors must be a whole number"},
		{counts + "b,1e13,0\n", 3, "visitors must be a whole number"},
		{counts + "b,\"1,204\",0\n", 3, "visitors must be a whole number"},
		{counts + "b,0x10,0\n", 3, "visitors must be a whole number"},
		{counts + "b,,0\n", 3, "visitors must be a whole number"},
		{counts + "b,10,x\n", 3, "conversions must be a whole number"},
		{counts + "\n\nb,10\n", 5, "2 columns and the first line 3"},
		{counts + ",10,1\n", 3, "no name"},
		{counts + "\x1b[2J,10,1\n", 3, "printable"},
		{counts + "caf\xe9,10,1\n", 3, "UTF-8"},
		{counts + strings.Repeat("x", 201) + ",10,1\n", 3, "at most 200"},
		{counts + "\"b,10,1\n" + strings.Repeat("c,10,1\n", 20_000), 3, "far too long"},
		{counts + "b\"b,10,1\n", 3, "quotation mark"},
		{counts + "\"b,10,1\n", 3, "quotation mark"},
		{visitors + ",a,1,2\n", 3, "visitor_id is empty"},
		{visitors + "v1,a,maybe,2\n", 3, "converted must be 1 or 0"},
		{visitors + "v1,a,,2\n", 3, "converted must be 1 or 0"},
		{visitors + "v1,a,1,NaN\n", 3, "value must be a number"},
		{visitors + "v1,a,1,-Inf\n", 3, "value must be a number"},
		{visitors + "v1,a,1,1e10\n", 3, "value must be a number"},
		{"variant,visitors,conversions,revenue,revenue_sq\na,10,1,20,39\n", 2, "revenue_sq does not fit"},
		{"variant,visitors,conversions,revenue,revenue_sq\na,0,0,20,400\n", 2, "revenue_sq does not fit"},
	} {
		_, err := ReadTally(t.Context(), strings.NewReader(c.file), "", 1000)
		var wrong *TallyError
		if !errors.As(err, &wrong) || wrong.Line != c.line || !strings.Contains(wrong.Message, c.want) {
			t.Errorf("%.80q: got %v, want line %d: %s", c.file, err, c.line, c.want)
		}
	}
	_, err := ReadTally(locale.With(t.Context(), locale.Spanish), strings.NewReader(counts+"b,10,11\n"), "", 0)
	if err == nil || !strings.HasPrefix(err.Error(), "Línea 3: hay 11 conversiones") {
		t.Errorf("in Spanish: %v", err)
	}
}

func TestTallyIsBounded(t *testing.T) {
	t.Parallel()
	var arms, visitors strings.Builder
	arms.WriteString("variant,visitors,conversions\n")
	visitors.WriteString("visitor_id,variant,converted\n")
	for i := range 65 {
		fmt.Fprintf(&arms, "a%d,1,0\n", i)
		fmt.Fprintf(&visitors, "v%d,a,0\n", i)
	}
	for want, file := range map[string]string{"at most 64 variants": arms.String(), "more than 64 visitors": visitors.String()} {
		if _, err := ReadTally(t.Context(), strings.NewReader(file), "", 64); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	broken := errors.New("the disk is gone")
	if _, err := ReadTally(t.Context(), io.MultiReader(strings.NewReader("variant,visitors,conversions\na,1,0\n"), failing{broken}), "", 0); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

type failing struct{ error }

func (f failing) Read([]byte) (int, error) { return 0, f.error }

// visitorRows writes a row for each of n visitors; at the end it measures what is alive.
type visitorRows struct {
	n, at int
	rest  bytes.Buffer
	alive uint64
}

func (r *visitorRows) Read(p []byte) (int, error) {
	for r.rest.Len() < len(p) && r.at < r.n {
		fmt.Fprintf(&r.rest, "0190a1b2-c3d4-7000-8000-%012d,%s,%d,9.99\n", r.at, [2]string{"control", "b"}[r.at%2], r.at%10/9)
		r.at++
	}
	n, err := r.rest.Read(p)
	if err != nil {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		r.alive = m.HeapAlloc
	}
	return n, err
}

// Not parallel: it looks at the memory of the whole process.
func TestTallyOfAMillionVisitorsNeedsLittleMemory(t *testing.T) {
	const n, most = 1_000_000, 64 << 20
	rows := &visitorRows{n: n}
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	tally, err := ReadTally(t.Context(), io.MultiReader(strings.NewReader("visitor_id,variant,converted,value\n"), rows), "", n)
	if err != nil || tally.Visitors() != n || tally.Arms[1].Conversions != n/10 {
		t.Fatalf("got %+v, %v", tally, err)
	}
	if used := rows.alive - before.HeapAlloc; used > most {
		t.Errorf("%d MB alive at the end, want at most %d", used>>20, most>>20)
	}
}

func TestTallyIsJudgedAsOnTheResultsPage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, rows   string
		ratios       []float64
		want, reason string
	}{
		{"a winner", "b,5000,330\ncontrol,5000,250\n", nil, "b gets 32% more", "better_than_control"},
		{"no visitors", "control,0,0\nb,0,0\n", nil, "No visitors yet", "no_visitors"},
		{"one arm", "control,500,50\n", nil, "There is only one version", "no_variants"},
		{"no conversions", "control,500,0\nb,500,0\n", nil, "Too early", "few_conversions"},
		{"everybody converts", "control,500,500\nb,500,500\n", nil, "No real difference", "practically_equal"},
		{"huge", "control,1e12,1e11\nb,1e12,1e11\n", nil, "No real difference", "practically_equal"},
		{"uneven by mistake", "control,9000,900\nb,1000,100\n", nil, "Do not trust", "sample_ratio_mismatch"},
		{"uneven by plan", "control,9000,900\nb,1000,100\n", []float64{9, 1}, "No clear difference", "undecided"},
		{"formulas", "=cmd|' /C calc'!A0,5000,250\n@SUM(A1),5000,330\n", nil, "@SUM(A1) gets 32% more", "better_than_control"},
	} {
		r, err := readTally(t, "variant,visitors,conversions\n"+c.rows).Results(context.Background(), c.ratios)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(r.Verdict.Headline, c.want) || r.Verdict.Reason != c.reason || !r.Variants[0].IsControl {
			t.Errorf("%s: got %+v", c.name, r.Verdict)
		}
	}
	two := readTally(t, "variant,visitors,conversions\na,10,1\nb,10,1\n")
	for _, ratios := range [][]float64{{1}, {1, 2, 3}, {1, 0}, {1, -1}, {1, 1000}} {
		if _, err := two.Results(context.Background(), ratios); err == nil {
			t.Errorf("ratios %v were taken", ratios)
		}
	}
}
