package services

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// Rows that can be exported.
const (
	ExportAssignments = "assignments"
	ExportConversions = "conversions"
)

// exportPage is how many rows are read, and held, at a time: few enough that a slow disk finds them within a statement's time.
const exportPage = 5_000

// exportBuffer is how much is gathered before it goes to the object store.
const exportBuffer = 256 << 10

// assignmentRow is a visitor in an experiment.
type assignmentRow struct {
	Visitor    string     `parquet:"visitor"`
	Element    string     `parquet:"element,dict"` // empty where the experiment has one split
	Variant    string     `parquet:"variant,dict"`
	Epoch      int32      `parquet:"epoch"`
	Propensity float32    `parquet:"propensity"`
	AssignedAt time.Time  `parquet:"assigned_at,timestamp(microsecond)"`
	ExposedAt  *time.Time `parquet:"exposed_at,optional,timestamp(microsecond)"`
	Counted    bool       `parquet:"counted"`
}

// conversionRow is what a visitor did about a goal.
type conversionRow struct {
	Visitor string    `parquet:"visitor"`
	Element string    `parquet:"element,dict"`
	Variant string    `parquet:"variant,dict"`
	Goal    string    `parquet:"goal,dict"`
	FirstAt time.Time `parquet:"first_at,timestamp(microsecond)"`
	Times   int32     `parquet:"times"`
	Value   float64   `parquet:"value"`
}

// exportSource reads the rows of an experiment page by page. Each page is a transaction of its own, so that a long export holds
// nothing up; rows that come meanwhile may be among them.
type exportSource struct {
	db      *db.DB
	account uuid.UUID
	x       Experiment
	splits  []plannedSplit
}

// write writes all rows of a kind, calling wrote with their number after every page.
func (s exportSource) write(ctx context.Context, w io.Writer, what, format string, wrote func(int64)) error {
	if what == ExportConversions {
		return writeRows(ctx, w, format, s.conversions(), wrote)
	}
	return writeRows(ctx, w, format, s.assignments(), wrote)
}

// writeRows asks for pages until one is not full.
func writeRows[T any](ctx context.Context, w io.Writer, format string, next func(context.Context) ([]T, error), wrote func(int64)) error {
	buffer := bufio.NewWriterSize(w, exportBuffer)
	out, err := newRowWriter[T](buffer, format)
	if err != nil {
		return err
	}
	for n := int64(0); ; {
		page, err := next(ctx)
		if err != nil {
			return err
		}
		for _, row := range page {
			if err := out.write(row); err != nil {
				return fmt.Errorf("write row: %w", err)
			}
		}
		n += int64(len(page))
		wrote(n)
		if len(page) < exportPage {
			return errors.Join(out.close(), buffer.Flush())
		}
	}
}

func (s exportSource) assignments() func(context.Context) ([]assignmentRow, error) {
	after := db.ExportAssignmentsParams{AccountID: s.account, ExperimentID: s.x.ID, Take: exportPage}
	return func(ctx context.Context) (out []assignmentRow, err error) {
		var rows []db.ExportAssignmentsRow
		err = s.db.InTx(ctx, s.account, func(st *db.Store) (err error) {
			rows, err = st.ExportAssignments(ctx, after)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read assignments: %w", err)
		}
		for _, r := range rows {
			out = append(out, assignmentRow{r.Visitor, s.element(r.Split), s.arm(r.Split, r.Arm), r.Epoch, r.Propensity, r.AssignedAt, r.ExposedAt, r.Counted})
			after.Split, after.Visitor = r.Split, r.Visitor
		}
		return out, nil
	}
}

func (s exportSource) conversions() func(context.Context) ([]conversionRow, error) {
	after := db.ExportConversionsParams{AccountID: s.account, ExperimentID: s.x.ID, Take: exportPage}
	return func(ctx context.Context) (out []conversionRow, err error) {
		var rows []db.ExportConversionsRow
		err = s.db.InTx(ctx, s.account, func(st *db.Store) (err error) {
			rows, err = st.ExportConversions(ctx, after)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read conversions: %w", err)
		}
		for _, r := range rows {
			out = append(out, conversionRow{r.Visitor, s.element(r.Split), s.arm(r.Split, r.Arm), s.goal(r.GoalID), r.FirstAt, r.N, r.Value})
			after.Split, after.GoalID, after.Visitor = r.Split, r.GoalID, r.Visitor
		}
		return out, nil
	}
}

func (s exportSource) element(split int16) string {
	if int(split) < len(s.splits) {
		return s.splits[split].key
	}
	return ""
}

// arm is the key of an arm; -1 and what the experiment no longer has are empty.
func (s exportSource) arm(split, arm int16) string {
	if int(split) < len(s.splits) && arm >= 0 && int(arm) < len(s.splits[split].arms) {
		return s.splits[split].arms[arm].key
	}
	return ""
}

func (s exportSource) goal(id uuid.UUID) string {
	for _, g := range s.x.Goals {
		if g.ID == id {
			return g.Key
		}
	}
	return ""
}
