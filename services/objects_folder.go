package services

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// folderObjects keeps objects as files under a folder, which is made when first written to.
type folderObjects string

func (f folderObjects) path(name string) (string, error) {
	if !filepath.IsLocal(name) {
		return "", fmt.Errorf("object %q lies outside the folder", name)
	}
	return filepath.Join(string(f), filepath.FromSlash(name)), nil
}

// unfinished is what the files are called that are to become an object.
func unfinished(path string) string { return ".new-" + filepath.Base(path) + "-*" }

// Put writes beside the old file and then takes its place, so that a file is always whole.
func (f folderObjects) Put(ctx context.Context, name string, r io.Reader) (err error) {
	path, err := f.path(name)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	file, err := os.CreateTemp(filepath.Dir(path), unfinished(path))
	if err != nil {
		return fmt.Errorf("make file: %w", err)
	}
	defer func() {
		_ = file.Close()
		_ = os.Remove(file.Name()) // gone when it took its place
	}()
	if _, err := io.Copy(file, r); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := file.Sync(); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes new names in a folder durable.
func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open folder: %w", err)
	}
	defer dir.Close()
	if err := dir.Sync(); err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return nil
}

func (f folderObjects) Get(_ context.Context, name string) (io.ReadSeekCloser, error) {
	path, err := f.path(name)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", name, ErrNoObject)
	}
	if err != nil {
		return nil, fmt.Errorf("open object: %w", err)
	}
	return file, nil
}

func (f folderObjects) Delete(_ context.Context, name string) error {
	path, err := f.path(name)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete object: %w", err)
	}
	return nil
}

func (f folderObjects) Sweep(_ context.Context, name string) error {
	path, err := f.path(name)
	if err != nil {
		return err
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), unfinished(path)))
	if err != nil {
		return fmt.Errorf("look for what was left: %w", err)
	}
	for _, file := range left {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("sweep object: %w", err)
		}
	}
	return nil
}
