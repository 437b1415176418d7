package main

import (
	"fmt"
	"os"
	"runtime"
	"testing"
)

func TestTheReserveTakesNoMemory(t *testing.T) {
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	before := resident(t)
	reserve := reserveHeap()
	if len(reserve) != heapReserve {
		t.Errorf("got %d bytes, want %d", len(reserve), heapReserve)
	}
	if grew := resident(t) - before; grew > heapReserve/4 {
		t.Errorf("the program grew by %d bytes", grew)
	}
	runtime.KeepAlive(reserve)
}

func TestTheOperatorsCollectorHasNoReserve(t *testing.T) {
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		t.Setenv("GOGC", "")
		t.Setenv("GOMEMLIMIT", "")
		t.Setenv(name, "100")
		if got := reserveHeap(); got != nil {
			t.Errorf("with %s: got %d bytes, want none", name, len(got))
		}
	}
}

// resident is how much memory the process has.
func resident(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var size, pages int
	if _, err := fmt.Sscan(string(b), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}
