package views

import "time"

// Mailbox is every mail caught in development.
type Mailbox struct {
	Mails []MailRow
}

// MailRow is one caught mail.
type MailRow struct {
	ID, To, Subject string
	At              time.Time
}

// CaughtMail is one caught mail in full. The HTML part is shown as its source of truth at HTMLURL inside a sandboxed frame;
// an empty HTMLURL shows the text alone.
type CaughtMail struct {
	MailRow
	From    string
	Text    string
	Links   []string // http addresses found in the text, to click
	HTMLURL string
}

// ResetMail is the message that lets somebody choose a new password.
type ResetMail struct {
	Name, URL    string
	ValidMinutes int
}

// WelcomeMail is the message after registration.
type WelcomeMail struct {
	Name, URL string
}

// CheckpointMail is the message with the checkpoint of the week.
type CheckpointMail struct {
	Name, URL  string
	Entries    int64
	Checkpoint string
}
