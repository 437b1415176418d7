package handlers

import (
	"net/http"
	"regexp"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/mail"
	"github.com/samplit/samplit/views"
)

// devmailRoutes shows the mail that development does not send. In production there is nothing.
func (h *server) devmailRoutes(g groups) {
	if h.Mailbox == nil {
		return
	}
	g.public.GET("/dev/mail", h.mailbox)
	g.public.GET("/dev/mail/:id", h.caughtMail)
	g.public.GET("/dev/mail/:id/html", h.caughtMailHTML)
}

func (h *server) mailbox(c echo.Context) error {
	var m views.Mailbox
	for _, caught := range h.Mailbox.List() {
		m.Mails = append(m.Mails, mailRow(caught))
	}
	return h.render(c, http.StatusOK, views.MailboxPage(h.page(c), m))
}

var linkInText = regexp.MustCompile(`https?://[^\s<>"]+`)

func (h *server) caughtMail(c echo.Context) error {
	caught, ok := h.Mailbox.Get(c.Param("id"))
	if !ok {
		return echo.ErrNotFound
	}
	m := views.CaughtMail{MailRow: mailRow(caught), From: caught.From, Text: caught.Text,
		Links: linkInText.FindAllString(caught.Text, 20), HTMLURL: "/dev/mail/" + caught.ID + "/html"}
	return h.render(c, http.StatusOK, views.CaughtMailPage(h.page(c), m))
}

// caughtMailHTML is the message as the reader's program would draw it, for the frame of caughtMail: nothing in it runs.
func (h *server) caughtMailHTML(c echo.Context) error {
	caught, ok := h.Mailbox.Get(c.Param("id"))
	if !ok {
		return echo.ErrNotFound
	}
	header := c.Response().Header()
	header.Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'")
	header.Set("Cache-Control", "no-store")
	return c.HTML(http.StatusOK, caught.HTML)
}

func mailRow(m mail.Caught) views.MailRow {
	return views.MailRow{ID: m.ID, To: m.To, Subject: m.Subject, At: m.At}
}
