package static

import "embed"

// DemoFS holds the demo shop under demo/: a small fictional web shop of plain pages and their assets, on which people can watch
// a test run. Every page holds the comment "<!-- samplit -->" once, in its head, where the snippet of a site goes.
//
//go:embed demo
var DemoFS embed.FS
