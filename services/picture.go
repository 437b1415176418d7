package services

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// picture is an image file without what is not needed to show it: notes, places, serial numbers of cameras, and whatever follows its
// end. Its pixels are not touched.
type picture struct {
	kind          string // png, jpg, gif, webp or avif
	width, height int
	data          []byte
}

var errPicture = errors.New("not a whole picture")

// readPicture tells what a file is by its content and takes it apart. SVG is no picture here: it is a document that can hold scripts.
func readPicture(b []byte) (p picture, err error) {
	switch {
	case bytes.HasPrefix(b, []byte(pngMark)):
		p, err = readPNG(b)
	case bytes.HasPrefix(b, []byte("\xff\xd8\xff")):
		p, err = readJPEG(b)
	case bytes.HasPrefix(b, []byte("GIF87a")), bytes.HasPrefix(b, []byte("GIF89a")):
		p, err = readGIF(b)
	case len(b) > 16 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP":
		p, err = readWebP(b)
	case len(b) > 16 && string(b[4:8]) == "ftyp" && (string(b[8:12]) == "avif" || string(b[8:12]) == "avis"):
		p, err = readAVIF(b)
	default:
		return p, errPicture
	}
	if err == nil && (p.width <= 0 || p.height <= 0) {
		err = errPicture
	}
	return p, err
}

// cursor walks through a file and never past its end.
type cursor struct {
	rest []byte
	bad  bool
}

func (c *cursor) take(n int) []byte {
	if n < 0 || n > len(c.rest) {
		c.bad, n = true, len(c.rest)
	}
	out := c.rest[:n]
	c.rest = c.rest[n:]
	return out
}

func (c *cursor) byte() byte {
	if b := c.take(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

func (c *cursor) be16() int {
	if b := c.take(2); len(b) == 2 {
		return int(binary.BigEndian.Uint16(b))
	}
	return 0
}

func (c *cursor) be32() int {
	if b := c.take(4); len(b) == 4 {
		return int(binary.BigEndian.Uint32(b))
	}
	return 0
}
