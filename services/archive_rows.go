package services

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/parquet-go/parquet-go"

	"github.com/samplit/samplit/db"
)

// archivedEvent is a row of an exported day: the columns of the events table under the same names, ids as text.
type archivedEvent struct {
	AccountID      string    `parquet:"account_id,dict"`
	EventID        string    `parquet:"event_id"`
	Part           int32     `parquet:"part"`
	Kind           int32     `parquet:"kind"`
	InstallationID string    `parquet:"installation_id,dict"`
	ExperimentID   *string   `parquet:"experiment_id,optional"`
	Split          int32     `parquet:"split"`
	GoalID         *string   `parquet:"goal_id,optional"`
	Order          *string   `parquet:"order_id,optional"`
	Name           *string   `parquet:"name,optional"`
	Visitor        string    `parquet:"visitor"`
	Credit         *string   `parquet:"credit,optional"`
	Arm            *int32    `parquet:"arm,optional"`
	Epoch          *int32    `parquet:"epoch,optional"`
	OccurredAt     time.Time `parquet:"occurred_at,timestamp(microsecond)"`
	ReceivedAt     time.Time `parquet:"received_at,timestamp(microsecond)"`
	Value          *int64    `parquet:"value,optional,decimal(4:18)"`
	URL            *string   `parquet:"url,optional"`
	State          int32     `parquet:"state"`
	Props          *string   `parquet:"props,optional,json"`
}

func newArchivedEvent(e db.Event) (archivedEvent, error) {
	out := archivedEvent{AccountID: e.AccountID.String(), EventID: e.EventID.String(), Part: int32(e.Part), Kind: int32(e.Kind),
		InstallationID: e.InstallationID.String(), ExperimentID: textOf(e.ExperimentID), Split: int32(e.Split), GoalID: textOf(e.GoalID), Order: e.OrderID, Name: e.Name, Visitor: e.Visitor, Credit: e.Credit, Epoch: e.Epoch,
		OccurredAt: e.OccurredAt, ReceivedAt: e.ReceivedAt, URL: e.Url, State: int32(e.State)}
	if e.Arm != nil {
		arm := int32(*e.Arm)
		out.Arm = &arm
	}
	if e.Props != nil {
		props := string(e.Props)
		out.Props = &props
	}
	value, err := db.Units(e.Value)
	out.Value = value
	return out, err
}

func textOf(id *uuid.UUID) *string {
	if id == nil {
		return nil
	}
	text := id.String()
	return &text
}

// archiveGroup is how many rows are in memory at a time.
const archiveGroup = 20_000

// write exports a day as Parquet and counts it.
func (a *Archive) write(ctx context.Context, d time.Time, to io.Writer, m *Manifest) error {
	w := parquet.NewGenericWriter[archivedEvent](to, parquet.Compression(&parquet.Zstd), parquet.MaxRowsPerRowGroup(archiveGroup),
		parquet.CreatedBy("samplit", "1", ""), parquet.KeyValueMetadata("samplit.day", m.Day))
	err := a.db.ReadEventDay(ctx, d, func(e db.Event) error {
		row, err := newArchivedEvent(e)
		if err != nil {
			return fmt.Errorf("event %s: %w", e.EventID, err)
		}
		m.Rows++
		if e.Kind == db.KindConversion && e.State == db.StateApplied {
			m.Counted++
		}
		_, err = w.Write([]archivedEvent{row})
		return err
	})
	if err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("end of file: %w", err)
	}
	return nil
}
