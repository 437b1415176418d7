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
	"sync"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/note"

	"github.com/samplit/samplit/audit"
	"github.com/samplit/samplit/db"
)

// AuditKey signs checkpoints. It lives outside the database, and beside it what it has signed last of every account: whoever
// rewrites or restores the database gets no new signature. When `samplit audit rotate-key` replaces the file, it goes on with the new
// key. It is safe for concurrent use.
type AuditKey struct {
	path   string // empty: it is never read again
	folder string // of the newest checkpoint of every account
	mu     sync.Mutex
	read   fs.FileInfo // of the file that keys came from
	keys   auditKeys
}

// auditKeys is what the file holds: the key that signs, and the public halves of those that did before, newest first.
type auditKeys struct {
	private string
	signer  note.Signer
	public  audit.Key
	former  []audit.Key
}

// ErrNoAuditKey tells that the key is gone that signed the checkpoints in the database.
var ErrNoAuditKey = errors.New("there is no key, but checkpoints were signed with one: restore the file from your backup")

var errNoAuditKey = errors.New("it holds no key of audit checkpoints")

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
	k := &AuditKey{path: path, folder: path + ".signed"}
	_, err := k.current()
	return k, err
}

// current returns the keys, read again if the file is another one than before. With an error they are those known so far.
func (k *AuditKey) current() (auditKeys, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.path == "" {
		return k.keys, nil
	}
	file, err := os.Stat(k.path)
	if err != nil {
		return k.keys, fmt.Errorf("AUDIT_KEY: %w", err)
	}
	if k.read != nil && os.SameFile(file, k.read) && file.ModTime().Equal(k.read.ModTime()) {
		return k.keys, nil
	}
	text, err := os.ReadFile(k.path)
	if err != nil {
		return k.keys, fmt.Errorf("AUDIT_KEY: %w", err)
	}
	next, err := parseAuditKeys(string(text))
	if err != nil {
		return k.keys, fmt.Errorf("AUDIT_KEY %s: %w", k.path, err)
	}
	k.keys, k.read = next, file
	return next, nil
}

// parseAuditKeys reads lines: the private key, its public half, and the former public ones.
func parseAuditKeys(text string) (keys auditKeys, err error) {
	lines := strings.Fields(text)
	if len(lines) < 2 {
		return keys, errNoAuditKey
	}
	keys.private = lines[0]
	if keys.signer, err = note.NewSigner(keys.private); err != nil {
		return keys, errNoAuditKey
	}
	for i, line := range lines[1:] {
		public, err := audit.ParseKey(line)
		switch {
		case err != nil:
			return keys, err
		case i == 0:
			keys.public = public
		default:
			keys.former = append(keys.former, public)
		}
	}
	return keys, nil
}

// String is the file.
func (k auditKeys) String() string {
	lines := k.private + "\n" + string(k.public) + "\n"
	for _, former := range k.former {
		lines += string(former) + "\n"
	}
	return lines
}

// GenerateAuditKey makes a key, or reads the one that somebody else has just made.
func GenerateAuditKey(path string) (*AuditKey, error) {
	keys, err := newAuditKeys()
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o755)
	}
	if err == nil {
		err = writeDurably(path, keys.String(), 0o600, os.Link)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("AUDIT_KEY: %w", err)
	}
	k, err := readAuditKey(path)
	if err != nil {
		return nil, err
	}
	return k, k.publish()
}

func newAuditKeys() (auditKeys, error) {
	private, public, err := note.GenerateKey(rand.Reader, audit.KeyName)
	if err != nil {
		return auditKeys{}, fmt.Errorf("AUDIT_KEY: %w", err)
	}
	return parseAuditKeys(private + "\n" + public)
}

// publish writes the public half beside the file.
func (k *AuditKey) publish() error {
	if err := writeDurably(k.path+".pub", string(k.Public())+"\n", 0o644, os.Rename); err != nil {
		return fmt.Errorf("AUDIT_KEY: %w", err)
	}
	return nil
}

// Public is the key that checks what this one signed.
func (k *AuditKey) Public() audit.Key {
	keys, _ := k.current() // one that cannot be read any more is still the one that signed
	return keys.public
}

// All are the key that signs and those that did before, newest first.
func (k *AuditKey) All() []audit.Key {
	keys, _ := k.current()
	return append([]audit.Key{keys.public}, keys.former...)
}

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
	keys, err := k.current()
	if err != nil {
		return "", err
	}
	text, err := c.Sign(keys.signer)
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
