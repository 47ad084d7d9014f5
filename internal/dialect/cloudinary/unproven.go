package cloudinary

import (
	"fmt"
	"io"
	"sync"

	"tintype/internal/dialect"
	"tintype/internal/media"
)

// unproven bounds the bytes of files that are received before it is known
// whether their sender may upload: a signature can come after the file that
// it belongs to.
type unproven struct {
	total int64 // of everybody
	each  int64 // of one address with several requests under way

	mu   sync.Mutex
	used int64
	by   map[string]int64 // bytes by address
}

func newUnproven(total, each int64) *unproven {
	return &unproven{total: total, each: each, by: map[string]int64{}}
}

// claim is the part of one request.
type claim struct {
	of      *unproven
	address string
	bytes   int64
	proven  bool
}

func (u *unproven) claim(address string) *claim { return &claim{of: u, address: address} }

// take counts n further bytes. A request that is its address's only one may
// be as large as uploads may be.
func (c *claim) take(n int64) error {
	u := c.of
	u.mu.Lock()
	defer u.mu.Unlock()
	if c.proven {
		return nil
	}
	mine := u.by[c.address]
	if u.used+n > u.total || mine > c.bytes && mine+n > u.each {
		return &media.Error{
			Code: media.Limited, Op: "receive file",
			Message: "Too many uploads at once whose signature comes after the file, try again later",
			Err:     fmt.Errorf("%d bytes of everybody, %d of the address", u.used, mine),
		}
	}
	u.used += n
	u.by[c.address] = mine + n
	c.bytes += n
	return nil
}

// prove ends the counting: the sender is known, or the bytes are gone.
func (c *claim) prove() {
	u := c.of
	u.mu.Lock()
	defer u.mu.Unlock()
	c.proven = true
	u.used -= c.bytes
	if u.by[c.address] -= c.bytes; u.by[c.address] <= 0 {
		delete(u.by, c.address)
	}
	c.bytes = 0
}

// count passes on what r has, and counts it.
func (c *claim) count(r io.Reader) io.Reader { return counted{r, c} }

type counted struct {
	r     io.Reader
	claim *claim
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if n > 0 {
		if limited := c.claim.take(int64(n)); limited != nil {
			return 0, limited
		}
	}
	return n, err
}

// beforeFile looks at the parameters that came before a file. A key that does
// not exist is refused at once; a signature that holds already is a proof.
// Anything else may still be put right by what comes after the file.
func (d *Dialect) beforeFile(c *call, f *dialect.Form, held *claim) error {
	id := f.Get("api_key")
	if held.proven || id == "" || f.Get("signature") == "" && f.Get("upload_preset") != "" {
		return nil
	}
	if err := d.guard.Check(c.r, c.acc.ID, id); err != nil {
		return err
	}
	key, ok := c.acc.Key(id)
	if !ok {
		return d.unknownKey(c, id)
	}
	if f.Get("signature") != "" && d.checkSigned(f.Fields, key.Secret) == nil && checkTimestamp(f.Fields, d.cfg.Now()) == nil {
		held.prove()
	}
	return nil
}
