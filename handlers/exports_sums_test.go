package handlers

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/xuri/excelize/v2"

	"github.com/samplit/samplit/db/dbtest"
	"github.com/samplit/samplit/services"
)

// rowSums are what the rows of a file come to; moments are in milliseconds, as exact as workbooks have them.
type rowSums struct {
	Rows, InB, Epochs, Counted, Exposed, AssignedAt int64
	Propensity                                      float64
	Times, FirstAt                                  int64
	Value                                           float64
}

func (s *rowSums) add(row map[string]string) {
	number := func(name string) float64 {
		x, _ := strconv.ParseFloat(row[name], 64)
		return x
	}
	s.Rows++
	if row["variant"] == "b" {
		s.InB++
	}
	if yes, _ := strconv.ParseBool(row["counted"]); yes {
		s.Counted++
	}
	if row["exposed_at"] != "" {
		s.Exposed++
	}
	s.Epochs += int64(number("epoch"))
	s.Propensity += number("propensity")
	s.Times += int64(number("times"))
	s.Value += number("value")
	s.AssignedAt += milliseconds(row["assigned_at"])
	s.FirstAt += milliseconds(row["first_at"])
}

// milliseconds since 2026 of a moment that is written as text or as the days of a workbook.
func milliseconds(cell string) int64 {
	const days2026 = 46023
	if at, err := time.Parse(time.RFC3339Nano, cell); err == nil {
		return at.UnixMilli() - (days2026-25569)*24*60*60*1000
	}
	days, err := strconv.ParseFloat(cell, 64)
	if err != nil {
		return 0
	}
	return int64(math.Round((days - days2026) * 24 * 60 * 60 * 1000))
}

// sumsOf reads a file.
func sumsOf(t testing.TB, format, path string) (s rowSums) {
	t.Helper()
	var err error
	switch format {
	case services.FormatCSV:
		err = eachCSV(path, s.add)
	case services.FormatXLSX:
		err = eachXLSX(path, s.add)
	case services.FormatJSON:
		err = eachJSON(path, s.add)
	case services.FormatParquet:
		err = eachParquet(path, s.add)
	}
	if err != nil {
		t.Fatalf("read %s: %v", format, err)
	}
	s.Propensity, s.Value = math.Round(s.Propensity*10)/10, math.Round(s.Value*100)/100
	return s
}

func eachCSV(path string, each func(map[string]string)) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	r := csv.NewReader(file)
	r.ReuseRecord = true
	var head []string
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if head == nil {
			head = append(head, cells...)
			continue
		}
		each(rowOf(head, cells))
	}
}

func rowOf(head, cells []string) map[string]string {
	row := make(map[string]string, len(head))
	for i, cell := range cells {
		row[head[i]] = cell
	}
	return row
}

func eachXLSX(path string, each func(map[string]string)) error {
	book, err := excelize.OpenFile(path)
	if err != nil {
		return err
	}
	defer book.Close()
	for _, sheet := range book.GetSheetList() {
		rows, err := book.Rows(sheet)
		if err != nil {
			return err
		}
		var head []string
		for rows.Next() {
			cells, err := rows.Columns(excelize.Options{RawCellValue: true})
			if err != nil {
				return err
			}
			if head == nil {
				head = cells
				continue
			}
			each(rowOf(head, cells))
		}
		if err := rows.Error(); err != nil {
			return err
		}
	}
	return nil
}

func eachJSON(path string, each func(map[string]string)) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	d := json.NewDecoder(file)
	d.UseNumber()
	for d.More() {
		line := map[string]any{}
		if err := d.Decode(&line); err != nil {
			return err
		}
		row := map[string]string{}
		for name, v := range line {
			switch v := v.(type) {
			case string:
				row[name] = v
			case json.Number:
				row[name] = v.String()
			case bool:
				row[name] = strconv.FormatBool(v)
			}
		}
		each(row)
	}
	return nil
}

func eachParquet(path string, each func(map[string]string)) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	r := parquet.NewReader(file)
	defer r.Close()
	columns := r.Schema().Columns()
	var rows [1000]parquet.Row
	for {
		n, err := r.ReadRows(rows[:])
		for _, values := range rows[:n] {
			row := map[string]string{}
			for _, v := range values {
				name := columns[v.Column()][0]
				switch {
				case v.IsNull():
				case strings.HasSuffix(name, "_at"):
					row[name] = time.UnixMicro(v.Int64()).UTC().Format(time.RFC3339Nano)
				default:
					row[name] = v.String()
				}
			}
			each(row)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// sumsInDatabase are what a file of an experiment's rows must come to.
func (e exporter) sumsInDatabase(id, what string) (s rowSums) {
	t := e.b.t
	t.Helper()
	query := `SELECT count(*), count(*) FILTER (WHERE arm = 1), sum(epoch), count(*) FILTER (WHERE counted), count(exposed_at),
		sum(round(extract(epoch FROM assigned_at - timestamptz '2026-01-01Z') * 1000))::bigint, sum(propensity::numeric)::float8, 0, 0, 0::float8 FROM assignments WHERE experiment_id = $1`
	if what == services.ExportConversions {
		query = `SELECT count(*), count(*) FILTER (WHERE arm = 1), 0, 0, 0, 0::bigint, 0::float8, sum(n), sum(round(extract(epoch FROM first_at - timestamptz '2026-01-01Z') * 1000))::bigint,
			sum(value)::float8 FROM conversions WHERE experiment_id = $1`
	}
	err := dbtest.Owner(t, e.url).QueryRow(t.Context(), query, id).Scan(&s.Rows, &s.InB, &s.Epochs, &s.Counted, &s.Exposed, &s.AssignedAt, &s.Propensity,
		&s.Times, &s.FirstAt, &s.Value)
	if err != nil {
		t.Fatal(err)
	}
	s.Value = math.Round(s.Value*100) / 100
	return s
}
