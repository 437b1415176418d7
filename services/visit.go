package services

import (
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// Visit is what is known of a visit when rules are judged. Empty values are unknown.
type Visit struct {
	URL, UserAgent, Referrer string
	Device                   string // mobile, tablet or desktop; told by the user agent when empty
	Country                  string // ISO 3166 alpha-2; told by the address when empty
	Email                    string
	Address                  string // of the visitor, as a server that asks for them says
	UTM, Cookies, Headers    map[string]string
	Returning                *bool
	NoReferrer               bool // it is known that there is no page that led here
	// Asker is the visitor's own browser; nil when a server asks for the visitor.
	Asker Asker

	places *Places // where addresses are; nil when nobody knows
}

// Asker is a browser that asks for itself. It is judged by its request, whatever that says of other addresses and user agents.
type Asker interface {
	UserAgent() string
	Address() string
	Header(name string) string
}

// userAgent is the visitor's.
func (v *Visit) userAgent() string {
	if v.Asker != nil {
		return v.Asker.UserAgent()
	}
	return v.UserAgent
}

func (v *Visit) device() string {
	if v.Device != "" {
		return v.Device
	}
	return agentOf(v.userAgent()).device
}

func (v *Visit) country() string {
	if v.Country == "" && v.places != nil {
		v.Country = v.places.country(v.address())
	}
	return strings.ToUpper(v.Country)
}

// address is where the visitor is; the zero one when that is not known.
func (v *Visit) address() netip.Addr {
	text := v.Address
	if v.Asker != nil {
		text = v.Asker.Address()
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

// header is a header of the visitor's request.
func (v *Visit) header(name string) (string, bool) {
	if v.Asker != nil {
		text := v.Asker.Header(name)
		return text, text != ""
	}
	for key, text := range v.Headers {
		if strings.EqualFold(key, name) {
			return text, true
		}
	}
	return "", false
}

// queryParameter is the first value of a parameter in an address's query.
func queryParameter(address, name string) (string, bool) {
	if len(address) > longestSeen {
		return "", false
	}
	address, _, _ = strings.Cut(address, "#")
	_, query, _ := strings.Cut(address, "?")
	for pair := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if unescaped(key) == name && pair != "" {
			return unescaped(value), true
		}
	}
	return "", false
}

var percentEscape = regexp.MustCompile(`^%[0-9a-fA-F]{2}$`)

// unescaped decodes text of a query as browsers do: what is no escape stands for itself.
func unescaped(text string) string {
	if !strings.ContainsAny(text, "%+") {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '+' {
			c = ' '
		} else if escape := text[i:min(i+3, len(text))]; percentEscape.MatchString(escape) {
			b, _ := strconv.ParseUint(escape[1:], 16, 8)
			c = byte(b)
			i += 2
		}
		out = append(out, c)
	}
	return strings.ToValidUTF8(string(out), "\uFFFD")
}
