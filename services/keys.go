package services

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const maxKey = 64

var keyPattern = regexp.MustCompile(`^[a-z0-9_-]{1,64}$`)

func (f Fields) key(path, key string) {
	if !keyPattern.MatchString(key) {
		f.add(path, "key", fmt.Sprintf("Must have 1 to %d characters of a-z, 0-9, _ and -.", maxKey))
	}
}

// slug makes a key out of a name: "Título nuevo" is titulo-nuevo. Names without Latin letters or digits give the fallback.
func slug(name, fallback string) string {
	const longest = 48 // leaves room for a suffix
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(name)) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r): // the accent of the letter before
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() == longest {
			break
		}
	}
	if key := strings.Trim(b.String(), "-"); key != "" {
		return key
	}
	return fallback
}

// freeKey returns base, or base-2, base-3 … when it is taken.
func freeKey(base string, taken map[string]bool) string {
	key := base
	for n := 2; taken[key]; n++ {
		suffix := "-" + strconv.Itoa(n)
		key = base[:min(len(base), maxKey-len(suffix))] + suffix
	}
	return key
}

// NewKey makes a key out of a name that is not taken, and takes it.
func NewKey(name, fallback string, taken map[string]bool) string {
	key := freeKey(slug(name, fallback), taken)
	taken[key] = true
	return key
}
