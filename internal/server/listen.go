package server

import (
	"errors"
	"net"
	"strconv"
)

// Listen opens the listeners of an address, "host:port". localhost means
// both loopback addresses, where the machine has both; with port 0 they share
// the port that is found. The caller closes them, or Run does.
func Listen(addr string) ([]net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	if host != "localhost" {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			return nil, err
		}
		return []net.Listener{l}, nil
	}
	four, err4 := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", port))
	if err4 == nil {
		port = strconv.Itoa(four.Addr().(*net.TCPAddr).Port)
	}
	six, err6 := net.Listen("tcp6", net.JoinHostPort("::1", port))
	switch {
	case err4 == nil && err6 == nil:
		return []net.Listener{four, six}, nil
	case err4 == nil && !inUse(err6):
		return []net.Listener{four}, nil
	case err6 == nil && !inUse(err4):
		return []net.Listener{six}, nil
	}
	// Half of localhost belongs to another program: clients would meet
	// either at random.
	for _, l := range []net.Listener{four, six} {
		if l != nil {
			l.Close()
		}
	}
	return nil, errors.Join(err4, err6)
}
