package services

import (
	_ "embed"
	"strings"
	"sync"
)

// commonPasswords are the 6,000 most used passwords of eight characters and more, from the frequency list of zxcvbn 4.4.2
// (MIT, Dropbox), which comes from ten million passwords that leaked.
//
//go:embed passwords_common.txt
var commonPasswords string

var commonSet = sync.OnceValue(func() map[string]struct{} {
	set := make(map[string]struct{}, 6000)
	for word := range strings.Lines(commonPasswords) {
		set[strings.TrimSpace(word)] = struct{}{}
	}
	return set
})

// isCommonPassword ignores case; one sign repeated counts too.
func isCommonPassword(password string) bool {
	word := strings.ToLower(password)
	_, listed := commonSet()[word]
	return listed || word != "" && strings.Trim(word, word[:1]) == ""
}
