package services

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/note"

	"github.com/samplit/samplit/audit"
	"github.com/samplit/samplit/db"
)

// AuditKey signs checkpoints. It lives outside the database, and beside it what it has signed last of every account: whoever
// rewrites or restores the database gets no new signature.
type AuditKey struct {
	signer note.Signer
	public audit.Key
	folder string // of the newest checkpoint of every account
}

// ErrNoAuditKey tells that the key is gone that signed the checkpoints in the database.
var ErrNoAuditKey = errors.New("there is no key, but checkpoints were signed with one: restore the file from your backup")

// LoadAuditKey reads the key, or makes one when nothing was signed yet. The file is readable by its owner alone; the public half lies
// beside it as PATH.pub.
func LoadAuditKey(ctx context.Context, d *db.DB, path string) (*AuditKey, error) {
	switch _, err := os.Stat(path); {
	case err == nil:
		return readAuditKey(path)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("AUDIT_KEY: %w", err)
	}
	signed := false
	err := d.AsSystem(ctx, func(s *db.Store) (err error) {
		signed, err = s.AuditSignedOnce(ctx)
		return err
	})
	if err == nil && signed {
		err = ErrNoAuditKey
	}
	if err != nil {
		return nil, fmt.Errorf("AUDIT_KEY %s: %w", path, err)
	}
	return GenerateAuditKey(path)
}

func readAuditKey(path string) (*AuditKey, error) {
	private, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("AUDIT_KEY: %w", err)
	}
	return parseAuditKey(string(private), path)
}

func parseAuditKey(private, path string) (*AuditKey, error) {
	lines := strings.Fields(private)
	if len(lines) != 2 {
		return nil, fmt.Errorf("AUDIT_KEY %s: it holds no key of audit checkpoints", path)
	}
	signer, err := note.NewSigner(lines[0])
	if err != nil {
		return nil, fmt.Errorf("AUDIT_KEY %s: it holds no key of audit checkpoints", path)
	}
	public, err := audit.ParseKey(lines[1])
	if err != nil {
		return nil, fmt.Errorf("AUDIT_KEY %s: %w", path, err)
	}
	return &AuditKey{signer, public, path + ".signed"}, nil
}

// GenerateAuditKey makes a key, or reads the one that somebody else has just made.
func GenerateAuditKey(path string) (*AuditKey, error) {
	private, public, err := note.GenerateKey(rand.Reader, audit.KeyName)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o755)
	}
	if err == nil {
		err = writeDurably(path, private+"\n"+public+"\n", 0o600, os.Link)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("AUDIT_KEY: %w", err)
	}
	k, err := readAuditKey(path)
	if err != nil {
		return nil, err
	}
	if err := writeDurably(path+".pub", string(k.public)+"\n", 0o644, os.Rename); err != nil {
		return nil, fmt.Errorf("AUDIT_KEY: %w", err)
	}
	return k, nil
}

// Public is the key that checks what this one signed.
func (k *AuditKey) Public() audit.Key { return k.public }

// newest is the text of the checkpoint signed last of an account, empty when there is none.
func (k *AuditKey) newest(account uuid.UUID) (string, error) {
	text, err := os.ReadFile(filepath.Join(k.folder, account.String()))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(text), err
}

// sign signs a checkpoint and remembers it before anybody sees it.
func (k *AuditKey) sign(c audit.Checkpoint) (string, error) {
	text, err := c.Sign(k.signer)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(k.folder, 0o700); err != nil {
		return "", fmt.Errorf("AUDIT_KEY: %w", err)
	}
	if err := writeDurably(filepath.Join(k.folder, c.Account.String()), text, 0o600, os.Rename); err != nil {
		return "", fmt.Errorf("AUDIT_KEY: %w", err)
	}
	return text, nil
}

// writeDurably writes a temporary file beside path and gives it its name by publish once it is on the disk.
func writeDurably(path, text string, mode fs.FileMode, publish func(from, to string) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := publish(f.Name(), path); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
