package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/andybalholm/brotli"
)

// Prefix is the path under which Handler expects to be mounted.
const Prefix = "/static/"

// asset is one embedded file with what it takes to serve it. Its compressed forms are made when first asked for.
type asset struct {
	hash        string
	contentType string
	body        []byte
	brotli      func() []byte
	gzip        func() []byte
}

var assets = sync.OnceValue(func() map[string]*asset {
	byName := make(map[string]*asset)
	err := fs.WalkDir(FS, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := FS.ReadFile(name)
		if err != nil {
			return err
		}
		byName[name] = newAsset(name, body)
		return nil
	})
	if err != nil {
		panic("static: " + err.Error())
	}
	return byName
})

func newAsset(name string, body []byte) *asset {
	sum := sha256.Sum256(body)
	a := &asset{hash: hex.EncodeToString(sum[:8]), contentType: contentType(name), body: body}
	if path.Ext(name) == ".woff2" { // already compressed
		return a
	}
	a.brotli = sync.OnceValue(func() []byte {
		var out bytes.Buffer
		w := brotli.NewWriterLevel(&out, brotli.BestCompression)
		return finish(w, &out, body)
	})
	a.gzip = sync.OnceValue(func() []byte {
		var out bytes.Buffer
		w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
		if err != nil {
			panic("static: " + err.Error())
		}
		return finish(w, &out, body)
	})
	return a
}

// finish compresses body into out, which lives in memory and therefore cannot refuse it.
func finish(w interface {
	Write([]byte) (int, error)
	Close() error
}, out *bytes.Buffer, body []byte) []byte {
	if _, err := w.Write(body); err != nil {
		panic("static: " + err.Error())
	}
	if err := w.Close(); err != nil {
		panic("static: " + err.Error())
	}
	return out.Bytes()
}

func contentType(name string) string {
	switch path.Ext(name) {
	case ".woff2":
		return "font/woff2"
	case ".js":
		return "text/javascript; charset=utf-8"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "text/plain; charset=utf-8"
}

// URL returns the address of the file name ("css/app.css") with the hash of its content in it, so that a browser may keep it
// for ever. A name that is not embedded is a mistake in the program and panics.
func URL(name string) string {
	a, ok := assets()[name]
	if !ok {
		panic(fmt.Sprintf("static: no file %q", name))
	}
	ext := path.Ext(name)
	return Prefix + strings.TrimSuffix(name, ext) + "." + a.hash + ext
}

// split takes the hash out of the last element of a path: css/app.0123456789abcdef.css is css/app.css and the hash.
func split(name string) (plain, hash string) {
	ext := path.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	dot := strings.LastIndexByte(stem, '.')
	if dot < 0 || len(stem)-dot-1 != 16 {
		return name, ""
	}
	return stem[:dot] + ext, stem[dot+1:]
}

// Handler serves the files under Prefix to GET and HEAD. An address that carries the current hash is immutable; the plain name,
// and a hash of an older version, answer with the current file and must be revalidated.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, hash := split(strings.TrimPrefix(r.URL.Path, Prefix))
		a, ok := assets()[name]
		if !ok {
			http.NotFound(w, r)
			return
		}
		header := w.Header()
		header.Set("Content-Type", a.contentType)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Cache-Control", "no-cache")
		if hash == a.hash {
			header.Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		body := a.body
		etag := a.hash
		if a.brotli != nil {
			header.Set("Vary", "Accept-Encoding")
			switch accepted := r.Header.Get("Accept-Encoding"); {
			case accepts(accepted, "br"):
				header.Set("Content-Encoding", "br")
				body, etag = a.brotli(), a.hash+"-br"
			case accepts(accepted, "gzip"):
				header.Set("Content-Encoding", "gzip")
				body, etag = a.gzip(), a.hash+"-gz"
			}
		}
		header.Set("ETag", `"`+etag+`"`)
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(body))
	})
}

// accepts says whether an Accept-Encoding header names coding without refusing it (q=0).
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		q := strings.ReplaceAll(params, " ", "")
		return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
	}
	return false
}
