//go:build !linux

package db

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// hasDeathSignal: a server whose starter was killed lives on, and the next start adopts it.
const hasDeathSignal = false

func setDeathSignal(*syscall.SysProcAttr, syscall.Signal) {}

// isServer reports whether pid is a live PostgreSQL server, not a zombie, whose command line names the data folder dir.
func isServer(pid int, dir string) bool {
	if syscall.Kill(pid, 0) == syscall.ESRCH {
		return false
	}
	out, err := exec.Command("ps", "-ww", "-o", "stat=,command=", "-p", strconv.Itoa(pid)).Output()
	state, command, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	program, args, _ := strings.Cut(strings.TrimSpace(command), " -D ")
	name := filepath.Base(program)
	return err == nil && !strings.HasPrefix(state, "Z") && (name == "postgres" || name == "postmaster") &&
		(args == dir || strings.HasPrefix(args, dir+" "))
}
