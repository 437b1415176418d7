package proxy

import "regexp"

// Pages that do not want to be in a frame compare top, or its address, with themselves. No script can replace window.top, so the
// comparison itself is made to compare the window with itself. What such a page does next cannot leave the frame in any case.
const (
	topName  = `(?:(?:window|self|parent|globalThis)\s*\.\s*)?\btop\b(?:\s*\.\s*(?:window|self|location)(?:\s*\.\s*(?:href|host|hostname))?)?`
	selfName = `(?:(?:window|globalThis|document)\s*\.\s*)?\b(?:self|window|location|document\s*\.\s*location)\b(?:\s*\.\s*(?:self|window|location|href|host|hostname)){0,2}`
	ending   = `(\s*(?:[)&|?:;,{}\n]|$))`
)

var (
	topFirst = regexp.MustCompile(`(^|[^\w.$])` + topName + `(\s*[!=]==?\s*)(` + selfName + `)` + ending)
	topLast  = regexp.MustCompile(`(^|[^\w.$])(` + selfName + `)(\s*[!=]==?\s*)` + topName + ending)
)

// maxScript is the size up to which a script is searched: those who break out of frames are short.
const maxScript = 512 << 10

// Script takes the comparisons with top out of a script.
func (w *Rewriter) Script(text []byte) []byte {
	if len(text) > maxScript || !mentionsTop(text) {
		return text
	}
	text = topFirst.ReplaceAll(text, []byte("${1}${3}${2}${3}${4}"))
	return topLast.ReplaceAll(text, []byte("${1}${2}${3}${2}${4}"))
}

// mentionsTop: most scripts do not compare with top, and a look for these few bytes is cheap.
func mentionsTop(text []byte) bool { return comparison.Match(text) }

var comparison = regexp.MustCompile(`\btop\b[\w.\s]{0,40}[!=]=|[!=]=\s*[\w.\s]{0,20}\btop\b`)
