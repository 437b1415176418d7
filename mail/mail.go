// Package mail renders the messages that Samplit writes to people and sends them: over SMTP, or in development into a mail box
// that the server shows.
package mail

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/a-h/templ"

	"github.com/samplit/samplit/locale"
	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

// Message is one message to one person, as text and as HTML.
type Message struct {
	From, To, ToName, Subject string
	Text, HTML                string
	Stop                      string // where a POST stops messages of this kind, RFC 8058; empty when nothing does
}

// Transport carries a message away.
type Transport interface {
	Send(context.Context, Message) error
}

// Mailer writes the messages; it implements services.Mailer.
type Mailer struct {
	from      string
	transport Transport
}

// New makes a Mailer that sends as from, an address.
func New(from string, t Transport) *Mailer { return &Mailer{from, t} }

// SendReset sends the link to choose a new password.
func (m *Mailer) SendReset(ctx context.Context, to services.Recipient, link string, valid time.Duration) error {
	ctx = locale.With(ctx, to.Lang)
	model := views.ResetMail{Name: to.Name, URL: link, ValidMinutes: int(valid.Minutes())}
	return m.send(ctx, to, locale.T(ctx, "mail.reset_subject"), views.ResetMailText(ctx, model), views.ResetMailHTML(model))
}

// SendWelcome sends the message after registering.
func (m *Mailer) SendWelcome(ctx context.Context, to services.Recipient, link string) error {
	ctx = locale.With(ctx, to.Lang)
	model := views.WelcomeMail{Name: to.Name, URL: link}
	return m.send(ctx, to, locale.T(ctx, "mail.welcome_subject"), views.WelcomeMailText(ctx, model), views.WelcomeMailHTML(model))
}

// SendCheckpoint sends the checkpoint of an account's record, for its owner to keep.
func (m *Mailer) SendCheckpoint(ctx context.Context, to services.Recipient, link string, size int64, checkpoint string) error {
	ctx = locale.With(ctx, to.Lang)
	model := views.CheckpointMail{Name: to.Name, URL: link, Entries: size, Checkpoint: checkpoint}
	return m.send(ctx, to, locale.T(ctx, "mail.checkpoint_subject"), views.CheckpointMailText(ctx, model), views.CheckpointMailHTML(model))
}

// SendNotice sends what happened to somebody's tests.
func (m *Mailer) SendNotice(ctx context.Context, to services.Recipient, n services.NoticeMail) error {
	ctx = locale.With(ctx, to.Lang)
	model := views.NoticeMail{Name: to.Name, Kind: n.Kind, Lines: n.Lines, URL: n.URL, Stop: n.Stop}
	message, err := m.compose(ctx, to, model.Subject(ctx), views.NoticeMailText(ctx, model), views.NoticeMailHTML(model))
	if err != nil {
		return err
	}
	message.Stop = n.Stop
	return m.transport.Send(ctx, message)
}

func (m *Mailer) send(ctx context.Context, to services.Recipient, subject, text string, html templ.Component) error {
	message, err := m.compose(ctx, to, subject, text, html)
	if err != nil {
		return err
	}
	return m.transport.Send(ctx, message)
}

func (m *Mailer) compose(ctx context.Context, to services.Recipient, subject, text string, html templ.Component) (Message, error) {
	var page bytes.Buffer
	if err := html.Render(ctx, &page); err != nil {
		return Message{}, fmt.Errorf("render mail: %w", err)
	}
	return Message{From: m.from, To: to.Email, ToName: to.Name, Subject: subject, Text: text, HTML: page.String()}, nil
}
