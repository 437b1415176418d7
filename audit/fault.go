package audit

import "fmt"

// Code names what is wrong with a record; the numbers are the exit codes of `samplit audit verify`.
type Code int

const (
	Unreadable   Code = 1 // the file cannot be read
	BadHash      Code = 3 // an entry is not what its hash says
	BadOrder     Code = 4 // entries are missing, added or in another order
	BadSignature Code = 5 // a checkpoint is not signed by the key, or is another account's
	Rollback     Code = 6 // fewer entries than were vouched for
	Fork         Code = 7 // as many entries, but other ones
	BadPayload   Code = 8 // a payload is not what its hash says, or is gone without an erasure that names it
	Malformed    Code = 9 // not a bundle of this format
)

var codeNames = map[Code]string{Unreadable: "unreadable", BadHash: "hash", BadOrder: "order", BadSignature: "signature", Rollback: "rollback",
	Fork: "fork", BadPayload: "payload", Malformed: "malformed"}

// String is the code in one word.
func (c Code) String() string { return codeNames[c] }

// Fault is what is wrong first.
type Fault struct {
	Code   Code
	Seq    int64 // of the first entry that cannot be trusted; -1 where the fault is not in an entry
	Reason string
}

// Error implements error.
func (f *Fault) Error() string { return f.Reason }

func fault(code Code, seq int64, format string, args ...any) *Fault {
	return &Fault{code, seq, fmt.Sprintf(format, args...)}
}
