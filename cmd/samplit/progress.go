package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// progress draws a bar on a terminal, and a line at every tenth of the way elsewhere.
type progress struct {
	w        io.Writer
	what     string
	total    int
	terminal bool
	last     int
	drawn    time.Time
}

func newProgress(w io.Writer, what string, total int) *progress {
	p := &progress{w: w, what: what, total: max(total, 1), last: -1}
	if f, ok := w.(*os.File); ok {
		info, err := f.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

func (p *progress) at(n int) {
	if !p.terminal {
		if tenth := n * 10 / p.total; tenth != p.last {
			p.last = tenth
			fmt.Fprintf(p.w, "%s: %d %%\n", p.what, tenth*10)
		}
		return
	}
	if n < p.total && time.Since(p.drawn) < 100*time.Millisecond {
		return
	}
	p.drawn = time.Now()
	const width = 30
	full := n * width / p.total
	fmt.Fprintf(p.w, "\r%s %s%s %d/%d", p.what, strings.Repeat("█", full), strings.Repeat("░", width-full), n, p.total)
	if n >= p.total {
		fmt.Fprintln(p.w)
	}
}
