// Package locale holds everything Samplit says, in English and in Spanish, and writes numbers, dates and durations the way
// each language does. Messages live in en/*.json and es/*.json, one file per noun; both catalogues hold the same ids.
package locale

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Supported languages.
const (
	English = "en"
	Spanish = "es"
)

//go:embed en/*.json es/*.json
var catalogues embed.FS

var (
	tags       = []language.Tag{language.English, language.Spanish}
	matcher    = language.NewMatcher(tags)
	localizers = load()
)

// load parses the embedded catalogues. They are part of the program, so a file that does not parse is a programming error.
func load() map[string]*i18n.Localizer {
	byLang := make(map[string]*i18n.Localizer, len(tags))
	for _, tag := range tags {
		bundle := i18n.NewBundle(tag)
		files, err := fs.Glob(catalogues, path.Join(tag.String(), "*.json"))
		if err != nil {
			panic("locale: " + err.Error())
		}
		for _, name := range files {
			text, err := catalogues.ReadFile(name)
			if err != nil {
				panic("locale: " + err.Error())
			}
			file, err := i18n.ParseMessageFileBytes(text, tag.String()+".json", nil)
			if err != nil {
				panic(fmt.Sprintf("locale: %s: %v", name, err))
			}
			for _, message := range file.Messages {
				message.Many = message.Other // Spanish counts millions apart; our sentences read the same
			}
			if err := bundle.AddMessages(tag, file.Messages...); err != nil {
				panic(fmt.Sprintf("locale: %s: %v", name, err))
			}
		}
		byLang[tag.String()] = i18n.NewLocalizer(bundle, tag.String())
	}
	return byLang
}

// Match returns the language to speak, "en" or "es": the first of preferred (account, then cookie; "" is skipped) that is
// spoken here, else the best match for an Accept-Language header, else English.
func Match(acceptLanguage string, preferred ...string) string {
	for _, lang := range preferred {
		if _, ok := localizers[lang]; ok {
			return lang
		}
	}
	const longestHeader = 512
	if len(acceptLanguage) > longestHeader {
		return English
	}
	wanted, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(wanted) == 0 {
		return English
	}
	_, index, confidence := matcher.Match(wanted...)
	if confidence == language.No {
		return English
	}
	return tags[index].String()
}

type contextKey struct{}

// With returns a context that speaks lang; an unknown language is English.
func With(ctx context.Context, lang string) context.Context {
	if _, ok := localizers[lang]; !ok {
		lang = English
	}
	return context.WithValue(ctx, contextKey{}, lang)
}

// Lang returns the language of ctx, "en" when none was set.
func Lang(ctx context.Context) string {
	if lang, ok := ctx.Value(contextKey{}).(string); ok {
		return lang
	}
	return English
}

// T returns the message id in the language of ctx. kv are pairs of name and value for the message's {{.Name}} places;
// numbers are written with the language's separators, and the pair "Count" also picks the plural form. An id that is not in
// the catalogue, or a message that cannot be filled in, is shown as the id itself.
func T(ctx context.Context, id string, kv ...any) string {
	data := make(map[string]any, len(kv)/2)
	config := i18n.LocalizeConfig{MessageID: id, TemplateData: data}
	for i := 0; i+1 < len(kv); i += 2 {
		name, ok := kv[i].(string)
		if !ok {
			return id
		}
		if name == "Count" {
			config.PluralCount = pluralCount(kv[i+1])
		}
		data[name] = written(ctx, kv[i+1])
	}
	text, err := localizers[Lang(ctx)].Localize(&config)
	if err != nil && config.PluralCount != nil {
		config.PluralCount = nil // a number in a message that reads the same for every number
		text, err = localizers[Lang(ctx)].Localize(&config)
	}
	if err != nil {
		return id
	}
	return text
}

// Has says whether the catalogue of ctx's language has the message id.
func Has(ctx context.Context, id string) bool {
	message, err := localizers[Lang(ctx)].Localize(&i18n.LocalizeConfig{MessageID: id, PluralCount: 2})
	return err == nil && message != ""
}

// pluralCount maps any integer to an int, because the plural rules know only the built-in integer types.
func pluralCount(value any) any {
	v := reflect.ValueOf(value)
	switch {
	case v.CanInt():
		return v.Int()
	case v.CanUint():
		return int64(min(v.Uint(), 1<<62))
	}
	return fmt.Sprint(value)
}

func written(ctx context.Context, value any) any {
	switch v := value.(type) {
	case time.Time:
		return Date(ctx, v)
	case float64:
		return Number(ctx, v, 2)
	}
	if v := reflect.ValueOf(value); v.CanInt() {
		return Int(ctx, v.Int())
	}
	return value
}
