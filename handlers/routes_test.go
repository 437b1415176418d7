package handlers

import (
	"net/http"
	"strings"
	"testing"
)

// class is who may use a route.
type class string

const (
	public  class = "public"  // anybody
	session class = "session" // somebody signed in with a browser
	bearer  class = "bearer"  // a program with an access token
	dev     class = "dev"     // anybody, in development only
)

// routeClasses holds every route of the router: a new one must say here who may use it.
var routeClasses = map[string]class{
	"GET /healthz":   public,
	"HEAD /healthz":  public,
	"GET /readyz":    public,
	"HEAD /readyz":   public,
	"GET /static/*":  public,
	"HEAD /static/*": public,

	"GET /":                                public,
	"GET /login":                           public,
	"POST /login":                          public,
	"GET /register":                        public,
	"POST /register":                       public,
	"POST /logout":                         public,
	"GET /simulate":                        public,
	"POST /simulate":                       public,
	"GET /simulate/stream":                 public,
	"GET /forgot":                          public,
	"POST /forgot":                         public,
	"GET /reset":                           public,
	"POST /reset":                          public,
	"GET /settings":                        session,
	"POST /settings":                       session,
	"POST /settings/password":              session,
	"POST /settings/sessions/:id":          session,
	"POST /settings/keys":                  session,
	"POST /settings/keys/:id/revoke":       session,
	"POST /api/v1/integrations/keys":       bearer,
	"GET /api/v1/integrations/keys":        bearer,
	"DELETE /api/v1/integrations/keys/:id": bearer,

	"GET /home":                                session,
	"GET /search":                              session,
	"GET /sites":                               session,
	"GET /sites/new":                           session,
	"POST /sites/new":                          session,
	"GET /sites/:id":                           session,
	"GET /sites/:id/check":                     session,
	"POST /sites/:id/check":                    session,
	"POST /sites/:id/rules":                    session,
	"GET /experiments/:id/pages":               session,
	"POST /experiments/:id/pages":              session,
	"GET /sites/:id/halt":                      session,
	"POST /sites/:id/halt":                     session,
	"GET /experiments":                         session,
	"GET /experiments/new":                     session,
	"POST /experiments/new":                    session,
	"GET /experiments/:id":                     session,
	"GET /experiments/:id/results":             session,
	"GET /experiments/:id/edit":                session,
	"GET /experiments/:id/export/:format":      session,
	"GET /experiments/:id/print":               session,
	"GET /experiments/:id/exports":             session,
	"POST /experiments/:id/exports":            session,
	"POST /exports/:id/cancel":                 session,
	"GET /exports/:token":                      public,
	"GET /experiments/:id/plan":                session,
	"GET /experiments/:id/numbers/:variant":    session,
	"POST /experiments/:id/notes":              session,
	"POST /experiments/:id/segments":           session,
	"POST /experiments/:id/notes/:note/remove": session,
	"GET /experiments/:id/plan/mistakes":       session,
	"GET /analytics":                           session,
	"GET /learnings":                           session,
	"GET /experiments/:id/learning":            session,
	"POST /experiments/:id/learning":           session,
	"GET /alerts":                              session,
	"POST /alerts":                             session,
	"GET /alerts/stop/:kind/:token":            public,
	"POST /alerts/stop/:kind/:token":           public,
	"GET /experiments/:id/segments":            session,
	"GET /experiments/:id/share":               session,
	"POST /experiments/:id/shares":             session,
	"POST /shares/:id/revoke":                  session,
	"GET /shared/:token":                       public,
	"POST /experiments/:id/edit":               session,
	"GET /experiments/:id/changes":             session,
	"GET /experiments/:id/preview":             session,
	"GET /experiments/:id/settings":            session,
	"POST /experiments/:id/traffic":            session,
	"GET /experiments/:id/history":             session,
	"GET /experiments/:id/confirm":             session,
	"POST /experiments/:id/status":             session,
	"POST /experiments/:id/duplicate":          session,
	"GET /audit":                               session,
	"POST /audit/verify":                       session,
	"POST /audit/verify/stream":                session,
	"GET /audit/bundle":                        session,
	"GET /audit/checkpoint":                    session,
	"GET /audit/key":                           session,
	"GET /audit/certificate":                   session,
	"GET /audit/erase":                         session,
	"POST /audit/erase":                        session,
	"POST /audit/erase/find":                   session,
	"GET /audit/erase/:id":                     session,
	"GET /debugger":                            session,
	"GET /debugger/:id":                        session,
	"GET /debugger/:id/stream":                 session,
	"POST /uploads":                            session,
	"GET /quarantine":                          session,
	"GET /quarantine/discard":                  session,
	"POST /quarantine/retry":                   session,
	"POST /quarantine/discard":                 session,

	"GET /experiments/:id/editor":                   session,
	"GET /experiments/:id/editor/version":           session,
	"POST /experiments/:id/editor/version":          session,
	"POST /experiments/:id/editor/frame":            session,
	"POST /experiments/:id/editor/page/:page/relay": session,
	"GET /experiments/:id/editor/:variant/list":     session,
	"POST /experiments/:id/editor/:variant/ops":     session,
	"POST /experiments/:id/editor/:variant/form":    session,
	"POST /experiments/:id/editor/:variant/undo":    session,
	"POST /experiments/:id/editor/:variant/redo":    session,
	"POST /experiments/:id/editor/:variant/here":    session,

	"GET /dev/mail":          dev,
	"GET /dev/mail/:id":      dev,
	"GET /dev/mail/:id/html": dev,

	"OPTIONS /api/v1/*":          public,
	"GET /api/v1/openapi.json":   public,
	"GET /api/v1/docs":           public,
	"POST /api/v1/auth/register": public,
	"POST /api/v1/auth/login":    public,
	"POST /api/v1/auth/refresh":  public,
	"POST /api/v1/auth/logout":   public,
	"GET /api/v1/auth/me":        bearer,

	"POST /api/v1/simulate": public,

	"POST /api/v1/installations":                     bearer,
	"GET /api/v1/installations":                      bearer,
	"GET /api/v1/installations/:id":                  bearer,
	"PATCH /api/v1/installations/:id":                bearer,
	"GET /api/v1/installations/quarantine":           bearer,
	"POST /api/v1/installations/quarantine/retry":    bearer,
	"POST /api/v1/installations/quarantine/discard":  bearer,
	"POST /api/v1/experiments":                       bearer,
	"GET /api/v1/experiments":                        bearer,
	"GET /api/v1/experiments/:id":                    bearer,
	"PATCH /api/v1/experiments/:id":                  bearer,
	"DELETE /api/v1/experiments/:id":                 bearer,
	"PATCH /api/v1/experiments/:id/status":           bearer,
	"POST /api/v1/experiments/:id/duplicate":         bearer,
	"POST /api/v1/experiments/:id/preview":           bearer,
	"POST /api/v1/visual-editor/pages":               bearer,
	"DELETE /api/v1/visual-editor/pages/:id":         bearer,
	"POST /api/v1/visual-editor/uploads":             bearer,
	"GET /api/v1/analytics/experiments/:id":          bearer,
	"GET /api/v1/analytics/overview":                 bearer,
	"GET /api/v1/analytics/learnings":                bearer,
	"GET /api/v1/analytics/experiments/:id/learning": bearer,
	"PUT /api/v1/analytics/experiments/:id/learning": bearer,
	"POST /api/v1/analytics/experiments/:id/exports": bearer,
	"GET /api/v1/analytics/experiments/:id/exports":  bearer,
	"DELETE /api/v1/analytics/exports/:id":           bearer,
	"POST /api/v1/analytics/experiments/:id/shares":  bearer,
	"GET /api/v1/analytics/experiments/:id/shares":   bearer,
	"DELETE /api/v1/analytics/shares/:id":            bearer,
	"GET /api/v1/audit/entries":                      bearer,
	"GET /api/v1/audit/checkpoint":                   bearer,
	"GET /api/v1/audit/bundle":                       bearer,
	"GET /api/v1/audit/proof/inclusion":              bearer,
	"GET /api/v1/audit/proof/consistency":            bearer,
	"GET /api/v1/audit/proof/decision":               bearer,
	"POST /api/v1/audit/verify":                      bearer,
	"POST /api/v1/audit/erasures":                    bearer,
	"POST /api/v1/audit/people/find":                 bearer,
	"POST /api/v1/audit/people/erasures":             bearer,
	"GET /api/v1/audit/people/erasures":              bearer,
	"GET /api/v1/audit/people/erasures/:id":          bearer,

	"GET /api/v1/visual-editor/:id/variants/:variant":       bearer,
	"POST /api/v1/visual-editor/:id/variants/:variant/ops":  bearer,
	"POST /api/v1/visual-editor/:id/variants/:variant/undo": bearer,
	"POST /api/v1/visual-editor/:id/variants/:variant/redo": bearer,
}

// routes lists the router's routes, without the catch-alls for what does not exist.
func (b *testBundle) routes() map[string]bool {
	out := map[string]bool{}
	for _, r := range b.e.Routes() {
		if r.Method != "echo_route_not_found" {
			out[r.Method+" "+r.Path] = true
		}
	}
	return out
}

func TestEveryRouteHasItsClass(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for route := range b.routes() {
		want, ok := routeClasses[route]
		if !ok {
			t.Errorf("%s is missing from routeClasses: who may use it?", route)
			continue
		}
		method, path, _ := strings.Cut(route, " ")
		path = strings.NewReplacer(":id", "018f0000-0000-7000-8000-000000000000", "*", "x").Replace(path)
		a := b.send(method, path, "", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-origin") })
		asked := strings.HasPrefix(a.Header.Get("Location"), "/login?next=") || method != http.MethodGet && a.Header.Get("Location") == "/login" && path != "/logout"
		switch {
		case (want == session) != asked:
			t.Errorf("%s, signed out: got %d to %q, want class %s", route, a.StatusCode, a.Header.Get("Location"), want)
		case (want == bearer) != (a.Header.Get("WWW-Authenticate") != "" && a.StatusCode == http.StatusUnauthorized):
			t.Errorf("%s, without a token: got %d, want class %s", route, a.StatusCode, want)
		}
	}
	for route := range routeClasses {
		if !b.routes()[route] {
			t.Errorf("%s is in routeClasses and nowhere else", route)
		}
	}
}

func TestProductionHasNoDevelopmentRoutes(t *testing.T) {
	t.Parallel()
	b := setupWith(t, bundleOptions{change: func(d *Deps) { d.Production, d.Mailbox = true, nil }})
	for route := range b.routes() {
		if routeClasses[route] == dev {
			t.Errorf("%s exists in production", route)
		}
	}
}

// unsafeRoutes are those that change something for a browser.
func (b *testBundle) unsafeRoutes() (out [][2]string) {
	for route := range b.routes() {
		method, path, _ := strings.Cut(route, " ")
		if method != http.MethodGet && method != http.MethodHead && !strings.HasPrefix(path, "/api/") {
			out = append(out, [2]string{method, strings.ReplaceAll(path, ":id", "018f0000-0000-7000-8000-000000000000")})
		}
	}
	return out
}

func TestCrossSiteRequestsChangeNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.registered(newEmail())
	routes := b.unsafeRoutes()
	if len(routes) < 7 {
		t.Fatalf("got %d unsafe routes, want all of them", len(routes))
	}
	for _, route := range routes {
		for _, tc := range []struct {
			name, site, origin string
			refused            bool
		}{
			{"G1 cross-site", "cross-site", "https://evil.test", true},
			{"G2 same-site", "same-site", "http://other.localhost:8080", true},
			{"G3 absent with foreign origin", "", "https://evil.test", true},
			{"absent with null origin", "", "null", true},
			{"cross-site without origin", "cross-site", "", true},
			{"same-origin", "same-origin", "http://localhost:8080", false},
			{"none: typed by hand", "none", "", false},
			{"absent with our origin", "", "http://localhost:8080", false},
			{"absent without origin: no browser", "", "", false},
		} {
			a := b.send(route[0], route[1], "name=Hacked", func(r *http.Request) {
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Header.Set("HX-Request", "true") // G7: buys nothing
				r.Header.Set("X-HTTP-Method-Override", "GET")
				if tc.site != "" {
					r.Header.Set("Sec-Fetch-Site", tc.site)
				}
				if tc.origin != "" {
					r.Header.Set("Origin", tc.origin)
				}
				if tc.refused {
					r.AddCookie(&http.Cookie{Name: "samplit_session", Value: br.session()})
				}
			})
			if got := a.StatusCode == http.StatusForbidden; got != tc.refused {
				t.Errorf("%s %s, %s: got %d, refused want %v", route[0], route[1], tc.name, a.StatusCode, tc.refused)
			}
		}
	}
	doc := b.want(br.get("/settings"), http.StatusOK).doc(t)
	if got, _ := doc.Find("#name").Attr("value"); got != "Ana" {
		t.Errorf("a cross-site request changed the name to %q", got)
	}
}
