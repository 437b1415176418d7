package services

import (
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Dimensions by which results tell visitors apart.
const (
	ByDevice  = "device"
	BySource  = "source"
	ByVisitor = "visitor"
	ByCountry = "country"
)

// dimensions are in the order in which they are shown, which is that of their letters in a segment's code.
var dimensions = []string{ByDevice, BySource, ByVisitor, ByCountry}

// Where visitors come from.
const (
	fromNowhere   = 'd' // typed, or a bookmark: a browser that tells of no page before
	fromSearch    = 's'
	fromSocial    = 'o'
	fromEmail     = 'e'
	fromPaid      = 'p'
	fromCampaign  = 'c' // marked by utm parameters, and none of the above
	fromAssistant = 'a'
	fromReferral  = 'r'
	fromInside    = 'i' // another page of the same site
)

// unknownCode stands for what is not known, unknownValue is what it is called.
const (
	unknownCode  = '-'
	unknownValue = "unknown"
)

// segmentWords are what the letters of a code stand for. A country has its two letters.
var segmentWords = map[string]map[byte]string{
	ByDevice: {'d': "desktop", 'm': "mobile", 't': "tablet"},
	BySource: {fromNowhere: "direct", fromSearch: "search", fromSocial: "social", fromEmail: "email", fromPaid: "paid", fromCampaign: "campaign",
		fromAssistant: "assistant", fromReferral: "referral", fromInside: "inside"},
	ByVisitor: {'n': "new", 'r': "returning"},
}

// segmentValue is what a letter of a code, or a country, is called.
func segmentValue(dimension, code string) string {
	if dimension == ByCountry && isCountry(code) {
		return code
	}
	if len(code) == 1 && segmentWords[dimension][code[0]] != "" {
		return segmentWords[dimension][code[0]]
	}
	return unknownValue
}

// segment is the code of the groups that the visitor belongs to, as assignments keep it: letters for device, source and new or
// returning, then the country. Everything in it is one of few values, whatever was sent; empty: nothing is known.
func (v *Visit) segment() string {
	code := string([]byte{v.deviceCode(), v.sourceCode(), v.visitorCode()})
	if country := v.country(); isCountry(country) {
		return code + country
	}
	return strings.TrimRight(code, string(unknownCode))
}

func (v *Visit) deviceCode() byte {
	device := v.device()
	if phone, _ := v.header("Sec-Ch-Ua-Mobile"); phone == "?1" && v.Device == "" && device != "tablet" {
		device = "mobile"
	}
	switch device {
	case "desktop", "mobile", "tablet":
		return device[0]
	}
	return unknownCode
}

func (v *Visit) visitorCode() byte {
	switch {
	case v.Returning == nil:
		return unknownCode
	case *v.Returning:
		return 'r'
	}
	return 'n'
}

// sourceCode goes by what marks the page's address, else by the page before.
func (v *Visit) sourceCode() byte {
	if marked := v.campaignCode(); marked != unknownCode {
		return marked
	}
	switch {
	case len(v.Referrer) > longestSeen:
		return unknownCode
	case v.Referrer == "" && v.NoReferrer:
		return fromNowhere
	case v.Referrer == "":
		return unknownCode
	}
	before, err := url.Parse(v.Referrer)
	if err != nil || before.Host == "" {
		return unknownCode
	}
	host := strings.ToLower(before.Hostname())
	if page, err := url.Parse(v.URL); err == nil && oneRegistered(host, strings.ToLower(page.Hostname())) {
		return fromInside
	}
	return hostSource(host)
}

// oneRegistered says whether two hosts belong to one registered name.
func oneRegistered(a, b string) bool {
	if a == b {
		return true
	}
	x, err := publicsuffix.EffectiveTLDPlusOne(a)
	y, wrong := publicsuffix.EffectiveTLDPlusOne(b)
	return err == nil && wrong == nil && x == y
}

// campaignCode is the source that utm parameters or the click identifiers of advertisers name.
func (v *Visit) campaignCode() byte {
	if len(v.UTM) == 0 && !strings.Contains(v.URL, "?") {
		return unknownCode
	}
	medium, source := strings.ToLower(v.utm("medium")), strings.ToLower(v.utm("source"))
	switch {
	case medium != "":
		return mediumSource(medium, source)
	case slices.ContainsFunc(adClicks, v.carries):
		return fromPaid
	case strings.Contains(source, "mail") || strings.Contains(source, "newsletter"):
		return fromEmail
	case source != "" || v.utm("campaign") != "":
		return fromCampaign
	case v.carries("fbclid"):
		return fromSocial
	}
	return unknownCode
}

// adClicks are parameters that advertisers add to the address of a click that was paid for.
var adClicks = []string{"gclid", "gbraid", "wbraid", "dclid", "msclkid", "ttclid", "twclid", "li_fat_id", "yclid"}

func (v *Visit) carries(parameter string) bool {
	_, ok := queryParameter(v.URL, parameter)
	return ok
}

func (v *Visit) utm(name string) string {
	text, ok := v.UTM[name]
	if !ok {
		text, _ = queryParameter(v.URL, "utm_"+name)
	}
	return text
}

// mediumSource reads a utm_medium as the default channels of Google Analytics do.
func mediumSource(medium, source string) byte {
	switch {
	case strings.HasPrefix(medium, "paid"), strings.HasPrefix(medium, "cp"), medium == "ppc", slices.Contains(adMedia, medium):
		return fromPaid
	case strings.Contains(medium, "mail"), medium == "newsletter", strings.Contains(source, "newsletter"):
		return fromEmail
	case strings.HasPrefix(medium, "social"), medium == "sm":
		return fromSocial
	case medium == "organic":
		return fromSearch
	case medium == "referral", medium == "link", medium == "app":
		return fromReferral
	}
	return fromCampaign
}

var adMedia = []string{"display", "banner", "expandable", "interstitial", "retargeting", "remarketing", "ads", "sem"}
