package proxy

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
)

const (
	maxCookies    = 60
	maxCookieSize = 4096
)

// jar keeps the cookies of one site for one session. Whatever a cookie says of its domain, it goes back to the host that set it and to
// no other; no browser ever sees it.
type jar struct {
	mu    sync.Mutex
	jar   *cookiejar.Jar
	known map[string]bool // names, to bound them
}

func newJar() *jar {
	j, _ := cookiejar.New(nil) // never fails
	return &jar{jar: j, known: map[string]bool{}}
}

func (j *jar) keep(u *url.URL, h http.Header) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, line := range h["Set-Cookie"] {
		c, err := http.ParseSetCookie(line)
		if err != nil || len(line) > maxCookieSize || !j.known[c.Name] && len(j.known) == maxCookies {
			continue
		}
		j.known[c.Name] = true
		c.Domain = ""
		j.jar.SetCookies(u, []*http.Cookie{c})
	}
}

// header is the Cookie header for an address.
func (j *jar) header(u *url.URL) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []string
	for _, c := range j.jar.Cookies(u) {
		out = append(out, c.Name+"="+c.Value)
	}
	return strings.Join(out, "; ")
}
