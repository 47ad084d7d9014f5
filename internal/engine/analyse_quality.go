package engine

import (
	"math"

	"tintype/internal/media"
)

// qualitySide is the longer side of the copy that is judged.
const qualitySide = 1024

func (s subject) quality() (media.Analysis, error) {
	px, w, err := s.onWhite(qualitySide)
	if err != nil {
		return media.Analysis{}, err
	}
	n := len(px) / 3
	grey := make([]float32, n)
	var sum, squares, saturation float64
	for i := range grey {
		r, g, b := px[3*i], px[3*i+1], px[3*i+2]
		v := 0.299*float64(r) + 0.587*float64(g) + 0.114*float64(b)
		grey[i] = float32(v)
		sum, squares = sum+v, squares+v*v
		saturation += float64(max(r, g, b) - min(r, g, b))
	}
	mean := sum / float64(n)
	deviation := math.Sqrt(max(0, squares/float64(n)-mean*mean))
	q := media.Quality{
		Focus:      rounded(focusOf(grey, w, n/w, deviation), 2),
		Contrast:   rounded(min(1, deviation/64), 2),
		Exposure:   rounded(1-math.Abs(mean-127.5)/127.5, 2),
		Saturation: rounded(saturation/float64(n)/255, 2),
	}
	q.Score = rounded(q.Focus/2+q.Contrast/4+q.Exposure/4, 2)
	return media.Analysis{Quality: &q}, nil
}

// How much of the differences between neighbours outlives another blurring:
// up to softLeast the picture is sharp, from softMost on it is mist.
const (
	softLeast = 0.35
	softMost  = 0.85
	// blurReach is how far the other blurring reaches to each side.
	blurReach = 4
	// stepLeast is from when on neighbours differ: the steps of one that
	// 8 bits make of a gradient are no edges.
	stepLeast = 2
	// shadeLeast is from which deviation on there is light and shadow.
	shadeLeast = 4
)

// focusOf measures sharpness by blurring once more: what is sharp loses most
// of the differences between its neighbours by that, what is blurred already
// little (F. Crété-Roffet and others, "The blur effect", 2007). It is nearly
// independent of what there is to see. deviation is that of the brightness:
// where neighbours do not differ, a picture of one colour is as sharp as it
// can be, and one with light and shadow is mist.
func focusOf(grey []float32, w, h int, deviation float64) float64 {
	across, acrossOK := softness(grey, w, h, 1, w)
	down, downOK := softness(grey, h, w, w, 1)
	if !acrossOK && !downOK {
		if deviation < shadeLeast {
			return 1
		}
		return 0
	}
	return max(0, min(1, (softMost-max(across, down))/(softMost-softLeast)))
}

// softness is the share of the differences along lines that is left after a
// blurring along them: n pixels a line, step apart; lines are stride apart.
// ok is false where hardly any neighbours differ.
func softness(grey []float32, n, lines, step, stride int) (share float64, ok bool) {
	if n <= 2*blurReach {
		return 0, false
	}
	blurred := make([]float32, n)
	var all, left float64
	for l := range lines {
		at := func(i int) float32 { return grey[l*stride+max(0, min(n-1, i))*step] }
		sum := float32(0)
		for i := -blurReach; i <= blurReach; i++ {
			sum += at(i)
		}
		for i := range blurred {
			blurred[i] = sum / (2*blurReach + 1)
			sum += at(i+blurReach+1) - at(i-blurReach)
		}
		for i := 1; i < n; i++ {
			d := abs32(at(i) - at(i-1))
			if d < stepLeast {
				continue
			}
			all += float64(d)
			left += float64(min(d, abs32(blurred[i]-blurred[i-1])))
		}
	}
	if all < float64(n*lines)/1000 {
		return 0, false
	}
	return left / all, true
}

func abs32(v float32) float32 { return max(v, -v) }

// Differences of colours, in ΔE*76.
const (
	visionSide   = 256
	colorsDiffer = 20 // two colours that anybody tells apart
	edgeDiffers  = 12 // two neighbours between which there is an edge
	edgeSeen     = 6  // and from where on it is seen
	mainColors   = 8  // that are compared with each other
	mainShare    = 0.01
)

// sight is how linear light looks to somebody who lacks one kind of cone.
type sight [3][3]float32

// sights are those whose confusions count: protanopia, deuteranopia and
// tritanopia (Machado, Oliveira and Fernandes, 2009, at full severity).
var sights = []sight{
	{{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	{{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	{{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// through is a colour as somebody of that sight sees it.
func (t *labTables) through(m sight, r, g, b byte) lab {
	lr, lg, lb := t.linear[r], t.linear[g], t.linear[b]
	f := func(row [3]float32) float32 { return row[0]*lr + row[1]*lg + row[2]*lb }
	return t.ofLight(f(m[0]), f(m[1]), f(m[2]))
}

func (s subject) colorVision() (media.Analysis, error) {
	px, w, err := s.onWhite(visionSide)
	if err != nil {
		return media.Analysis{}, err
	}
	t := newLabTables()
	v := media.ColorVision{Edges: rounded(t.edgesSeen(px, w), 2)}
	v.Colors, v.Pair = t.colorsApart(shares(px, 3))
	v.Colors = rounded(v.Colors, 2)
	v.Score = rounded(v.Edges*v.Colors, 2)
	return media.Analysis{ColorVision: &v}, nil
}

// seen is the picture as colours that see makes of its pixels.
func seen(px []byte, see func(r, g, b byte) lab) []lab {
	out := make([]lab, len(px)/3)
	for i := range out {
		out[i] = see(px[3*i], px[3*i+1], px[3*i+2])
	}
	return out
}

// edgesSeen is the share of the edges that nobody loses.
func (t *labTables) edgesSeen(px []byte, w int) float64 {
	clear := seen(px, t.of)
	type edge struct{ a, b int }
	var edges []edge
	for i := range clear {
		for _, j := range [2]int{i + 1, i + w} {
			if j < len(clear) && (j != i+1 || j%w != 0) && clear[i].minus(clear[j]).length() >= edgeDiffers {
				edges = append(edges, edge{i, j})
			}
		}
	}
	if len(edges) == 0 {
		return 1
	}
	worst := 1.0
	for _, m := range sights {
		view := seen(px, func(r, g, b byte) lab { return t.through(m, r, g, b) })
		n := 0
		for _, e := range edges {
			if view[e.a].minus(view[e.b]).length() >= edgeSeen {
				n++
			}
		}
		worst = min(worst, share(n, len(edges)))
	}
	return worst
}

// colorsApart compares the main colours with each other: the share of the
// pairs that stay distinct, and the pair that comes closest.
func (t *labTables) colorsApart(colors []shared) (apart float64, closest [2]string) {
	for i, c := range colors {
		if i >= mainColors || c.Share < mainShare {
			colors = colors[:i]
			break
		}
	}
	least := float32(math.Inf(1))
	pairs, distinct := 0, 0
	for i, a := range colors {
		for _, b := range colors[:i] {
			clear := t.ofColor(a.color).minus(t.ofColor(b.color)).length()
			worst := clear
			for _, m := range sights {
				d := t.through(m, a.color.R, a.color.G, a.color.B).minus(t.through(m, b.color.R, b.color.G, b.color.B))
				worst = min(worst, d.length())
			}
			if worst < least {
				least, closest = worst, [2]string{b.Hex, a.Hex}
			}
			if clear < colorsDiffer {
				continue
			}
			pairs++
			if worst >= colorsDiffer/2 {
				distinct++
			}
		}
	}
	return share(distinct, pairs), closest
}
