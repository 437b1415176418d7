package services

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/maypok86/otter/v2"

	"github.com/samplit/samplit/db"
)

// Limits of pictures.
const (
	MaxUpload     = 5 << 20 // bytes of a file
	maxPixels     = 40 << 20
	maxSide       = 12_000
	mostUploads   = 10_000 // of an account
	uploadsBytes  = 2 << 30
	uploadsMemory = 64 << 20 // of those served lately
)

// UploadPath is the beginning of the addresses of pictures, under TRACKER_URL.
const UploadPath = "/s/img/"

// Uploads keeps pictures that people put into changes. They are served to everybody who knows the address, which is made of their
// content.
type Uploads struct {
	db      *db.DB
	objects Objects
	tracker string
	clock   Clock
	served  *otter.Cache[string, []byte]
}

// NewUploads makes the service.
func NewUploads(d *db.DB, o Objects, trackerURL string, clock Clock) *Uploads {
	return &Uploads{d, o, strings.TrimRight(trackerURL, "/"), clock, otter.Must(&otter.Options[string, []byte]{MaximumWeight: uploadsMemory,
		Weigher: func(_ string, b []byte) uint32 { return uint32(len(b)) + 100 }})} // no more than MaxUpload
}

// Upload is a picture that can be shown.
type Upload struct {
	URL    string `json:"url"`
	Kind   string `json:"kind" enum:"png,jpg,gif,webp,avif"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Bytes  int    `json:"bytes"`
}

// Add keeps a picture, without notes about where and with what it was taken. Editors and above may. Invalid names file: it is too
// large, or not a PNG, JPEG, GIF, WebP or AVIF (what its name says does not count), or the account has no room left.
func (u *Uploads) Add(ctx context.Context, by Actor, file io.Reader) (Upload, error) {
	if err := by.may(Editor); err != nil {
		return Upload{}, err
	}
	b, err := io.ReadAll(io.LimitReader(file, MaxUpload+1))
	if err != nil {
		return Upload{}, fmt.Errorf("read upload: %w", err)
	}
	p, err := checkPicture(b)
	if err != nil {
		return Upload{}, err
	}
	sum := sha256.Sum256(p.data)
	name := hex.EncodeToString(sum[:]) + "." + p.kind
	if err := u.room(ctx, by); err != nil {
		return Upload{}, err
	}
	// The object first: a row without one would be an address that shows nothing.
	if err := u.objects.Put(ctx, objectOf(name), bytes.NewReader(p.data)); err != nil {
		return Upload{}, fmt.Errorf("store upload: %w", err)
	}
	err = u.db.InTx(ctx, by.Account, func(s *db.Store) error {
		now := u.clock.now()
		err := s.InsertUpload(ctx, db.InsertUploadParams{AccountID: by.Account, Hash: sum[:], Kind: p.kind, Width: int32(p.width), Height: int32(p.height),
			Bytes: int32(len(p.data)), CreatedBy: by.User, Now: now})
		if err != nil {
			return err
		}
		_, err = record(ctx, s, now, by, "upload.added", accountObject(by.Account), map[string]any{"sha256": hex.EncodeToString(sum[:]), "kind": p.kind})
		return err
	})
	if err != nil {
		return Upload{}, fmt.Errorf("insert upload: %w", err)
	}
	return Upload{u.tracker + UploadPath + name, p.kind, p.width, p.height, len(p.data)}, nil
}

func fileInvalid(reason, message string) error { return (Fields{"file": {reason, message}}).err() }

func checkPicture(b []byte) (picture, error) {
	switch {
	case len(b) == 0:
		return picture{}, fileInvalid("required", "Is required.")
	case len(b) > MaxUpload:
		return picture{}, fileInvalid("too_large_file", "Must be at most 5 MB.")
	}
	p, err := readPicture(b)
	if err != nil {
		return p, fileInvalid("not_picture", "Must be a PNG, JPEG, GIF, WebP or AVIF picture.")
	}
	if p.width > maxSide || p.height > maxSide || p.width*p.height > maxPixels {
		return p, fileInvalid("too_many_pixels", "Must be at most 12,000 pixels wide and high, and 40 million in all.")
	}
	return p, nil
}

// room refuses an upload to an account that has all it may have.
func (u *Uploads) room(ctx context.Context, by Actor) error {
	return u.db.InTx(ctx, by.Account, func(s *db.Store) error {
		has, err := s.UploadTotals(ctx, by.Account)
		if err != nil {
			return fmt.Errorf("count uploads: %w", err)
		}
		if has.N >= mostUploads || has.Bytes >= uploadsBytes {
			return fileInvalid("too_many_uploads", "This account has all the pictures that it may have: 10,000 files, 2 GB.")
		}
		return nil
	})
}

func objectOf(name string) string { return "uploads/" + name[:2] + "/" + name }

// Get returns a picture by the last part of its address, and its media type. NotFound: there is none.
func (u *Uploads) Get(ctx context.Context, name string) ([]byte, string, error) {
	hash, kind, _ := strings.Cut(name, ".")
	media := mediaTypes[kind]
	if raw, err := hex.DecodeString(hash); err != nil || len(raw) != sha256.Size || media == "" || hash != strings.ToLower(hash) {
		return nil, "", notFound("picture")
	}
	if b, ok := u.served.GetIfPresent(name); ok {
		return b, media, nil
	}
	r, err := u.objects.Get(ctx, objectOf(name))
	if errors.Is(err, ErrNoObject) {
		return nil, "", notFound("picture")
	}
	if err != nil {
		return nil, "", err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, MaxUpload))
	if err != nil {
		return nil, "", fmt.Errorf("read upload: %w", err)
	}
	u.served.Set(name, b)
	return b, media, nil
}

var mediaTypes = map[string]string{"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp", "avif": "image/avif"}
