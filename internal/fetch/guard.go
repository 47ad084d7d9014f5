package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"

	"code.dny.dev/ssrf"
)

// guard decides which addresses may be connected to.
type guard struct {
	ports []uint16
	allow []netip.Prefix
	// local lists the addresses of this machine, which are no more public
	// than the loopback: our own listeners are behind them.
	local func() ([]net.Addr, error)
}

func newGuard(cfg Config) *guard {
	return &guard{
		ports: append([]uint16{80, 443}, cfg.AllowPorts...),
		allow: slices.Clone(cfg.Allow),
		local: net.InterfaceAddrs,
	}
}

// control is a net.Dialer's Control: it sees the address that is about to be
// connected, whatever name and resolver led to it.
func (g *guard) control(network, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %q is no address", ErrBlocked, address)
	}
	if network != "tcp4" && network != "tcp6" {
		return fmt.Errorf("%w: network %s", ErrBlocked, network)
	}
	if !slices.Contains(g.ports, ap.Port()) {
		return fmt.Errorf("%w: port %d", ErrBlocked, ap.Port())
	}
	if !g.allowed(ap.Addr()) {
		return fmt.Errorf("%w: address %s", ErrBlocked, ap.Addr())
	}
	return nil
}

func (g *guard) allowed(a netip.Addr) bool {
	a = a.WithZone("").Unmap()
	for _, p := range g.allow {
		if !p.Contains(a) {
			continue
		}
		if v4, ok := nat64(a); ok {
			return g.allowed(v4)
		}
		return true
	}
	return !Blocked(a) && !g.own(a)
}

func (g *guard) own(a netip.Addr) bool {
	list, err := g.local()
	if err != nil {
		return true
	}
	return slices.ContainsFunc(list, func(l net.Addr) bool {
		p, err := netip.ParsePrefix(l.String())
		return err == nil && p.Addr().Unmap().WithZone("") == a
	})
}

// public knows the registries of special-purpose addresses.
var public = ssrf.New(ssrf.WithAnyPort(), ssrf.WithAnyNetwork())

// blocked repeats and completes those registries, so that what we owe does
// not hang on somebody else's list.
var blocked = prefixes(
	// IPv4: this network, private, shared (CGNAT), loopback, link-local,
	// protocol assignments, documentation, 6to4 relay, AS112, AMT, benchmark,
	// multicast, reserved and broadcast.
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
	"172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24",
	"192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	// IPv6: unspecified, loopback and IPv4-compatible; IPv4-mapped;
	// IPv4-translated; NAT64; discard; Teredo and other protocol assignments;
	// documentation; 6to4; SRv6; unique local; link-local; site-local; multicast.
	"::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48",
	"100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16",
	"fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// Blocked reports whether an address is not a plain public one: private,
// shared, local, special, or an IPv6 address of a kind that wraps an IPv4
// address, whichever that is. The zero Addr is blocked, and so is every
// address with a zone.
func Blocked(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" || isatap(a) {
		return true
	}
	for _, p := range blocked {
		// Contains tells an IPv4-mapped address from an IPv4 address.
		if p.Contains(a) {
			return true
		}
	}
	return a.Is4In6() || public.SafeAddr(a) != nil
}

// isatap recognises the interface identifier that embeds an IPv4 address
// under any prefix (RFC 5214, section 6.1).
func isatap(a netip.Addr) bool {
	if !a.Is6() {
		return false
	}
	b := a.As16()
	return b[8]&^0x03 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe
}

var nat64Prefixes = prefixes("64:ff9b::/96", "64:ff9b:1::/48")

// nat64 returns the IPv4 address that a translator would send a to. Under
// the local-use prefix it may stand at several places; the last four bytes
// are those of a /96 (RFC 6052, section 2.2).
func nat64(a netip.Addr) (netip.Addr, bool) {
	for _, p := range nat64Prefixes {
		if p.Contains(a) {
			b := a.As16()
			return netip.AddrFrom4([4]byte(b[12:])), true
		}
	}
	return netip.Addr{}, false
}

// dialer connects by a resolver that may be replaced.
type dialer struct {
	lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	net    net.Dialer
}

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if _, err := netip.ParseAddr(host); d.lookup == nil || err == nil {
		return d.net.DialContext(ctx, network, address)
	}
	addrs, err := d.lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	err = errors.New("no address")
	for _, a := range addrs {
		conn, derr := d.net.DialContext(ctx, network, net.JoinHostPort(a.String(), port))
		if derr == nil {
			return conn, nil
		}
		err = derr
	}
	return nil, err
}
