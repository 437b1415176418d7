package services

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// excelize, which shares no code with the writer, reads what was written.
func TestWorkbookOfManyRowsHasSheets(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	var file bytes.Buffer
	w := newXLSXRows[assignmentRow](&file)
	w.most = 3 // of which one is the head
	texts := []string{"=1+1", "a_x0041_b", " <&\"'\t\n> ", "ñ\x01", "🙂"}
	for i, text := range texts {
		row := assignmentRow{Visitor: text, Variant: "b", Epoch: int32(i), Propensity: 0.1, AssignedAt: at, Counted: i%2 == 0}
		if i > 0 {
			row.ExposedAt = &at
		}
		if err := w.write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Rows 1", "Rows 2", "Rows 3"}, book.GetSheetList()); diff != "" {
		t.Fatalf("sheets (-want +got):\n%s", diff)
	}
	var got [][]string
	for _, sheet := range book.GetSheetList() {
		rows, err := book.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, rows...)
	}
	head := []string{"visitor", "element", "variant", "epoch", "propensity", "assigned_at", "exposed_at", "counted"}
	moment := "2026-03-04 05:06:07.000"
	want := [][]string{
		head, {"=1+1", "", "b", "0", "0.1", moment, "", "TRUE"}, {"a_x0041_b", "", "b", "1", "0.1", moment, moment, "FALSE"},
		head, {" <&\"'\t\n> ", "", "b", "2", "0.1", moment, moment, "TRUE"}, {"ñ\ufffd", "", "b", "3", "0.1", moment, moment, "FALSE"},
		head, {"🙂", "", "b", "4", "0.1", moment, moment, "TRUE"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if formula, err := book.GetCellFormula("Rows 1", "A2"); err != nil || formula != "" {
		t.Errorf("got formula %q, %v", formula, err)
	}
}

func TestWorkbookWithoutRowsHasItsHead(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	if err := newXLSXRows[conversionRow](&file).close(); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := book.GetRows("Rows 1")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]string{columnsOf[conversionRow]()}, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}
