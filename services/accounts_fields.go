package services

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"github.com/samplit/samplit/db"
)

const (
	longestName  = 100 // characters
	longestEmail = 254 // bytes, RFC 5321
)

// canonical is what is stored of a registration, and what is wrong with it.
func (in Registration) canonical() (db.InsertUserParams, db.InsertAccountParams, Fields) {
	fields := Fields{}
	user := db.InsertUserParams{Locale: in.Locale, Name: cleanName(fields, "name", in.Name)}
	checkLocale(fields, "locale", in.Locale)
	account := db.InsertAccountParams{Name: user.Name}
	if strings.TrimSpace(in.Company) != "" {
		account.Name = cleanName(fields, "company", in.Company)
	}
	email, ok := canonicalEmail(in.Email)
	switch {
	case strings.TrimSpace(in.Email) == "":
		fields.add("email", "required", "Enter your e-mail address.")
	case !ok:
		fields.add("email", "email", "This is not an e-mail address. It looks like name@example.com.")
	}
	user.Email = email
	fields.checkPassword("password", in.Password, email)
	return user, account, fields
}

// canonicalEmail is the one form of an address under which a person is known: trimmed, lower case, the domain in ASCII.
func canonicalEmail(text string) (string, bool) {
	text = norm.NFC.String(strings.ToLower(strings.TrimSpace(text)))
	at := strings.LastIndexByte(text, '@')
	if at < 1 || len(text) > longestEmail || strings.ContainsAny(text, " \t\r\n\"\\(),:;<>[]") || !utf8.ValidString(text) {
		return "", false
	}
	domain, err := idna.Lookup.ToASCII(text[at+1:])
	if err != nil || !strings.Contains(strings.Trim(domain, "."), ".") {
		return "", false
	}
	email := text[:at] + "@" + domain
	parsed, err := mail.ParseAddress(email)
	return email, err == nil && parsed.Address == email && len(email) <= longestEmail
}

// cleanName returns a name on one line, without signs that cannot be seen.
func cleanName(fields Fields, path, name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Other, r): // controls, overrides of direction, private use
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	name = norm.NFC.String(strings.Join(strings.Fields(name), " "))
	switch {
	case name == "":
		fields.add(path, "required", "Enter a name.")
	case utf8.RuneCountInString(name) > longestName:
		fields.add(path, "too_long", "Use at most 100 characters.")
	}
	return name
}

func checkLocale(fields Fields, path, lang string) {
	switch lang {
	case "", "en", "es":
	default:
		fields.add(path, "choose", "Choose en, es, or nothing for the browser's language.")
	}
}
