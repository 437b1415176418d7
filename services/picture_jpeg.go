package services

import (
	"bytes"
	"encoding/binary"
)

// readJPEG drops application segments and comments but for those that say how colours are meant. Which way up the picture is stays,
// in a segment that says nothing else.
func readJPEG(b []byte) (picture, error) {
	p := picture{kind: "jpg", data: append(make([]byte, 0, len(b)), b[:2]...)}
	for c := (cursor{rest: b[2:]}); ; {
		if c.byte() != 0xff || c.bad {
			return p, errPicture
		}
		mark := c.byte()
		for mark == 0xff {
			mark = c.byte()
		}
		segment := c.rest
		size := c.be16()
		body := c.take(size - 2)
		if c.bad || size < 2 {
			return p, errPicture
		}
		if mark >= 0xc0 && mark <= 0xcf && mark != 0xc4 && mark != 0xc8 && mark != 0xcc && len(body) >= 5 {
			p.height, p.width = int(binary.BigEndian.Uint16(body[1:])), int(binary.BigEndian.Uint16(body[3:]))
		}
		if kept := jpegKept(mark, segment[:size]); kept != nil {
			p.data = append(append(p.data, 0xff, mark), kept...)
		}
		if mark == 0xda { // the scans, to the end mark; what follows it is no part of the picture
			end := bytes.LastIndex(c.rest, []byte("\xff\xd9"))
			if end < 0 {
				return p, errPicture
			}
			p.data = append(p.data, c.rest[:end+2]...)
			return p, nil
		}
	}
}

// jpegKept is what is left of a segment, its length included; nil: nothing.
func jpegKept(mark byte, segment []byte) []byte {
	switch body := segment[2:]; {
	case mark == 0xe1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")):
		return orientation(body[6:])
	case mark == 0xe0 || mark == 0xee, mark == 0xe2 && bytes.HasPrefix(body, []byte("ICC_PROFILE\x00")):
		return segment
	case mark >= 0xe1 && mark <= 0xef, mark == 0xfe:
		return nil
	}
	return segment
}

// orientation is an Exif segment with that tag alone, where the given one has it and the picture does not lie as it is.
func orientation(tiff []byte) []byte {
	if len(tiff) < 8 {
		return nil
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int(order.Uint32(tiff[4:]))
	if at < 8 || at+2 > len(tiff) {
		return nil
	}
	n, entries := int(order.Uint16(tiff[at:])), tiff[at+2:]
	for i := 0; i < n && 12*i+12 <= len(entries); i++ {
		if e := entries[12*i:]; order.Uint16(e) == 0x0112 {
			if way := order.Uint16(e[8:]); way > 1 && way <= 8 {
				return []byte{0, 34, 'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, byte(way), 0, 0, 0, 0, 0, 0}
			}
		}
	}
	return nil
}
