package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/samplit/samplit/audit"
)

// sample is the published record of 60 entries in order, with checkpoints at 20, 40 and 60.
type sample struct {
	Bundle, Key, Since string
	lines              []string // the head, three checkpoints, the entries
	checkpoints        []string
}

func readSample(t *testing.T) sample {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "audit", "testdata", "vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Bundles     []sample
		Checkpoints []struct{ Note string }
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	s := file.Bundles[0]
	s.lines = strings.SplitAfter(strings.TrimSuffix(s.Bundle, "\n"), "\n")
	for _, line := range s.lines[1:4] {
		var c struct{ Checkpoint string }
		if err := json.Unmarshal([]byte(line), &c); err != nil || c.Checkpoint == "" {
			t.Fatalf("%v: %s", err, line)
		}
		s.checkpoints = append(s.checkpoints, c.Checkpoint)
	}
	return s
}

// join is the record with another line in one place.
func (s sample) join(at int, line string) string {
	return strings.Join(s.lines[:at], "") + line + strings.Join(s.lines[at+1:], "")
}

// signed is the newest checkpoint, changed and signed by the sample's key.
func (s sample) signed(t *testing.T, change func(*audit.Checkpoint)) string {
	t.Helper()
	private, _, err := note.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{1}, 64)), audit.KeyName)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	c, err := audit.ParseCheckpoint(s.checkpoints[2])
	if err != nil {
		t.Fatal(err)
	}
	change(&c)
	text, err := c.Sign(signer)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAuditVerifySaysWhatIsWrongByItsExitCode(t *testing.T) {
	t.Parallel()
	s := readSample(t)
	for _, tc := range []struct {
		name, bundle, since string
		code                int
		says                string
	}{
		{"in order", s.Bundle, "", 0, "IN ORDER"},
		{"goes on from what was kept", s.Bundle, s.checkpoints[1], 0, "goes on from the checkpoint"},
		{"empty", "", "", 1, "NOT IN ORDER"},
		{"an actor edited", s.join(9, strings.Replace(s.lines[9], "user:0199", "user:0198", 1)), "", 3, "first bad sequence number: 5"},
		{"an entry deleted", s.join(9, ""), "", 4, "first bad sequence number: 5"},
		{"a signature edited", s.join(3, strings.Replace(s.lines[3], "— samplit-audit ", "— samplit-audit AAAA", 1)), "", 5, "NOT IN ORDER"},
		{"rolled back", s.Bundle, s.signed(t, func(c *audit.Checkpoint) { c.Size += 20 }), 6, "NOT IN ORDER"},
		{"forked", s.Bundle, s.signed(t, func(c *audit.Checkpoint) { c.Root[0] ^= 1 }), 7, "NOT IN ORDER"},
		{"a payload edited", s.join(5, strings.Replace(s.lines[5], `"b":5000`, `"b":5001`, 1)), "", 8, "first bad sequence number: 1"},
		{"a member too many", s.join(9, strings.Replace(s.lines[9], "{", `{"note":"trust me",`, 1)), "", 9, "first bad sequence number: 5"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			args := []string{"audit", "verify", filepath.Join(dir, "bundle"), "--key", s.Key}
			files := map[string]string{"bundle": tc.bundle}
			if tc.since != "" {
				files["since"] = tc.since
				args = append(args, "--since", filepath.Join(dir, "since"))
			}
			for name, text := range files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var out, errs bytes.Buffer
			code := run(context.Background(), args, strings.NewReader(""), &out, &errs)
			if code != tc.code || !strings.Contains(out.String(), tc.says) || (code == 0) != (errs.Len() == 0) {
				t.Errorf("exit %d, want %d; %s%s", code, tc.code, out.String(), errs.String())
			}
		})
	}
	for name, args := range map[string][]string{
		"no key": {"audit", "verify", "bundle"}, "a key that is none": {"audit", "verify", "bundle", "--key", "a+b+c"}, "no file": {"audit", "verify", "--key", s.Key},
	} {
		if code := run(context.Background(), args, strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}); code != exitUsage {
			t.Errorf("%s: exit %d, want %d", name, code, exitUsage)
		}
	}
	missing := []string{"audit", "verify", filepath.Join(t.TempDir(), "none"), "--key", s.Key}
	if code := run(context.Background(), missing, strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}); code != 1 {
		t.Errorf("a missing file: exit %d, want 1", code)
	}
}
