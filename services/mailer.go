package services

import (
	"context"
	"time"
)

// Recipient is who gets a message, and in which language ("en" or "es").
type Recipient struct{ Email, Name, Lang string }

// Mailer sends the messages that Samplit writes to people. An error means that it may be tried again.
type Mailer interface {
	SendReset(ctx context.Context, to Recipient, link string, valid time.Duration) error
	SendWelcome(ctx context.Context, to Recipient, link string) error
}
