package handlers

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// ownPath is the path of a customer's own host below which their proxy leads to the tracker.
const ownPath = "/_smp"

type belowKey struct{}

// belowOf is the path of the customer's host by which a request has come, empty when it came straight.
func belowOf(r *http.Request) string {
	below, _ := r.Context().Value(belowKey{}).(string)
	return below
}

// below serves what a site's pages need of the tracker on a path of their own host.
func below(tracker http.Handler) http.Handler {
	return http.StripPrefix(ownPath, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Path
		if !strings.HasPrefix(path, "/s/") && !strings.HasPrefix(path, "/api/v1/tracker/") {
			http.NotFound(w, r)
			return
		}
		if path == "/api/v1/tracker/events" {
			renewVisitor(w, r)
		}
		tracker.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), belowKey{}, ownPath)))
	}))
}

const (
	visitorCookie = "_smp"
	visitorMaxAge = 400 * 86400 // seconds
)

// visitorForm is what the snippet keeps in its cookie, see static/src/snippet/identity.ts.
var visitorForm = regexp.MustCompile(`^[\w-]{22}\.\d{1,6}$`)

// renewVisitor writes the visitor's cookie again: some browsers keep one that a script has written for days only. It makes none.
func renewVisitor(w http.ResponseWriter, r *http.Request) {
	cookie, err := r.Cookie(visitorCookie)
	page, wrong := url.Parse(r.Header.Get("Origin"))
	if err != nil || wrong != nil || page.Host == "" || refusesAll(r) || !visitorForm.MatchString(cookie.Value) {
		return
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(page.Hostname())
	if err != nil {
		domain = "" // an address, or a name within a network: the host alone, as the snippet does
	}
	http.SetCookie(w, &http.Cookie{Name: visitorCookie, Value: cookie.Value, Path: "/", Domain: domain, MaxAge: visitorMaxAge,
		Secure: page.Scheme == "https", SameSite: http.SameSiteLaxMode})
}
