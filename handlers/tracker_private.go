package handlers

import "net/http"

// granted is what the snippet tells of a visitor who has said yes on the site itself.
const granted = "granted"

// refusesAll says that the browser tells every site not to follow its user (Global Privacy Control).
func refusesAll(r *http.Request) bool { return r.Header.Get("Sec-GPC") == "1" }

// private says that nothing of the visitor who asks may be kept: the browser refuses, and the visitor has not said otherwise here.
func private(r *http.Request, consent string) bool { return refusesAll(r) && consent != granted }
