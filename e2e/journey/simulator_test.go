//go:build e2e

package journey_test

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/samplit/samplit/e2e/browser"
	"github.com/samplit/samplit/e2e/port"
	"github.com/samplit/samplit/e2e/program"
)

// operator reads what a program tells its operators.
type operator struct {
	t   *testing.T
	url string
}

// gauge is the number of a metric, labels included in its name.
func (o operator) gauge(name string) string {
	o.t.Helper()
	resp, err := http.Get(o.url + "/metrics")
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			return value
		}
	}
	o.t.Fatalf("no metric %s", name)
	return ""
}

// versions makes the form have n versions, converting at 4 %, 4.1 % and so on.
func (m *marketer) versions(n int) {
	m.t.Helper()
	for {
		have := browser.Eval[int](m.Tab, `document.querySelectorAll('[name="rate"]').length`)
		if have >= n {
			break
		}
		m.Run(`document.querySelector('[name="do"][value="add"]').click()`)
		m.Until(fmt.Sprintf(`document.querySelectorAll('[name="rate"]').length === %d && document.readyState === "complete"`, have+1))
	}
	m.Run(`document.querySelectorAll('[name="rate"]').forEach((field, i) => { field.value = (4 + i / 10).toFixed(1); })`)
}

const (
	simulateNow   = `document.querySelector('form[data-simulate] .btn-primary').click()`
	simulatedLine = `(document.querySelector("#headline") || {innerText: ""}).innerText`
)

// Somebody without an account plays a test through, gives the link away, and cancels another simulation, which ends on the server.
func TestAnybodySimulatesSharesAndCancels(t *testing.T) {
	admin := port.Free(t)
	p := program.New(t, "ADMIN_ADDR="+admin)
	p.Serve()
	o := operator{t, "http://" + admin}
	for i, c := range []struct{ lang, title, line, cancelled string }{
		{"en", "Simulator", "Smart traffic brings about", "Cancelled."},
		{"es", "Simulador", "El tráfico inteligente consigue", "Cancelado."},
	} {
		m := &marketer{chrome.NewTab(t), t, p.URL}
		m.Open(p.URL + "/simulate")
		m.Run(fmt.Sprintf(`document.cookie = "lang=%s; path=/"`, c.lang))
		m.Open(p.URL + "/simulate")
		m.Until(fmt.Sprintf(`document.querySelector("h1").innerText === %s`, quote(c.title)))
		m.Run(`document.querySelectorAll('[name="rate"]')[1].value = "6"; document.querySelector('[name="seed"]').value = "7"`)
		m.Run(simulateNow)
		m.Until(fmt.Sprintf(`%s.startsWith(%s) && document.querySelectorAll("[data-plot] svg").length === 2`, simulatedLine, quote(c.line)))
		found := browser.Eval[string](m.Tab, `document.querySelector("#result").innerText`)

		guest := &marketer{chrome.NewTab(t), t, p.URL}
		guest.Open(p.URL + "/simulate")
		guest.Run(fmt.Sprintf(`document.cookie = "lang=%s; path=/"`, c.lang))
		guest.Open(browser.Eval[string](m.Tab, `document.querySelector("#simulate-link").innerText`))
		guest.Until(`document.querySelectorAll("[data-plot] svg").length === 2`)
		if got := browser.Eval[string](guest.Tab, `document.querySelector("#result").innerText`); got != found {
			t.Errorf("%s: the link shows\n%s\nwant\n%s", c.lang, got, found)
		}
		for _, plot := range []string{"lost", "shares"} {
			paths := fmt.Sprintf(`[...document.querySelectorAll('[data-plot="%s"] path')].map(path => path.getAttribute("d")).join()`, plot)
			if mine, theirs := browser.Eval[string](m.Tab, paths), browser.Eval[string](guest.Tab, paths); mine != theirs || mine == "" {
				t.Errorf("%s: the chart %s is another picture", c.lang, plot)
			}
		}

		m.versions(8)
		m.fill(map[string]string{"days": "90"})
		m.Run(simulateNow)
		m.Until(`!document.querySelector("[data-simulating]").hidden && document.querySelector("#simulated").value > 0`)
		if running := o.gauge("samplit_simulations_running"); running != "1" {
			t.Errorf("%s: %s simulations run, want 1", c.lang, running)
		}
		m.Run(`document.querySelector("[data-cancel]").click()`)
		m.Until(fmt.Sprintf(`document.querySelector("[data-simulating]").hidden && document.querySelector("[data-cancelled]").innerText.trim() === %s`, quote(c.cancelled)))
		p.Await("idle", func() bool { return o.gauge("samplit_simulations_running") == "0" })
		if n := o.gauge(`samplit_simulations_total{end="cancelled"}`); n != fmt.Sprint(2*i+1) {
			t.Errorf("%s: %s simulations were cancelled, want %d", c.lang, n, 2*i+1)
		}

		// Closing the page cancels, too.
		m.Run(simulateNow)
		m.Until(`document.querySelector("#simulated").value > 0`)
		m.Close()
		p.Await("idle", func() bool { return o.gauge("samplit_simulations_running") == "0" })
		if n := o.gauge(`samplit_simulations_total{end="cancelled"}`); n != fmt.Sprint(2*i+2) {
			t.Errorf("%s: after closing the page %s simulations were cancelled, want %d", c.lang, n, 2*i+2)
		}
		if problems := append(m.Console.All(), guest.Console.All()...); len(problems) > 0 {
			t.Errorf("%s: the console says %q", c.lang, problems)
		}
	}
	if n := o.gauge(`samplit_simulations_total{end="finished"}`); n != "1" {
		t.Errorf("%s simulations were computed to the end, want 1: the others are the same one", n)
	}
}
