package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/samplit/samplit/static/snippet"
)

// budget is what the snippet may weigh with a configuration of testdata in it. Nothing is no limit.
type budget struct {
	name, config string
	gzip, brotli int
}

var budgets = []budget{
	{"no experiment", "empty.json", 5_500, 5_000},
	{"5 experiments, 20 changes", "five.json", 9_000, 8_300},
}

// weigh holds the built runtime to its budgets.
func weigh(out io.Writer, root string, built []byte) error {
	runtime, err := snippet.Parse(built)
	if err != nil {
		return err
	}
	for _, b := range budgets {
		config, err := os.ReadFile(filepath.Join(root, "build/testdata", b.config))
		if err != nil {
			return err
		}
		code, err := runtime.Script([]byte(strings.TrimSpace(string(config))), false)
		if err != nil {
			return err
		}
		if err := b.hold(out, code); err != nil {
			return err
		}
	}
	return nil
}

func (b budget) hold(out io.Writer, code []byte) error {
	size, err := measure(code)
	if err != nil {
		return err
	}
	line(out, "  "+b.name, size, b.gzip)
	if b.gzip > 0 && size.gzip > b.gzip || b.brotli > 0 && size.brotli > b.brotli {
		return fmt.Errorf("snippet with %s is %d bytes gzipped, %d after brotli, over its limits of %d and %d", b.name, size.gzip, size.brotli, b.gzip, b.brotli)
	}
	return nil
}
