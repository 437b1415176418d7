package services

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
)

func TestDevicesOfUserAgents(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../static/src/testdata/devices.json") // which the snippet is held to as well
	if err != nil {
		t.Fatal(err)
	}
	type vector struct {
		UserAgent string `json:"user_agent"`
		Device    string `json:"device"`
	}
	var vectors []vector
	if err := json.Unmarshal(raw, &vectors); err != nil || len(vectors) < 20 {
		t.Fatalf("got %d vectors, error %v", len(vectors), err)
	}
	for _, c := range append(vectors, vector{"", unknownValue}, vector{"shop-server/1", unknownValue}) {
		v := Visit{UserAgent: c.UserAgent}
		if got := segmentValue(ByDevice, string(v.deviceCode())); got != c.Device {
			t.Errorf("%s: got %s, want %s", c.UserAgent, got, c.Device)
		}
	}
	told := Visit{Device: "<script>"}
	if got := told.segment(); got != "" {
		t.Errorf("a device that is none: got %q, want nothing", got)
	}
	phone := Visit{UserAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36", Headers: map[string]string{"Sec-CH-UA-Mobile": "?1"}}
	if got := phone.deviceCode(); got != 'm' {
		t.Errorf("a phone that asks for desktop pages: got %c, want m", got)
	}
}

func TestSourcesOfVisits(t *testing.T) {
	t.Parallel()
	const page = "https://shop.example.com/shoes"
	for _, c := range []struct{ url, referrer, want string }{
		{page, "", "direct"},
		{page, "https://www.google.com/", "search"},
		{page, "https://www.google.co.uk/", "search"},
		{page, "https://google.es/search?q=shoes", "search"},
		{page, "https://www.bing.com/", "search"},
		{page, "https://cn.bing.com/", "search"},
		{page, "https://duckduckgo.com/", "search"},
		{page, "https://search.yahoo.co.jp/search?p=x", "search"},
		{page, "https://r.search.yahoo.com/", "search"},
		{page, "https://search.brave.com/", "search"},
		{page, "https://yandex.com.tr/", "search"},
		{page, "https://www.ecosia.org/", "search"},
		{page, "https://www.baidu.com/link?url=x", "search"},
		{page, "android-app://com.google.android.googlequicksearchbox/", "search"},
		{page, "https://l.facebook.com/", "social"},
		{page, "https://m.facebook.com/", "social"},
		{page, "https://t.co/", "social"},
		{page, "https://www.linkedin.com/", "social"},
		{page, "https://old.reddit.com/r/shoes/", "social"},
		{page, "https://www.pinterest.es/", "social"},
		{page, "https://www.youtube.com/", "social"},
		{page, "android-app://com.linkedin.android/", "social"},
		{page, "https://news.ycombinator.com/", "social"},
		{page, "https://mail.google.com/", "email"},
		{page, "https://outlook.live.com/", "email"},
		{page, "https://webmail.provider.example/", "email"},
		{page, "android-app://com.google.android.gm/", "email"},
		{page, "https://chatgpt.com/", "assistant"},
		{page, "https://www.perplexity.ai/", "assistant"},
		{page, "https://gemini.google.com/", "assistant"},
		{page, "https://docs.google.com/", "referral"},
		{page, "https://some.blog/post", "referral"},
		{page, "https://google.some.blog/", "referral"},
		{page, "https://notfacebook.com/", "referral"},
		{page, "http://192.0.2.7/", "referral"},
		{page, "https://shop.example.com/", "inside"},
		{page, "https://www.example.com/", "inside"},
		{"https://a.github.io/", "https://b.github.io/", "referral"},
		{page, "not an address", "unknown"},
		{page, "javascript:alert(1)", "unknown"},
		{page + "?utm_medium=cpc&utm_source=google", "https://www.google.com/", "paid"},
		{page + "?gclid=abc", "https://www.google.com/", "paid"},
		{page + "?msclkid=abc", "", "paid"},
		{page + "?utm_source=facebook&utm_medium=paid_social", "https://l.facebook.com/", "paid"},
		{page + "?utm_medium=display", "", "paid"},
		{page + "?utm_source=newsletter&utm_medium=email", "", "email"},
		{page + "?utm_source=mailchimp&utm_medium=E-Mail", "", "email"},
		{page + "?utm_source=newsletter", "", "email"},
		{page + "?utm_source=instagram&utm_medium=social", "", "social"},
		{page + "?fbclid=abc", "https://l.facebook.com/", "social"},
		{page + "?utm_medium=organic&utm_source=google", "", "search"},
		{page + "?utm_medium=referral&utm_source=blog", "", "referral"},
		{page + "?utm_source=partner", "", "campaign"},
		{page + "?utm_medium=affiliate&utm_source=partner", "", "campaign"},
		{page + "?utm_medium=sms", "", "campaign"},
		{page + "?utm_medium=%3Cscript%3E", "", "campaign"},
		{page + "#utm_medium=cpc", "", "direct"},
	} {
		v := Visit{URL: c.url, Referrer: c.referrer, NoReferrer: c.referrer == ""}
		if got := segmentValue(BySource, string(v.sourceCode())); got != c.want {
			t.Errorf("%s from %q: got %s, want %s", c.url, c.referrer, got, c.want)
		}
	}
	silent := Visit{URL: page}
	if got := silent.sourceCode(); got != unknownCode {
		t.Errorf("without a word about the page before: got %c, want unknown", got)
	}
}

func TestSegmentsHoldNothingThatWasSent(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	for _, c := range []struct {
		visit Visit
		want  string
	}{
		{Visit{}, ""},
		{Visit{Device: "tablet", Returning: &no, Country: "es", NoReferrer: true}, "tdnES"},
		{Visit{Country: "DE"}, "---DE"},
		{Visit{Country: "Atlantis", Device: "toaster", Returning: &yes, UTM: map[string]string{"medium": "x"}}, "-cr"},
		{Visit{Country: "ZZ"}, ""},
		{Visit{Country: "';", Device: "mobile"}, "m"},
	} {
		if got := c.visit.segment(); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.visit, got, c.want)
		}
	}
}

func TestCountryOfASegmentComesFromTheAddress(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "places.mmdb")
	placesFile(t, file, map[string]string{"198.51.100.0/24": "PT"})
	places, err := OpenPlaces(file, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{"198.51.100.20": "---PT", "192.0.2.1": "", "": ""} {
		v := Visit{Address: address, places: places}
		if got := v.segment(); got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}
