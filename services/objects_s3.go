package services

import (
	"context"
	"fmt"
	"io"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// s3Part is how much of an object is in memory at a time; ten thousand of them are the largest object.
const s3Part = 16 << 20

// s3Objects keeps objects in a bucket, which must be there.
type s3Objects struct {
	client *minio.Client
	bucket string
}

func newS3Objects(a s3Address) (*s3Objects, error) {
	c, err := minio.New(a.host, &minio.Options{Creds: credentials.NewStaticV4(a.key, a.secret, ""), Secure: !a.insecure, Region: a.region, MaxRetries: 3})
	if err != nil {
		return nil, fmt.Errorf("object store: %w", err)
	}
	return &s3Objects{c, a.bucket}, nil
}

// Put uploads in parts; they become an object at the end or not at all. Each part carries a checksum: signing it as it streams, too,
// is what not every store understands.
func (s *s3Objects) Put(ctx context.Context, name string, r io.Reader) error {
	_, err := s.client.PutObject(ctx, s.bucket, name, r, -1, minio.PutObjectOptions{PartSize: s3Part, DisableContentSha256: true,
		ContentType: "application/octet-stream"})
	if err != nil {
		return fmt.Errorf("put %s: %w", name, err)
	}
	return nil
}

func (s *s3Objects) Get(ctx context.Context, name string) (io.ReadSeekCloser, error) {
	object, err := s.client.GetObject(ctx, s.bucket, name, minio.GetObjectOptions{})
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", name, err)
	}
	if _, err := object.Stat(); err != nil { // the request is made only now
		_ = object.Close()
		if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
			return nil, fmt.Errorf("%s: %w", name, ErrNoObject)
		}
		return nil, fmt.Errorf("get %s: %w", name, err)
	}
	return object, nil
}

func (s *s3Objects) Delete(ctx context.Context, name string) error {
	if err := s.client.RemoveObject(ctx, s.bucket, name, minio.RemoveObjectOptions{}); err != nil && minio.ToErrorResponse(err).Code != minio.NoSuchKey {
		return fmt.Errorf("delete %s: %w", name, err)
	}
	return nil
}

func (s *s3Objects) Sweep(ctx context.Context, name string) error {
	if err := s.client.RemoveIncompleteUpload(ctx, s.bucket, name); err != nil {
		return fmt.Errorf("sweep %s: %w", name, err)
	}
	return nil
}
