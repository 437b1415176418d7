package views

import (
	"context"
	"strings"

	"github.com/samplit/samplit/locale"
)

func lang(ctx context.Context) string {
	return locale.Lang(ctx)
}

// ResetMailText is ResetMailHTML as plain text.
func ResetMailText(ctx context.Context, m ResetMail) string {
	return paragraphs(
		t(ctx, "mail.hello", "Name", m.Name), t(ctx, "mail.reset_text"), m.URL,
		t(ctx, "mail.reset_valid", "Count", m.ValidMinutes), "Samplit",
	)
}

// WelcomeMailText is WelcomeMailHTML as plain text.
func WelcomeMailText(ctx context.Context, m WelcomeMail) string {
	return paragraphs(t(ctx, "mail.hello", "Name", m.Name), t(ctx, "mail.welcome_text"), m.URL, "Samplit")
}

// CheckpointMailText is CheckpointMailHTML as plain text.
func CheckpointMailText(ctx context.Context, m CheckpointMail) string {
	return paragraphs(t(ctx, "mail.hello", "Name", m.Name), t(ctx, "mail.checkpoint_text", "Count", m.Entries), m.Checkpoint,
		t(ctx, "mail.checkpoint_keep"), m.URL, "Samplit")
}

func paragraphs(parts ...string) string {
	return strings.Join(parts, "\n\n") + "\n"
}
