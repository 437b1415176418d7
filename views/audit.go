package views

import (
	"context"
	"time"
)

// AuditSeal is how the account's record stands.
type AuditSeal struct {
	Entries, Sealed int64 // there are so many entries, and the newest checkpoint covers so many
	At              time.Time
	Root, Key       string
	Problem         string // why nothing may be sealed any more, as a reason; empty when all is well
	Checked         *AuditChecked
}

// AuditChecked is what the server's own check found.
type AuditChecked struct {
	OK, Busy        bool
	Code            string // what is wrong first
	First           int64  // the first entry that cannot be trusted; -1 when it is none
	Entries, Erased int64
	Checkpoints     int
	Around          int // things that were changed around Samplit
	At              time.Time
}

// Certificate is one page to print: what was checked, and how anybody checks it again.
type Certificate struct {
	OK              bool
	Code            string
	Entries, Erased int64
	Checkpoint, Key string
	At              time.Time
}

// AuditFamilies are the groups that entries can be narrowed to.
var AuditFamilies = []string{"experiment", "epoch", "installation", "user", "key", "quarantine", "decisions", "audit", "payload", "person", "export", "share", "upload", "page"}

var familyWords = map[string]string{
	"experiment": "family.experiment", "epoch": "family.epoch", "installation": "family.installation", "user": "family.user", "key": "family.key",
	"quarantine": "family.quarantine", "decisions": "family.decisions", "audit": "family.audit", "payload": "family.payload", "person": "family.person",
	"export": "family.export", "share": "family.share", "upload": "family.upload", "page": "family.page",
}

func familyOptions(ctx context.Context) []option {
	options := []option{{Value: "", Label: t(ctx, "history.everything")}}
	for _, f := range AuditFamilies {
		options = append(options, option{Value: f, Label: word(ctx, familyWords, f)})
	}
	return options
}

// sealProblems are the reasons for which nothing is sealed, in words.
var sealProblems = map[string]string{
	"audit_no_key": "seal.no_key", "audit_other_key": "seal.other_key", "audit_rollback": "seal.rollback", "audit_fork": "seal.fork",
	"audit_hole": "seal.hole", "audit_empty": "seal.empty",
}

// auditOutcomes are what a check can find, in words.
var auditOutcomes = map[string]string{
	"unreadable": "found.unreadable", "hash": "found.hash", "order": "found.order", "signature": "found.signature", "rollback": "found.rollback",
	"fork": "found.fork", "payload": "found.payload", "malformed": "found.malformed",
}

// outcome is a sentence that the check in the browser may come to.
type outcome struct{ Code, Message string }

var (
	goodOutcomes = []outcome{{"good", "browser.good"}, {"continued", "browser.continued"}}
	badOutcomes  = []outcome{{"hash", "found.hash"}, {"order", "found.order"}, {"signature", "found.signature"}, {"rollback", "found.rollback"},
		{"fork", "found.fork"}, {"payload", "found.payload"}, {"malformed", "found.malformed"}, {"unreadable", "found.unreadable"},
		{"key", "browser.bad_key"}, {"since", "browser.bad_since"}, {"cancelled", "found.cancelled"}, {"insecure", "browser.bad_insecure"}, {"unsupported", "browser.bad_unsupported"}}
)

// verifyCommand is how the command line checks what was downloaded.
const verifyCommand = "samplit audit verify samplit-audit.ndjson --key samplit-audit.pub --since samplit.checkpoint"

// sealLine is the one sentence about the record.
func sealLine(ctx context.Context, m AuditSeal) string {
	switch {
	case m.Problem != "":
		return word(ctx, sealProblems, m.Problem)
	case m.Sealed == 0:
		return t(ctx, "seal.first")
	case m.Sealed < m.Entries:
		return t(ctx, "seal.partly", "Sealed", m.Sealed, "Count", m.Entries-m.Sealed)
	}
	return t(ctx, "seal.whole", "Count", m.Entries)
}
