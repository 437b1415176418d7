package services

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
)

// stored is what was put into the object store.
type stored struct {
	sha256 string
	bytes  int64
}

// putStream stores what write writes, a little of it in memory at a time. The error of write is among those that it returns.
func putStream(ctx context.Context, o Objects, name string, write func(context.Context, io.Writer) error) (stored, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, w := io.Pipe()
	read := make(chan error, 1)
	go func() {
		err := write(ctx, w)
		_ = w.CloseWithError(err) // nil is the end of the file
		read <- err
	}()
	sum := &sumReader{r: r, hash: sha256.New()}
	err := o.Put(ctx, name, sum)
	if err != nil {
		cancel()
	}
	_ = r.CloseWithError(err)
	if other := <-read; err == nil || other != nil && !errors.Is(other, err) && ctx.Err() == nil {
		err = other
	}
	return stored{hex.EncodeToString(sum.hash.Sum(nil)), sum.n}, err
}

// sumReader hashes and counts what is read.
type sumReader struct {
	r    io.Reader
	hash hash.Hash
	n    int64
}

func (s *sumReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.hash.Write(p[:n])
	s.n += int64(n)
	return n, err
}
