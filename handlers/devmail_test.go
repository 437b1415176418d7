package handlers

import (
	"net/http"
	"strings"
	"testing"

	"github.com/samplit/samplit/mail"
)

func TestMailbox(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.browser()
	b.want(br.get("/dev/mail"), http.StatusOK)
	err := b.mailbox.Send(t.Context(), mail.Message{From: "a@localhost", To: "b@example.test", Subject: "Hello <b>",
		Text: "Click https://x.test/?a=1&b=2 now", HTML: `<p>Hi</p><script>alert(1)</script>`})
	if err != nil {
		t.Fatal(err)
	}
	list := b.want(br.get("/dev/mail"), http.StatusOK).doc(t)
	if got, _ := list.Find("a.cover").Attr("href"); got != "/dev/mail/1" || list.Find("a.cover").Text() != "Hello <b>" {
		t.Errorf("got %q to %q", list.Find("a.cover").Text(), got)
	}
	one := b.want(br.get("/dev/mail/1"), http.StatusOK).doc(t)
	if got, _ := one.Find(".links a").Attr("href"); got != "https://x.test/?a=1&b=2" {
		t.Errorf("link: got %q", got)
	}
	frame, _ := one.Find("iframe").Attr("src")
	html := b.want(br.get(frame), http.StatusOK)
	policy := html.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "sandbox;") || strings.Contains(policy, "script-src") || !strings.Contains(policy, "frame-ancestors 'self'") {
		t.Errorf("the message may run scripts: %s", policy)
	}
	b.want(br.get("/dev/mail/2"), http.StatusNotFound)
	b.want(br.get("/dev/mail/2/html"), http.StatusNotFound)
}
