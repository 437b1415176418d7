package views

import "time"

// History is the tab of one experiment, or the account's audit list when Experiment is nil.
type History struct {
	Experiment *Experiment
	Rows       []HistoryRow
	Next       string // address of older rows; empty at the end
	// Of the account's list alone.
	Family, Who string // what the rows were narrowed to; empty: all
	People      []Person
	Seal        *AuditSeal
	MayErase    bool
}

// Person is somebody whom the rows can be narrowed to.
type Person struct{ ID, Name string }

// HistoryRow is one audit entry. Action is the audit's own word ("experiment.started"); Text, when set, is the finished
// sentence to show instead of the catalogue's.
type HistoryRow struct {
	Seq     int64
	At      time.Time
	Actor   string // empty is Samplit itself
	Action  string
	Text    string
	Subject string // what it was done to
	URL     string // where the subject lives
	Detail  []HistoryDetail
	Erased  bool // what it said besides is gone
}

// HistoryDetail is one changed value.
type HistoryDetail struct {
	Name, Before, After string
}

// auditWords are the sentences of the audit's own words.
var auditWords = map[string]string{
	"account.created":       "audit.account_created",
	"user.signed_in":        "audit.user_signed_in",
	"user.signed_out":       "audit.user_signed_out",
	"user.password_changed": "audit.user_password_changed",
	"user.password_reset":   "audit.user_password_reset",
	"user.session_ended":    "audit.session_ended",
	"user.sessions_ended":   "audit.sessions_ended",
	"installation.created":  "audit.installation_created",
	"installation.updated":  "audit.installation_updated",
	"note.added":            "audit.note_added",
	"note.removed":          "audit.note_removed",
	"installation.halted":   "audit.installation_halted",
	"installation.resumed":  "audit.installation_resumed",
	"experiment.created":    "audit.experiment_created",
	"experiment.updated":    "audit.experiment_updated",
	"experiment.edited":     "audit.experiment_edited",
	"experiment.started":    "audit.experiment_started",
	"experiment.paused":     "audit.experiment_paused",
	"experiment.resumed":    "audit.experiment_resumed",
	"experiment.completed":  "audit.experiment_completed",
	"experiment.archived":   "audit.experiment_archived",
	"experiment.duplicated": "audit.experiment_duplicated",
	"experiment.traffic":    "audit.experiment_traffic",
	"experiment.weights":    "audit.experiment_weights",
	"experiment.learning":   "audit.experiment_learning",
	"quarantine.retried":    "audit.quarantine_retried",
	"quarantine.discarded":  "audit.quarantine_discarded",
	"epoch.opened":          "audit.epoch_opened",
	"key.created":           "audit.key_created",
	"key.revoked":           "audit.key_revoked",
	"user.updated":          "audit.user_updated",
	"payload.erased":        "audit.payload_erased",
	"person.erased":         "audit.person_erased",
	"audit.heartbeat":       "audit.heartbeat",
	"audit.key_rotated":     "audit.key_rotated",
	"user.sign_in_refused":  "audit.sign_in_refused",
	"upload.added":          "audit.upload_added",
	"page.opened":           "audit.page_opened",
	"export.requested":      "audit.export_requested",
	"export.cancelled":      "audit.export_cancelled",
	"share.created":         "audit.share_created",
	"share.published":       "audit.share_published",
	"share.revoked":         "audit.share_revoked",
	"decisions.batch":       "audit.decisions_batch",
}
