package services

import (
	"strings"

	"github.com/mileusna/useragent"
)

// botKind is what tallies call robots.
const botKind = "bot"

// automated reports whether a user agent names a crawler, a monitor, a headless browser or a script. They are served like
// anybody, since anything else would be cloaking, and never counted. No user agent at all counts: a server need not send one.
func automated(userAgent string) bool {
	if userAgent == "" {
		return false
	}
	lower := strings.ToLower(userAgent)
	for _, mark := range botMarks {
		if strings.Contains(lower, mark) {
			return true
		}
	}
	return useragent.Parse(userAgent).Bot
}

var botMarks = []string{"bot/", "bot;", "bot ", "spider", "crawl", "headless", "phantomjs", "puppeteer", "playwright", "selenium", "lighthouse",
	"pagespeed", "curl/", "wget/", "python-requests", "go-http-client", "okhttp", "monitor", "uptime", "facebookexternalhit", "preview", "scanner"}
