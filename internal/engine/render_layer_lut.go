package engine

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"tintype/internal/engine/vips"
	"tintype/internal/media"
	"tintype/internal/transform"
)

const (
	lutBytesMax = 32 << 20 // of a file
	lutSide     = 129      // entries of a 3-D table along one axis
	lutLength   = 65536    // entries of a 1-D table
)

// lut is a table of colours: n³ entries, red changing fastest, or with flat
// just n, of which each channel is looked up by itself.
type lut struct {
	n        int
	flat     bool
	min, max [3]float64 // the inputs of the first and the last entry
	values   [][3]float32
}

// parseLUT reads a .cube or a .3dl file. The error is plain and says what is
// wrong with it.
func parseLUT(b []byte) (*lut, error) {
	if len(b) > lutBytesMax {
		return nil, fmt.Errorf("%d bytes", len(b))
	}
	if bytes.Contains(b, []byte("LUT_3D_SIZE")) || bytes.Contains(b, []byte("LUT_1D_SIZE")) {
		return parseCube(b)
	}
	return parse3DL(b)
}

// lutLines calls f with the words of each line that says something.
func lutLines(b []byte, f func(words []string) error) error {
	sc := bufio.NewScanner(bytes.NewReader(b))
	sc.Buffer(nil, 64<<10)
	for n := 1; sc.Scan(); n++ {
		line, _, _ := strings.Cut(sc.Text(), "#")
		if words := strings.Fields(line); len(words) > 0 {
			if err := f(words); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
		}
	}
	return sc.Err()
}

func parseCube(b []byte) (*lut, error) {
	l := &lut{max: [3]float64{1, 1, 1}}
	err := lutLines(b, func(words []string) error {
		if c := words[0][0]; c >= 'A' && c <= 'Z' {
			return l.keyword(words)
		}
		if l.n == 0 || len(l.values) >= l.entries() {
			return errors.New("a value where none belongs")
		}
		v, err := threeNumbers(words)
		l.values = append(l.values, [3]float32{float32(v[0]), float32(v[1]), float32(v[2])})
		return err
	})
	if err != nil {
		return nil, err
	}
	if l.n == 0 || len(l.values) != l.entries() {
		return nil, fmt.Errorf("%d values for a table of %d", len(l.values), l.entries())
	}
	for i := range 3 {
		if l.max[i] <= l.min[i] {
			return nil, errors.New("the domain is empty")
		}
	}
	return l, nil
}

func (l *lut) entries() int {
	if l.flat {
		return l.n
	}
	return l.n * l.n * l.n
}

func (l *lut) keyword(words []string) error {
	switch words[0] {
	case "TITLE":
		return nil
	case "LUT_3D_SIZE", "LUT_1D_SIZE":
		flat := words[0] == "LUT_1D_SIZE"
		most := lutSide
		if flat {
			most = lutLength
		}
		if len(words) != 2 || l.n != 0 {
			return errors.New("more than one size")
		}
		n, err := strconv.Atoi(words[1])
		if err != nil || n < 2 || n > most {
			return fmt.Errorf("size %.20q", words[1])
		}
		l.n, l.flat = n, flat
		return nil
	case "DOMAIN_MIN", "DOMAIN_MAX":
		v, err := threeNumbers(words[1:])
		if words[0] == "DOMAIN_MIN" {
			l.min = v
		} else {
			l.max = v
		}
		return err
	case "LUT_3D_INPUT_RANGE", "LUT_1D_INPUT_RANGE":
		if len(words) != 3 {
			return errors.New("a range of not two numbers")
		}
		v, err := threeNumbers(append(words[1:], "0"))
		l.min, l.max = [3]float64{v[0], v[0], v[0]}, [3]float64{v[1], v[1], v[1]}
		return err
	}
	return fmt.Errorf("unknown word %.40q", words[0])
}

func threeNumbers(words []string) (v [3]float64, err error) {
	if len(words) != 3 {
		return v, fmt.Errorf("%d numbers instead of 3", len(words))
	}
	for i, w := range words {
		v[i], err = strconv.ParseFloat(w, 64)
		if err != nil || math.Abs(v[i]) > 1e6 || math.IsNaN(v[i]) {
			return v, fmt.Errorf("%.40q is no number of use", w)
		}
	}
	return v, nil
}

// parse3DL reads a table of whole numbers: a line with the inputs of the
// entries, then the entries, blue changing fastest.
func parse3DL(b []byte) (*lut, error) {
	var inputs []float64
	var raw [][3]float64
	depth := 0
	err := lutLines(b, func(words []string) error {
		switch {
		case strings.EqualFold(words[0], "3DMESH"):
			return nil
		case strings.EqualFold(words[0], "Mesh"):
			if len(words) != 3 {
				return errors.New("a mesh of not two numbers")
			}
			n, err := strconv.Atoi(words[2])
			if err != nil || n < 8 || n > 16 {
				return fmt.Errorf("depth %.20q", words[2])
			}
			depth = n
			return nil
		case words[0][0] != '-' && (words[0][0] < '0' || words[0][0] > '9'):
			if len(raw) > 0 {
				return nil // LUT8, gamma 1.0: what comes after the table
			}
			return fmt.Errorf("unknown word %.40q", words[0])
		case inputs == nil && len(words) > 3:
			return parseInputs(words, &inputs)
		case inputs == nil || len(raw) >= len(inputs)*len(inputs)*len(inputs):
			return errors.New("a value where none belongs")
		}
		v, err := threeNumbers(words)
		raw = append(raw, v)
		return err
	})
	if err != nil {
		return nil, err
	}
	n := len(inputs)
	if n == 0 || len(raw) != n*n*n {
		return nil, fmt.Errorf("%d values for a table of %d", len(raw), n*n*n)
	}
	return sorted3DL(n, raw, depth), nil
}

// parseInputs takes inputs at even distances only.
func parseInputs(words []string, inputs *[]float64) error {
	if len(words) > lutSide {
		return fmt.Errorf("%d entries along an axis", len(words))
	}
	for _, w := range words {
		v, err := strconv.ParseFloat(w, 64)
		if err != nil || math.Abs(v) > 1e6 {
			return fmt.Errorf("%.40q is no number of use", w)
		}
		*inputs = append(*inputs, v)
	}
	first, last := (*inputs)[0], (*inputs)[len(words)-1]
	for i, v := range *inputs {
		even := first + (last-first)*float64(i)/float64(len(words)-1)
		if last <= first || math.Abs(v-even) > max(1.5, (last-first)/200) {
			return errors.New("the inputs are not at even distances")
		}
	}
	return nil
}

func sorted3DL(n int, raw [][3]float64, depth int) *lut {
	top := 0.0
	for _, v := range raw {
		top = max(top, v[0], v[1], v[2])
	}
	if depth == 0 {
		for depth = 10; depth < 16 && top > float64(int(1)<<depth-1); {
			depth += 2
		}
	}
	scale := 1 / float64(int(1)<<depth-1)
	l := &lut{n: n, max: [3]float64{1, 1, 1}, values: make([][3]float32, n*n*n)}
	for i, v := range raw {
		r, g, b := i/(n*n), i/n%n, i%n
		l.values[(b*n+g)*n+r] = [3]float32{float32(v[0] * scale), float32(v[1] * scale), float32(v[2] * scale)}
	}
	return l
}

// axis is where each byte of a channel lies between entries.
type axis [256]struct {
	low, high int
	t         float32
}

func (l *lut) axes() (a [3]axis) {
	for c := range a {
		for v := range a[c] {
			at := (float64(v)/255 - l.min[c]) / (l.max[c] - l.min[c])
			at = max(0, min(1, at)) * float64(l.n-1)
			low := min(int(at), l.n-2)
			a[c][v].low, a[c][v].high, a[c][v].t = low, low+1, float32(at-float64(low))
		}
	}
	return a
}

func toByte(v float32) byte { return byte(max(0, min(255, v*255+0.5))) }

// apply looks the first three bands of each pixel up.
func (l *lut) apply(px []byte, bands int) {
	axes := l.axes()
	if l.flat {
		var tables [3][256]byte
		for c := range tables {
			for v, at := range axes[c] {
				lo, hi := l.values[at.low][c], l.values[at.high][c]
				tables[c][v] = toByte(lo + at.t*(hi-lo))
			}
		}
		for i := 0; i < len(px); i += bands {
			px[i], px[i+1], px[i+2] = tables[0][px[i]], tables[1][px[i+1]], tables[2][px[i+2]]
		}
		return
	}
	n := l.n
	for i := 0; i < len(px); i += bands {
		r, g, b := &axes[0][px[i]], &axes[1][px[i+1]], &axes[2][px[i+2]]
		g0, g1 := g.low*n, g.high*n
		b0, b1 := b.low*n*n, b.high*n*n
		for c := range 3 {
			x00 := mix32(l.values[b0+g0+r.low][c], l.values[b0+g0+r.high][c], r.t)
			x10 := mix32(l.values[b0+g1+r.low][c], l.values[b0+g1+r.high][c], r.t)
			x01 := mix32(l.values[b1+g0+r.low][c], l.values[b1+g0+r.high][c], r.t)
			x11 := mix32(l.values[b1+g1+r.low][c], l.values[b1+g1+r.high][c], r.t)
			px[i+c] = toByte(mix32(mix32(x00, x10, g.t), mix32(x01, x11, g.t), b.t))
		}
	}
}

func mix32(a, b, t float32) float32 { return a + t*(b-a) }

// lookUp carries out OpLUT.
func (p *picture) lookUp(op transform.OpLUT) error {
	src, err := p.stock.source(op.Source, transform.UseLUT)
	if err != nil {
		return err
	}
	l, err := parseLUT(src.data)
	if err != nil {
		return &media.Error{Code: media.Invalid, Op: "colour table", Message: p.stock.name(op.Source) + " is not a colour table that can be used", Err: err}
	}
	if err := p.toColour(); err != nil {
		return fmt.Errorf("to colour: %w", err)
	}
	return p.inStrips(func(px []byte, bands int) { l.apply(px, bands) })
}

// strips is in how many parts a picture goes through Go's memory.
const strips = 16

// inStrips hands all pixels to f, which changes them in place.
func (p *picture) inStrips(f func(px []byte, bands int)) error {
	if err := p.toMemory(); err != nil {
		return err
	}
	w, h, bands, space := p.im.Width(), p.im.Height(), p.im.Bands(), p.im.Interpretation()
	rows := (h + strips - 1) / strips
	var all *vips.Image
	for y := 0; y < h; y += rows {
		n := min(rows, h-y)
		part, err := p.scope.Make("extract_area", vips.Args{"input": p.im, "left": 0, "top": y, "width": w, "height": n})
		if err != nil {
			return err
		}
		px, err := part.Pixels()
		if err != nil {
			return p.src.damaged(err)
		}
		f(px, bands)
		if part, err = p.scope.FromPixels(px, w, n, bands, "uchar"); err != nil {
			return err
		}
		if all == nil {
			all = part
		} else if all, err = p.scope.Make("join", vips.Args{"in1": all, "in2": part, "direction": "vertical"}); err != nil {
			return err
		}
	}
	im, err := p.scope.Apply(all, "copy", vips.Args{"interpretation": space})
	if err == nil {
		p.im = im
	}
	return err
}
