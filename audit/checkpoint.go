package audit

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// origin begins the first line of every checkpoint; the account follows.
const origin = "samplit/audit/"

// MaxCheckpoint bounds the text of a signed checkpoint.
const MaxCheckpoint = 4 << 10

// Checkpoint says what an account's record was when it had Size entries. Signed it is a C2SP tlog-checkpoint.
type Checkpoint struct {
	Account uuid.UUID
	Size    int64
	Root    Hash
}

// ErrSignature tells that nobody known has signed a checkpoint.
var ErrSignature = errors.New("the checkpoint is not signed by this key")

var errCheckpoint = errors.New("this is no checkpoint")

// Sign returns the signed checkpoint.
func (c Checkpoint) Sign(by note.Signer) (string, error) {
	text := fmt.Sprintf("%s%s\n%d\n%s\n", origin, c.Account, c.Size, c.Root)
	signed, err := note.Sign(&note.Note{Text: text}, by)
	if err != nil {
		return "", fmt.Errorf("sign checkpoint: %w", err)
	}
	return string(signed), nil
}

// ParseCheckpoint reads a checkpoint without asking who signed it.
func ParseCheckpoint(signed string) (Checkpoint, error) {
	var c Checkpoint
	if len(signed) > MaxCheckpoint {
		return c, errCheckpoint
	}
	lines := strings.SplitN(signed, "\n", 4)
	if len(lines) != 4 || !strings.HasPrefix(lines[3], "\n") { // no extension lines: nobody writes them
		return c, errCheckpoint
	}
	account, ok := strings.CutPrefix(lines[0], origin)
	id, badID := uuid.Parse(account)
	size, badSize := strconv.ParseInt(lines[1], 10, 64)
	root, badRoot := base64.StdEncoding.Strict().DecodeString(lines[2])
	if !ok || badID != nil || id.String() != account || badSize != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] || badRoot != nil || len(root) != tlog.HashSize {
		return c, errCheckpoint
	}
	return Checkpoint{id, size, Hash(root)}, nil
}

// OpenCheckpoint reads a checkpoint signed by one of the keys. ErrSignature: by none of them.
func OpenCheckpoint(signed string, keys ...Key) (Checkpoint, error) {
	c, err := ParseCheckpoint(signed)
	if err == nil && !signedBy(signed, keys...) {
		err = ErrSignature
	}
	return c, err
}

func signedBy(signed string, keys ...Key) bool {
	return slices.ContainsFunc(keys, func(k Key) bool {
		v, err := note.NewVerifier(string(k))
		if err != nil {
			return false
		}
		_, err = note.Open([]byte(signed), note.VerifierList(v))
		return err == nil
	})
}

// Key is a public key of checkpoints, as a verifier key of signed notes: samplit-audit+<id>+<base64>.
type Key string

// KeyName is the name in every key that signs checkpoints.
const KeyName = "samplit-audit"

// ParseKey checks that a text is a public key; white space around it does not matter.
func ParseKey(text string) (Key, error) {
	text = strings.TrimSpace(text)
	if _, err := note.NewVerifier(text); err != nil {
		return "", errors.New("this is no public key of an audit: it looks like samplit-audit+1a2b3c4d+…")
	}
	return Key(text), nil
}
