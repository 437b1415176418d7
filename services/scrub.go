package services

import (
	"bytes"
	"errors"
	"io"
	"net/url"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	maxProps     = 4 << 10
	maxPropNames = 32
)

// What stands in place of personal data.
const (
	scrubbedEmail  = "[email]"
	scrubbedCard   = "[card]"
	scrubbedSecret = "[removed]"
)

var (
	emailLike = regexp.MustCompile(`[A-Za-z0-9._%+'-]{1,64}(?:@|%40)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+`)
	cardLike  = regexp.MustCompile(`\b\d(?:[ -]?\d){12,18}\b`)
	tokenLike = regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*`) // a JSON web token
	addressIn = regexp.MustCompile(`https?://[^\s"'<>]+`)
)

// secretNames are parameters whose values open something, alone or behind a prefix such as access_.
var secretNames = func() map[string]bool {
	out := map[string]bool{}
	for _, name := range strings.Fields(`token key apikey secret signature sig password passwd pwd pass auth authorization session sessionid sid jwt code
		otp nonce ticket credential credentials`) {
		out[name] = true
	}
	return out
}()

func isSecret(name string) bool {
	return secretNames[strings.ToLower(name[strings.LastIndexAny(name, "_-")+1:])]
}

// scrubText takes e-mail addresses, card numbers, tokens and the secret parts of addresses out of a text.
func scrubText(text string) string {
	if strings.Contains(text, "://") {
		text = addressIn.ReplaceAllStringFunc(text, scrubURL)
	}
	return scrubPlain(text)
}

// scrubPlain looks closer only where a cheap sign of each kind is.
func scrubPlain(text string) string {
	if strings.Contains(text, "@") || strings.Contains(text, "%40") {
		text = emailLike.ReplaceAllString(text, scrubbedEmail)
	}
	if strings.Contains(text, "eyJ") {
		text = tokenLike.ReplaceAllString(text, scrubbedSecret)
	}
	if !manyDigits(text) {
		return text
	}
	return cardLike.ReplaceAllStringFunc(text, func(match string) string {
		if luhn(match) {
			return scrubbedCard
		}
		return match
	})
}

func manyDigits(text string) bool {
	n := 0
	for i := range len(text) {
		if text[i] >= '0' && text[i] <= '9' {
			n++
		}
	}
	return n >= 13
}

// luhn is the check digit of payment cards, ISO/IEC 7812-1.
func luhn(number string) bool {
	sum, twice := 0, false
	for i := len(number) - 1; i >= 0; i-- {
		c := number[i]
		if c < '0' || c > '9' {
			continue
		}
		digit := int(c - '0')
		if twice {
			if digit *= 2; digit > 9 {
				digit -= 9
			}
		}
		sum += digit
		twice = !twice
	}
	return sum%10 == 0
}

// scrubURL takes user names, passwords, secret parameters and what scrubPlain finds out of an address. The order of parameters and
// their spelling stay.
func scrubURL(address string) string {
	front, fragment, hasFragment := strings.Cut(address, "#")
	path, query, hasQuery := strings.Cut(front, "?")
	if scheme, rest, ok := strings.Cut(path, "://"); ok {
		host, tail, slash := strings.Cut(rest, "/")
		if at := strings.LastIndexByte(host, '@'); at >= 0 {
			host = host[at+1:]
		}
		if path = scheme + "://" + host; slash {
			path += "/" + scrubPlain(tail)
		}
	} else {
		path = scrubPlain(path)
	}
	if hasQuery {
		path += "?" + scrubQuery(query)
	}
	if hasFragment {
		path += "#" + scrubQuery(fragment)
	}
	return path
}

func scrubQuery(query string) string {
	parts := strings.Split(query, "&")
	for i, part := range parts {
		name, value, given := strings.Cut(part, "=")
		plain, err := url.QueryUnescape(value)
		switch {
		case given && value != "" && isSecret(name):
			parts[i] = name + "=" + scrubbedSecret
		case err == nil && scrubPlain(plain) != plain:
			parts[i] = name + "=" + scrubPlain(plain)
		default:
			parts[i] = scrubPlain(part)
		}
	}
	return strings.Join(parts, "&")
}

// readProps checks what an event carries beside its own fields and writes it in one form, scrubbed when the site wants that. Names
// are data like any other: __proto__ is just a name.
func readProps(raw []byte, scrub bool) ([]byte, *Problem) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	if raw[0] != '{' {
		return nil, &Problem{"bad_props", "props: must be an object."}
	}
	if len(raw) > maxProps {
		return nil, &Problem{"props_too_large", "props: has at most 4,096 bytes."}
	}
	var out bytes.Buffer
	dec, enc := jsontext.NewDecoder(bytes.NewReader(raw)), jsontext.NewEncoder(&out)
	for names := 0; ; {
		token, err := dec.ReadToken()
		_, values := dec.StackIndex(0)
		if errors.Is(err, io.EOF) {
			return bytes.TrimSpace(out.Bytes()), nil
		}
		if err != nil || values > 1 {
			return nil, &Problem{"bad_props", "props: is not JSON that can be stored."}
		}
		kind, n := dec.StackIndex(dec.StackDepth())
		isName := kind == '{' && n%2 == 1 && token.Kind() == '"'
		if isName {
			if names++; names > maxPropNames {
				return nil, &Problem{"props_too_large", "props: has at most 32 names."}
			}
		}
		switch {
		case token.Kind() == '0' && len(token.String()) > 32:
			return nil, &Problem{"bad_props", "props: a number has at most 32 digits."}
		case token.Kind() == '"' && !isName && scrub:
			token = jsontext.String(scrubText(token.String()))
		}
		if err := enc.WriteToken(token); err != nil {
			return nil, &Problem{"bad_props", "props: is not JSON that can be stored."}
		}
	}
}
