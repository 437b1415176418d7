package views

import (
	"context"
	"time"

	"github.com/samplit/samplit/locale"
)

// Alerts is what somebody was told, and what they want to be told.
type Alerts struct {
	List    []Alert
	Choices []AlertChoice
}

// Alert is something that happened. Kind is one of alertWords.
type Alert struct {
	Kind, Name, URL string
	Lines           []string
	At              time.Time
	New             bool
}

// AlertChoice is what somebody wants of a kind.
type AlertChoice struct {
	Kind          string
	Shown, Mailed bool
}

// AlertStop is the page behind the link in a message: it asks, and then says that it is done.
type AlertStop struct {
	Kind      string
	Done, Bad bool
}

var alertWords = map[string]string{"decided": "alerts.decided", "unhealthy": "alerts.unhealthy", "weekly": "alerts.weekly"}

var alertHelp = map[string]string{"decided": "alerts.decided_help", "unhealthy": "alerts.unhealthy_help", "weekly": "alerts.weekly_help"}

var alertIcons = map[string]string{"decided": "flag", "unhealthy": "triangle-alert", "weekly": "chart-line"}

func alertIcon(kind string) string {
	if name, ok := alertIcons[kind]; ok {
		return name
	}
	return "bell"
}

// NoticeMail is a message about what happened.
type NoticeMail struct {
	Name, Kind, URL, Stop string
	Lines                 []string
}

// Subject of the message.
func (m NoticeMail) Subject(ctx context.Context) string { return word(ctx, alertSubjects, m.Kind) }

var alertSubjects = map[string]string{"decided": "mail.decided_subject", "unhealthy": "mail.unhealthy_subject", "weekly": "mail.weekly_subject"}

// NoticeMailText is NoticeMailHTML as plain text.
func NoticeMailText(ctx context.Context, m NoticeMail) string {
	parts := append([]string{t(ctx, "mail.hello", "Name", m.Name)}, m.Lines...)
	return paragraphs(append(parts, m.URL, t(ctx, "mail.stop")+" "+m.Stop, "Samplit")...)
}

func unreadLabel(ctx context.Context, n int64) string {
	if n > 99 {
		return "99+"
	}
	return locale.Int(ctx, n)
}
