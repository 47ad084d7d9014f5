// Package index holds what the catalog's search index is made of: sets of
// numbered documents, and columns of their values, each in pieces that are
// stored as one value of the database. It is pure.
//
// Documents are numbered from 0. A set is stored in chunks of ChunkSize
// documents, a column in blocks of BlockSize. See the catalog's DESIGN.md.
package index

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

const (
	// ChunkSize is how many documents a stored piece of a set spans.
	ChunkSize = 1 << 15
	// BlockSize is how many documents a stored piece of a column spans.
	BlockSize = 1 << 12

	chunkWords = ChunkSize / 64
	blockWords = BlockSize / 64
)

var errMalformed = errors.New("malformed piece of the search index")

// Chunk is a set of numbers below ChunkSize.
type Chunk [chunkWords]uint64

// Add puts a number into the set.
func (c *Chunk) Add(i int) { c[i>>6] |= 1 << (i & 63) }

// Remove takes a number out of the set.
func (c *Chunk) Remove(i int) { c[i>>6] &^= 1 << (i & 63) }

// Has reports whether a number is in the set.
func (c *Chunk) Has(i int) bool { return c[i>>6]>>(i&63)&1 != 0 }

// Count is the size of the set.
func (c *Chunk) Count() int {
	n := 0
	for _, w := range c {
		n += bits.OnesCount64(w)
	}
	return n
}

// CountAnd is how many numbers are in both sets.
func (c *Chunk) CountAnd(other *Chunk) int {
	n := 0
	for i, w := range c {
		n += bits.OnesCount64(w & other[i])
	}
	return n
}

// The forms of a stored chunk. Whatever is shortest is written.
const (
	formList  = 0 // the members, each as its distance from the one before
	formWords = 1 // every word
	formHoles = 2 // what is not in the set, as a list
)

// Append adds the stored form of the set to b.
func (c *Chunk) Append(b []byte) []byte {
	n := c.Count()
	switch {
	case n <= 2*chunkWords:
		return c.list(append(b, formList), 0)
	case n >= ChunkSize-2*chunkWords:
		return c.list(append(b, formHoles), ^uint64(0))
	}
	b = append(b, formWords)
	for _, w := range c {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	return b
}

// list writes the members of the set after flipping every word by mask.
func (c *Chunk) list(b []byte, mask uint64) []byte {
	last := -1
	for i, w := range c {
		for w ^= mask; w != 0; w &= w - 1 {
			at := i<<6 | bits.TrailingZeros64(w)
			b = binary.AppendUvarint(b, uint64(at-last-1))
			last = at
		}
	}
	return b
}

// Or adds the members of a stored chunk to the set.
func (c *Chunk) Or(b []byte) error {
	if len(b) == 0 {
		return errMalformed
	}
	switch form, b := b[0], b[1:]; form {
	case formList:
		return each(b, c.Add)
	case formWords:
		if len(b) != 8*chunkWords {
			return errMalformed
		}
		for i := range c {
			c[i] |= binary.LittleEndian.Uint64(b[8*i:])
		}
		return nil
	case formHoles:
		var holes Chunk
		if err := each(b, holes.Add); err != nil {
			return err
		}
		for i := range c {
			c[i] |= ^holes[i]
		}
		return nil
	}
	return errMalformed
}

// each calls fn with every member of a list.
func each(b []byte, fn func(int)) error {
	for at := -1; len(b) > 0; {
		gap, n := binary.Uvarint(b)
		if n <= 0 || gap >= uint64(ChunkSize-at-1) {
			return errMalformed
		}
		at += int(gap) + 1
		fn(at)
		b = b[n:]
	}
	return nil
}
