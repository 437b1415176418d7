package services

import (
	"strings"

	"github.com/maypok86/otter/v2"
	"github.com/mileusna/useragent"
)

// botKind is what tallies call robots.
const botKind = "bot"

// agent is what a user agent tells: who visits, and on what.
type agent struct {
	// automated: it names a crawler, a monitor, a headless browser or a script. They are served like anybody, since anything else
	// would be cloaking, and never counted. No user agent at all counts: a server need not send one.
	automated bool
	device    string // mobile, tablet or desktop; empty when it does not say
}

// agents remembers what user agents tell: visitors have few, and reading one costs as much as all else that is done for a visitor
// who is known.
var agents = otter.Must(&otter.Options[string, agent]{MaximumSize: 4096})

// longestAgent is that of a user agent worth remembering; browsers' have some hundred letters.
const longestAgent = 512

func agentOf(userAgent string) agent {
	if userAgent == "" {
		return agent{}
	}
	if a, known := agents.GetIfPresent(userAgent); known {
		return a
	}
	a := readAgent(userAgent)
	if len(userAgent) <= longestAgent {
		agents.Set(strings.Clone(userAgent), a)
	}
	return a
}

func readAgent(userAgent string) agent {
	ua := useragent.Parse(userAgent)
	a := agent{automated: ua.Bot || marksBot(strings.ToLower(userAgent))}
	switch {
	case ua.Tablet, ua.OS == useragent.Android && !strings.Contains(userAgent, "Mobi"):
		a.device = "tablet"
	case ua.Mobile:
		a.device = "mobile"
	case ua.Desktop:
		a.device = "desktop"
	}
	return a
}

func marksBot(lower string) bool {
	for _, mark := range botMarks {
		if strings.Contains(lower, mark) {
			return true
		}
	}
	return false
}

var botMarks = []string{"bot/", "bot;", "bot ", "spider", "crawl", "headless", "phantomjs", "puppeteer", "playwright", "selenium", "lighthouse",
	"pagespeed", "curl/", "wget/", "python-requests", "go-http-client", "okhttp", "monitor", "uptime", "facebookexternalhit", "preview", "scanner"}
