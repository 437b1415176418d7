package snippet

import "strings"

// Async returns the elements by which a page loads the snippet without waiting: the loader, and the script element of a site (its
// address ending in .js) as one that is not waited for.
func Async(loader []byte, element string) string {
	element = strings.Replace(element, "<script ", `<script async blocking="render" `, 1)
	return "<script>" + strings.TrimSpace(string(loader)) + "</script>\n" + strings.Replace(element, `.js"`, `.async.js"`, 1)
}
