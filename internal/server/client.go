package server

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

const headerForwarded = "X-Forwarded-For"

// identify makes r.RemoteAddr the address of the client, for everybody after
// it: behind a trusted proxy the last address of X-Forwarded-For that is none
// of those. What a trusted proxy said is taken out of the header then, so
// that what is left of it is hearsay.
func (s *Server) identify(r *http.Request) {
	values := r.Header[headerForwarded]
	if len(values) == 0 {
		return
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return
	}
	if !s.trusted(peer.Addr()) {
		s.strangers.Do(func() {
			s.cfg.Logger.Warn("requests come by a proxy that is not trusted, so that its clients count as one: "+
				"name it with --trusted-proxy if it is yours", "proxy", peer.Addr())
		})
		return
	}
	client := peer.Addr()
	hops := strings.Split(strings.Join(values, ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, ok := hopAddress(strings.TrimSpace(hops[i]))
		if !ok {
			break // the last one that is known has to answer for it
		}
		client = hop
		if !s.trusted(hop) {
			break
		}
	}
	delete(r.Header, headerForwarded)
	r.RemoteAddr = netip.AddrPortFrom(client, 0).String()
}

// hopAddress reads an address, which some proxies write with its port.
func hopAddress(text string) (netip.Addr, bool) {
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	a, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return a.Unmap(), err == nil && a.Zone() == ""
}

func (s *Server) trusted(a netip.Addr) bool {
	a = a.Unmap()
	for _, p := range s.cfg.TrustedProxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
