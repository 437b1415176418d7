//go:build e2e

package audit_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/uuid"

	"github.com/samplit/samplit/audit"
	"github.com/samplit/samplit/e2e/browser"
	"github.com/samplit/samplit/e2e/program"
)

// auditor is somebody signed in at the audit page.
type auditor struct {
	*browser.Tab
	t    *testing.T
	base string
	dir  string
}

func newAuditor(t *testing.T) *auditor {
	t.Helper()
	p := program.New(t, "LEARN_INTERVAL=1h")
	p.Serve()
	a := &auditor{chrome.NewTab(t), t, p.URL, t.TempDir()}
	a.Open(a.base + "/register")
	a.Run(`for (const [name, value] of Object.entries({name: "Ada Auditor", email: "ada@shop.test", password: "a-long-enough-secret-7"}))
		document.getElementsByName(name)[0].value = value;
		document.querySelector("form[method=post][action$='/register']").requestSubmit()`)
	a.Until(`location.pathname === "/home" && document.readyState === "complete"`)
	return a
}

// addSite changes something that is recorded.
func (a *auditor) addSite(address string) {
	a.t.Helper()
	a.Open(a.base + "/sites/new")
	a.Run(fmt.Sprintf(`document.getElementsByName("url")[0].value = %q; document.querySelector("form[method=post][action$='/sites/new']").requestSubmit()`, address))
	a.Until(`/^\/sites\/[0-9a-f-]{36}/.test(location.pathname) && document.readyState === "complete"`)
}

// download follows one of the links of the audit page.
func (a *auditor) download(link string) string {
	a.t.Helper()
	return browser.Eval[string](a.Tab, fmt.Sprintf(`fetch(document.querySelector("#seal a[download][href='%s']").href).then(r => r.text())`, link))
}

// file writes what somebody keeps.
func (a *auditor) file(name, text string) string {
	a.t.Helper()
	path := filepath.Join(a.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		a.t.Fatal(err)
	}
	return path
}

// verdict chooses files, has them checked and returns the outcome with the first bad entry, as they are shown.
func (a *auditor) verdict(bundle, since string) string {
	a.t.Helper()
	choose := func(field, name, text string) {
		if text == "" {
			a.Run(fmt.Sprintf(`document.querySelector(%q).value = ""`, field))
			return
		}
		a.Do(chromedp.SetUploadFiles(field, []string{a.file(name, text)}))
	}
	choose("#seal-bundle", "samplit-audit.ndjson", bundle)
	choose("#seal-since", "samplit.checkpoint", since)
	a.Run(`for (const p of document.querySelectorAll("form[data-verify] [data-outcome]")) p.hidden = true;
		document.querySelector("form[data-verify] button[type=submit]").click()`)
	a.Until(`!document.querySelector("form[data-verify] button[type=submit]").disabled && document.querySelector("form[data-verify] [data-outcome]:not([hidden])")`)
	return browser.Eval[string](a.Tab, `[...document.querySelectorAll("form[data-verify] [data-outcome]:not([hidden])")].map(p => p.dataset.outcome).join() +
		(document.querySelector("[data-first-bad]").hidden ? "" : " at " + document.querySelector("[data-seq]").textContent)`)
}

// record is a downloaded bundle, to be forged.
type record struct {
	head    []string // its header and checkpoints
	entries []map[string]any
}

func readRecord(t *testing.T, bundle string) (r record) {
	t.Helper()
	for line := range strings.Lines(bundle) {
		var entry map[string]any
		d := json.NewDecoder(strings.NewReader(line))
		d.UseNumber()
		if err := d.Decode(&entry); err != nil {
			t.Fatal(err)
		}
		if entry["seq"] == nil {
			r.head = append(r.head, line)
		} else {
			r.entries = append(r.entries, entry)
		}
	}
	return r
}

func (r record) String() string {
	var out strings.Builder
	for _, line := range r.head {
		out.WriteString(line)
	}
	for _, e := range r.entries {
		line, err := json.Marshal(e)
		if err != nil {
			panic(err)
		}
		out.Write(append(line, '\n'))
	}
	return out.String()
}

// rehash seals the entries from i on again.
func (r record) rehash(t *testing.T, account uuid.UUID, i int) {
	t.Helper()
	bytes := func(e map[string]any, name string) (h audit.Hash) {
		if _, err := hex.Decode(h[:], []byte(e[name].(string))); err != nil {
			t.Fatal(err)
		}
		return h
	}
	number := func(e map[string]any, name string) int64 {
		n, err := e[name].(json.Number).Int64()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for ; i < len(r.entries); i++ {
		e := r.entries[i]
		if i > 0 {
			e["prev"] = r.entries[i-1]["hash"]
		}
		h := audit.Entry{Account: account, Seq: number(e, "seq"), Micros: number(e, "micros"), Actor: e["actor"].(string), Action: e["action"].(string),
			Object: e["object"].(string), PayloadHash: bytes(e, "payload_hash"), Prev: bytes(e, "prev")}.Hash()
		e["hash"] = hex.EncodeToString(h[:])
	}
}

// The browser downloads a record and judges it without a network: the genuine one is in order, and every forgery is named, by the word and
// at the entry that the command names.
func TestTheBrowserJudgesRecords(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	a.Open(a.base + "/audit")
	first := a.download("/audit/checkpoint")
	early := a.download("/audit/bundle")
	for _, address := range []string{"https://one.example", "https://two.example", "https://three.example"} {
		a.addSite(address)
	}
	a.Open(a.base + "/audit")
	bundle, kept, public := a.download("/audit/bundle"), a.download("/audit/checkpoint"), a.download("/audit/key")
	key, err := audit.ParseKey(public)
	if err != nil {
		t.Fatal(err)
	}
	checkpoint, err := audit.ParseCheckpoint(kept)
	if err != nil {
		t.Fatal(err)
	}
	honest := readRecord(t, bundle)
	n := len(honest.entries)
	old := len(readRecord(t, early).entries)
	forged := func(change func(*record)) string {
		r := readRecord(t, bundle)
		change(&r)
		return r.String()
	}
	a.Run(`document.querySelector(".seal-browser").open = true`)
	if got := a.verdict("", first); got != "continued" {
		t.Errorf("what the server says now: %q", got)
	}
	a.Offline(true)
	for _, tc := range []struct{ name, bundle, since, want string }{
		{"genuine", bundle, "", "good"},
		{"genuine, going on from the first seal", bundle, first, "continued"},
		{"payload", forged(func(r *record) { r.entries[2]["payload"] = map[string]any{"forged": true} }), first, "payload at 2"},
		{"payload taken away", forged(func(r *record) { delete(r.entries[1], "payload"); delete(r.entries[1], "salt") }), "", "payload at 1"},
		{"actor", forged(func(r *record) { r.entries[n-2]["actor"] = "user:nobody" }), "", fmt.Sprintf("hash at %d", n-2)},
		{"deleted", forged(func(r *record) { r.entries = slices.Delete(r.entries, 1, 2) }), "", "order at 1"},
		{"swapped", forged(func(r *record) { r.entries[0], r.entries[1] = r.entries[1], r.entries[0] }), "", "order at 0"},
		{"inserted", forged(func(r *record) { r.entries = slices.Insert(r.entries, 2, r.entries[1]) }), "", "order at 2"},
		{"tail cut off", forged(func(r *record) { r.entries = r.entries[:n-1] }), "", fmt.Sprintf("order at %d", n-1)},
		{"rehashed", forged(func(r *record) { r.entries[n-1]["object"] = "account:x"; r.rehash(t, checkpoint.Account, n-1) }), "", fmt.Sprintf("fork at %d", old)},
		{"rolled back", early, kept, fmt.Sprintf("rollback at %d", old)},
		{"signature", strings.Replace(bundle, "samplit-audit ", "samplit-audit AAAA", 1), "", "signature"},
		{"another account", strings.Replace(bundle, checkpoint.Account.String(), uuid.NewString(), 1), "", "signature"},
		{"cut in its first entry", strings.Join(honest.head, "") + `{"seq":0,"act`, "", "malformed at 0"},
		{"a photograph", "\xff\xd8\xff\xe0 JFIF", "", "unreadable"},
	} {
		if got := a.verdict(tc.bundle, tc.since); got != tc.want {
			t.Errorf("%s: the browser says %q, want %q", tc.name, got, tc.want)
		}
		if strings.HasPrefix(tc.name, "a photograph") || strings.Contains(tc.name, "signature") {
			continue
		}
		_, err := audit.Verify(strings.NewReader(tc.bundle), key, tc.since)
		said := map[bool]string{true: "continued", false: "good"}[tc.since != ""]
		if fault, ok := err.(*audit.Fault); ok {
			if said = fault.Code.String(); fault.Seq >= 0 {
				said += fmt.Sprintf(" at %d", fault.Seq)
			}
		}
		if said != tc.want {
			t.Errorf("%s: the command says %q, want %q", tc.name, said, tc.want)
		}
	}
	a.Offline(false)
	if errs := a.Console.Errors(); len(errs) > 0 {
		t.Errorf("console errors: %q", errs)
	}
}

// The server's own check is one click, in place, and its progress goes away.
func TestTheServersCheckAnswersInPlace(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	a.Open(a.base + "/audit")
	a.Run(`window.samePage = true; document.querySelector("[data-check] button").click()`)
	a.Until(`document.querySelector("#seal .seal-found .gain")`)
	if !browser.Eval[bool](a.Tab, `window.samePage === true && document.querySelector("[data-checking]").hidden && document.activeElement.closest("[data-check]") !== null`) {
		t.Error("the answer is another page, its progress stays, or the focus is lost")
	}
	if errs := a.Console.Errors(); len(errs) > 0 {
		t.Errorf("console errors: %q", errs)
	}
}
