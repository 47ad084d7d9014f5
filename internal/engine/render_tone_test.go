package engine

import (
	"math"
	"testing"

	"tintype/internal/media"
	"tintype/internal/transform"
)

// bentCurve is a table without symmetry.
func bentCurve(power float64) *transform.Curve {
	var c transform.Curve
	for v := range c {
		c[v] = uint8(math.Round(255 * math.Pow(float64(v)/255, power)))
	}
	return &c
}

func TestTones(t *testing.T) {
	t.Parallel()
	m := [4][5]float64{{0.393, 0.769, 0.189, 0, 0}, {0.349, -0.686, 0.168, 0.2, 0.1}, {0, 0, 1.5, 0, -0.2}, {0.3, 0, 0, 0.5, 0.1}}
	soft, hard := bentCurve(0.5), bentCurve(3)
	bayer := []int{15, 135, 45, 165, 195, 75, 225, 105, 60, 180, 30, 150}
	tryOps(t, []opCase{
		{name: "recolor", op: transform.OpRecolor{M: m}, adds: true, off: 1.6, want: perPixel(func(c rgba) (out rgba) {
			for i := range 4 {
				v := m[i][4]
				for j := range 4 {
					v += m[i][j] * c[j] / 255
				}
				out[i] = 255 * max(0, min(1, v))
			}
			return out
		})},
		{name: "curve of each channel", op: transform.OpCurve{R: soft, B: hard}, want: perPixel(func(c rgba) rgba {
			return rgba{float64(soft[int(c[0])]), c[1], float64(hard[int(c[2])]), c[3]}
		})},
		{name: "curve of alpha", op: transform.OpCurve{A: hard}, adds: true, want: perPixel(func(c rgba) rgba {
			c[3] = float64(hard[int(c[3])])
			return c
		})},
		{name: "curve of luma", op: transform.OpCurve{R: soft, B: hard, Luma: true}, off: 16, mean: 0.3, want: perPixel(func(c rgba) rgba {
			l := int(math.Round(255 * c.luma()))
			return rgba{float64(soft[l]), c[1], float64(hard[l]), c[3]}
		})},
		{name: "vibrance", op: transform.OpVibrance{Amount: 1.5}, want: perPixel(vibrant(1.5))},
		{name: "vibrance taken away", op: transform.OpVibrance{Amount: -1}, want: perPixel(vibrant(-1))},
		{name: "dither", op: transform.OpDither{Width: 4, Thresholds: bayer}, want: perPage(func(s sheet) sheet {
			return s.each(func(x, y int, c rgba) rgba {
				limit := float64(bayer[y%3*4+x%4])
				return c.colours(func(v float64) float64 {
					if math.Round(v*255) > limit {
						return 1
					}
					return 0
				})
			})
		})},
		{name: "red eye", op: transform.OpRedEye{}, want: perPixel(func(c rgba) rgba {
			if c[0] > 0.2*255 && c[0] > 1.8*max(c[1], c[2]) {
				c[0] = (c[1] + c[2]) / 2
			}
			return c
		})},
		{name: "hatch", op: transform.OpHatch{Amount: 0.7}, want: perPage(func(s sheet) sheet {
			return s.each(func(x, y int, c rgba) rgba {
				e := 0.7 * max(0, min(1, (math.Abs(c[0]-c[1])-c[2]/2)/255))
				if (x+y)%8 >= 4 {
					return c
				}
				return c.colours(func(v float64) float64 {
					if c[0] > c[1] {
						return v * (1 - e)
					}
					return v + (1-v)*e
				})
			})
		})},
	})
}

func vibrant(amount float64) func(rgba) rgba {
	return func(c rgba) rgba {
		s := (max(c[0], c[1], c[2]) - min(c[0], c[1], c[2])) / 255
		k, l := max(0, 1+amount*(1-s)), c.luma()
		return c.colours(func(v float64) float64 { return l + k*(v-l) })
	}
}

func TestLevels(t *testing.T) {
	t.Parallel()
	op := func(mode transform.LevelsMode, clip float64) transform.Op {
		return transform.OpLevels{Mode: mode, Clip: clip}
	}
	tryOps(t, []opCase{
		{name: "contrast", op: op(transform.LevelsContrast, 0), want: stretched(false, 0)},
		{name: "contrast clipped", op: op(transform.LevelsContrast, 0.1), want: stretched(false, 0.1)},
		{name: "channels", op: op(transform.LevelsChannels, 0.02), want: stretched(true, 0.02)},
		{name: "brightness", op: op(transform.LevelsBrightness, 0), want: func(pages []sheet) []sheet {
			sum, n := 0.0, 0.0
			for _, v := range counted(pages, rgba.luma) {
				sum += float64(v) / 255
				n++
			}
			g := max(0.5, min(2, math.Log(0.5)/math.Log(max(0.02, min(0.98, sum/n)))))
			return perPixel(func(c rgba) rgba { return c.colours(func(v float64) float64 { return math.Pow(v, g) }) })(pages)
		}},
		{name: "equalize", op: op(transform.LevelsEqualize, 0), want: func(pages []sheet) []sheet {
			all := counted(pages, rgba.luma)
			share := func(v float64) float64 {
				n := 0
				for _, x := range all {
					if float64(x) <= v {
						n++
					}
				}
				return float64(n) / float64(len(all))
			}
			first := 255
			for _, x := range all {
				first = min(first, x)
			}
			c0 := share(float64(first))
			var table [256]float64
			for v := range table {
				table[v] = (share(float64(v)) - c0) / (1 - c0)
			}
			return perPixel(func(c rgba) rgba {
				return c.colours(func(v float64) float64 { return table[int(math.Round(255*v))] })
			})(pages)
		}},
	})
	for _, mode := range []transform.LevelsMode{transform.LevelsContrast, transform.LevelsChannels, transform.LevelsEqualize} {
		plain := sheet{3, 3, make([]rgba, 9)}.each(func(_, _ int, _ rgba) rgba { return rgba{90, 100, 110, 255} })
		got, _ := done(t, op(mode, 0), false, plain)
		if err := differ(got[0], plain, 0, 1); err != nil {
			t.Errorf("%s of one colour: %v", mode, err)
		}
	}
}

// counted are the bytes of a channel of all pixels that are not transparent.
func counted(pages []sheet, channel func(rgba) float64) (all []int) {
	for _, p := range pages {
		for _, c := range p.px {
			if c[3] > 0 {
				all = append(all, int(math.Round(255*channel(c))))
			}
		}
	}
	return all
}

func stretched(each bool, clip float64) func([]sheet) []sheet {
	return func(pages []sheet) []sheet {
		f := func(channel func(rgba) float64) func(v float64) float64 {
			all := counted(pages, channel)
			share := func(in func(v int) bool) float64 {
				n := 0
				for _, v := range all {
					if in(v) {
						n++
					}
				}
				return float64(n) / float64(len(all))
			}
			lo, hi := 0, 255
			for share(func(v int) bool { return v <= lo }) <= clip {
				lo++
			}
			for share(func(v int) bool { return v >= hi }) <= clip {
				hi--
			}
			return func(v float64) float64 { return (v*255 - float64(lo)) / float64(hi-lo) }
		}
		bend := [3]func(float64) float64{}
		for i := range bend {
			bend[i] = f(rgba.luma)
			if each {
				bend[i] = f(func(c rgba) float64 { return c[i] / 255 })
			}
		}
		return perPixel(func(c rgba) rgba {
			for i := range 3 {
				c[i] = 255 * max(0, min(1, bend[i](c[i]/255)))
			}
			return c
		})(pages)
	}
}

// labOf is CIELAB by its definition.
func labOf(c rgba) [3]float64 {
	lin := func(v float64) float64 {
		if v /= 255; v > 0.04045 {
			return math.Pow((v+0.055)/1.055, 2.4)
		}
		return v / 255 * 255 / 12.92
	}
	f := func(t float64) float64 {
		if t > math.Pow(6.0/29, 3) {
			return math.Cbrt(t)
		}
		return t/(3*math.Pow(6.0/29, 2)) + 4.0/29
	}
	r, g, b := lin(c[0]), lin(c[1]), lin(c[2])
	x := f((0.4124564*r + 0.3575761*g + 0.1804375*b) / 0.95047)
	y := f(0.2126729*r + 0.7151522*g + 0.0721750*b)
	z := f((0.0193339*r + 0.1191920*g + 0.9503041*b) / 1.08883)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

// ofLab is the inverse of labOf, clipped to sRGB.
func ofLab(l [3]float64, alpha float64) rgba {
	inv := func(f float64) float64 {
		if f > 6.0/29 {
			return f * f * f
		}
		return 3 * math.Pow(6.0/29, 2) * (f - 4.0/29)
	}
	fy := (l[0] + 16) / 116
	x, y, z := 0.95047*inv(fy+l[1]/500), inv(fy), 1.08883*inv(fy-l[2]/200)
	gamma := func(v float64) float64 {
		v = max(0, min(1, v))
		if v > 0.0031308 {
			return 255 * (1.055*math.Pow(v, 1/2.4) - 0.055)
		}
		return 255 * 12.92 * v
	}
	return rgba{gamma(3.2404542*x - 1.5371385*y - 0.4985314*z), gamma(-0.9692660*x + 1.8760108*y + 0.0415560*z), gamma(0.0556434*x - 0.2040259*y + 1.0572252*z), alpha}
}

func labDistance(a, b [3]float64) float64 {
	return math.Sqrt(math.Pow(a[0]-b[0], 2) + math.Pow(a[1]-b[1], 2) + math.Pow(a[2]-b[2], 2))
}

func TestReplaceColor(t *testing.T) {
	t.Parallel()
	moved := func(from [3]float64, to rgba, tolerance float64) func(c rgba) rgba {
		return func(c rgba) rgba {
			l, target := labOf(c), labOf(to)
			d := labDistance(l, from)
			w := max(0, min(1, 2*(tolerance-d)/tolerance))
			if w == 0 {
				return c
			}
			for i := range 3 {
				l[i] += w * (target[i] - from[i])
			}
			return ofLab(l, c[3])
		}
	}
	redder, blue, green := rgba{220, 25, 30, 255}, rgba{20, 40, 230, 255}, rgba{30, 180, 60, 255}
	from := colour(redder)
	tryOps(t, []opCase{
		{name: "red to blue", op: transform.OpReplaceColor{From: &from, To: colour(blue), Tolerance: 40}, off: 1.6, want: perPixel(moved(labOf(redder), blue, 40))},
		{name: "far around", op: transform.OpReplaceColor{From: &from, To: colour(green), Tolerance: 120}, off: 1.6, want: perPixel(moved(labOf(redder), green, 120))},
		{name: "the very colour", op: transform.OpReplaceColor{From: &from, To: colour(green)}, want: perPixel(func(c rgba) rgba {
			if c[0] == 220 && c[1] == 25 && c[2] == 30 {
				return rgba{green[0], green[1], green[2], c[3]}
			}
			return c
		})},
		{name: "the prominent colour", op: transform.OpReplaceColor{To: colour(green), Tolerance: 60}, off: 2, want: func(pages []sheet) []sheet {
			var weight, count [36]float64
			var sum [36][3]float64
			for _, p := range pages {
				for _, c := range p.px {
					l := labOf(c)
					if chroma := math.Hypot(l[1], l[2]); c[3] > 0 && chroma > 20 {
						bin := int(math.Mod(math.Atan2(l[2], l[1])*180/math.Pi+360, 360) / 10)
						weight[bin] += chroma
						count[bin]++
						for i := range 3 {
							sum[bin][i] += l[i]
						}
					}
				}
			}
			best := 0
			for i := range weight {
				if weight[i] > weight[best] {
					best = i
				}
			}
			if count[best] == 0 {
				return pages
			}
			for i := range 3 {
				sum[best][i] /= count[best]
			}
			return perPixel(moved(sum[best], green, 60))(pages)
		}},
	})
}

func TestKeyOut(t *testing.T) {
	t.Parallel()
	kept := func(key rgba, tolerance float64) func(c rgba) float64 {
		return func(c rgba) float64 {
			d := labDistance(labOf(c), labOf(key)) / 100
			return max(0, min(1, (d-tolerance)/0.05))
		}
	}
	redder := rgba{220, 25, 30, 255}
	key := colour(redder)
	keep := kept(redder, 0.2)
	tryOps(t, []opCase{
		{name: "all", op: transform.OpKeyOut{Color: &key, Tolerance: 0.2}, adds: true, off: 2, want: perPixel(func(c rgba) rgba {
			c[3] *= keep(c)
			return c
		})},
		{name: "connected", op: transform.OpKeyOut{Color: &key, Tolerance: 0.2, Connected: true}, adds: true, off: 2, want: perPage(func(s sheet) sheet {
			return joinedOnly(s, keep)
		})},
		{name: "the edge's colour", op: transform.OpKeyOut{Tolerance: 0.3}, adds: true, off: 2, want: func(pages []sheet) []sheet {
			bins := map[[3]int][]rgba{}
			var best [3]int
			for _, p := range pages {
				p.each(func(x, y int, c rgba) rgba {
					if (x == 0 || y == 0 || x == p.w-1 || y == p.h-1) && c[3] > 0 {
						b := [3]int{int(c[0]) / 16, int(c[1]) / 16, int(c[2]) / 16}
						bins[b] = append(bins[b], c)
					}
					return c
				})
			}
			for b, list := range bins {
				if n := len(bins[best]); len(list) > n || len(list) == n && (b[0]<<8|b[1]<<4|b[2]) < (best[0]<<8|best[1]<<4|best[2]) {
					best = b
				}
			}
			var mean rgba
			for _, c := range bins[best] {
				for i := range 3 {
					mean[i] += c[i] / float64(len(bins[best]))
				}
			}
			mean = mean.colours(func(v float64) float64 { return math.Round(255*v) / 255 })
			keep := kept(mean, 0.3)
			return perPixel(func(c rgba) rgba {
				c[3] *= keep(c)
				return c
			})(pages)
		}},
	})
}

// joinedOnly grows the keyed part from the edge until nothing is added.
func joinedOnly(s sheet, keep func(rgba) float64) sheet {
	in := map[[2]int]bool{}
	for grown := true; grown; {
		grown = false
		s.each(func(x, y int, c rgba) rgba {
			edge := x == 0 || y == 0 || x == s.w-1 || y == s.h-1
			if !in[[2]int{x, y}] && keep(c) < 1 && (edge || in[[2]int{x - 1, y}] || in[[2]int{x + 1, y}] || in[[2]int{x, y - 1}] || in[[2]int{x, y + 1}]) {
				in[[2]int{x, y}], grown = true, true
			}
			return c
		})
	}
	return s.each(func(x, y int, c rgba) rgba {
		if in[[2]int{x, y}] {
			c[3] *= keep(c)
		}
		return c
	})
}

func TestQuantize(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2, 7, 16, 256} {
		pages := []sheet{alphaSheet(60, 50, 1), opaqueSheet(60, 50, 9)}
		got, _ := done(t, transform.OpQuantize{Colors: n}, false, pages...)
		for i, g := range got {
			colours := map[[3]float64]bool{}
			sum := 0.0
			for j, c := range g.px {
				colours[[3]float64(c[:3])] = true
				if c[3] != pages[i].px[j][3] {
					t.Fatalf("alpha %v became %v", pages[i].px[j], c)
				}
				for k := range 3 {
					sum += math.Pow(c[k]-pages[i].px[j][k], 2) * c[3] / 255
				}
			}
			if len(colours) > n || len(colours) < n/2 {
				t.Errorf("%d colours of %d", len(colours), n)
			}
			if rms := math.Sqrt(sum / float64(3*len(g.px))); rms > 110/math.Cbrt(float64(n)) {
				t.Errorf("%d colours are off by %.1f", n, rms)
			}
		}
	}
	few := sheet{40, 40, make([]rgba, 1600)}.each(func(x, y int, _ rgba) rgba { return quarters(40, 40)(float64(x), float64(y)) })
	got, _ := done(t, transform.OpQuantize{Colors: 4}, false, few)
	if err := differ(got[0], few, 0, 1); err != nil {
		t.Errorf("four colours of four: %v", err)
	}
}

func TestNoise(t *testing.T) {
	t.Parallel()
	mid := sheet{200, 150, make([]rgba, 200*150)}.each(func(_, _ int, _ rgba) rgba { return rgba{128, 120, 140, 200} })
	op := transform.OpNoise{Amount: 0.1}
	got, _ := done(t, op, false, mid, mid)
	again, _ := done(t, op, false, mid)
	var sum, square, cross [3]float64
	for i, c := range got[0].px {
		if c != again[0].px[i] || c != got[1].px[i] {
			t.Fatal("the same page got other noise")
		}
		if c[3] != 200 {
			t.Fatalf("alpha became %v", c[3])
		}
		for k := range 3 {
			d := c[k] - mid.px[i][k]
			sum[k] += d
			square[k] += d * d
			cross[k] += d * (c[(k+1)%3] - mid.px[i][(k+1)%3])
		}
	}
	n := float64(len(mid.px))
	for k := range 3 {
		if mean := sum[k] / n; math.Abs(mean) > 0.6 {
			t.Errorf("channel %d: mean %.2f", k, mean)
		}
		if dev := math.Sqrt(square[k] / n); math.Abs(dev-25.5) > 0.6 {
			t.Errorf("channel %d: deviation %.2f, want 25.5", k, dev)
		}
		if r := cross[k] / square[k]; math.Abs(r) > 0.03 {
			t.Errorf("channels %d and %d go together: %.3f", k, (k+1)%3, r)
		}
	}
}

type unheardOf struct{ transform.Op }

func TestUnknownOperation(t *testing.T) {
	t.Parallel()
	p := &picture{}
	if err := p.do(unheardOf{}); media.CodeOf(err) != media.Unsupported {
		t.Errorf("an unknown operation: %v", err)
	}
}
