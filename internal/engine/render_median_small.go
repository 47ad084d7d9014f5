package engine

import (
	"bytes"
	"encoding/binary"
)

// inOrder sorts each of eight pairs of bytes.
func inOrder(x, y uint64) (low, high uint64) {
	t := (x | highBits) - (y &^ highBits)
	differ := x ^ y
	ge := (t&^differ | x&differ) & highBits // where x >= y
	m := ge | (ge - ge>>7)
	swap := differ & m
	return x ^ swap, y ^ swap
}

// nextMedian is medianOver of a kernel that reaches one pixel: the nine
// around a pixel, or without the corners five. Eight medians are found at
// once, by networks that leave in the middle what belongs there.
func nextMedian(plane []byte, w, h int, corners bool, times int) []byte {
	stride := w + 10 // a value on the left, one on the right, and what words reach beyond
	src, line := make([]byte, stride*h), make([]byte, w+8)
	for range times {
		for y := range h {
			row, to := plane[y*w:(y+1)*w], src[y*stride:(y+1)*stride]
			to[0] = row[0]
			copy(to[1:], row)
			to[w+1] = row[w-1]
		}
		same := true
		for y := range h {
			up, here, low := src[max(0, y-1)*stride:], src[y*stride:], src[min(h-1, y+1)*stride:]
			for x := 0; x < w; x += 8 {
				at := func(b []byte, dx int) uint64 { return binary.LittleEndian.Uint64(b[x+dx:]) }
				var v uint64
				if corners {
					v = medianOf9([9]uint64{at(up, 0), at(up, 1), at(up, 2), at(here, 0), at(here, 1), at(here, 2), at(low, 0), at(low, 1), at(low, 2)})
				} else {
					v = medianOf5(at(up, 1), at(here, 0), at(here, 1), at(here, 2), at(low, 1))
				}
				binary.LittleEndian.PutUint64(line[x:], v)
			}
			row := plane[y*w : (y+1)*w]
			same = same && bytes.Equal(row, line[:w])
			copy(row, line)
		}
		if same {
			break
		}
	}
	return plane
}

func medianOf3(a, b, c uint64) uint64 {
	a, b = inOrder(a, b)
	b, _ = inOrder(b, c)
	_, b = inOrder(a, b)
	return b
}

func medianOf5(a, b, c, d, e uint64) uint64 {
	// The least and the greatest of four are not it.
	a, b = inOrder(a, b)
	c, d = inOrder(c, d)
	_, c = inOrder(a, c)
	b, _ = inOrder(b, d)
	return medianOf3(b, c, e)
}

// medianOf9 sorts columns: the median is that of the greatest of the least,
// the middle one of the middle ones and the least of the greatest.
func medianOf9(v [9]uint64) uint64 {
	for i := range 3 {
		a, b, c := v[i], v[i+3], v[i+6]
		a, b = inOrder(a, b)
		b, c = inOrder(b, c)
		a, b = inOrder(a, b)
		v[i], v[i+3], v[i+6] = a, b, c
	}
	_, low := inOrder(v[0], v[1])
	_, low = inOrder(low, v[2])
	high, _ := inOrder(v[6], v[7])
	high, _ = inOrder(high, v[8])
	return medianOf3(low, medianOf3(v[3], v[4], v[5]), high)
}
