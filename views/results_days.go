package views

import "time"

// DayRow is one day by itself, a cell for each variant.
type DayRow struct {
	Day   time.Time
	Cells []DayCell
}

// DayCell is what the visitors who came on a day did.
type DayCell struct {
	Visitors, Conversions int64
	Rate                  float64
}

// Fact is one line of the technical panel. Term is a message id, Value is finished.
type Fact struct{ Term, Value string }

// Period compares some days with as many before them. Problem is a message id, empty when the days are those asked for.
type Period struct {
	From, To, Before time.Time
	First, Last      time.Time // days that can be asked for
	Days             int
	Rows             []PeriodRow
	Whole            bool // the days before lie within the test
	Problem          string
}

// PeriodRow is one variant now and before.
type PeriodRow struct {
	Variant   VariantResult
	Now, Then DayCell
}

// Note is what somebody noted about a day.
type Note struct {
	ID, Text, Author string
	Day              time.Time
}

// NoteForm is the form of a note with what was typed and what is wrong with it.
type NoteForm struct {
	Day, Text string
	Errors    Errors
}
