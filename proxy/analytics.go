package proxy

import (
	_ "embed"
	"encoding/json"
	"strings"
)

// analyticsFile lists the hosts that count visits or manage tags: while a page is edited nobody is to be counted. The script in the page
// reads the same file.
//
//go:embed analytics.json
var analyticsFile []byte

var analyticsHosts = func() map[string]bool {
	var names []string
	if err := json.Unmarshal(analyticsFile, &names); err != nil {
		panic("proxy: analytics.json: " + err.Error())
	}
	hosts := make(map[string]bool, len(names))
	for _, n := range names {
		hosts[n] = true
	}
	return hosts
}()

// countsVisits says whether a host, or one that it is under, is in the list.
func countsVisits(host string) bool {
	if i := strings.LastIndexByte(host, ':'); i > 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	for {
		if analyticsHosts[host] {
			return true
		}
		_, parent, found := strings.Cut(host, ".")
		if !found {
			return false
		}
		host = parent
	}
}
