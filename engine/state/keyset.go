package state

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// maxKeyset bounds a keyset file; a key takes about 300 bytes.
const maxKeyset = 1 << 20

// ErrNoKeyset says that there is no keyset file although state was sealed: only the file it was sealed with helps.
var ErrNoKeyset = errors.New("no keyset file, but the database holds sealed state: restore the file from your backup")

// Keyset holds the keys of sealed state: the primary key seals, all of them open. It is immutable and safe for
// concurrent use. Keys are XChaCha20-Poly1305, whose random nonces do not repeat at any number of messages.
type Keyset struct {
	handle *keyset.Handle
	aead   tink.AEAD
}

// Generate returns a keyset of one new key.
func Generate() (*Keyset, error) {
	handle, err := keyset.NewHandle(aead.XChaCha20Poly1305KeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("generate keyset: %w", err)
	}
	return newKeyset(handle)
}

// Read returns the keyset that Write wrote.
func Read(r io.Reader) (*Keyset, error) {
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(io.LimitReader(r, maxKeyset)))
	if err != nil {
		return nil, fmt.Errorf("read keyset: %w", err)
	}
	return newKeyset(handle)
}

func newKeyset(handle *keyset.Handle) (*Keyset, error) {
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("keyset is not one of sealing keys: %w", err)
	}
	return &Keyset{handle: handle, aead: primitive}, nil
}

// Write writes the keys in the clear, as JSON of Tink.
func (k *Keyset) Write(w io.Writer) error {
	if err := insecurecleartextkeyset.Write(k.handle, keyset.NewJSONWriter(w)); err != nil {
		return fmt.Errorf("write keyset: %w", err)
	}
	return nil
}

// Rotate returns the keyset with a new primary key; what the old keys sealed still opens.
func (k *Keyset) Rotate() (*Keyset, error) {
	manager := keyset.NewManagerFromHandle(k.handle)
	id, err := manager.Add(aead.XChaCha20Poly1305KeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("add key: %w", err)
	}
	if err := manager.SetPrimary(id); err != nil {
		return nil, fmt.Errorf("set primary key: %w", err)
	}
	handle, err := manager.Handle()
	if err != nil {
		return nil, fmt.Errorf("rotate keyset: %w", err)
	}
	return newKeyset(handle)
}

// Extends reports whether k has every key of other: whatever other opens, k opens.
func (k *Keyset) Extends(other *Keyset) bool {
	for _, key := range other.handle.KeysetInfo().GetKeyInfo() {
		if !k.has(key.GetKeyId()) {
			return false
		}
	}
	return true
}

// String describes the keyset without its keys.
func (k *Keyset) String() string { return fmt.Sprintf("keyset of %d keys", k.handle.Len()) }

func (k *Keyset) primary() uint32 { return k.handle.KeysetInfo().GetPrimaryKeyId() }

func (k *Keyset) has(id uint32) bool {
	for _, key := range k.handle.KeysetInfo().GetKeyInfo() {
		if key.GetKeyId() == id {
			return true
		}
	}
	return false
}

// Load reads the keyset file. When there is none it creates one, unless sealed says that the database already holds
// sealed state: then the error is ErrNoKeyset. A file that cannot be read is an error, never replaced. Of several
// processes that create the file at once one wins and all get its keys.
func Load(path string, sealed bool) (*Keyset, error) {
	k, err := read(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if sealed {
		return nil, fmt.Errorf("%s: %w", path, ErrNoKeyset)
	}
	if k, err = Generate(); err != nil {
		return nil, err
	}
	if err := k.store(path, os.Link); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return read(path)
}

// Save replaces the keyset file atomically: a reader sees the old keys or the new ones. The file is readable by its
// owner alone.
func (k *Keyset) Save(path string) error { return k.store(path, os.Rename) }

func read(path string) (*Keyset, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open keyset: %w", err)
	}
	defer file.Close()
	k, err := Read(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return k, nil
}

// store writes a temporary file beside path, makes it durable and gives it its name by publish.
func (k *Keyset) store(path string, publish func(from, to string) error) error {
	var keys bytes.Buffer
	if err := k.Write(&keys); err != nil {
		return err
	}
	folder := filepath.Dir(path)
	file, err := os.CreateTemp(folder, ".keyset-*") // created with mode 0600
	if err != nil {
		return fmt.Errorf("write keyset: %w", err)
	}
	defer os.Remove(file.Name())
	_, err = file.Write(keys.Bytes())
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("write keyset: %w", err)
	}
	if err := publish(file.Name(), path); err != nil {
		return fmt.Errorf("write keyset: %w", err)
	}
	return syncFolder(folder)
}

// syncFolder makes a new name in folder survive a power cut.
func syncFolder(folder string) error {
	dir, err := os.Open(folder)
	if err != nil {
		return fmt.Errorf("sync keyset folder: %w", err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("sync keyset folder: %w", err)
	}
	return nil
}
