package views

import (
	"context"
	"time"
)

// Settings is the page about the person signed in.
type Settings struct {
	Profile  ProfileForm
	Password PasswordForm
	Sessions []Session
	Keys     *Keys // nil for those who may not manage keys
	MayErase bool
}

// Keys are the account's secret keys. POST /settings/keys with name and role (editor, viewer, admin) makes one; POST
// /settings/keys/{ID}/revoke ends one.
type Keys struct {
	List       []Key
	Made       string // a key that was made just now: it is shown this once
	Name, Role string // as typed
	Errors     Errors
}

// Key is one secret key without what opens.
type Key struct {
	ID, Name, Ending, Role string
	CreatedAt, UsedAt      time.Time // UsedAt is zero when it never was
}

// ProfileForm: POST /settings with name, lang (en, es or empty for the browser's) and theme (paper, ink or empty for the
// device's).
type ProfileForm struct {
	Name, Email, Lang, Theme string
	Errors                   Errors
}

// PasswordForm: POST /settings/password with current and password.
type PasswordForm struct {
	Errors Errors
}

// Session is one browser that is signed in. POST /settings/sessions/{ID} signs it out; the id "others" signs out all but
// the current one.
type Session struct {
	ID       string
	Device   string // "Chrome on Linux"
	Address  string
	Mobile   bool
	LastSeen time.Time
	Current  bool
}

func deviceIcon(s Session) string {
	if s.Mobile {
		return "smartphone"
	}
	return "monitor"
}

func languageOptions(ctx context.Context) []option {
	return []option{
		{Value: "", Label: t(ctx, "settings.language_browser")}, {Value: "en", Label: "English"}, {Value: "es", Label: "Español"},
	}
}

func themeOptions(ctx context.Context) []option {
	return []option{
		{Value: "", Label: t(ctx, "settings.theme_device")}, {Value: "paper", Label: t(ctx, "settings.theme_paper")},
		{Value: "ink", Label: t(ctx, "settings.theme_ink")},
	}
}

func roleOptions(ctx context.Context) []option {
	return []option{
		{Value: "editor", Label: t(ctx, "keys.editor")}, {Value: "viewer", Label: t(ctx, "keys.viewer")}, {Value: "admin", Label: t(ctx, "keys.admin")},
	}
}

func roleName(ctx context.Context, role string) string {
	for _, o := range roleOptions(ctx) {
		if o.Value == role {
			return o.Label
		}
	}
	return role
}
