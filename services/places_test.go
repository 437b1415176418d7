package services

import (
	"bytes"
	"encoding/binary"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/samplit/samplit/db/dbtest"
)

// placesFile writes a MaxMind DB (format 2.0, a tree of 24-bit records over IPv6 in which IPv4 is ::/96) of networks and their countries.
func placesFile(t testing.TB, path string, countries map[string]string) {
	t.Helper()
	const absent = -1
	nodes := [][2]int{{absent, absent}}
	var data []byte
	for network, country := range countries {
		p := netip.MustParsePrefix(network)
		key, bits := p.Addr().As16(), p.Bits()
		if p.Addr().Is4() {
			key, bits = [16]byte{12: key[12], 13: key[13], 14: key[14], 15: key[15]}, bits+96
		}
		at := 0
		for i := range bits {
			bit := int(key[i/8]>>(7-i%8)) & 1
			if i == bits-1 {
				nodes[at][bit] = -2 - len(data)
			} else if nodes[at][bit] == absent {
				nodes[at][bit] = len(nodes)
				nodes = append(nodes, [2]int{absent, absent})
			}
			at = max(nodes[at][bit], 0)
		}
		data = append(data, 0xe1) // a map of one
		data = append(append(data, text("country")...), 0xe1)
		data = append(append(data, text("iso_code")...), text(country)...)
	}
	var out bytes.Buffer
	for _, n := range nodes {
		for _, to := range n {
			switch {
			case to == absent:
				to = len(nodes)
			case to < absent:
				to = len(nodes) + 16 - 2 - to
			}
			out.Write([]byte{byte(to >> 16), byte(to >> 8), byte(to)})
		}
	}
	out.Write(make([]byte, 16))
	out.Write(data)
	out.WriteString("\xab\xcd\xefMaxMind.com\xe9")
	for name, value := range map[string][]byte{
		"binary_format_major_version": {0xa1, 2}, "binary_format_minor_version": {0xa0}, "build_epoch": {0x01, 2, 1}, "database_type": text("Test-Country"),
		"description": {0xe0}, "ip_version": {0xa1, 6}, "languages": {0x00, 4}, "record_size": {0xa1, 24},
		"node_count": binary.BigEndian.AppendUint32([]byte{0xc4}, uint32(len(nodes))),
	} {
		out.Write(text(name))
		out.Write(value)
	}
	// As a new file in place of the old one, as update programs do.
	if err := os.WriteFile(path+".new", out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func text(s string) []byte { return append([]byte{0x40 | byte(len(s))}, s...) }

func TestPlacesAreReadAgain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "countries.mmdb")
	if _, err := OpenPlaces(path, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("no file was no error")
	}
	placesFile(t, path, map[string]string{"203.0.113.0/24": "ES", "2001:db8::/32": "PT"})
	p, err := OpenPlaces(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{"203.0.113.77": "ES", "2001:db8:1::1": "PT", "198.51.100.1": "", "2001:db9::1": ""} {
		if got := p.country(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
	if got := p.country(netip.Addr{}); got != "" {
		t.Errorf("no address: got %q", got)
	}
	wake, done := make(chan os.Signal), make(chan struct{})
	go func() { defer close(done); p.Run(t.Context(), wake) }()
	placesFile(t, path, map[string]string{"203.0.113.0/24": "FR"})
	wake <- os.Interrupt
	wake <- os.Interrupt // is taken when the first was done with
	if got := p.country(netip.MustParseAddr("203.0.113.77")); got != "FR" {
		t.Errorf("after a change: got %q, want FR", got)
	}
	if err := os.WriteFile(path, []byte("not such a file"), 0o644); err != nil {
		t.Fatal(err)
	}
	wake <- os.Interrupt
	wake <- os.Interrupt
	if got := p.country(netip.MustParseAddr("203.0.113.77")); got != "FR" {
		t.Errorf("after a broken file: got %q, want the last one's FR", got)
	}
}

// askingBrowser is a browser at an address.
type askingBrowser struct{ address string }

func (askingBrowser) UserAgent() string      { return "" }
func (b askingBrowser) Address() string      { return b.address }
func (b askingBrowser) Header(string) string { return "" }

func TestCountryIsThatOfTheAddress(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "countries.mmdb")
	placesFile(t, path, map[string]string{"203.0.113.0/24": "ES", "2001:db8::/32": "ES", "198.51.100.0/24": "FR"})
	places, err := OpenPlaces(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t)
	x := d.in(t, Running, `{"url":"","targeting":{"conditions":[{"attribute":"country","values":["ES"]}]}}`)
	tr := joinTraffic(t, d.db, dbtest.Running{Account: d.by.Account, Token: d.site.Token, Key: x.Key})
	tr.LocateBy(places)
	for name, c := range map[string]struct {
		visit Visit
		want  string
	}{
		"told":                          {Visit{Country: "es"}, ""},
		"told before the address":       {Visit{Country: "FR", Address: "203.0.113.1"}, NotTargeted},
		"by the address told":           {Visit{Address: "203.0.113.1"}, ""},
		"IPv6":                          {Visit{Address: "2001:db8::9"}, ""},
		"IPv4 in IPv6":                  {Visit{Address: "::ffff:203.0.113.1"}, ""},
		"elsewhere":                     {Visit{Address: "198.51.100.1"}, NotTargeted},
		"not in the file":               {Visit{Address: "192.0.2.1"}, NotTargeted},
		"no address":                    {Visit{Address: "spain"}, NotTargeted},
		"a browser's own":               {Visit{Asker: askingBrowser{"203.0.113.1"}}, ""},
		"a browser cannot name another": {Visit{Address: "203.0.113.1", Asker: askingBrowser{"198.51.100.1"}}, NotTargeted},
	} {
		a, err := tr.Assign(t.Context(), AssignRequest{Token: tr.x.Token, Experiment: x.Key, Visitor: "v-" + name, Visit: c.visit})
		if err != nil || a.Reason != c.want {
			t.Errorf("%s: got %q, %v, want %q", name, a.Reason, err, c.want)
		}
	}
}
