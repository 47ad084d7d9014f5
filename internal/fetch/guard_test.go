package fetch

import (
	"encoding/binary"
	"net"
	"net/netip"
	"testing"
)

var blockedAddrs = []string{
	// IPv4
	"0.0.0.0", "0.1.2.3", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.100.100.200", "100.127.255.255",
	"127.0.0.1", "127.255.255.254", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255",
	"192.0.0.1", "192.0.0.170", "192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.255",
	"198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250",
	"240.0.0.1", "255.255.255.254", "255.255.255.255",
	// IPv6
	"::", "::1", "::2", "::ffff", "100::1", "fe80::1", "febf::1", "fe80::1%eth0", "fec0::1", "feff::1",
	"fc00::1", "fd00:ec2::254", "fdff::1", "ff00::1", "ff02::1", "ff0e::1", "2001:db8::1", "3fff::1", "5f00::1",
	"2001:10::1", "2001:20::1", "4000::1", "8000::1", "e000::1",
	// Global ones with a zone
	"2606:4700::1%eth0",
	// IPv4 within IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo, ISATAP; of public ones too
	"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8", "::127.0.0.1", "::10.0.0.1",
	"::8.8.8.8", "::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8", "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::8.8.8.8",
	"64:ff9b:1::1", "64:ff9b:1:ffff::10.0.0.1", "2002::1", "2002:7f00:1::", "2002:a00:1::1", "2002:808:808::1",
	"2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2606:4700::5efe:127.0.0.1", "2606:4700::200:5efe:10.0.0.1",
	"2606:4700::100:5efe:8.8.8.8", "fe80::5efe:192.168.0.1",
}

var openAddrs = []string{
	"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "93.184.215.14", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1",
	"169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.1", "192.167.255.255", "192.169.0.0",
	"198.17.255.255", "198.20.0.0", "203.0.112.255", "203.0.114.0", "223.255.255.255",
	"2606:4700:4700::1111", "2001:4860:4860::8888", "2a00:1450:4001:829::200e", "2400:cb00::1", "2620:fe::fe",
	"2003::1", "2606:4700::5eff:127.0.0.1",
}

func TestBlocked(t *testing.T) {
	t.Parallel()
	for _, s := range blockedAddrs {
		if !Blocked(netip.MustParseAddr(s)) {
			t.Errorf("%s is not blocked", s)
		}
	}
	for _, s := range openAddrs {
		if Blocked(netip.MustParseAddr(s)) {
			t.Errorf("%s is blocked", s)
		}
	}
	if !Blocked(netip.Addr{}) {
		t.Error("the zero address is not blocked")
	}
}

// FuzzBlocked holds against what the standard library knows of an address,
// and against every way to wrap an IPv4 address into an IPv6 one.
func FuzzBlocked(f *testing.F) {
	for _, s := range append(blockedAddrs, openAddrs...) {
		a := netip.MustParseAddr(s)
		f.Add(a.AsSlice())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, ok := netip.AddrFromSlice(b)
		if !ok {
			return
		}
		blocked := Blocked(a)
		if !blocked && (a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() || a.Is4In6() || !a.IsGlobalUnicast()) {
			t.Errorf("%s is not blocked", a)
		}
		if !blocked && !Blocked(netip.AddrFrom16(a.As16())) && a.Is4() {
			t.Errorf("%s is not blocked as a mapped address", a)
		}
		if !a.Is4() {
			return
		}
		v4 := binary.BigEndian.Uint32(b)
		for _, prefix := range []string{"::", "64:ff9b::", "64:ff9b:1::", "2001:4860::5efe:0:0", "2001:4860::200:5efe:0:0"} {
			w := netip.MustParseAddr(prefix).As16()
			binary.BigEndian.PutUint32(w[12:], v4)
			if !Blocked(netip.AddrFrom16(w)) {
				t.Errorf("%s is not blocked", netip.AddrFrom16(w))
			}
		}
		w := [16]byte{0x20, 0x02}
		binary.BigEndian.PutUint32(w[2:], v4)
		if !Blocked(netip.AddrFrom16(w)) {
			t.Errorf("%s is not blocked", netip.AddrFrom16(w))
		}
	})
}

func TestControl(t *testing.T) {
	t.Parallel()
	g := newGuard(Config{
		Allow:      prefixes("10.1.0.0/16", "fd00:1::/32", "64:ff9b::/96"),
		AllowPorts: []uint16{8443},
	})
	own := netip.MustParseAddr("93.184.215.14")
	g.local = func() ([]net.Addr, error) {
		return []net.Addr{&net.IPNet{IP: own.AsSlice(), Mask: net.CIDRMask(24, 32)}}, nil
	}
	for _, c := range []struct {
		network, address string
		ok               bool
	}{
		{"tcp4", "8.8.8.8:80", true},
		{"tcp4", "8.8.8.8:443", true},
		{"tcp4", "8.8.8.8:8443", true},
		{"tcp6", "[2606:4700::1]:443", true},
		{"tcp4", "8.8.8.8:22", false},
		{"tcp4", "8.8.8.8:0", false},
		{"udp4", "8.8.8.8:443", false},
		{"unix", "/run/x", false},
		{"tcp4", "nonsense", false},
		{"tcp4", "10.1.2.3:80", true},
		{"tcp4", "10.2.0.1:80", false},
		{"tcp4", "10.1.2.3:81", false},
		{"tcp6", "[fd00:1::1]:80", true},
		{"tcp6", "[fd00:2::1]:80", false},
		{"tcp6", "[::ffff:10.1.0.1]:80", true},
		{"tcp6", "[::ffff:127.0.0.1]:80", false},
		{"tcp6", "[64:ff9b::8.8.8.8]:80", true},
		{"tcp6", "[64:ff9b::10.1.0.1]:80", true},
		{"tcp6", "[64:ff9b::127.0.0.1]:80", false},
		{"tcp6", "[64:ff9b::169.254.169.254]:80", false},
		{"tcp6", "[fe80::1%eth0]:80", false},
		{"tcp4", "93.184.215.14:80", false}, // ourselves
		{"tcp4", "93.184.215.15:80", true},
	} {
		if err := g.control(c.network, c.address, nil); (err == nil) != c.ok {
			t.Errorf("%s %s: %v", c.network, c.address, err)
		}
	}
}

func TestControlOfOwnAddresses(t *testing.T) {
	t.Parallel()
	g := newGuard(Config{})
	list, err := net.InterfaceAddrs()
	if err != nil || len(list) == 0 {
		t.Skip("no addresses known")
	}
	for _, l := range list {
		p, err := netip.ParsePrefix(l.String())
		if err != nil {
			t.Errorf("%s: %v", l, err)
			continue
		}
		if g.allowed(p.Addr()) {
			t.Errorf("%s is allowed", p.Addr())
		}
	}
}
