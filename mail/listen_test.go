package mail

import (
	"context"
	"net"
	"testing"

	gomail "github.com/wneessen/go-mail"
)

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// dialLoopback reaches the test's server under any host name.
func dialLoopback(address string) gomail.Option {
	return gomail.WithDialContextFunc(func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	})
}
