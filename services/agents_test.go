package services

import (
	"strings"
	"testing"
)

func TestWhatAnAgentTellsIsRemembered(t *testing.T) {
	t.Parallel()
	const chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 kept/1"
	long := chrome + strings.Repeat(" x", longestAgent)
	for _, ua := range []string{chrome, "Googlebot/2.1 kept/1", long} {
		first := agentOf(ua)
		if again := agentOf(ua); again != first || again != readAgent(ua) {
			t.Errorf("%.40s: %v first, %v then, %v read", ua, first, again, readAgent(ua))
		}
	}
	if _, kept := agents.GetIfPresent(chrome); !kept {
		t.Error("a browser is not remembered")
	}
	if _, kept := agents.GetIfPresent(long); kept {
		t.Error("a user agent of any length takes memory")
	}
}
