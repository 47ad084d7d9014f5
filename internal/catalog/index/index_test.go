package index

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestChunks stores sets of every density and reads them again.
func TestChunks(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, density := range []float64{0, 0.0001, 0.01, 0.03, 0.04, 0.5, 0.96, 0.97, 0.9999, 1} {
		var c Chunk
		want := 0
		for i := range ChunkSize {
			if rnd.Float64() < density {
				c.Add(i)
				want++
			}
		}
		stored := c.Append(nil)
		if len(stored) > 1+8*chunkWords {
			t.Errorf("density %v takes %d bytes", density, len(stored))
		}
		var again Chunk
		if err := again.Or(stored); err != nil || again != c || again.Count() != want {
			t.Errorf("density %v: %v, %d of %d", density, err, again.Count(), want)
		}
	}
}

func TestSets(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(3, 4))
	const n = 2*ChunkSize + 100
	random := func() (Set, map[int]bool) {
		s, m := NewSet(n), map[int]bool{}
		for range rnd.IntN(3) * 20000 {
			doc := rnd.IntN(n)
			s.Chunk(doc / ChunkSize).Add(doc % ChunkSize)
			m[doc] = true
		}
		return s, m
	}
	for range 20 {
		for name, op := range map[string]struct {
			do   func(a, b Set)
			want func(a, b bool) bool
		}{
			"and":    {Set.And, func(a, b bool) bool { return a && b }},
			"or":     {Set.Or, func(a, b bool) bool { return a || b }},
			"andnot": {Set.AndNot, func(a, b bool) bool { return a && !b }},
		} {
			a, am := random()
			b, bm := random()
			op.do(a, b)
			count := 0
			for doc := range n {
				want := op.want(am[doc], bm[doc])
				if want {
					count++
				}
				if a.Has(doc) != want {
					t.Fatalf("%s: %d is %v", name, doc, !want)
				}
			}
			var members []int
			for block := range a.Blocks() {
				for i := range Members(a.Block(block)) {
					members = append(members, block*BlockSize+i)
				}
			}
			if a.Count() != count || a.Empty() != (count == 0) || len(members) != count || !slices.IsSorted(members) {
				t.Fatalf("%s: count %d, members %d, want %d", name, a.Count(), len(members), count)
			}
		}
	}
	if full := Full(n); full.Count() != n || full.Has(n) || !full.Has(n-1) {
		t.Errorf("full has %d", full.Count())
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(5, 6))
	for name, value := range map[string]func() float64{
		"small":  func() float64 { return float64(rnd.IntN(10)) },
		"signed": func() float64 { return float64(rnd.IntN(1000) - 500) },
		"micros": func() float64 { return 1.7e15 + float64(rnd.Int64N(1e14)) },
		"wide":   func() float64 { return float64(rnd.Int64N(1<<54) - 1<<53 + 1) },
		"floats": rnd.NormFloat64,
		"huge":   func() float64 { return rnd.Float64() * math.MaxFloat64 },
		"equal":  func() float64 { return 7 },
	} {
		for _, some := range []int{0, 1, 100, BlockSize} {
			var n Numbers
			for _, i := range rnd.Perm(BlockSize)[:some] {
				n.Set(i, value())
			}
			again, err := DecodeNumbers(n.Append(nil))
			if err != nil || *again != n {
				t.Errorf("%s, %d: not the same: %v", name, some, err)
				continue
			}
			from, to := value(), value()
			within, out := make([]uint64, blockWords), make([]uint64, blockWords)
			for w := range within {
				within[w] = rnd.Uint64()
			}
			again.Between(from, to, within, out)
			for i := range BlockSize {
				v, ok := again.Get(i)
				want := ok && v >= from && v <= to && within[i>>6]>>(i&63)&1 != 0
				if out[i>>6]>>(i&63)&1 != 0 != want {
					t.Fatalf("%s: %v between %v and %v is %v", name, v, from, to, !want)
				}
			}
			if count, _, _ := again.Bounds(); count != some {
				t.Errorf("%s: %d values, want %d", name, count, some)
			}
		}
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(7, 8))
	for _, distinct := range []int{1, 2, 3, 100, BlockSize} {
		block, want := new(Texts), map[int]string{}
		for range 3 {
			more := map[int]string{}
			for _, i := range rnd.Perm(BlockSize)[:1500] {
				more[i] = fmt.Sprint("folder/", rnd.IntN(distinct))
				want[i] = more[i]
			}
			var err error
			if block, err = DecodeTexts(block.With(more).Append(nil)); err != nil {
				t.Fatal(err)
			}
		}
		for i := range BlockSize {
			got, ok := block.Get(i)
			if w, due := want[i]; got != w || ok != due {
				t.Fatalf("%d of %d: %q %v, want %q %v", i, distinct, got, ok, w, due)
			}
		}
	}
}

// FuzzStored reads junk as every form of piece: no panic, and what is
// accepted is stored again as something that reads the same.
func FuzzStored(f *testing.F) {
	var c Chunk
	c.Add(5)
	c.Add(700)
	f.Add(c.Append(nil))
	var n Numbers
	n.Set(3, 4)
	n.Set(4, 4.5)
	f.Add(n.Append(nil))
	f.Add(new(Texts).With(map[int]string{1: "a", 2: "ab"}).Append(nil))
	f.Add([]byte{hasAll, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		var c, again Chunk
		if c.Or(b) == nil {
			if err := again.Or(c.Append(nil)); err != nil || again != c {
				t.Fatal("another set", err)
			}
		}
		if n, err := DecodeNumbers(b); err == nil {
			stored := n.Append(nil)
			m, err := DecodeNumbers(stored)
			if err != nil || !bytes.Equal(m.Append(nil), stored) {
				t.Fatal("other numbers", err)
			}
		}
		if x, err := DecodeTexts(b); err == nil {
			x.Size()
			for i := range BlockSize {
				x.Get(i)
			}
		}
	})
}
