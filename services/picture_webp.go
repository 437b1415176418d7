package services

import "encoding/binary"

// readWebP drops the chunks with notes and takes them out of the flags.
func readWebP(b []byte) (picture, error) {
	p := picture{kind: "webp", data: append(make([]byte, 0, len(b)), b[:12]...)}
	size := int(binary.LittleEndian.Uint32(b[4:])) + 8
	if size > len(b) || size < 20 {
		return p, errPicture
	}
	for c := (cursor{rest: b[12:size]}); len(c.rest) >= 8; {
		whole := c.rest
		name := string(c.take(4))
		n := int(binary.LittleEndian.Uint32(c.take(4)))
		body := c.take(n)
		if c.bad {
			return p, errPicture
		}
		if n%2 == 1 && len(c.rest) > 0 {
			c.take(1)
		}
		if name == "EXIF" || name == "XMP " {
			continue
		}
		p.webpSize(name, body)
		p.data = append(p.data, whole[:len(whole)-len(c.rest)]...)
		if name == "VP8X" && n >= 1 {
			p.data[len(p.data)-n] &^= 0x0c
		}
	}
	binary.LittleEndian.PutUint32(p.data[4:], uint32(len(p.data)-8))
	return p, nil
}

// webpSize reads the size from the first chunk that tells it.
func (p *picture) webpSize(name string, b []byte) {
	switch {
	case p.width > 0:
	case name == "VP8X" && len(b) >= 10:
		p.width, p.height = 1+int(b[4])+int(b[5])<<8+int(b[6])<<16, 1+int(b[7])+int(b[8])<<8+int(b[9])<<16
	case name == "VP8 " && len(b) >= 10 && string(b[3:6]) == "\x9d\x01\x2a":
		p.width, p.height = int(binary.LittleEndian.Uint16(b[6:]))&0x3fff, int(binary.LittleEndian.Uint16(b[8:]))&0x3fff
	case name == "VP8L" && len(b) >= 5 && b[0] == 0x2f:
		bits := binary.LittleEndian.Uint32(b[1:])
		p.width, p.height = int(bits&0x3fff)+1, int(bits>>14&0x3fff)+1
	}
}
