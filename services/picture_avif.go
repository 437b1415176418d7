package services

// readAVIF checks the boxes of the file and finds its size. Notes lie inside the box that describes the pixels and stay.
func readAVIF(b []byte) (picture, error) {
	p := picture{kind: "avif", data: b}
	for c := (cursor{rest: b}); len(c.rest) > 0; {
		name, body, ok := box(&c)
		if !ok {
			return p, errPicture
		}
		switch name {
		case "ftyp", "mdat", "free", "moov":
		case "meta":
			if len(body) >= 4 {
				p.findSize(body[4:], 0)
			}
		default:
			return p, errPicture
		}
	}
	return p, nil
}

// box takes the next box.
func box(c *cursor) (name string, body []byte, ok bool) {
	size := c.be32()
	name = string(c.take(4))
	if size == 0 {
		size = 8 + len(c.rest)
	}
	body = c.take(size - 8)
	return name, body, !c.bad
}

// findSize looks for the largest size in the properties of the items.
func (p *picture) findSize(boxes []byte, depth int) {
	for c := (cursor{rest: boxes}); len(c.rest) >= 8 && depth < 4; {
		name, body, ok := box(&c)
		switch {
		case !ok:
			return
		case name == "iprp" || name == "ipco":
			p.findSize(body, depth+1)
		case name == "ispe" && len(body) >= 12:
			in := cursor{rest: body[4:]}
			p.width, p.height = max(p.width, in.be32()), max(p.height, in.be32())
		}
	}
}
