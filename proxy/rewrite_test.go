package proxy

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

const (
	shop   = "https://shop.example"
	mirror = "http://abc.preview.localhost:8080"
	shared = "https://samplit.example/preview/abc"
)

// rewritten is what becomes of a piece of a page, without the head that is put in front.
func rewritten(t *testing.T, w *Rewriter, page string) string {
	t.Helper()
	out, err := w.HTML(t.Context(), []byte(page), "")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// The rules by their numbers; in and out are the same where nothing is to change.
var htmlRules = []struct{ rule, in, out string }{
	{"1 base", `<base href="https://shop.example/de/">`, `<base href="` + mirror + `/de/">`},
	{"1 base elsewhere", `<base href="https://cdn.example/">`, `<base href="https://cdn.example/">`},
	{"2 link", `<a href="https://shop.example/a?b=1&amp;c=2#d">`, `<a href="` + mirror + `/a?b=1&amp;c=2#d">`},
	{"2 no path", `<a href='HTTPS://Shop.Example'>`, `<a href="` + mirror + `">`},
	{"2 default port", `<img src=https://shop.example:443/x.png>`, `<img src="` + mirror + `/x.png">`},
	{"2 protocol of the page", `<script src="//shop.example/x.js"></script>`, `<script src="` + mirror + `/x.js"></script>`},
	{"2 white space", "<a href=' \n https://shop.exa\nmple/x '>", `<a href="` + mirror + `/x">`},
	{"2 form", `<form action="https://shop.example/buy"><button formaction="https://shop.example/b">`, `<form action="` + mirror + `/buy"><button formaction="` + mirror + `/b">`},
	{"2 the rest", `<video poster="https://shop.example/p"><object data="https://shop.example/o"><blockquote cite="https://shop.example/c">`,
		`<video poster="` + mirror + `/p"><object data="` + mirror + `/o"><blockquote cite="` + mirror + `/c">`},
	{"2 relative", `<a href="/a"><a href="b?x"><a href="#c"><a href="?d"><a href="">`, `<a href="/a"><a href="b?x"><a href="#c"><a href="?d"><a href="">`},
	{"2 other schemes", `<a href="mailto:a@shop.example"><a href="javascript:go()"><img src="data:image/gif;base64,AA">`, `<a href="mailto:a@shop.example"><a href="javascript:go()"><img src="data:image/gif;base64,AA">`},
	{"2 other hosts", `<a href="https://shop.example.evil/"><a href="https://x@shop.example/">`, `<a href="https://shop.example.evil/"><a href="https://x@shop.example/">`},
	{"3 srcset", `<img srcset="https://shop.example/a,b.png 1x, /c.png 2x,https://shop.example/d.png">`, `<img srcset="` + mirror + `/a,b.png 1x, /c.png 2x,` + mirror + `/d.png">`},
	{"3 imagesrcset", `<link rel=preload onload=x imagesrcset="https://shop.example/a.png 640w">`, `<link rel="preload" onload="x" imagesrcset="` + mirror + `/a.png 640w">`},
	{"4 style element", `<style>a{background:url(https://shop.example/x.png)}</style>`, `<style>a{background:url("` + mirror + `/x.png")}</style>`},
	{"4 style attribute", `<p style="background:url('//shop.example/x.png')">`, `<p style="background:url('` + mirror + `/x.png')">`},
	{"5 svg", `<svg><use xlink:href="https://shop.example/i.svg#a"></use><image href="https://shop.example/b.png"/></svg>`,
		`<svg><use xlink:href="` + mirror + `/i.svg#a"></use><image href="` + mirror + `/b.png" /></svg>`},
	{"6 refresh", `<meta http-equiv="Refresh" content="0;url=/x">`, `<meta data-samplit-http-equiv="Refresh" content="0;url=/x">`},
	{"7 policy", `<meta http-equiv=content-security-policy content="default-src 'none'">`, `<meta data-samplit-http-equiv="content-security-policy" content="default-src 'none'">`},
	{"11 integrity of what may change", `<link rel=stylesheet integrity=sha256-x href=/a.css>`, `<link rel="stylesheet" data-samplit-integrity="sha256-x" href="/a.css">`},
	{"11 integrity of others", `<script integrity=sha256-x crossorigin src=https://cdn.example/a.js></script>`, `<script integrity=sha256-x crossorigin src=https://cdn.example/a.js></script>`},
	{"12 nonce and crossorigin", `<script nonce=x crossorigin=anonymous src=https://shop.example/a.js></script>`, `<script nonce="x" crossorigin="anonymous" src="` + mirror + `/a.js"></script>`},
	{"14 charset", `<meta charset=iso-8859-1><meta http-equiv=content-type content="text/html; charset=latin1">`, `<meta charset="utf-8"><meta http-equiv="content-type" content="text/html; charset=utf-8">`},
	{"19 ping", `<a ping="/p" href="/x">`, `<a data-samplit-ping="/p" href="/x">`},
	{"20 analytics", `<script async src="https://www.googletagmanager.com/gtag/js?id=1"></script><img src="https://px.ads.linkedin.com/c">`,
		`<script async data-samplit-src="https://www.googletagmanager.com/gtag/js?id=1" data-samplit-off="counts"></script><img data-samplit-src="https://px.ads.linkedin.com/c" data-samplit-off="counts">`},
	{"20 our snippet", `<script src="https://t.samplit.example/s/inst_a.js"></script>`, `<script data-samplit-src="https://t.samplit.example/s/inst_a.js" data-samplit-off="counts"></script>`},
	{"20 links to them", `<a href="https://plausible.io/">`, `<a href="https://plausible.io/">`},
	{"21 frame of the site", `<iframe src="https://shop.example/f"></iframe>`, `<iframe src="` + mirror + `/f"></iframe>`},
	{"21 frame of another", `<iframe width=9 src="https://video.example/e"></iframe>`, `<iframe width="9" data-samplit-src="https://video.example/e" src="` + mirror + `/.samplit/elsewhere?host=video.example"></iframe>`},
	{"22 srcdoc", `<iframe srcdoc="<a href='https://shop.example/x'>"></iframe>`, `<iframe srcdoc="<a href=&#34;` + mirror + `/x&#34;>"></iframe>`},
	{"23 ahead", `<link rel="dns-prefetch preconnect" href="//cdn.example"><link rel=prefetch href=/n><script type=speculationrules>{}</script>`,
		`<link data-samplit-rel="dns-prefetch preconnect" href="//cdn.example"><link data-samplit-rel="prefetch" href="/n"><script data-samplit-type="speculationrules" type="text/plain">{}</script>`},
	{"23 preload that becomes a style sheet", `<link rel=preload as=style onload="this.rel='stylesheet'" href=/a.css>`, `<link rel=preload as=style onload="this.rel='stylesheet'" href=/a.css>`},
	{"24 media", `<video autoplay muted src=/v.mp4></video>`, `<video data-samplit-autoplay muted src="/v.mp4"></video>`},
	{"26 port", `<img src="https://shop.example:8443/x.png">`, `<img src="https://shop.example:8443/x.png">`},
	{"26 plain http of the same site", `<img src="http://shop.example/x.png">`, `<img src="` + mirror + `/x.png">`},
	{"broken markup", `<p <b><a href=/x>&nbsp;</i><!-- a --!><table><p>`, `<p <b><a href=/x>&nbsp;</i><!-- a --!><table><p>`},
	{"text that is no markup", `<textarea><a href="https://shop.example/"></textarea><title><img></title>`, `<textarea><a href="https://shop.example/"></textarea><title><img></title>`},
	{"quotes", `<a title='"&quot;&amp;' href=https://shop.example/>`, `<a title="&#34;&#34;&amp;" href="` + mirror + `/">`},
}

func TestRulesOfHTML(t *testing.T) {
	t.Parallel()
	w := NewRewriter(shop, mirror, "https://t.samplit.example")
	for _, c := range htmlRules {
		got := rewritten(t, w, c.in)
		if got != c.out {
			t.Errorf("%s:\n got %s\nwant %s", c.rule, got, c.out)
		}
		if again := rewritten(t, w, got); again != got {
			t.Errorf("%s: the second time\n got %s\nwant %s", c.rule, again, got)
		}
	}
}

// On a host of several sites the path names the site, so addresses from the root on change, too.
func TestAddressesOnASharedHost(t *testing.T) {
	t.Parallel()
	w := NewRewriter(shop, shared, "")
	for in, want := range map[string]string{
		`<a href="/a">`: `<a href="/preview/abc/a">`, `<a href="b">`: `<a href="b">`, `<a href="https://shop.example/c">`: `<a href="` + shared + `/c">`,
		`<a href="//cdn.example/d">`: `<a href="//cdn.example/d">`, `<p style="background:url(/e)">`: `<p style="background:url(&#34;/preview/abc/e&#34;)">`,
		`<style>@import '/f.css';</style>`: `<style>@import '/preview/abc/f.css';</style>`, `<img srcset="/g 1x, /h 2x">`: `<img srcset="/preview/abc/g 1x, /preview/abc/h 2x">`,
	} {
		if got := rewritten(t, w, in); got != want {
			t.Errorf("%s:\n got %s\nwant %s", in, got, want)
		}
	}
}

// Rule 13: a browser must find the head's text as the first element of the head, whatever the page begins with.
func TestHeadComesFirst(t *testing.T) {
	t.Parallel()
	const head = `<script src=first></script>`
	w := NewRewriter(shop, mirror, "")
	for _, page := range []string{
		"<!doctype html><html><head><title>a</title></head><body>b", "<!DOCTYPE html>\n<!-- c -->\n<html lang=en>\n <head>\n<meta charset=utf-8>", "<title>a</title>", "text", "", "<p>a",
		"<body class=x>a", "</p><h1>a", "<html><body>a", "<!doctype html></head><p>", "<!-- <head> --><head><style>a</style>", "  \n<frameset><frame src=/a></frameset>", "<script>'<head>'</script><head>",
		"<html><head/><title>x", "<svg><head></svg>",
	} {
		out, err := w.HTML(t.Context(), []byte(page), head)
		if err != nil {
			t.Fatal(err)
		}
		root, err := html.Parse(strings.NewReader(string(out)))
		if err != nil {
			t.Fatal(err)
		}
		first := firstOfHead(root)
		if first == nil || first.Data != "script" || first.Attr[0].Val != "first" || strings.Count(string(out), head) != 1 {
			t.Errorf("%q becomes %q", page, out)
		}
		if strings.HasPrefix(strings.ToLower(page), "<!doctype") && !strings.HasPrefix(strings.ToLower(string(out)), "<!doctype") {
			t.Errorf("%q: something comes before the doctype", page)
		}
	}
}

func firstOfHead(n *html.Node) *html.Node {
	if n.Type == html.ElementNode && n.Data == "head" {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if c.Type == html.ElementNode {
				return c
			}
		}
		return nil
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if found := firstOfHead(c); found != nil {
			return found
		}
	}
	return nil
}

func TestRulesOfCSS(t *testing.T) {
	t.Parallel()
	w := NewRewriter(shop, mirror, "")
	for in, want := range map[string]string{
		`a{b:url(https://shop.example/x.png)}`:                      `a{b:url("` + mirror + `/x.png")}`,
		`a{b:url( "https://shop.example/x\"y.png" )}`:               `a{b:url( "` + mirror + `/x\"y.png" )}`,
		`a{b:URL('//shop.example/x')}`:                              `a{b:URL('` + mirror + `/x')}`,
		`@import "https://shop.example/a.css" screen;`:              `@import "` + mirror + `/a.css" screen;`,
		`@IMPORT url(https://shop.example/a.css);`:                  `@IMPORT url("` + mirror + `/a.css");`,
		`a{b:u\72l(https://shop.example/x)}`:                        `a{b:u\72l("` + mirror + `/x")}`,
		`a{b:url(https:\2f\2fshop.example/x)}`:                      `a{b:url("` + mirror + `/x")}`,
		`/* url(https://shop.example/x) */`:                         `/* url(https://shop.example/x) */`,
		`a::after{content:"url(https://shop.example/x)"}`:           `a::after{content:"url(https://shop.example/x)"}`,
		`a{b:url(/x) url(y.png)} @font-face{src:url(//cdn.test/f)}`: `a{b:url(/x) url(y.png)} @font-face{src:url(//cdn.test/f)}`,
		`a{b:url(https://shop.example/x`:                            `a{b:url("` + mirror + `/x"`,
		`a{b:"unfinished` + "\n" + `url(https://shop.example/x)}`:   `a{b:"unfinished` + "\n" + `url("` + mirror + `/x")}`,
		`@charset "https://shop.example/";`:                         `@charset "https://shop.example/";`,
	} {
		if got := w.CSS(in); got != want {
			t.Errorf("%s:\n got %s\nwant %s", in, got, want)
		}
	}
}

// Rule 10. What only looks like such a comparison stays.
func TestFrameBustersCompareThemselves(t *testing.T) {
	t.Parallel()
	w := NewRewriter(shop, mirror, "")
	for in, want := range map[string]string{
		`if(top!==self)top.location=self.location`:               `if(self!==self)top.location=self.location`,
		`if (self == top) { show() }`:                            `if (self == self) { show() }`,
		`if (window.top !== window.self) {`:                      `if (window.self !== window.self) {`,
		`if(top.location!=location){top.location=location}`:      `if(location!=location){top.location=location}`,
		`if(window!=window.top&&x)`:                              `if(window!=window&&x)`,
		`if (top.location.href != document.location.href) go();`: `if (document.location.href != document.location.href) go();`,
		`var framed = self !== window.top;`:                      `var framed = self !== self;`,
		`if (rect.top === self.x) {}`:                            `if (rect.top === self.x) {}`,
		`if (top === window.innerHeight) {}`:                     `if (top === window.innerHeight) {}`,
		`stop == self.top2`:                                      `stop == self.top2`,
		`a.top==b.top`:                                           `a.top==b.top`,
	} {
		if got := string(w.Script([]byte(in))); got != want {
			t.Errorf("%s:\n got %s\nwant %s", in, got, want)
		}
	}
	if got := rewritten(t, w, `<script>if(top!=self){}</script><script type=text/template>top!=self </script>`); got != `<script>if(self!=self){}</script><script type=text/template>top!=self </script>` {
		t.Errorf("got %s", got)
	}
}

// Rule 14, in the order that browsers look.
func TestCharsets(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ page, header, want string }{
		"header before meta":   {"<meta charset=utf-8>ma\xf1ana", "text/html; charset=ISO-8859-1", "<meta charset=utf-8>mañana"},
		"mark before header":   {"\xef\xbb\xbfmañana", "text/html; charset=iso-8859-1", "mañana"},
		"meta":                 {"<meta charset=shift_jis>\x93\xfa", "text/html", "<meta charset=shift_jis>日"},
		"meta http-equiv":      {`<meta http-equiv=content-type content="text/html; charset=windows-1251">` + "\xcf", "text/html", `<meta http-equiv=content-type content="text/html; charset=windows-1251">П`},
		"nothing said":         {"\x80 5", "text/html", "€ 5"},
		"UTF-16 with its mark": {"\xff\xfea\x00\xf1\x00", "text/html", "añ"},
		"nonsense":             {"mañana", "text/html; charset=klingon", "mañana"},
	} {
		got, err := UTF8([]byte(c.page), c.header)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, c.want)
		}
	}
}

// Rule 16.
func TestLocations(t *testing.T) {
	t.Parallel()
	from, err := url.Parse(shop + "/a/b")
	if err != nil {
		t.Fatal(err)
	}
	w := NewRewriter(shop, mirror, "")
	for location, want := range map[string]string{"c": mirror + "/a/c", "/d?e#f": mirror + "/d?e#f", "https://shop.example/g": mirror + "/g", "//shop.example/h": mirror + "/h", "http://shop.example": mirror} {
		if got, ours := w.Location(from, location); !ours || got != want {
			t.Errorf("%s: got %s %v, want %s", location, got, ours, want)
		}
	}
	for _, location := range []string{"https://www.shop.example/", "http://shop.example:81/", "javascript:x", "file:///etc", "https://a:b@shop.example/", "https://shop.example.evil/"} {
		if got, ours := w.Location(from, location); ours {
			t.Errorf("%s becomes %s", location, got)
		}
	}
}

func TestRewritingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := NewRewriter(shop, mirror, "").HTML(ctx, []byte(strings.Repeat("<p>", 1<<20)), ""); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// What would cost a parser quadratic time, or memory without end, costs this one no more than its length.
func TestBombsAreOnlyLong(t *testing.T) {
	t.Parallel()
	w := NewRewriter(shop, mirror, "")
	nested := "x"
	for range 40 {
		nested = `<iframe srcdoc="` + strings.NewReplacer("&", "&amp;", `"`, "&quot;").Replace(nested) + `">`
	}
	for name, page := range map[string]string{
		"deep": strings.Repeat("<div>", 200_000), "attributes": "<a " + strings.Repeat("a=1 ", 100_000) + ">", "one attribute": `<a href="` + strings.Repeat("x", 4<<20) + `">`,
		"unclosed comment": "<!--" + strings.Repeat("-", 1<<20), "many formatting elements": strings.Repeat("<b><p>", 100_000), "srcdoc in srcdoc": nested, "unclosed tags": strings.Repeat("<a ", 500_000),
		"brackets": "<style>" + strings.Repeat("url(", 500_000) + "</style>", "descriptors": `<img srcset="` + strings.Repeat("a (", 500_000) + `">`,
	} {
		out, err := w.HTML(t.Context(), []byte(page), "")
		if err != nil || len(out) > 2*len(page)+100 {
			t.Errorf("%s: %d bytes became %d, %v", name, len(page), len(out), err)
		}
	}
}

func FuzzRewrite(f *testing.F) {
	for _, c := range htmlRules {
		f.Add(c.in)
	}
	f.Add("<svg><style><![CDATA[ a{b:url(//shop.example)} ]]></style>")
	w, s := NewRewriter(shop, mirror, "https://t.samplit.example"), NewRewriter(shop, shared, "")
	f.Fuzz(func(t *testing.T, page string) {
		once := rewritten(t, w, page)
		if again := rewritten(t, w, once); again != once {
			t.Errorf("rewriting twice differs:\nonce  %q\ntwice %q", once, again)
		}
		rewritten(t, s, page)
		w.CSS(page)
		w.srcset(page)
	})
}

// A page of 500 KB with the usual mixture.
func BenchmarkRewrite(b *testing.B) {
	piece := `<article class="card shadow" id="p1"><h2><a href="https://shop.example/p/1?x=1&amp;y=2">Seeds</a></h2><img class="w-100" src="/img/1.jpg" srcset="/img/1.jpg 1x, https://shop.example/img/2.jpg 2x" alt="A pot">` +
		`<p style="color:#333;background:url(/bg.png)">Some words about it, and <em>some</em> more.</p><script>window.x=top;</script></article>` + "\n"
	page := []byte("<!doctype html><html><head><title>Shop</title></head><body>" + strings.Repeat(piece, 500<<10/len(piece)) + "</body></html>")
	w := NewRewriter(shop, mirror, "https://t.samplit.example")
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.HTML(b.Context(), page, "<script></script>"); err != nil {
			b.Fatal(err)
		}
	}
}

// What is left of a page must be the same when it is frozen again, and hold nothing that runs.
func FuzzFreeze(f *testing.F) {
	for _, c := range htmlRules {
		f.Add(c.in)
	}
	f.Add("<script>a</script><script src=x></script><script/><p onclick=a><a href='java\nscript:a'><svg onload=a><script>b")
	f.Fuzz(func(t *testing.T, page string) {
		once := Freeze([]byte(page))
		root, err := html.Parse(bytes.NewReader(once))
		if err != nil {
			return // deeper than the parser goes
		}
		for n := range root.Descendants() {
			if n.Type == html.ElementNode && n.Data == "script" && (n.FirstChild != nil || len(n.Attr) != 1 || n.Attr[0].Val != "text/plain") {
				t.Errorf("%q keeps a script: %q", page, once)
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:") {
					t.Errorf("%q keeps %s=%q", page, a.Key, a.Val)
				}
			}
		}
	})
}
