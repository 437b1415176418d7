package db

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

// hasDeathSignal: the kernel tells a child that its parent died.
const hasDeathSignal = true

// setDeathSignal makes the kernel send sig to the child when the thread that starts it ends.
func setDeathSignal(attr *syscall.SysProcAttr, sig syscall.Signal) { attr.Pdeathsig = sig }

// isServer reports whether pid is a live PostgreSQL process on the data folder dir, which is its working folder.
// A zombie is not: where nobody reaps orphans, as in many containers, its number stays taken for ever. Nor is a thread of
// another program, whose number kill(2) takes for a process.
func isServer(pid int, dir string) bool {
	stat, err := readSmall(fmt.Sprintf("/proc/%d/stat", pid))
	open, end := strings.IndexByte(stat, '('), strings.LastIndexByte(stat, ')')
	if err != nil || open < 0 || end+2 >= len(stat) {
		return false
	}
	name, state := stat[open+1:end], stat[end+2]
	return (name == "postgres" || name == "postmaster") && state != 'Z' && state != 'X' &&
		sameFile(fmt.Sprintf("/proc/%d/cwd", pid), dir)
}

func sameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}
