// Package port finds addresses for servers that tests start, stop and start again.
package port

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"testing"
)

// lowest keeps clear of the ports that services of the machine are usually at.
const lowest = 10_000

// Free is an address of this machine that nobody listens on. It lies below the range from which the kernel gives ports to connections
// and to whoever asks for any, so nobody else comes by it while its server is away.
func Free(t testing.TB) (addr string) {
	t.Helper()
	var first int
	raw, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(string(raw), &first); err != nil || first <= lowest {
		t.Fatalf("range of ports %q: %v", raw, err)
	}
	for range 100 {
		addr = fmt.Sprintf("127.0.0.1:%d", lowest+rand.IntN(first-lowest))
		if l, err := net.Listen("tcp", addr); err == nil {
			l.Close()
			return addr
		}
	}
	t.Fatal("no free port")
	return ""
}
