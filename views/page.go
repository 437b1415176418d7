package views

import (
	"strings"
	"time"
)

// Page is what every page needs besides its own model. Every component of this package takes it first.
type Page struct {
	Lang     string // "en" or "es", the language of the context
	Theme    string // "paper", "ink" or "" for what the device prefers (cookie "theme")
	Slim     bool   // navigation as icons only (cookie "nav" is "slim")
	CSPNonce string
	Path     string // path of the request, to come back to
	Now      time.Time
	User     *User // nil when signed out
	Account  Account
	Sites    []SiteRef // for the switch at the top of the navigation
	SiteID   string    // the site the page is about; empty for all
	Search   string    // what the search box holds
	Unread   int64     // alerts that the person has not seen
	DevMail  bool      // link to the development mail box
	Flash    *Flash    // what just happened, after a redirect
}

// User is the person signed in.
type User struct {
	Name, Email string
}

// Account is the tenant.
type Account struct {
	Name string
}

// SiteRef names a site.
type SiteRef struct {
	ID, Name, Host string
}

// Flash tells once what just happened. Text is a message id or a finished sentence. With Undo the message carries a
// button that posts UndoFields to Undo, with URL a link that says Link.
type Flash struct {
	Kind       string // "good", "info", "warn" or "bad"
	Text       string
	Undo       string
	UndoFields map[string]string
	URL, Link  string
}

// Errors maps a field's name, exactly as in the form, to what is wrong with it: a message id or a finished sentence. The
// empty name holds what is wrong with the form as a whole.
type Errors map[string]string

// Under says whether something is wrong with a list or with what is in it.
func (e Errors) Under(name string) bool {
	for path := range e {
		if path == name || strings.HasPrefix(path, name+"[") {
			return true
		}
	}
	return false
}
