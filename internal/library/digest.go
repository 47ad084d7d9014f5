package library

import (
	"crypto/md5"
	"hash"
	"sync"

	md5simd "github.com/minio/md5-simd"
)

// together is how many files must be under way at once for their MD5 sums to
// be calculated side by side in wide registers. That costs a quarter of the
// time at sixteen, and more than the plain way at one or two.
const together = 4

// digests hands out MD5 hashers. What is needed to work side by side is there
// from the moment when enough are under way until none is. The zero value is
// ready; safe for concurrent use, but each hasher is for one goroutine.
type digests struct {
	mu     sync.Mutex
	out    int            // hashers that are not given back
	server md5simd.Server // nil unless enough have been out at once since none was
	idle   []md5simd.Hasher
}

// md5 returns a hasher, and what gives it back. Both are the caller's to use
// once, the latter in any case; the hasher is not to be used after it.
func (d *digests) md5() (hash.Hash, func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.out++
	if d.out < together && d.server == nil {
		return md5.New(), func() { d.back(nil) }
	}
	if d.server == nil {
		d.server = md5simd.NewServer()
	}
	var h md5simd.Hasher
	if n := len(d.idle); n > 0 {
		h = d.idle[n-1]
		d.idle = d.idle[:n-1]
		h.Reset()
	} else {
		h = d.server.NewHash()
	}
	return h, func() { d.back(h) }
}

// back keeps h, if any, for the next file: a server never forgets a hasher.
func (d *digests) back(h md5simd.Hasher) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.out--
	if h != nil {
		d.idle = append(d.idle, h)
	}
	if d.out > 0 || d.server == nil {
		return
	}
	for _, h := range d.idle {
		h.Close()
	}
	d.server.Close()
	d.server, d.idle = nil, nil
}
