package services

import "bytes"

// readGIF keeps the frames, their timing and the loop, and drops comments and what other programs left.
func readGIF(b []byte) (picture, error) {
	p := picture{kind: "gif", data: make([]byte, 0, len(b))}
	c := cursor{rest: b}
	head := c.take(13)
	if c.bad {
		return p, errPicture
	}
	p.width, p.height = int(head[6])|int(head[7])<<8, int(head[8])|int(head[9])<<8
	p.data = append(append(p.data, head...), c.take(gifColours(head[10]))...)
	for !c.bad {
		block := c.rest
		switch c.byte() {
		case 0x3b:
			p.data = append(p.data, 0x3b)
			return p, nil
		case 0x2c:
			frame := c.take(9)
			if c.bad {
				return p, errPicture
			}
			c.take(gifColours(frame[8]) + 1)
			gifBlocks(&c)
			p.data = append(p.data, block[:len(block)-len(c.rest)]...)
		case 0x21:
			label := c.byte()
			loops := bytes.HasPrefix(c.rest, []byte("\x0bNETSCAPE2.0"))
			gifBlocks(&c)
			if label == 0xf9 || label == 0xff && loops {
				p.data = append(p.data, block[:len(block)-len(c.rest)]...)
			}
		default:
			return p, errPicture
		}
	}
	return p, errPicture
}

// gifColours is the size of the table that flags announce.
func gifColours(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

// gifBlocks passes blocks to the empty one that ends them.
func gifBlocks(c *cursor) {
	for !c.bad {
		n := c.byte()
		if n == 0 {
			return
		}
		c.take(int(n))
	}
}
