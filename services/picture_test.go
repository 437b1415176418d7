package services

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"
)

// secretNote stands for what a file tells about whoever made it.
const secretNote = "GPS 40.4168 -3.7038 Ana's phone"

func testImage() image.Image {
	m := image.NewPaletted(image.Rect(0, 0, 30, 20), color.Palette{color.White, color.RGBA{200, 20, 20, 255}, color.Black})
	for i := range m.Pix {
		m.Pix[i] = uint8(i % 3)
	}
	return m
}

func encoded(t testing.TB, encode func(*bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// notedPNG has a text chunk after its header.
func notedPNG(t testing.TB) []byte {
	b := encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, testImage()) })
	return slices.Concat(b[:33], pngChunk("tEXt", secretNote), b[33:])
}

func pngChunk(name, body string) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	out = append(out, name+body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// notedJPEG has an Exif segment with a turn by 90 degrees and a note, and a comment.
func notedJPEG(t testing.TB) []byte {
	b := encoded(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, testImage(), nil) })
	exif := "Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00" + secretNote
	return slices.Concat(b[:2], jpegSegment(0xe1, exif), jpegSegment(0xfe, secretNote), b[2:])
}

func jpegSegment(mark byte, body string) []byte {
	return append([]byte{0xff, mark, byte((len(body) + 2) >> 8), byte(len(body) + 2)}, body...)
}

func notedGIF(t testing.TB) []byte {
	b := encoded(t, func(b *bytes.Buffer) error { return gif.Encode(b, testImage(), nil) })
	end := len(b) - 1
	return slices.Concat(b[:end], []byte{0x21, 0xfe, byte(len(secretNote))}, []byte(secretNote), []byte{0}, b[end:])
}

// notedWebP is a picture of one pixel, from the format's own documentation of the smallest one, with notes.
func notedWebP(t testing.TB) []byte {
	t.Helper()
	small, err := base64.StdEncoding.DecodeString("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
	if err != nil {
		t.Fatal(err)
	}
	chunk := func(name, body string) []byte {
		return append(binary.LittleEndian.AppendUint32([]byte(name), uint32(len(body))), body+strings.Repeat("\x00", len(body)%2)...)
	}
	out := slices.Concat(small[:12], chunk("VP8X", "\x0c\x00\x00\x00\x00\x00\x00\x00\x00\x00"), small[12:], chunk("EXIF", secretNote), chunk("XMP ", secretNote))
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out
}

func smallAVIF() []byte {
	box := func(name, body string) string {
		return string(binary.BigEndian.AppendUint32(nil, uint32(len(body)+8))) + name + body
	}
	size := box("ispe", "\x00\x00\x00\x00\x00\x00\x00\x1e\x00\x00\x00\x14")
	return []byte(box("ftyp", "avif\x00\x00\x00\x00avifmif1") + box("meta", "\x00\x00\x00\x00"+box("iprp", box("ipco", size))) + box("mdat", "pixels"))
}

func TestPicturesLoseTheirNotes(t *testing.T) {
	t.Parallel()
	for kind, c := range map[string]struct {
		file          []byte
		width, height int
		decode        func([]byte) (image.Image, error)
	}{
		"png":  {notedPNG(t), 30, 20, func(b []byte) (image.Image, error) { return png.Decode(bytes.NewReader(b)) }},
		"jpg":  {notedJPEG(t), 30, 20, func(b []byte) (image.Image, error) { return jpeg.Decode(bytes.NewReader(b)) }},
		"gif":  {notedGIF(t), 30, 20, func(b []byte) (image.Image, error) { return gif.Decode(bytes.NewReader(b)) }},
		"webp": {notedWebP(t), 1, 1, nil},
		"avif": {smallAVIF(), 30, 20, nil},
	} {
		p, err := readPicture(slices.Concat(c.file, map[bool][]byte{true: []byte("<script>alert(1)</script>")}[kind != "avif"]))
		if err != nil || p.kind != kind || p.width != c.width || p.height != c.height {
			t.Errorf("%s: got %s %dx%d, %v", kind, p.kind, p.width, p.height, err)
			continue
		}
		if bytes.Contains(p.data, []byte("Ana")) || bytes.Contains(p.data, []byte("<script>")) {
			t.Errorf("%s still holds a note", kind)
		}
		if again, err := readPicture(p.data); err != nil || !bytes.Equal(again.data, p.data) {
			t.Errorf("%s: what is left is read differently, %v", kind, err)
		}
		if c.decode == nil {
			continue
		}
		before, err := c.decode(c.file)
		if err != nil {
			t.Fatal(err)
		}
		after, err := c.decode(p.data)
		if err != nil || !samePixels(before, after) {
			t.Errorf("%s: the pixels changed, %v", kind, err)
		}
	}
	p, err := readPicture(notedJPEG(t))
	if err != nil || !bytes.Contains(p.data, []byte("\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06")) {
		t.Errorf("the picture no longer stands upright: %v", err)
	}
}

func samePixels(a, b image.Image) bool {
	if a.Bounds() != b.Bounds() {
		return false
	}
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			if a.At(x, y) != b.At(x, y) {
				return false
			}
		}
	}
	return true
}

func TestWhatIsNoPictureIsRefused(t *testing.T) {
	t.Parallel()
	huge := notedPNG(t)
	copy(huge[16:], "\x00\x00\xc3\x50\x00\x00\xc3\x50") // 50,000 by 50,000
	binary.BigEndian.PutUint32(huge[29:], crc32.ChecksumIEEE(huge[12:29]))
	broken := notedPNG(t)
	broken[len(broken)-20] ^= 1
	for name, c := range map[string]struct {
		file   []byte
		reason string
	}{
		"nothing": {nil, "required"}, "html": {[]byte("<!doctype html><script>"), "not_picture"}, "svg": {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>`), "not_picture"},
		"a long one": {make([]byte, MaxUpload+1), "too_large_file"}, "50,000 pixels wide": {huge, "too_many_pixels"}, "a flipped bit": {broken, "not_picture"},
		"cut PNG": {notedPNG(t)[:60], "not_picture"}, "cut JPEG": {notedJPEG(t)[:100], "not_picture"}, "cut GIF": {notedGIF(t)[:40], "not_picture"}, "cut WebP": {notedWebP(t)[:30], "not_picture"},
		"cut AVIF": {smallAVIF()[:40], "not_picture"}, "a script called GIF": {[]byte("GIF89a/*" + strings.Repeat("x", 99) + "*/=alert(1)"), "not_picture"},
	} {
		_, err := checkPicture(c.file)
		if Code(err) != CodeInvalid || !strings.Contains(err.Error(), "file") {
			t.Errorf("%s: got %v", name, err)
			continue
		}
		if got := err.(*Error).Fields["file"].Reason; got != c.reason {
			t.Errorf("%s: got reason %s, want %s", name, got, c.reason)
		}
	}
}

func FuzzPicture(f *testing.F) {
	for _, b := range [][]byte{notedPNG(f), notedJPEG(f), notedGIF(f), notedWebP(f), smallAVIF()} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := readPicture(b)
		if err != nil {
			return
		}
		again, err := readPicture(p.data)
		if err != nil || !bytes.Equal(again.data, p.data) {
			t.Errorf("what is left of %q is read differently: %v", b, err)
		}
	})
}
