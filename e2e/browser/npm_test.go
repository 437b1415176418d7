//go:build e2e

package browser

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// archive packs files as npm does.
func archive(t *testing.T, files map[string]string) *bytes.Buffer {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	packed := tar.NewWriter(zipped)
	for name, content := range files {
		if err := packed.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := packed.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := packed.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return &out
}

func TestVerify(t *testing.T) {
	t.Parallel()
	hello := Package{Integrity: "sha512-m3HSJL1i83hdltRq0+o9czGb+8KJDKra4t/3JRlnPKcjI8PZm6XBHXx6zG4UuMXaDEZjR1wuXDre9G9zvN7AQw=="}
	if err := hello.verify(strings.NewReader("hello")); err != nil {
		t.Error(err)
	}
	if err := hello.verify(strings.NewReader("hello!")); err == nil {
		t.Error("another archive passes for the published one")
	}
}

func TestUnpack(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "files")
	if err := unpack(archive(t, map[string]string{"package/dist/a.html": "a", "package/b.css": "b"}), folder); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"dist/a.html": "a", "b.css": "b"} {
		if got, err := os.ReadFile(filepath.Join(folder, name)); err != nil || string(got) != want {
			t.Errorf("%s holds %q (%v), want %q", name, got, err, want)
		}
	}
}

func TestUnpackStaysInItsFolder(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	if err := unpack(archive(t, map[string]string{"package/../../escaped": "x"}), filepath.Join(parent, "files")); err == nil {
		t.Error("a path out of the folder is accepted")
	}
	if _, err := os.Stat(filepath.Join(parent, "escaped")); err == nil {
		t.Error("a file was written outside the folder")
	}
}
