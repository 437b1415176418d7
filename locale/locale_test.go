package locale

import (
	"context"
	"testing"
	"time"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, header string
		preferred    []string
		want         string
	}{
		{"nothing known", "", nil, "en"},
		{"account wins over header", "en-GB", []string{"es"}, "es"},
		{"empty preference is skipped", "es-MX,en;q=0.5", []string{"", ""}, "es"},
		{"unknown preference is skipped", "es", []string{"de"}, "es"},
		{"quality decides", "en;q=0.3, es;q=0.9", nil, "es"},
		{"unspoken language", "ja, zh;q=0.9", nil, "en"},
		{"second choice is spoken", "ja, es;q=0.5", nil, "es"},
		{"broken header", ";;;q=,,", nil, "en"},
		{"oversized header", string(make([]byte, 4096)), nil, "en"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := Match(tc.header, tc.preferred...); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestNumbersFollowTheLanguage(t *testing.T) {
	t.Parallel()
	en, es := With(context.Background(), "en"), With(context.Background(), "es")
	for _, tc := range []struct{ name, gotEN, wantEN, gotES, wantES string }{
		{"int", Int(en, -1234567), "−1,234,567", Int(es, -1234567), "−1.234.567"},
		{"four digits", Int(en, 1234), "1,234", Int(es, 1234), "1.234"},
		{"decimals", Number(en, 1234.56, 1), "1,234.6", Number(es, 1234.56, 1), "1.234,6"},
		{"a column of decimals", Fixed(en, 4, 1), "4.0", Fixed(es, -1234.56, 1), "−1.234,6"},
		{"percent", Percent(en, 0.1234, 1), "12.3%", Percent(es, 0.1234, 1), "12,3\u00a0%"},
		{"gain", SignedPercent(en, 0.12, 1), "+12.0%", SignedPercent(es, 0.12, 1), "+12,0\u00a0%"},
		{"loss", SignedPercent(en, -0.034, 1), "−3.4%", SignedPercent(es, -0.034, 1), "−3,4\u00a0%"},
		{"rounds to zero", SignedPercent(en, -0.0001, 1), "0.0%", SignedPercent(es, 0.0001, 1), "0,0\u00a0%"},
		{"signed", Signed(en, 2.5, 1), "+2.5", Signed(es, -2.5, 1), "−2,5"},
	} {
		if tc.gotEN != tc.wantEN || tc.gotES != tc.wantES {
			t.Errorf("%s: got %q and %q, want %q and %q", tc.name, tc.gotEN, tc.gotES, tc.wantEN, tc.wantES)
		}
	}
}

func TestMessages(t *testing.T) {
	t.Parallel()
	en, es := With(context.Background(), "en"), With(context.Background(), "es")
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct{ name, got, want string }{
		{"singular", T(en, "date.days", "Count", 1), "1 day"},
		{"plural with separators", T(es, "date.days", "Count", int64(1204)), "1.204 días"},
		{"Spanish has a plural for millions", T(es, "date.days", "Count", 1_000_000), "1.000.000 días"},
		{"unknown id shows itself", T(en, "no.such.id"), "no.such.id"},
		{"odd pairs are ignored", T(en, "date.never", "Count"), "never"},
		{"unknown language is English", T(With(context.Background(), "de"), "date.never"), "never"},
		{"just now", Ago(en, now.Add(time.Minute), now), "just now"},
		{"minutes", Ago(es, now.Add(-5*time.Minute), now), "hace 5 minutos"},
		{"yesterday", Ago(en, now.Add(-30*time.Hour), now), "yesterday"},
		{"long ago is a date", Ago(es, now.AddDate(0, -3, 0), now), "22 ago 2026"},
		{"never", Ago(es, time.Time{}, now), "nunca"},
		{"date and time", DateTime(en, now), "22 Nov 2026, 12:00"},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, tc.got, tc.want)
		}
	}
}
