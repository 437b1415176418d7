//go:build e2e

package frame_test

import (
	"bytes"
	"fmt"
	"image/png"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/samplit/samplit/e2e/browser"
)

// fixtures are fifteen pages and the folder of their package that is the root of the website.
var fixtures = []struct {
	from  browser.Package
	root  string
	pages []string
}{
	{browser.CleanBlog, "dist", []string{"/index.html", "/about.html", "/post.html", "/contact.html"}},
	{browser.Agency, "dist", []string{"/index.html"}},
	{browser.Freelancer, "dist", []string{"/index.html"}},
	{browser.ShopHome, "dist", []string{"/index.html"}},
	{browser.ShopItem, "dist", []string{"/index.html"}},
	{browser.Admin, ".", []string{"/login.html", "/index.html", "/tables.html"}},
	{browser.Gentelella, "dist", []string{"/production/landing.html", "/production/pricing_tables.html"}},
	{browser.Reveal, ".", []string{"/demo.html"}},
	{browser.Swagger, ".", []string{"/index.html"}},
}

// trackers are what sites put into their pages to count visits, in the forms that they have: an element, a script that makes one, an
// image without scripts, a beacon.
const trackers = `<script async src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>
<script>(function(w,d,s,l,i){w[l]=w[l]||[];var f=d.getElementsByTagName(s)[0],j=d.createElement(s);j.async=true;j.src='https://www.googletagmanager.com/gtm.js?id='+i;f.parentNode.insertBefore(j,f)})(window,document,'script','dataLayer','GTM-1');
new Image().src='https://www.google-analytics.com/collect?v=1';navigator.sendBeacon('https://api.mixpanel.com/track','x');fetch('https://plausible.io/api/event',{method:'POST',mode:'no-cors'}).catch(function(){});
addEventListener('load',function(){var p=document.createElement('div');p.innerHTML='<img src="https://bat.bing.com/action/0">';var x=new XMLHttpRequest;x.open('GET','https://in.hotjar.com/x');x.send()})</script>
`

// folderSite serves the files of a package; its pages carry the snippet and the trackers.
func folderSite(t *testing.T, h *house, from browser.Package, root string) *site {
	t.Helper()
	folder, err := from.Fetch()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(folder, root)
	files := http.FileServer(http.Dir(dir))
	return h.add(func(s *site) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if path.Ext(r.URL.Path) != ".html" {
				files.ServeHTTP(w, r)
				return
			}
			page, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(path.Clean("/"+r.URL.Path))))
			if err != nil {
				http.NotFound(w, r)
				return
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			http.SetCookie(w, &http.Cookie{Name: "visited", Value: "yes", Path: "/"})
			_, _ = w.Write(bytes.Replace(page, []byte("</head>"), []byte(s.snippet+trackers+"</head>"), 1))
		})
	})
}

// still waits until fonts, images and what scripts make are there, and only then stops what moves, so that two pictures can be
// compared: some scripts begin when an animation does.
const still = `(async () => {
	await document.fonts.ready;
	await Promise.all([...document.images].map(i => i.complete || new Promise(r => { i.onload = i.onerror = r; setTimeout(r, 3000) })));
	for (let before = -1, calm = 0; calm < 10;) { // a second without a new element
		const now = document.querySelectorAll('*').length;
		calm = now === before ? calm + 1 : 0; before = now;
		await new Promise(r => setTimeout(r, 100));
	}
	const s = document.createElement('style'); s.textContent = '*,*::before,*::after{animation:none!important;transition:none!important;caret-color:transparent!important}';
	document.head.append(s);
	await new Promise(r => setTimeout(r, 100));
	return 0 })()`

const countElements = "document.querySelectorAll('*').length"

// Scenario 13: fifteen pages that nobody here wrote open as they are, count nobody and get no cookie of the dashboard.
func TestScenario13RealPagesOpenAsTheyAre(t *testing.T) {
	h := newHouse(t)
	seen := 0
	for _, f := range fixtures {
		s := folderSite(t, h, f.from, f.root)
		for _, page := range f.pages {
			seen++
			t.Run(f.from.Name+page, func(t *testing.T) { compare(t, h, s, page) })
		}
		if got := s.received(); strings.Contains(got, "dashboard-secret") {
			t.Errorf("%s got a cookie of the dashboard", f.from.Name)
		}
	}
	if seen != 15 {
		t.Errorf("looked at %d pages", seen)
	}
}

func compare(t *testing.T, h *house, s *site, page string) {
	direct := chrome.NewTab(t)
	direct.Open(s.URL + page)
	direct.Run(still)
	want, picture := browser.Eval[int](direct, countElements), direct.View()

	session := h.open(s, page)
	if session["mode"] != "proxy" {
		t.Fatalf("opens as %v: %v", session["mode"], session["reason"])
	}
	tab := chrome.NewTab(t)
	network := tab.Record()
	h.frame(session, "")
	tab.Open(h.url("/stage")) // which sets the dashboard's cookie
	tab.Open(session["url"].(string))
	tab.Run(still)
	got := browser.Eval[int](tab, countElements)
	if float64(got) < .99*float64(want) || float64(got) > 1.01*float64(want) {
		t.Errorf("%d elements, want %d", got, want)
	}
	shown := tab.View()
	keep(t, picture, shown)
	share := difference(t, picture, shown)
	t.Logf("%d of %d elements, %.2f %% of the picture differ", got, want, 100*share)
	if share > .02 {
		t.Errorf("%.1f %% of the picture differ", 100*share)
	}
	for _, u := range network.URLs() {
		for _, host := range []string{"googletagmanager", "google-analytics", "mixpanel", "plausible", "bing.com", "hotjar", "/s/inst_"} {
			if strings.Contains(u, host) {
				t.Errorf("asked for %s", u)
			}
		}
	}
	if cookies := browser.Eval[string](tab, "document.cookie"); cookies != "" {
		t.Errorf("the browser has cookies %q", cookies)
	}
}

// difference is the share of pixels that are not alike.
func difference(t *testing.T, a, b []byte) float64 {
	t.Helper()
	x, err := png.Decode(bytes.NewReader(a))
	if err != nil {
		t.Fatal(err)
	}
	y, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if x.Bounds() != y.Bounds() {
		return 1
	}
	size, unlike := x.Bounds().Size(), 0
	for i := range size.X {
		for j := range size.Y {
			r, g, b, _ := x.At(i, j).RGBA()
			r2, g2, b2, _ := y.At(i, j).RGBA()
			if far(r, r2) || far(g, g2) || far(b, b2) {
				unlike++
			}
		}
	}
	return float64(unlike) / float64(size.X*size.Y)
}

func far(a, b uint32) bool { return max(a, b)-min(a, b) > 16<<8 }

// keep leaves the two pictures where LOOK_DIR says.
func keep(t *testing.T, direct, shown []byte) {
	t.Helper()
	dir := os.Getenv("LOOK_DIR")
	if dir == "" {
		return
	}
	name := strings.NewReplacer("/", "_").Replace(t.Name())
	for kind, picture := range map[string][]byte{"direct": direct, "shown": shown} {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%s.png", name, kind)), picture, 0o644); err != nil {
			t.Error(err)
		}
	}
}
