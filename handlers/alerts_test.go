package handlers

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/samplit/samplit/mail"
	"github.com/samplit/samplit/services"
)

// notices are told and mailed by the bundle, whose jobs run.
func (b *testBundle) notices() *services.Notices {
	return services.NewNotices(b.db, b.deps.Analytics, mail.New("no-reply@localhost", b.mailbox), b.secret, b.deps.BaseURL, b.clock.Now, slog.New(slog.DiscardHandler))
}

// mails waits until as many messages with a subject have come.
func (b *testBundle) mails(subject string, want int) []mail.Caught {
	b.t.Helper()
	var got []mail.Caught
	for range 1200 {
		got = got[:0]
		for _, m := range b.mailbox.List() {
			if strings.Contains(m.Subject, subject) {
				got = append(got, m)
			}
		}
		if len(got) >= want {
			return got
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Fatalf("got %d messages %q, want %d", len(got), subject, want)
	return nil
}

func TestAlertsAreToldOnceAndStopped(t *testing.T) {
	t.Parallel()
	b := setupWith(t, bundleOptions{db: ownDatabase(t)})
	notices := b.notices()
	b.runJobs(notices.Workers()...)
	o := b.owner().withSite()
	x := o.decided()
	path := "/experiments/" + x["id"].(string)
	headline := b.want(o.get(path), http.StatusOK).doc(t).Find(".statement").Text()
	for range 3 { // a server that looks again, or another one
		if err := notices.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	got := b.mails("has its answer", 1)
	if count := b.want(o.get("/home"), http.StatusOK).doc(t).Find(".nav-count").Text(); count != "1" {
		t.Errorf("the bell shows %q, want 1", count)
	}
	doc := b.want(o.get("/alerts"), http.StatusOK).doc(t)
	if rows := doc.Find(".alerts li"); rows.Length() != 1 || !strings.Contains(rows.Text(), headline) || !strings.Contains(got[0].Text, headline) {
		t.Errorf("got %q and message %q, want %q", rows.Text(), got[0].Text, headline)
	}
	if n := b.want(o.get("/home"), http.StatusOK).doc(t).Find(".nav-count").Length(); n != 0 {
		t.Error("the bell does not fall silent")
	}

	stop := got[0].Text[strings.Index(got[0].Text, "http://localhost:8080/alerts/stop/")+len("http://localhost:8080"):]
	stop, _, _ = strings.Cut(stop, "\n")
	stranger := b.browser()
	b.want(stranger.get(stop), http.StatusOK) // looking stops nothing
	if on := b.want(o.get("/alerts"), http.StatusOK).doc(t).Find("input[name=mailed-decided][checked]").Length(); on != 1 {
		t.Error("following the link stopped the messages without asking")
	}
	b.want(stranger.post(stop+"x", nil), http.StatusNotFound)
	b.want(stranger.post(strings.Replace(stop, "decided", "weekly", 1), nil), http.StatusNotFound)
	b.want(stranger.post(stop, nil), http.StatusOK)
	doc = b.want(o.get("/alerts"), http.StatusOK).doc(t)
	if doc.Find("input[name=mailed-decided][checked]").Length() != 0 || doc.Find("input[name=mailed-weekly][checked]").Length() != 1 {
		t.Error("the link did not stop its messages alone")
	}
	if got := b.mails("has its answer", 1); len(got) != 1 {
		t.Errorf("got %d messages, want one", len(got))
	}
}

func TestWeeklyReportFollowsTheChoices(t *testing.T) {
	t.Parallel()
	b := setupWith(t, bundleOptions{db: ownDatabase(t)})
	monday := time.Now().UTC().Truncate(24 * time.Hour)
	for monday.Weekday() != time.Monday {
		monday = monday.AddDate(0, 0, 1)
	}
	notices := b.notices()
	b.runJobs(notices.Workers()...)
	o := b.owner().withSite()
	x := o.experiment(nil)
	o.status(x, members{"status": "running"}, http.StatusOK)
	b.want(o.post("/settings", url.Values{"name": {"Ana"}, "lang": {"es"}, "theme": {""}}), http.StatusSeeOther)
	b.want(o.post("/alerts", url.Values{"mailed-weekly": {"on"}}), http.StatusSeeOther)
	b.clock.set(monday.Add(8 * time.Hour))
	for range 2 {
		if err := notices.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	got := b.mails("semana", 1)
	if n := b.want(o.get("/alerts"), http.StatusOK).doc(t).Find("input[name=mailed-weekly][checked]").Length(); n != 1 {
		t.Error("the report is not wanted")
	}
	path := strings.TrimPrefix(got[0].Stop, b.deps.BaseURL)
	for _, bad := range []string{path[:len(path)-1], strings.Replace(path, "weekly", "decided", 1)} {
		b.want(b.oneClick(bad), http.StatusNotFound)
	}
	if n := o.get("/alerts").doc(t).Find("input[name=mailed-weekly][checked]").Length(); n != 1 {
		t.Error("a link that was not made here stopped the report")
	}
	for range 2 { // whoever asks again is told the same
		b.want(b.oneClick(path), http.StatusOK)
	}
	if n := o.get("/alerts").doc(t).Find("input[name=mailed-weekly][checked]").Length(); n != 0 {
		t.Error("one click did not stop the report")
	}
	if !strings.Contains(got[0].Text, x["name"].(string)+": ") {
		t.Errorf("got %q, want the test with its sentence", got[0].Text)
	}
	if n := b.want(o.get("/home"), http.StatusOK).doc(t).Find(".nav-count").Length(); n != 0 {
		t.Error("the bell rings: the report was wanted by mail alone")
	}
	if got := b.mails("semana", 1); len(got) != 1 {
		t.Errorf("got %d reports, want one", len(got))
	}
}

// oneClick asks like the server of a mail provider, RFC 8058: without cookies, and not as a page does.
func (b *testBundle) oneClick(path string) answer {
	return b.send(http.MethodPost, path, "List-Unsubscribe=One-Click", func(r *http.Request) {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	})
}

func TestRefusedSignInsAreInTheRecord(t *testing.T) {
	t.Parallel()
	b := setupWith(t, bundleOptions{db: ownDatabase(t)})
	b.runJobs()
	email := newEmail()
	br := b.registered(email)
	for _, who := range []string{email, newEmail()} {
		b.want(b.browser().post("/login", url.Values{"email": {who}, "password": {"not the password"}}), http.StatusUnprocessableEntity)
	}
	for range 1200 {
		if strings.Contains(b.want(br.get("/audit"), http.StatusOK).body, "A wrong password was tried") {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("the record does not tell of a wrong password")
}
