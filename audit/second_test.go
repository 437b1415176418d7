package audit_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
	"github.com/google/go-cmp/cmp"

	"github.com/samplit/samplit/audit"
)

var update = flag.Bool("update", false, "write testdata/vectors.json again")

// The published vectors: what a second implementation must agree with.
type vectors struct {
	Payloads    []payloadVector    `json:"payloads"`
	Entries     []entryVector      `json:"entries"`
	Trees       []treeVector       `json:"trees"`
	Inclusions  []inclusionVector  `json:"inclusions"`
	Checkpoints []checkpointVector `json:"checkpoints"`
	Bundles     []forgery          `json:"bundles"` // code 0 verifies
}

type payloadVector struct {
	Payload   json.RawMessage `json:"payload"`
	Canonical string          `json:"canonical"`
	Salt      string          `json:"salt"`
	Hash      string          `json:"hash"`
}

type entryVector struct {
	Account     string `json:"account"`
	Seq         int64  `json:"seq"`
	Micros      int64  `json:"micros"`
	Actor       string `json:"actor"`
	Action      string `json:"action"`
	Object      string `json:"object"`
	PayloadHash string `json:"payload_hash"`
	Prev        string `json:"prev"`
	Hash        string `json:"hash"`
}

type treeVector struct {
	Leaves []string `json:"leaves"`
	Root   string   `json:"root"`
}

type inclusionVector struct {
	Index int64    `json:"index"`
	Size  int64    `json:"size"`
	Leaf  string   `json:"leaf"`
	Path  []string `json:"path"`
	Root  string   `json:"root"`
	Holds bool     `json:"holds"`
}

type checkpointVector struct {
	Note  string `json:"note"`
	Key   string `json:"key"`
	Size  int64  `json:"size"`
	Root  string `json:"root"`
	Valid bool   `json:"valid"`
}

func hexOf(h audit.Hash) string { return hex.EncodeToString(h[:]) }

func makeVectors(t *testing.T) (v vectors) {
	long := strings.Repeat("ñ", audit.MaxPayload/2-5)
	for i, p := range []map[string]any{nil, {"a": nil}, {"b": true, "a": false}, {"text": "Señal “π” 😀 \t\n\"\\\u001f\u007f<&>\u2028"}, {"é": 1, "e": 2, "z": 3, "😀": 4, "\uff21": 5},
		{"n": 1 << 53, "m": -(1 << 53), "zero": 0}, {"list": []any{1, "2", []any{}, map[string]any{}}}, {"old": map[string]any{"b": 1}, "new": map[string]any{}}, {"": ""},
		{"a": long}} {
		body, err := audit.Canonical(p)
		if err != nil {
			t.Fatal(err)
		}
		salt := bytes.Repeat([]byte{byte(i + 1)}, audit.SaltSize)
		v.Payloads = append(v.Payloads, payloadVector{body, string(body), hex.EncodeToString(salt), hexOf(audit.PayloadHash(salt, body))})
	}
	vault := newVault(t, 3)
	for i := range 12 {
		r := vault.honest.records[i*5]
		if i%3 == 2 {
			r.Actor, r.Object = "", "experiment:ñ😀"
		}
		v.Entries = append(v.Entries, entryVector{account.String(), r.Seq, r.Micros, r.Actor, r.Action, r.Object, hexOf(r.PayloadHash), hexOf(r.Prev), hexOf(r.Entry.Hash())})
	}
	v.trees(t)
	for i, note := range vault.honest.signed {
		c, err := audit.ParseCheckpoint(note)
		if err != nil {
			t.Fatal(err)
		}
		_, other := keyring(t, 9)
		key := []audit.Key{vault.key, other}[i/2]
		v.Checkpoints = append(v.Checkpoints, checkpointVector{note, string(key), c.Size, hexOf(c.Root), i < 2})
	}
	v.Bundles = append(v.Bundles, forgery{Name: "in order", Bundle: string(vault.honest.bundle(t)), Since: vault.honest.signed[0], Key: string(vault.key), Seq: -1})
	return v
}

func (v *vectors) trees(t *testing.T) {
	for _, n := range []int64{0, 1, 2, 3, 5, 8, 13} {
		var leaves audit.Leaves
		tree := treeVector{Leaves: []string{}}
		for i := range n {
			h := audit.Entry{Seq: i}.Hash()
			leaves, tree.Leaves = append(leaves, h[:]...), append(tree.Leaves, hexOf(h))
		}
		tree.Root = hexOf(leaves.Root())
		v.Trees = append(v.Trees, tree)
		for i := n - 1; i >= 0; i -= 3 {
			path, err := leaves.Prove(i)
			if err != nil {
				t.Fatal(err)
			}
			p := inclusionVector{i, n, tree.Leaves[i], []string{}, tree.Root, true}
			for _, h := range path {
				p.Path = append(p.Path, hexOf(h))
			}
			v.Inclusions = append(v.Inclusions, p)
			p.Index, p.Holds = (i+1)%n, n == 1
			v.Inclusions = append(v.Inclusions, p)
			p.Index, p.Size, p.Holds = i, n+8, false
			v.Inclusions = append(v.Inclusions, p)
		}
	}
}

func TestVectorsArePublished(t *testing.T) {
	t.Parallel()
	v := makeVectors(t)
	if n := len(v.Payloads) + len(v.Entries) + len(v.Trees) + len(v.Inclusions) + len(v.Checkpoints) + len(v.Bundles); n < 50 {
		t.Errorf("got %d vectors, want at least 50", n)
	}
	want, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "vectors.json")
	if *update {
		if err := os.WriteFile(path, append(want, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), strings.TrimSpace(string(got))); diff != "" {
		t.Errorf("the format changed; run go test ./audit -update only if that is meant (-want +got):\n%s", diff)
	}
}

// seconded is how many forgeries the browser's verifier judges, too.
var seconded = 2 * 24

// The verifier of the browser shares no code with this package. It must agree about every vector and every forgery.
func TestSecondImplementationAgrees(t *testing.T) {
	t.Parallel()
	v := makeVectors(t)
	vault := newVault(t, 11)
	for i := range seconded {
		v.Bundles = append(v.Bundles, vault.forge(i))
	}
	in, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	built := api.Build(api.BuildOptions{EntryPoints: []string{"testdata/second.ts"}, Bundle: true, Format: api.FormatESModule, Platform: api.PlatformNode, Target: api.ES2022})
	if len(built.Errors) > 0 {
		t.Fatalf("build: %v", built.Errors)
	}
	script := filepath.Join(t.TempDir(), "second.mjs")
	if err := os.WriteFile(script, built.OutputFiles[0].Contents, 0o644); err != nil {
		t.Fatal(err)
	}
	node := exec.Command("node", script)
	node.Stdin, node.Stderr = bytes.NewReader(in), os.Stderr
	out, err := node.Output()
	if err != nil {
		t.Fatalf("node: %v", err)
	}
	var disagreements []string
	if err := json.Unmarshal(out, &disagreements); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, d := range disagreements {
		t.Error(d)
	}
}
