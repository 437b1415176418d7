package line

import (
	"io"
	"net"
	"testing"
)

// bridge leads a TCP address of its own to a Unix socket until the test ends.
func bridge(t testing.TB, socket string) (addr string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			in, err := listener.Accept()
			if err != nil {
				return
			}
			go lead(in, socket)
		}
	}()
	return listener.Addr().String()
}

// lead carries bytes both ways until either end is done.
func lead(in net.Conn, socket string) {
	defer in.Close()
	out, err := net.Dial("unix", socket)
	if err != nil {
		return
	}
	defer out.Close()
	go func() {
		_, _ = io.Copy(out, in)
		out.Close()
	}()
	_, _ = io.Copy(in, out)
}
