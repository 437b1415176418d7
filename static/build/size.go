package main

import (
	"bytes"
	"compress/gzip"
	"io"

	"github.com/andybalholm/brotli"
)

// size is the length of a script in bytes, plain and as it travels.
type size struct{ raw, gzip, brotli int }

func measure(code []byte) (size, error) {
	var zipped, brotlied bytes.Buffer
	zip, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err != nil {
		return size{}, err
	}
	if err := compress(zip, code); err != nil {
		return size{}, err
	}
	if err := compress(brotli.NewWriterLevel(&brotlied, brotli.BestCompression), code); err != nil {
		return size{}, err
	}
	return size{raw: len(code), gzip: zipped.Len(), brotli: brotlied.Len()}, nil
}

func compress(w io.WriteCloser, code []byte) error {
	if _, err := w.Write(code); err != nil {
		return err
	}
	return w.Close()
}
