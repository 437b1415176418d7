// Command build bundles the browser scripts of static/src into static/js and holds them to their size limits. With -check it
// writes nothing and fails when the committed files are not what the sources give.
//
// It runs from the root of the module: go run ./static/build
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	check := flag.Bool("check", false, "compare with the committed files instead of writing them")
	flag.Parse()
	if err := run(os.Stdout, "static", *check); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

// run builds every script whose source is there, below the folder root.
func run(out io.Writer, root string, check bool) error {
	fmt.Fprintf(out, "%-30s %9s %9s %9s %9s\n", "script", "raw", "gzip -9", "brotli", "limit")
	for _, s := range scripts {
		entry := filepath.Join(root, "src", s.entry)
		if _, err := os.Stat(entry); os.IsNotExist(err) {
			continue
		}
		code, err := s.bundle(entry)
		if err != nil {
			return err
		}
		size, err := measure(code)
		if err != nil {
			return err
		}
		line(out, s.name, size, s.limit)
		if size.gzip > s.limit {
			return fmt.Errorf("%s is %d bytes gzipped, over its limit of %d", s.name, size.gzip, s.limit)
		}
		if s.raw > 0 && size.raw > s.raw {
			return fmt.Errorf("%s is %d bytes, over its limit of %d", s.name, size.raw, s.raw)
		}
		if s.runtime {
			if err := weigh(out, root, code); err != nil {
				return err
			}
		}
		if err := place(filepath.Join(root, "js", s.name), code, check); err != nil {
			return err
		}
	}
	return nil
}

func line(out io.Writer, name string, s size, limit int) {
	fmt.Fprintf(out, "%-30s %9d %9d %9d %9d\n", name, s.raw, s.gzip, s.brotli, limit)
}

// place writes code to path, or with check reports whether path already holds it.
func place(path string, code []byte, check bool) error {
	if !check {
		return os.WriteFile(path, code, 0o644)
	}
	committed, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.Equal(committed, code) {
		return fmt.Errorf("%s is not what its source gives; run go run ./static/build", path)
	}
	return nil
}
