package transform

import (
	"errors"
	"fmt"
	"math/big"
	"testing"

	"tintype/internal/media"
)

// The oracle works the sizes out a second time, in fractions without any
// rounding but the last, from the rules as they are written down and not from
// the resolver. It shares no helper with it.

type ratio = *big.Rat

func frac(a, b int64) ratio { return big.NewRat(a, b) }

// near rounds half up, never below 1.
func near(x ratio) int64 {
	twice := new(big.Rat).Add(new(big.Rat).Mul(x, frac(2, 1)), frac(1, 1))
	q := new(big.Int).Quo(twice.Num(), new(big.Int).Mul(twice.Denom(), big.NewInt(2)))
	if q.Sign() <= 0 {
		return 1
	}
	return q.Int64()
}

func times(a, b ratio) ratio { return new(big.Rat).Mul(a, b) }

// wish is a box as a URL states it: 0 is "not given".
type wish struct {
	w, h int64 // CSS pixels, or percent
	pct  bool
	a, b int64 // ratio a:b
	free bool
}

func (q wish) box() Box {
	length := func(v int64) Length {
		switch {
		case v == 0:
			return Length{}
		case q.pct:
			return Frac(float64(v) / 100)
		}
		return Px(float64(v))
	}
	b := Box{Width: length(q.w), Height: length(q.h), FreeRatio: q.free}
	if q.a > 0 {
		b.Ratio = float64(q.a) / float64(q.b)
	}
	return b
}

// resolve gives the wished sides over W x H, and whether one follows from the
// picture's own ratio.
func (q wish) resolve(W, H int64, dpr ratio) (w, h int64, follows bool) {
	one := func(v, base int64) int64 {
		if q.pct {
			return near(frac(v*base, 100))
		}
		return near(times(frac(v, 1), dpr))
	}
	switch {
	case q.w > 0 && q.h > 0:
		return one(q.w, W), one(q.h, H), false
	case q.w > 0:
		w = one(q.w, W)
		switch {
		case q.a > 0:
			return w, near(frac(w*q.b, q.a)), false
		case q.free:
			return w, H, false
		}
		return w, near(frac(w*H, W)), true
	case q.h > 0:
		h = one(q.h, H)
		switch {
		case q.a > 0:
			return near(frac(h*q.a, q.b)), h, false
		case q.free:
			return W, h, false
		}
		return near(frac(h*W, H)), h, true
	}
	// Only a ratio: wide ones keep the width, tall ones the height, if that fits.
	byWidth, byHeight := near(frac(W*q.b, q.a)), near(frac(H*q.a, q.b))
	switch {
	case q.a > q.b && byWidth <= H, q.a == q.b && W <= H:
		return W, byWidth, false
	case q.a > q.b, q.a == q.b:
		return byHeight, H, false
	case byHeight <= W:
		return byHeight, H, false
	}
	return W, byWidth, false
}

// scaleBy multiplies, and hits a wished side that is met exactly.
func scaleBy(s ratio, W, H int64) (int64, int64) {
	return near(times(s, frac(W, 1))), near(times(s, frac(H, 1)))
}

func oracleResize(fit Fit, limit Limit, W, H, w, h int64, follows bool) (int64, int64) {
	sx, sy, one := frac(w, W), frac(h, H), frac(1, 1)
	if follows {
		// The whole picture, at the wished side; no rounding of the other
		// side may cut, pad or bend it.
		enlarges, reduces := w > W || h > H, w < W || h < H
		switch {
		case limit == ReduceOnly && fit == Contain:
			return w, h
		case limit == ReduceOnly && enlarges:
			return W, H
		case limit == EnlargeOnly && fit == Cover:
			return w, h
		case limit == EnlargeOnly && reduces:
			return W, H
		}
		return w, h
	}
	low, high := sx, sy
	if sx.Cmp(sy) > 0 {
		low, high = sy, sx
	}
	clamp := func(s ratio) ratio {
		if (limit == ReduceOnly && s.Cmp(one) > 0) || (limit == EnlargeOnly && s.Cmp(one) < 0) {
			return one
		}
		return s
	}
	switch fit {
	case Fill:
		switch limit {
		case ReduceOnly:
			return min(w, W), min(h, H)
		case EnlargeOnly:
			return max(w, W), max(h, H)
		}
		return w, h
	case Inside:
		return scaleBy(clamp(low), W, H)
	case Outside:
		return scaleBy(clamp(high), W, H)
	case Cover:
		if limit == ReduceOnly && (w > W || h > H) {
			return min(w, W), min(h, H)
		}
		return w, h
	}
	pw, ph := scaleBy(clamp(low), W, H)
	return max(w, pw), max(h, ph)
}

var (
	oraclePictures = [][2]int64{{640, 427}, {427, 640}, {864, 576}, {100, 67}, {500, 500}, {1920, 1080}, {7, 300}, {300, 7}, {1, 1}, {3, 2}, {4032, 3024}}
	oracleWishes   = []wish{
		{w: 150}, {h: 150}, {w: 1}, {h: 999}, {w: 777}, {w: 150, free: true}, {h: 77, free: true},
		{w: 150, h: 150}, {w: 400, h: 90}, {w: 33, h: 512}, {w: 641, h: 427}, {w: 1000, h: 1000}, {w: 5, h: 3},
		{w: 320, a: 16, b: 9}, {h: 111, a: 16, b: 9}, {w: 75, a: 3, b: 4}, {h: 640, a: 1, b: 1}, {w: 100, h: 50, a: 1, b: 1},
		{a: 16, b: 9}, {a: 9, b: 16}, {a: 1, b: 1}, {a: 5, b: 1}, {a: 2, b: 7},
		{w: 50, pct: true}, {h: 25, pct: true}, {w: 150, h: 30, pct: true}, {w: 7, h: 93, pct: true}, {w: 29, pct: true, a: 4, b: 3},
	}
	oracleRatios = []ratio{frac(1, 1), frac(2, 1), frac(3, 2), frac(11, 4)}
)

// eachWish calls fn for every picture, wish and pixel ratio.
func eachWish(fn func(p [2]int64, q wish, dpr ratio)) {
	for _, p := range oraclePictures {
		for _, q := range oracleWishes {
			for _, d := range oracleRatios {
				fn(p, q, d)
			}
		}
	}
}

// meets resolves one step and compares; a wanted size over the limit of a
// side must be refused.
func meets(t *testing.T, p [2]int64, dpr ratio, s Step, w, h int64) bool {
	t.Helper()
	f := &picture{info: media.Info{Format: "png", Width: int(p[0]), Height: int(p[1]), Pages: 1}}
	d, _ := dpr.Float64()
	tr := Transformation{Steps: []Step{s}, DPR: d}
	plan, err := Resolve(t.Context(), tr, f, Limits{})
	var limit *media.LimitError
	if errors.As(err, &limit) {
		// A cover may pass the limit on its way; all else only by its size.
		r, ok := s.(Resize)
		if max(w, h) <= 16384 && w*h <= 64_000_000 && !(ok && r.Fit == Cover) {
			t.Errorf("%v over %dx%d: refused, want %dx%d: %v", tr, p[0], p[1], w, h, err)
		}
		return false
	}
	if err != nil || int64(plan.Width) != w || int64(plan.Height) != h {
		t.Errorf("%v at %s over %dx%d: want %dx%d, got %v, %v", tr, dpr.RatString(), p[0], p[1], w, h, plan, err)
	}
	return true
}

func TestOracleResize(t *testing.T) {
	t.Parallel()
	n := 0
	for _, fit := range []Fit{Fill, Inside, Outside, Cover, Contain} {
		for _, limit := range []Limit{AnySize, ReduceOnly, EnlargeOnly} {
			eachWish(func(p [2]int64, q wish, dpr ratio) {
				bw, bh, follows := q.resolve(p[0], p[1], dpr)
				w, h := oracleResize(fit, limit, p[0], p[1], bw, bh, follows)
				if meets(t, p, dpr, Resize{Fit: fit, Limit: limit, Box: q.box()}, w, h) {
					n++
				}
			})
		}
	}
	if n < 10_000 {
		t.Errorf("only %d sizes were compared", n)
	}
}

func TestOracleExtractExtend(t *testing.T) {
	t.Parallel()
	n := 0
	eachWish(func(p [2]int64, q wish, dpr ratio) {
		w, h, _ := q.resolve(p[0], p[1], dpr)
		if meets(t, p, dpr, Extract{Box: q.box()}, min(w, p[0]), min(h, p[1])) {
			n++
		}
		if meets(t, p, dpr, Extend{Box: q.box()}, max(w, p[0]), max(h, p[1])) {
			n++
		}
		x, y := int64(13), int64(-4)
		dx, dy := near(times(frac(x, 1), dpr)), -near(times(frac(-y, 1), dpr))
		// Half a pixel of a negative offset is rounded up as well.
		if times(frac(-y, 1), dpr).Cmp(frac(-dy*2-1, 2)) == 0 {
			dy++
		}
		cw, ch := min(p[0], dx+w)-dx, min(p[1], dy+h)
		s := Extract{Box: q.box(), Gravity: Gravity{X: Px(float64(x)), Y: Px(float64(y))}}
		if cw > 0 && ch > 0 {
			meets(t, p, dpr, s, cw, ch)
		} else {
			mustFail(t, p, dpr, s)
		}
	})
	if n < 2000 {
		t.Errorf("only %d sizes were compared", n)
	}
}

func mustFail(t *testing.T, p [2]int64, dpr ratio, s Step) {
	t.Helper()
	d, _ := dpr.Float64()
	f := &picture{info: media.Info{Format: "png", Width: int(p[0]), Height: int(p[1])}}
	plan, err := Resolve(t.Context(), Transformation{Steps: []Step{s}, DPR: d}, f, Limits{})
	if media.CodeOf(err) != media.Invalid {
		t.Errorf("%+v over %v: want a region outside, got %v, %v", s, p, plan, err)
	}
}

// TestOracleCover compares not only the size but where a cover cuts: the
// picture is scaled to just cover the box, and the middle is kept.
func TestOracleCover(t *testing.T) {
	t.Parallel()
	for _, p := range oraclePictures {
		for _, b := range [][2]int64{{150, 150}, {400, 90}, {33, 512}, {641, 427}, {99, 100}} {
			W, H, w, h := p[0], p[1], b[0], b[1]
			sw, sh := w, max(h, near(frac(H*w, W)))
			if frac(w, W).Cmp(frac(h, H)) < 0 {
				sw, sh = max(w, near(frac(W*h, H))), h
			}
			if max(sw, sh) > 16384 {
				continue
			}
			want := fmt.Sprintf("load %dx%d", W, H)
			if sw != W || sh != H {
				want += fmt.Sprintf(" | resize %dx%d", sw, sh)
			}
			if sw != w || sh != h {
				want += fmt.Sprintf(" | extract %dx%d+%d+%d", w, h, (sw-w)/2, (sh-h)/2)
			}
			want += " | save png q=80"
			f := &picture{info: media.Info{Format: "png", Width: int(W), Height: int(H)}}
			tr := Transformation{Steps: []Step{Resize{Fit: Cover, Box: Box{Width: Px(float64(w)), Height: Px(float64(h))}}}}
			plan, err := Resolve(t.Context(), tr, f, Limits{})
			if err != nil || plan.String() != want {
				t.Errorf("%v over %dx%d:\n got %v, %v\nwant %s", tr, W, H, plan, err, want)
			}
		}
	}
}
