package main

import "os"

// heapReserve is how much garbage may pile up beyond what Go's collector lets by itself, which is as much as is in use.
const heapReserve = 48 << 20

// reserveHeap makes collections rare where little is in use, which under load are a tenth of the program's work: the memory it returns
// counts as used until it is let go. Nobody touches it, so it takes none of the machine's. An operator who has told the collector what
// to do gets that and no reserve.
func reserveHeap() []byte {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return nil
	}
	return make([]byte, heapReserve)
}
