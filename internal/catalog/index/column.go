package index

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"strings"
)

// present says which documents of a block have a value.
type present [blockWords]uint64

func (p *present) has(i int) bool { return p[i>>6]>>(i&63)&1 != 0 }

func (p *present) count() int {
	n := 0
	for _, w := range p {
		n += bits.OnesCount64(w)
	}
	return n
}

// The forms of the list of who has a value.
const (
	hasAll  = 0
	hasBits = 1
)

func (p *present) append(b []byte) []byte {
	if p.count() == BlockSize {
		return append(b, hasAll)
	}
	b = append(b, hasBits)
	for _, w := range p {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	return b
}

func (p *present) decode(b []byte) ([]byte, error) {
	switch {
	case len(b) > 0 && b[0] == hasAll:
		for i := range p {
			p[i] = ^uint64(0)
		}
		return b[1:], nil
	case len(b) > 8*blockWords && b[0] == hasBits:
		for i := range p {
			p[i] = binary.LittleEndian.Uint64(b[1+8*i:])
		}
		return b[1+8*blockWords:], nil
	}
	return nil, errMalformed
}

// Numbers is a block of a column of numbers.
type Numbers struct {
	has    present
	values [BlockSize]float64
}

// Set gives a document a value.
func (n *Numbers) Set(i int, v float64) {
	n.has[i>>6] |= 1 << (i & 63)
	n.values[i] = v
}

// Get returns a document's value, and whether it has one.
func (n *Numbers) Get(i int) (float64, bool) { return n.values[i], n.has.has(i) }

// Between adds to out the documents of within, both by the words of the block,
// whose values are at least from and at most to.
func (n *Numbers) Between(from, to float64, within, out []uint64) {
	for w, asked := range within {
		asked &= n.has[w]
		if asked == 0 {
			continue
		}
		values := n.values[64*w : 64*w+64]
		var found uint64
		for i, v := range values {
			if v >= from && v <= to {
				found |= 1 << i
			}
		}
		out[w] |= found & asked
	}
}

// Size is about how many bytes the block takes in memory.
func (n *Numbers) Size() int { return 8*BlockSize + 8*blockWords }

// Bounds returns how many values there are, the least and the greatest.
func (n *Numbers) Bounds() (count int, least, most float64) {
	least, most = math.Inf(1), math.Inf(-1)
	for i := range Members(n.has[:]) {
		count++
		least, most = min(least, n.values[i]), max(most, n.values[i])
	}
	return count, least, most
}

// The forms of numbers.
const (
	formFloats = 0
	formWhole  = 1 // the least, and distances from it in as few bits as do
)

// Append adds the stored form of the block to b.
func (n *Numbers) Append(b []byte) []byte {
	b = n.has.append(b)
	whole := true
	least, most := math.Inf(1), math.Inf(-1)
	for i := range Members(n.has[:]) {
		v := n.values[i]
		whole = whole && v == math.Trunc(v) && math.Abs(v) < 1<<53
		least, most = min(least, v), max(most, v)
	}
	if !whole {
		b = append(b, formFloats)
		for i := range Members(n.has[:]) {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(n.values[i]))
		}
		return b
	}
	if least > most {
		least, most = 0, 0
	}
	base := int64(least)
	width := bits.Len64(uint64(int64(most) - base))
	b = append(b, formWhole)
	b = binary.AppendVarint(b, base)
	b = append(b, byte(width))
	w := packer{b: b, width: width}
	for i := range Members(n.has[:]) {
		w.put(uint64(int64(n.values[i]) - base))
	}
	return w.flush()
}

// DecodeNumbers reads a stored block.
func DecodeNumbers(b []byte) (*Numbers, error) {
	n := new(Numbers)
	b, err := n.has.decode(b)
	if err != nil || len(b) == 0 {
		return nil, errMalformed
	}
	form, b := b[0], b[1:]
	count := n.has.count()
	if form == formFloats {
		if len(b) != 8*count {
			return nil, errMalformed
		}
		for i := range Members(n.has[:]) {
			n.values[i] = math.Float64frombits(binary.LittleEndian.Uint64(b))
			b = b[8:]
		}
		return n, nil
	}
	base, size := binary.Varint(b)
	if form != formWhole || size <= 0 || len(b) == size || b[size] > 54 {
		return nil, errMalformed
	}
	width := int(b[size])
	r := unpacker{b: b[size+1:], width: width}
	if len(r.b) != (count*width+7)/8 {
		return nil, errMalformed
	}
	for i := range Members(n.has[:]) {
		n.values[i] = float64(base + int64(r.next()))
	}
	return n, nil
}

// Texts is a block of a column of texts.
type Texts struct {
	has  present
	dict []string // rising
	rank [BlockSize]uint16
}

// Get returns a document's text, and whether it has one.
func (t *Texts) Get(i int) (string, bool) {
	if !t.has.has(i) {
		return "", false
	}
	return t.dict[t.rank[i]], true
}

// Rank returns the place of a document's text among those of the block, and
// whether it has one.
func (t *Texts) Rank(i int) (int, bool) { return int(t.rank[i]), t.has.has(i) }

// Find returns the place of the first text of the block that is not before s.
func (t *Texts) Find(s string) int {
	at, _ := slices.BinarySearch(t.dict, s)
	return at
}

// Size is about how many bytes the block takes in memory.
func (t *Texts) Size() int {
	n := 2*BlockSize + 8*blockWords
	for _, s := range t.dict {
		n += 16 + len(s)
	}
	return n
}

// Count is how many documents have a text.
func (t *Texts) Count() int { return t.has.count() }

// With returns the block with further texts, by document.
func (t *Texts) With(more map[int]string) *Texts {
	out := &Texts{has: t.has}
	all := make(map[int]string, len(more))
	for i := range Members(t.has[:]) {
		all[i] = t.dict[t.rank[i]]
	}
	for i, s := range more {
		all[i] = s
		out.has[i>>6] |= 1 << (i & 63)
	}
	for _, s := range all {
		out.dict = append(out.dict, s)
	}
	slices.Sort(out.dict)
	out.dict = slices.Compact(out.dict)
	for i, s := range all {
		at, _ := slices.BinarySearch(out.dict, s)
		out.rank[i] = uint16(at)
	}
	return out
}

// Append adds the stored form of the block to b. Each text of the dictionary
// is written as what differs from the one before.
func (t *Texts) Append(b []byte) []byte {
	b = t.has.append(b)
	b = binary.AppendUvarint(b, uint64(len(t.dict)))
	last := ""
	for _, s := range t.dict {
		same := 0
		for same < len(s) && same < len(last) && s[same] == last[same] {
			same++
		}
		b = binary.AppendUvarint(b, uint64(same))
		b = binary.AppendUvarint(b, uint64(len(s)-same))
		b = append(b, s[same:]...)
		last = s
	}
	w := packer{b: b, width: bits.Len(uint(max(len(t.dict)-1, 0)))}
	for i := range Members(t.has[:]) {
		w.put(uint64(t.rank[i]))
	}
	return w.flush()
}

// DecodeTexts reads a stored block.
func DecodeTexts(b []byte) (*Texts, error) {
	t := new(Texts)
	b, err := t.has.decode(b)
	if err != nil {
		return nil, err
	}
	number := func() int {
		v, n := binary.Uvarint(b)
		if n <= 0 || v > uint64(len(b))+1<<16 {
			return -1
		}
		b = b[n:]
		return int(v)
	}
	count := number()
	if count < 0 || count > BlockSize {
		return nil, errMalformed
	}
	t.dict = make([]string, count)
	last := ""
	for i := range t.dict {
		same, more := number(), number()
		if same < 0 || same > len(last) || more < 0 || more > len(b) {
			return nil, errMalformed
		}
		last = strings.Clone(last[:same] + string(b[:more]))
		t.dict[i], b = last, b[more:]
	}
	width := bits.Len(uint(max(count-1, 0)))
	r := unpacker{b: b, width: width}
	if len(b) != (t.has.count()*width+7)/8 {
		return nil, errMalformed
	}
	for i := range Members(t.has[:]) {
		rank := r.next()
		if rank >= uint64(count) {
			return nil, errMalformed
		}
		t.rank[i] = uint16(rank)
	}
	return t, nil
}

// packer writes numbers of width bits behind each other, the low bits first.
type packer struct {
	b      []byte
	width  int
	hold   uint64
	filled int
}

func (p *packer) put(v uint64) {
	p.hold |= v << p.filled
	p.filled += p.width
	for p.filled >= 8 {
		p.b = append(p.b, byte(p.hold))
		p.hold >>= 8
		p.filled -= 8
	}
}

func (p *packer) flush() []byte {
	if p.filled > 0 {
		p.b = append(p.b, byte(p.hold))
	}
	return p.b
}

// unpacker reads what packer wrote; its caller sees to it that b is long enough.
type unpacker struct {
	b      []byte
	width  int
	hold   uint64
	filled int
}

func (u *unpacker) next() uint64 {
	for u.filled < u.width {
		u.hold |= uint64(u.b[0]) << u.filled
		u.b = u.b[1:]
		u.filled += 8
	}
	v := u.hold & (1<<u.width - 1)
	u.hold >>= u.width
	u.filled -= u.width
	return v
}
