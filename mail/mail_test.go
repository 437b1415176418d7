package mail

import (
	"bytes"
	"context"
	"errors"
	"io"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/samplit/samplit/services"
)

func TestMessagesSpeakTheReadersLanguage(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string][3]string{
		"en": {"Choose a new password", "for 30 minutes", "Hello Ana <b>,"},
		"es": {"", "30 minutos", "Ana <b>"},
	} {
		box := NewCatcher(time.Now)
		m := New("no-reply@shop.example", box)
		to := services.Recipient{Email: "ana@shop.example", Name: "Ana <b>", Lang: lang}
		if err := m.SendReset(t.Context(), to, "https://app.example/reset?token=abc", 30*time.Minute); err != nil {
			t.Fatal(err)
		}
		if err := m.SendWelcome(t.Context(), to, "https://app.example/home"); err != nil {
			t.Fatal(err)
		}
		got := box.List()[1]
		if want[0] != "" && got.Subject != want[0] || got.Subject == "" || got.To != "ana@shop.example" || got.From != "no-reply@shop.example" {
			t.Errorf("%s: got subject %q to %s from %s", lang, got.Subject, got.To, got.From)
		}
		for _, part := range []string{"https://app.example/reset?token=abc", want[1], want[2]} {
			if !strings.Contains(got.Text, part) {
				t.Errorf("%s: the text lacks %q:\n%s", lang, part, got.Text)
			}
		}
		if strings.Contains(got.HTML, "<b>") || !strings.Contains(got.HTML, `href="https://app.example/reset?token=abc"`) {
			t.Errorf("%s: HTML:\n%s", lang, got.HTML)
		}
	}
}

func TestCatcherKeepsTheNewest(t *testing.T) {
	t.Parallel()
	box := NewCatcher(time.Now)
	for range caughtMax + 5 {
		if err := box.Send(t.Context(), Message{}); err != nil {
			t.Fatal(err)
		}
	}
	list := box.List()
	if len(list) != caughtMax || list[0].ID != "105" || list[caughtMax-1].ID != "6" {
		t.Errorf("got %d, from %s to %s", len(list), list[0].ID, list[len(list)-1].ID)
	}
	if _, ok := box.Get("5"); ok {
		t.Error("the oldest are still there")
	}
	if m, ok := box.Get("6"); !ok || m.ID != "6" {
		t.Errorf("got %+v, %v", m, ok)
	}
}

// server is a mail server that keeps what it gets.
type server struct {
	mu       sync.Mutex
	from, to []string
	data     [][]byte
	refuse   bool
}

func (s *server) NewSession(*smtp.Conn) (smtp.Session, error) { return s, nil }
func (s *server) Reset()                                      {}
func (s *server) Logout() error                               { return nil }

func (s *server) Mail(from string, _ *smtp.MailOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.from = append(s.from, from)
	return nil
}

func (s *server) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse {
		return errors.New("no such mail box")
	}
	s.to = append(s.to, to)
	return nil
}

func (s *server) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data = append(s.data, b)
	return err
}

func start(t *testing.T, s *server) (address string) {
	t.Helper()
	l := listen(t)
	srv := smtp.NewServer(s)
	srv.Domain, srv.AllowInsecureAuth = "localhost", true
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(l) }()
	t.Cleanup(func() {
		_ = srv.Close()
		_ = l.Close() // in case it was closed before it began to serve
		<-done
	})
	return l.Addr().String()
}

func TestSMTP(t *testing.T) {
	t.Parallel()
	s := &server{}
	transport, err := NewSMTP("smtp://" + start(t, s))
	if err != nil {
		t.Fatal(err)
	}
	to := services.Recipient{Email: "ana@shop.example", Name: "Ana \"Ñ\"\r\nBcc: x@evil.test", Lang: "es"}
	if err := New("no-reply@shop.example", transport).SendReset(t.Context(), to, "https://app.example/reset?token=abc", 30*time.Minute); err != nil {
		t.Fatal(err)
	}
	if len(s.data) != 1 || s.from[0] != "no-reply@shop.example" || s.to[0] != "ana@shop.example" {
		t.Fatalf("got %d messages from %v to %v", len(s.data), s.from, s.to)
	}
	m, err := netmail.ReadMessage(bytes.NewReader(s.data[0]))
	if err != nil {
		t.Fatal(err)
	}
	if m.Header.Get("Bcc") != "" || m.Header.Get("Message-Id") == "" || m.Header.Get("Date") == "" || !strings.HasPrefix(m.Header.Get("Content-Type"), "multipart/alternative") {
		t.Errorf("headers: %v", m.Header)
	}
	body, err := io.ReadAll(m.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"text/plain", "text/html"} {
		if !bytes.Contains(body, []byte(part)) {
			t.Errorf("no %s part", part)
		}
	}
}

// Mail programs offer to stop messages of a kind by one click, RFC 8058; what somebody has to know is not offered to be stopped.
func TestNoticesCarryTheirStop(t *testing.T) {
	t.Parallel()
	s := &server{}
	transport, err := NewSMTP("smtp://" + start(t, s))
	if err != nil {
		t.Fatal(err)
	}
	m, to := New("no-reply@shop.example", transport), services.Recipient{Email: "ana@shop.example", Name: "Ana", Lang: "en"}
	stop := "https://app.example/alerts/stop/weekly/" + strings.Repeat("0aZ_-", 15)
	for _, send := range []func() error{
		func() error {
			return m.SendNotice(t.Context(), to, services.NoticeMail{Kind: services.NoticeWeekly, Lines: []string{"All is well."}, URL: "https://app.example/alerts", Stop: stop})
		},
		func() error {
			return m.SendCheckpoint(t.Context(), to, "https://app.example/audit", 7, "samplit/audit/…")
		},
	} {
		if err := send(); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []struct{ list, post string }{{"<" + stop + ">", "List-Unsubscribe=One-Click"}, {"", ""}} {
		sent, err := netmail.ReadMessage(bytes.NewReader(s.data[i]))
		if err != nil {
			t.Fatal(err)
		}
		if list, post := sent.Header.Get("List-Unsubscribe"), sent.Header.Get("List-Unsubscribe-Post"); list != want.list || post != want.post {
			t.Errorf("message %d: got %q and %q, want %q and %q", i, list, post, want.list, want.post)
		}
	}
}

func TestSMTPRefusals(t *testing.T) {
	t.Parallel()
	refusing, err := NewSMTP("smtp://" + start(t, &server{refuse: true}))
	if err != nil {
		t.Fatal(err)
	}
	message := Message{From: "no-reply@shop.example", To: "ana@shop.example", Subject: "x", Text: "x", HTML: "x"}
	if err := refusing.Send(t.Context(), message); err == nil {
		t.Error("a refused message counts as sent")
	}
	l := listen(t)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	gone, err := NewSMTP("smtp://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := gone.Send(t.Context(), message); err == nil {
		t.Error("a server that is away counts as reached")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := refusing.Send(ctx, message); err == nil {
		t.Error("a cancelled delivery counts as done")
	}
	for _, address := range []string{"", "shop.example:25", "http://shop.example", "smtp://", "smtp://user:s3cret@:25", "smtp://user:s3cret@host:port"} {
		_, err := NewSMTP(address)
		if err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: got %v, want a refusal without the password", address, err)
		}
	}
}

// Away from this machine a password or a link never travels in the clear.
func TestSMTPWantsTLSElsewhere(t *testing.T) {
	t.Parallel()
	s := &server{}
	address := start(t, s)
	_, port, _ := strings.Cut(address, ":")
	transport, err := NewSMTP("smtp://mail.localhost:" + port)
	if err != nil {
		t.Fatal(err)
	}
	transport.options = append(transport.options, dialLoopback(address))
	err = transport.Send(t.Context(), Message{From: "no-reply@shop.example", To: "ana@shop.example", Subject: "x", Text: "x", HTML: "x"})
	if err == nil || len(s.data) != 0 {
		t.Errorf("got %v and %d messages, want a refusal", err, len(s.data))
	}
}
