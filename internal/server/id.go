package server

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"sync/atomic"
)

// ids makes request ids: 32 hexadecimal digits, unique by a random prefix per
// process and a counter, which is scrambled so that ids do not tell how many
// requests there were.
type ids struct {
	prefix [8]byte
	salt   uint64
	n      atomic.Uint64
}

func newIDs() *ids {
	x := &ids{}
	rand.Read(x.prefix[:])
	var salt [8]byte
	rand.Read(salt[:])
	x.salt = binary.BigEndian.Uint64(salt[:])
	return x
}

func (x *ids) next() string {
	// SplitMix64's finisher: a bijection, so that different counts stay different.
	n := x.n.Add(1)*0x9e3779b97f4a7c15 ^ x.salt
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	n ^= n >> 31
	var raw [16]byte
	copy(raw[:], x.prefix[:])
	binary.BigEndian.PutUint64(raw[8:], n)
	var text [32]byte
	hex.Encode(text[:], raw[:])
	return string(text[:])
}
