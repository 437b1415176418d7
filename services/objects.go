package services

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
)

// Objects keeps files that nobody asks for by the row: exports. A name is a path of letters, digits, dots, dashes and slashes.
type Objects interface {
	// Put stores what r holds under a name, in place of what was there. After an error the old object, or none, is there.
	Put(ctx context.Context, name string, r io.Reader) error
	// Get opens an object; the caller closes it. ErrNoObject: there is none of that name.
	Get(ctx context.Context, name string) (io.ReadSeekCloser, error)
	// Delete removes an object. One that is not there is no error.
	Delete(ctx context.Context, name string) error
	// Sweep removes what a Put of that name left when its program was killed.
	Sweep(ctx context.Context, name string) error
}

// ErrNoObject says that no object has the name.
var ErrNoObject = errors.New("no such object")

// OpenObjects returns the store of a URL such as s3://key:secret@host/bucket?region=eu-west-1, or the folder when the URL is empty.
// It does not connect.
func OpenObjects(rawURL, folder string) (Objects, error) {
	if rawURL == "" {
		return folderObjects(folder), nil
	}
	a, err := parseS3URL(rawURL)
	if err != nil {
		return nil, err
	}
	return newS3Objects(a)
}

// CheckS3URL says what is wrong with the URL of an object store.
func CheckS3URL(rawURL string) error {
	_, err := parseS3URL(rawURL)
	return err
}

// s3Address is a bucket and how to reach it.
type s3Address struct {
	host, bucket, region, key, secret string
	insecure                          bool
}

var errS3URL = errors.New("is not like s3://key:secret@host/bucket?region=eu-west-1, with &insecure=true for plain HTTP; escape / and @ in the secret")

func parseS3URL(rawURL string) (s3Address, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "s3" || u.Host == "" || u.User == nil {
		return s3Address{}, errS3URL // not the cause: it quotes the secret
	}
	a := s3Address{host: u.Host, bucket: strings.Trim(u.Path, "/"), key: u.User.Username()}
	a.secret, _ = u.User.Password()
	for name, values := range u.Query() {
		switch {
		case name == "region" && len(values) == 1:
			a.region = values[0]
		case name == "insecure" && len(values) == 1 && (values[0] == "true" || values[0] == "false"):
			a.insecure = values[0] == "true"
		default:
			return s3Address{}, fmt.Errorf("has an unknown setting %q", name)
		}
	}
	if a.bucket == "" || strings.Contains(a.bucket, "/") || a.key == "" || a.secret == "" {
		return s3Address{}, errS3URL
	}
	return a, nil
}
