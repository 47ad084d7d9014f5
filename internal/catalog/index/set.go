package index

import (
	"iter"
	"math/bits"
)

// Set is a set of documents, by chunk; a nil chunk is empty.
type Set []*Chunk

// NewSet returns an empty set of documents below n.
func NewSet(n int) Set { return make(Set, (n+ChunkSize-1)/ChunkSize) }

// Full returns the set of all documents below n.
func Full(n int) Set {
	s := NewSet(n)
	for i := range s {
		s[i] = new(Chunk)
		for j := range s[i] {
			left := n - i*ChunkSize - j*64
			switch {
			case left >= 64:
				s[i][j] = ^uint64(0)
			case left > 0:
				s[i][j] = 1<<left - 1
			}
		}
	}
	return s
}

// Chunk returns the chunk of a number, made if it is not there; nil where it
// lies beyond the set.
func (s Set) Chunk(i int) *Chunk {
	if i < 0 || i >= len(s) {
		return nil
	}
	if s[i] == nil {
		s[i] = new(Chunk)
	}
	return s[i]
}

// Has reports whether a document is in the set.
func (s Set) Has(doc int) bool {
	i := doc / ChunkSize
	return i < len(s) && s[i] != nil && s[i].Has(doc%ChunkSize)
}

// Remove takes a document out of the set.
func (s Set) Remove(doc int) {
	if i := doc / ChunkSize; i < len(s) && s[i] != nil {
		s[i].Remove(doc % ChunkSize)
	}
}

// Count is the size of the set.
func (s Set) Count() int {
	n := 0
	for _, c := range s {
		if c != nil {
			n += c.Count()
		}
	}
	return n
}

// Empty reports whether nothing is in the set.
func (s Set) Empty() bool {
	for _, c := range s {
		if c != nil && *c != (Chunk{}) {
			return false
		}
	}
	return true
}

// And keeps in s what is in o too.
func (s Set) And(o Set) {
	for i, c := range s {
		switch {
		case c == nil:
		case o[i] == nil:
			s[i] = nil
		default:
			for j := range c {
				c[j] &= o[i][j]
			}
		}
	}
}

// AndNot takes out of s what is in o.
func (s Set) AndNot(o Set) {
	for i, c := range s {
		if c != nil && o[i] != nil {
			for j := range c {
				c[j] &^= o[i][j]
			}
		}
	}
}

// Or adds to s what is in o.
func (s Set) Or(o Set) {
	for i, c := range o {
		if c != nil {
			mine := s.Chunk(i)
			for j := range c {
				mine[j] |= c[j]
			}
		}
	}
}

// Block returns the words of a block of documents, which belong to the set;
// nil where none of it is in the set.
func (s Set) Block(block int) []uint64 {
	const per = ChunkSize / BlockSize
	c := s[block/per]
	if c == nil {
		return nil
	}
	words := c[block%per*blockWords : (block%per+1)*blockWords]
	for _, w := range words {
		if w != 0 {
			return words
		}
	}
	return nil
}

// Words returns the words of a block to change, made if they are not there.
func (s Set) Words(block int) []uint64 {
	const per = ChunkSize / BlockSize
	return s.Chunk(block / per)[block%per*blockWords : (block%per+1)*blockWords]
}

// Blocks yields the numbers of the blocks that the set has documents of.
func (s Set) Blocks() iter.Seq[int] {
	return func(yield func(int) bool) {
		for b := range len(s) * (ChunkSize / BlockSize) {
			if s.Block(b) != nil && !yield(b) {
				return
			}
		}
	}
}

// Members yields the members of a block's words, from 0.
func Members(words []uint64) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, w := range words {
			for ; w != 0; w &= w - 1 {
				if !yield(i<<6 | bits.TrailingZeros64(w)) {
					return
				}
			}
		}
	}
}
