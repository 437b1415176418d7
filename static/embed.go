// Package static holds the files a browser loads: the style sheet, the built scripts, the vendored libraries, the font and the
// icons. Everything is compiled into the binary and served under an address that contains a hash of its content.
package static

import "embed"

// FS holds the files under their names in this folder, such as "css/app.css".
//
//go:embed css/app.css js vendor fonts icons
var FS embed.FS
