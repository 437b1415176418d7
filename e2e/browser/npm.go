//go:build e2e

package browser

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// Limits of one package, unpacked: far above any page we use, far below what would hurt.
const (
	maxPackageFiles = 20_000
	maxPackageBytes = 256 << 20
)

// Package names one version of an npm package and the hash of its archive, as the registry publishes it ("sha512-…").
type Package struct{ Name, Version, Integrity string }

// Real pages to test on. Both are one MIT-licensed template each.
var (
	CleanBlog = Package{
		Name:      "startbootstrap-clean-blog",
		Version:   "6.0.9",
		Integrity: "sha512-xbbvk1j++rQjXajEju4TbEs862Fd5nGn/LWQIPIl0ColRSCQwO2uNLQe4u43nB5o4bXEg4IsI9QzfEpNM/kVcQ==",
	}
	Agency = Package{
		Name:      "startbootstrap-agency",
		Version:   "7.0.12",
		Integrity: "sha512-VpdOVgqYq+Yomt72/gZueBuB99wWyqL1rvqaGaqRwHtDMJlXSf9eGfisyQXPx7//z3dnlGHIMzIk2I8CCmtXOQ==",
	}
)

// Axe checks pages for accessibility.
var Axe = Package{
	Name:      "axe-core",
	Version:   "4.14.1",
	Integrity: "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
}

// React is an application's root that renders again and again, as script files of the page.
var (
	React = Package{
		Name:      "react",
		Version:   "18.3.1",
		Integrity: "sha512-wS+hAgJShR0KhEvPJArfuPVN1+Hz1t0Y6n5jLrGQbkb4urgPE/0Rve+1kMB1v/oWgHgm4WIcV+i7F2pTVj+2iQ==",
	}
	ReactDOM = Package{
		Name:      "react-dom",
		Version:   "18.3.1",
		Integrity: "sha512-5m4nQKp+rZRb09LNH59GM4BxTh9251/ylbKIbpe7TpGxfJ+9kv6BLkLBXIjjspbgbnIBNqlI23tRnTWT0snUIw==",
	}
)

// Fetch returns the folder with the files of p, from the user's cache or, the first time, from the registry. The archive must have
// the stated hash; none of its scripts are run.
func (p Package) Fetch() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	digest := sha512.Sum512([]byte(p.Integrity))
	name := strings.ReplaceAll(p.Name, "/", "+") + "@" + p.Version
	folder := filepath.Join(cache, "samplit", "npm", fmt.Sprintf("%s-%x", name, digest[:4]))
	if _, err := os.Stat(folder); err == nil {
		return folder, nil
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return "", err
	}
	temp, err := os.MkdirTemp(filepath.Dir(folder), "fetch-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(temp)
	if err := p.download(temp); err != nil {
		return "", fmt.Errorf("fetch %s: %w", name, err)
	}
	err = os.Rename(filepath.Join(temp, "files"), folder)
	if errors.Is(err, os.ErrExist) { // another test process was faster
		err = nil
	}
	return folder, err
}

// download packs p into temp, checks its hash and unpacks it to temp/files.
func (p Package) download(temp string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "npm", "pack", "--ignore-scripts", "--loglevel=error", p.Name+"@"+p.Version)
	command.Dir = temp
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("npm pack: %w: %s", err, out)
	}
	archives, err := filepath.Glob(filepath.Join(temp, "*.tgz"))
	if err != nil || len(archives) != 1 {
		return fmt.Errorf("npm pack left %d archives (%v)", len(archives), err)
	}
	archive, err := os.Open(archives[0])
	if err != nil {
		return err
	}
	defer archive.Close()
	if err := p.verify(archive); err != nil {
		return err
	}
	if _, err := archive.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return unpack(archive, filepath.Join(temp, "files"))
}

// verify reads an archive to its end and returns an error unless it is the published one.
func (p Package) verify(archive io.Reader) error {
	hash := sha512.New()
	if _, err := io.Copy(hash, archive); err != nil {
		return err
	}
	if got := "sha512-" + base64.StdEncoding.EncodeToString(hash.Sum(nil)); got != p.Integrity {
		return fmt.Errorf("archive is %s, want %s", got, p.Integrity)
	}
	return nil
}

// unpack writes the regular files of an npm archive, without their first folder, below folder and nowhere else.
func unpack(archive io.Reader, folder string) error {
	if err := os.Mkdir(folder, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	unzipped, err := gzip.NewReader(archive)
	if err != nil {
		return err
	}
	files := tar.NewReader(io.LimitReader(unzipped, maxPackageBytes))
	for range maxPackageFiles {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		_, name, _ := strings.Cut(header.Name, "/")
		if header.Typeflag != tar.TypeReg || name == "" {
			continue
		}
		if err := writeFile(root, name, files); err != nil {
			return err
		}
	}
	return errors.New("too many files")
}

func writeFile(root *os.Root, name string, content io.Reader) error {
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	file, err := root.Create(name)
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, content); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}
