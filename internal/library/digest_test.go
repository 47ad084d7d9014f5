package library

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"hash"
	"sync"
	"testing"
)

// However many files are under way, in whatever pieces they come and whether
// they are given up half-way: each sum is its own file's.
func TestDigests(t *testing.T) {
	t.Parallel()
	var d digests
	sum := func(i int) error {
		content := bytes.Repeat([]byte{byte(i), byte(i >> 8), 1}, 20_000*(i%7)+i)
		h, back := d.md5()
		defer back()
		for rest := content; len(rest) > 0; {
			n := min(len(rest), 1+i*997%40_000)
			h.Write(rest[:n])
			rest = rest[n:]
			if i%5 == 4 {
				return nil // given up
			}
		}
		if got, want := h.Sum(nil), md5.Sum(content); !bytes.Equal(got, want[:]) {
			return fmt.Errorf("file %d: sum %x, want %x", i, got, want)
		}
		return nil
	}
	for _, atOnce := range []int{1, together - 1, together, 40} {
		var wg sync.WaitGroup
		for worker := range atOnce {
			wg.Go(func() {
				for i := range 6 {
					if err := sum(worker + i*atOnce); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if d.out != 0 || d.server != nil || d.idle != nil {
			t.Errorf("after %d at once: %d out, server %v, %d idle", atOnce, d.out, d.server, len(d.idle))
		}
	}
}

// Hashers are side by side only when enough are under way, until none is.
func TestDigestsTogether(t *testing.T) {
	t.Parallel()
	var d digests
	var backs []func()
	var last hash.Hash
	take := func() {
		h, back := d.md5()
		last, backs = h, append(backs, back)
	}
	for range together - 1 {
		take()
	}
	if d.server != nil {
		t.Error("a server for a few files")
	}
	take()
	if d.server == nil {
		t.Error("no server for many files")
	}
	backs[together-1]()
	again, back := d.md5()
	if again != last {
		t.Error("a hasher that was given back is not used again")
	}
	back()
	for _, back := range backs[:together-1] {
		back()
	}
	if d.server != nil {
		t.Error("a server for no file")
	}
}
