package services

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/minio/minio-go/v7"
)

func TestObjectsAreReadFromAnywhere(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Objects{"folder": folderObjects(t.TempDir()), "S3": fakeS3(t, &atomic.Bool{})} {
		if err := o.Put(t.Context(), "exports/a/b.csv", strings.NewReader("0123456789")); err != nil {
			t.Fatal(err)
		}
		r, err := o.Get(t.Context(), "exports/a/b.csv")
		if err != nil {
			t.Fatal(err)
		}
		size, err := r.Seek(0, io.SeekEnd)
		if err != nil || size != 10 {
			t.Errorf("%s: got size %d, %v", name, size, err)
		}
		if _, err := r.Seek(6, io.SeekStart); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if rest, err := io.ReadAll(r); err != nil || string(rest) != "6789" {
			t.Errorf("%s: got %q, %v, want the rest", name, rest, err)
		}
		_ = r.Close()
	}
}

func TestSweepRemovesWhatAKilledPutLeft(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	o := folderObjects(folder)
	for _, name := range []string{"exports/a/b-1.csv", "exports/a/b-10.csv"} {
		if err := o.Put(t.Context(), name, strings.NewReader("whole")); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{".new-b-1.csv-77", ".new-b-10.csv-78"} {
		if err := os.WriteFile(filepath.Join(folder, "exports/a", name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.Sweep(t.Context(), "exports/a/b-1.csv"); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(folder, "exports/a/*"))
	if err != nil || len(left) != 3 {
		t.Errorf("got %q, %v, want two objects and what is left of the other one", left, err)
	}
}

// What was uploaded of an object whose program was killed is gone after a sweep; the objects themselves stay.
func TestSweepRemovesUnfinishedUploads(t *testing.T) {
	t.Parallel()
	o := fakeS3(t, &atomic.Bool{}).(*s3Objects)
	if err := o.Put(t.Context(), "exports/a/b.csv", strings.NewReader("whole")); err != nil {
		t.Fatal(err)
	}
	core := minio.Core{Client: o.client}
	if _, err := core.NewMultipartUpload(t.Context(), o.bucket, "exports/a/b.csv", minio.PutObjectOptions{}); err != nil {
		t.Fatal(err)
	}
	unfinished := func() (n int) {
		for u := range o.client.ListIncompleteUploads(t.Context(), o.bucket, "", true) {
			if u.Err != nil {
				t.Fatal(u.Err)
			}
			n++
		}
		return n
	}
	if n := unfinished(); n != 1 {
		t.Fatalf("got %d unfinished uploads, want 1", n)
	}
	if err := o.Sweep(t.Context(), "exports/a/b.csv"); err != nil {
		t.Fatal(err)
	}
	if n := unfinished(); n != 0 {
		t.Errorf("got %d unfinished uploads after a sweep", n)
	}
	if r, err := o.Get(t.Context(), "exports/a/b.csv"); err != nil {
		t.Errorf("the object is gone: %v", err)
	} else {
		_ = r.Close()
	}
}

// A large object goes up in parts; when its making is cancelled nothing of it stays.
func TestCancelledUploadLeavesNothing(t *testing.T) {
	t.Parallel()
	o := fakeS3(t, &atomic.Bool{}).(*s3Objects)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := putStream(ctx, o, "exports/a/c.csv", func(ctx context.Context, w io.Writer) error {
		chunk := make([]byte, 1<<20)
		for i := range 40 {
			if i == 36 {
				cancel() // two parts are up
			}
			if _, err := w.Write(chunk); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
	if err == nil {
		t.Fatal("a cancelled upload succeeded")
	}
	for u := range o.client.ListIncompleteUploads(t.Context(), o.bucket, "", true) {
		t.Errorf("%s is left, %v", u.Key, u.Err)
	}
	if _, err := o.Get(t.Context(), "exports/a/c.csv"); !errors.Is(err, ErrNoObject) {
		t.Errorf("got %v, want no object", err)
	}
}
