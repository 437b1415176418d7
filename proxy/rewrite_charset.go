package proxy

import (
	"bytes"
	"fmt"

	"golang.org/x/net/html/charset"
)

// UTF8 returns a document in UTF-8, by the encoding that browsers find: byte order mark, header, meta element.
func UTF8(page []byte, contentType string) ([]byte, error) {
	encoding, name, _ := charset.DetermineEncoding(page[:min(len(page), 1024)], contentType)
	if name == "utf-8" {
		return bytes.TrimPrefix(page, []byte("\xef\xbb\xbf")), nil
	}
	text, err := encoding.NewDecoder().Bytes(page)
	if err != nil {
		return nil, fmt.Errorf("read as %s: %w", name, err)
	}
	return bytes.TrimPrefix(text, []byte("\ufeff")), nil
}
