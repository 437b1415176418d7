package services

import (
	"encoding/binary"
	"hash/crc32"
)

const pngMark = "\x89PNG\r\n\x1a\n"

// pngShown are the chunks that a picture looks the same with: pixels, palette, transparency, colours, animation.
var pngShown = map[string]bool{"IHDR": true, "PLTE": true, "IDAT": true, "IEND": true, "tRNS": true, "gAMA": true, "cHRM": true, "sRGB": true, "iCCP": true, "sBIT": true,
	"pHYs": true, "bKGD": true, "acTL": true, "fcTL": true, "fdAT": true, "cICP": true}

// readPNG keeps the chunks that are shown, each with its checksum checked.
func readPNG(b []byte) (picture, error) {
	p := picture{kind: "png", data: append(make([]byte, 0, len(b)), pngMark...)}
	for c := (cursor{rest: b[len(pngMark):]}); ; {
		whole := c.rest
		size := c.be32()
		body := c.take(4 + size)
		sum := c.take(4)
		if c.bad || binary.BigEndian.Uint32(sum) != crc32.ChecksumIEEE(body) {
			return p, errPicture
		}
		kind := string(body[:4])
		if kind == "IHDR" && size == 13 {
			p.width, p.height = int(binary.BigEndian.Uint32(body[4:])), int(binary.BigEndian.Uint32(body[8:]))
		}
		if pngShown[kind] {
			p.data = append(p.data, whole[:12+size]...)
		}
		if kind == "IEND" {
			return p, nil
		}
	}
}
