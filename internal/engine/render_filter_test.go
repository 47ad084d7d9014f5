package engine

import (
	"math"
	"slices"
	"testing"

	"tintype/internal/transform"
)

func TestMix(t *testing.T) {
	t.Parallel()
	inverse := transform.Curve{}
	for v := range inverse {
		inverse[v] = uint8(255 - v)
	}
	negate := transform.Ops{transform.OpCurve{R: &inverse, G: &inverse, B: &inverse}}
	mixed := func(amount float64, in func(x, y int) bool) func([]sheet) []sheet {
		return perPage(func(s sheet) sheet {
			return s.each(func(x, y int, c rgba) rgba {
				if !in(x, y) {
					return c
				}
				return c.colours(func(v float64) float64 { return v + amount*(1-v-v) })
			})
		})
	}
	all := func(x, y int) bool { return true }
	regions := []transform.Rect{{X: 3, Y: 4, Width: 10, Height: 8}, {X: 8, Y: 6, Width: 30, Height: 20}}
	inside := func(x, y int) bool {
		return slices.ContainsFunc(regions, func(r transform.Rect) bool {
			return x >= r.X && y >= r.Y && x < r.X+r.Width && y < r.Y+r.Height
		})
	}
	fade := transform.Ops{transform.OpFade{Left: 20, Power: 1}}
	tryOps(t, []opCase{
		{name: "half", op: transform.OpMix{Ops: negate, Amount: 0.25}, want: mixed(0.25, all)},
		{name: "away", op: transform.OpMix{Ops: negate, Amount: -0.5}, want: mixed(-0.5, all)},
		{name: "further", op: transform.OpMix{Ops: negate, Amount: 1.5}, want: mixed(1.5, all)},
		{name: "in regions", op: transform.OpMix{Ops: negate, Amount: 0.4, Regions: regions}, want: mixed(0.4, inside)},
		{name: "a grid in a region", op: transform.OpMix{Ops: transform.Ops{transform.OpPixelate{Size: 6}}, Amount: 1, Regions: regions}, off: 1.6, want: perPage(func(s sheet) sheet {
			cells := pixelated(s, 6)
			return s.each(func(x, y int, c rgba) rgba {
				if inside(x, y) {
					return cells.at(x, y)
				}
				return c
			})
		})},
		{name: "alpha too", op: transform.OpMix{Ops: fade, Amount: 0.5}, adds: true, off: 1.6, want: perPage(func(s sheet) sheet {
			return s.each(func(x, y int, c rgba) rgba {
				c[3] *= 1 + 0.5*(min(1, (float64(x)+0.5)/20)-1)
				return c
			})
		})},
		{name: "one in another", op: transform.OpMix{Ops: transform.Ops{transform.OpMix{Ops: negate, Amount: 0.5}}, Amount: 0.5}, off: 1.6, want: mixed(0.25, all)},
	})
}

func pixelated(s sheet, n int) sheet {
	p := s.pre()
	return s.each(func(x, y int, _ rgba) rgba {
		var sum rgba
		count := 0.0
		for v := y / n * n; v < min(s.h, y/n*n+n); v++ {
			for u := x / n * n; u < min(s.w, x/n*n+n); u++ {
				c := p.at(u, v)
				for i := range sum {
					sum[i] += c[i]
				}
				count++
			}
		}
		for i := range sum {
			sum[i] /= count
		}
		return sum
	}).straight()
}

func TestAreas(t *testing.T) {
	t.Parallel()
	tryOps(t, []opCase{
		{name: "pixelate", op: transform.OpPixelate{Size: 7}, off: 1.6, want: perPage(func(s sheet) sheet { return pixelated(s, 7) })},
		{name: "pixelate all", op: transform.OpPixelate{Size: 16384}, off: 1.6, want: perPage(func(s sheet) sheet { return pixelated(s, 16384) })},
		{name: "vignette", op: transform.OpVignette{Amount: 0.8}, want: perPage(func(s sheet) sheet {
			w, h := float64(s.w), float64(s.h)
			return s.each(func(x, y int, c rgba) rgba {
				r := math.Hypot(float64(x)+0.5-w/2, float64(y)+0.5-h/2) / (math.Hypot(w, h) / 2)
				u := max(0, min(1, (r-0.4)/0.6))
				return c.colours(func(v float64) float64 { return v * (1 - 0.8*u*u*(3-2*u)) })
			})
		})},
		{name: "gradient", op: transform.OpGradient{Degrees: 30, From: colour(rgba{250, 0, 0, 255}), To: colour(rgba{0, 0, 250, 40}), Length: 25}, off: 1.6, want: perPage(sloped(30, rgba{250, 0, 0, 255}, rgba{0, 0, 250, 40}, 25))},
		{name: "gradient upwards", op: transform.OpGradient{Degrees: 0, From: colour(rgba{0, 0, 0, 200}), To: colour(clear), Length: 34}, off: 1.6, want: perPage(sloped(0, rgba{0, 0, 0, 200}, clear, 34))},
		{name: "gradient to the right", op: transform.OpGradient{Degrees: 90, From: colour(white), To: colour(red), Length: 100}, off: 1.6, want: perPage(sloped(90, white, red, 100))},
		{name: "gradient to the lower left", op: transform.OpGradient{Degrees: 225, From: colour(white), To: colour(clear), Length: 52}, off: 1.6, want: perPage(sloped(225, white, clear, 52))},
		{name: "fade", op: transform.OpFade{Top: 10, Right: 7.5, Left: 50, Power: 1.7}, adds: true, want: perPage(func(s sheet) sheet {
			return s.each(func(x, y int, c rgba) rgba {
				u, v := float64(x)+0.5, float64(y)+0.5
				for _, e := range [][2]float64{{v, 10}, {float64(s.w) - u, 7.5}, {u, 50}} {
					c[3] *= math.Pow(min(1, e[0]/e[1]), 1.7)
				}
				return c
			})
		})},
		{name: "corners", op: transform.OpCorners{RX: [4]float64{10, 20, 0, 5.5}, RY: [4]float64{10, 8, 5, 12}}, adds: true, off: 20, mean: 0.4, want: perPage(func(s sheet) sheet {
			return s.each(func(x, y int, c rgba) rgba {
				c[3] *= covered(s, x, y, [4]float64{10, 20, 0, 5.5}, [4]float64{10, 8, 5, 12})
				return c
			})
		})},
	})
}

func sloped(degrees float64, from, to rgba, long float64) func(s sheet) sheet {
	return func(s sheet) sheet {
		w, h := float64(s.w), float64(s.h)
		sin, cos := math.Sin(degrees*math.Pi/180), math.Cos(degrees*math.Pi/180)
		line := math.Abs(w*sin) + math.Abs(h*cos)
		return s.each(func(x, y int, c rgba) rgba {
			p := (float64(x)+0.5-w/2)*sin - (float64(y)+0.5-h/2)*cos + line/2
			t := max(0, min(1, p/long))
			var g rgba
			g[3] = from[3] + t*(to[3]-from[3])
			for i := range 3 {
				if g[3] > 0 {
					g[i] = (from[i]*from[3]*(1-t) + to[i]*to[3]*t) / g[3]
				}
			}
			return g.over(c)
		})
	}
}

// covered is what elliptic corners leave of a pixel, by sampling.
func covered(s sheet, x, y int, rx, ry [4]float64) float64 {
	const n = 8
	in := 0
	for i := range n * n {
		u, v := float64(x)+(float64(i%n)+0.5)/n, float64(y)+(float64(i/n)+0.5)/n
		out := false
		for k := range 4 {
			a, b := u, v
			if k == 1 || k == 2 {
				a = float64(s.w) - u
			}
			if k >= 2 {
				b = float64(s.h) - v
			}
			out = out || rx[k] > 0 && a < rx[k] && b < ry[k] && math.Hypot((rx[k]-a)/rx[k], (ry[k]-b)/ry[k]) > 1
		}
		if !out {
			in++
		}
	}
	return float64(in) / (n * n)
}

// offsets of a kernel, by its definition.
func offsets(k transform.Kernel, r float64) (list [][2]int) {
	n := int(r) + 1
	for dy := -n; dy <= n; dy++ {
		for dx := -n; dx <= n; dx++ {
			x, y := math.Abs(float64(dx)), math.Abs(float64(dy))
			if x > r || y > r {
				continue
			}
			if map[transform.Kernel]bool{
				transform.Disk: x*x+y*y <= r*r, transform.Square: true, transform.Diamond: x+y <= r,
				transform.Octagon: x+y <= 1.5*r, transform.Plus: x == 0 || y == 0,
			}[k] {
				list = append(list, [2]int{dx, dy})
			}
		}
	}
	return list
}

func morphed(op transform.OpMorph) func(s sheet) sheet {
	around := offsets(op.Kernel, op.Radius)
	return func(s sheet) sheet {
		s = s.pre()
		for range op.Iterations {
			before := s
			s = s.each(func(x, y int, _ rgba) (out rgba) {
				for i := range 4 {
					var all []float64
					sum := 0.0
					for _, o := range around {
						v := before.near(x+o[0], y+o[1])[i]
						all = append(all, v)
						sum += v
					}
					switch op.Method {
					case transform.Erode:
						out[i] = slices.Min(all)
					case transform.Dilate:
						out[i] = slices.Max(all)
					case transform.Median:
						slices.Sort(all)
						out[i] = all[len(all)/2]
					case transform.Mean:
						out[i] = sum / float64(len(all))
					}
				}
				return out
			})
		}
		return s.straight()
	}
}

func TestMorph(t *testing.T) {
	t.Parallel()
	var cases []opCase
	for _, op := range []transform.OpMorph{
		{Method: transform.Erode, Kernel: transform.Disk, Radius: 0.5, Iterations: 3},
		{Method: transform.Erode, Kernel: transform.Disk, Radius: 3.5, Iterations: 1},
		{Method: transform.Erode, Kernel: transform.Square, Radius: 1, Iterations: 1},
		{Method: transform.Dilate, Kernel: transform.Square, Radius: 4, Iterations: 2},
		{Method: transform.Dilate, Kernel: transform.Diamond, Radius: 5, Iterations: 1},
		{Method: transform.Dilate, Kernel: transform.Plus, Radius: 6, Iterations: 1},
		{Method: transform.Erode, Kernel: transform.Octagon, Radius: 21, Iterations: 1},
		{Method: transform.Dilate, Kernel: transform.Octagon, Radius: 7, Iterations: 1},
		{Method: transform.Mean, Kernel: transform.Disk, Radius: 2, Iterations: 1},
		{Method: transform.Mean, Kernel: transform.Square, Radius: 3, Iterations: 2},
		{Method: transform.Mean, Kernel: transform.Plus, Radius: 50, Iterations: 1},
		{Method: transform.Mean, Kernel: transform.Square, Radius: 18, Iterations: 1},
		{Method: transform.Median, Kernel: transform.Disk, Radius: 2, Iterations: 1},
		{Method: transform.Median, Kernel: transform.Diamond, Radius: 4, Iterations: 2},
		{Method: transform.Median, Kernel: transform.Square, Radius: 8, Iterations: 1},
	} {
		off := 1.1
		if op.Method == transform.Mean {
			off = 1 + float64(op.Iterations)
		}
		cases = append(cases, opCase{name: string(op.Method) + " " + string(op.Kernel), op: op, off: off, want: perPage(morphed(op))})
	}
	tryOps(t, cases)
}

func TestOilPaint(t *testing.T) {
	t.Parallel()
	for _, op := range []transform.OpOilPaint{{Radius: 1, Levels: 2}, {Radius: 3, Levels: 10}, {Radius: 16, Levels: 64}} {
		tryOps(t, []opCase{{name: "oil", op: op, off: 2.5, mean: 1, want: perPage(func(s sheet) sheet {
			s = s.pre().each(func(_, _ int, c rgba) rgba {
				for i := range c {
					c[i] = math.Round(c[i])
				}
				return c
			})
			return s.each(func(x, y int, _ rgba) rgba {
				count, sum := make([]float64, op.Levels), make([]rgba, op.Levels)
				for dy := -op.Radius; dy <= op.Radius; dy++ {
					for dx := -op.Radius; dx <= op.Radius; dx++ {
						c := s.near(x+dx, y+dy)
						k := int(math.Floor(math.Round(255*c.luma()) / 256 * float64(op.Levels)))
						count[k]++
						for i := range c {
							sum[k][i] += c[i]
						}
					}
				}
				best := 0
				for k := range count {
					if count[k] > count[best] {
						best = k
					}
				}
				for i := range 4 {
					sum[best][i] /= count[best]
				}
				return sum[best]
			}).straight()
		})}})
	}
}

func TestInk(t *testing.T) {
	t.Parallel()
	drawn := func(amount float64, alone bool) func(s sheet) sheet {
		return func(s sheet) sheet {
			p := s.pre()
			l := make([]float64, len(p.px))
			for i, c := range p.px {
				l[i] = c.luma()
			}
			at := func(v []float64, x, y int) float64 { return v[max(0, min(s.h-1, y))*s.w+max(0, min(s.w-1, x))] }
			soft := make([]float64, len(l))
			for i := range soft {
				n := 0.0
				for dy := -8; dy <= 8; dy++ {
					for dx := -8; dx <= 8; dx++ {
						g := math.Exp(-float64(dx*dx+dy*dy) / 2)
						soft[i] += g * at(l, i%s.w+dx, i/s.w+dy)
						n += g
					}
				}
				soft[i] /= n
			}
			return p.each(func(x, y int, c rgba) rgba {
				v := func(dx, dy int) float64 { return at(soft, x+dx, y+dy) }
				gx := (v(1, -1) + 2*v(1, 0) + v(1, 1) - v(-1, -1) - 2*v(-1, 0) - v(-1, 1)) / 4
				gy := (v(-1, 1) + 2*v(0, 1) + v(1, 1) - v(-1, -1) - 2*v(0, -1) - v(1, -1)) / 4
				k := 1 - amount*max(0, min(1, (math.Hypot(gx, gy)-0.1)/0.2))
				for i := range 3 {
					if alone {
						c[i] = c[3]
					}
					c[i] *= k
				}
				return c
			}).straight()
		}
	}
	tryOps(t, []opCase{
		{name: "ink", op: transform.OpInk{Amount: 0.9}, off: 3, mean: 0.7, want: perPage(drawn(0.9, false))},
		{name: "alone", op: transform.OpInk{Amount: 1, Alone: true}, off: 3, mean: 0.7, want: perPage(drawn(1, true))},
	})
}

// spread is the alpha of a sheet dilated or eroded by a disk, then blurred;
// beyond the page all is 0. The blur reaches no further than the library's.
func spread(s sheet, width, sigma float64, shrink bool) []float64 {
	at := func(v []float64, x, y int) float64 {
		if x < 0 || y < 0 || x >= s.w || y >= s.h {
			return 0
		}
		return v[y*s.w+x]
	}
	a := make([]float64, len(s.px))
	for i, c := range s.px {
		a[i] = c[3]
	}
	out := slices.Clone(a)
	for _, o := range offsets(transform.Disk, width) {
		for i := range out {
			v := at(a, i%s.w+o[0], i/s.w+o[1])
			if shrink {
				out[i] = min(out[i], v)
			} else {
				out[i] = max(out[i], v)
			}
		}
	}
	if sigma == 0 {
		return out
	}
	soft := make([]float64, len(out))
	reach := int(3 * sigma)
	for i := range soft {
		n := 0.0
		for dy := -reach; dy <= reach; dy++ {
			for dx := -reach; dx <= reach; dx++ {
				g := math.Exp(-float64(dx*dx+dy*dy) / 2 / sigma / sigma)
				soft[i] += g * at(out, i%s.w+dx, i/s.w+dy)
				n += g
			}
		}
		soft[i] /= n
	}
	return soft
}

func TestOutline(t *testing.T) {
	t.Parallel()
	ink := rgba{30, 200, 90, 200}
	drawn := func(mode transform.OutlineMode, width, sigma float64) func(s sheet) sheet {
		return func(s sheet) sheet {
			e := spread(s, width, sigma, mode == transform.OutlineInner || mode == transform.OutlineInnerFill)
			return s.each(func(x, y int, c rgba) rgba {
				v, own := e[y*s.w+x]/255, ink
				switch mode {
				case transform.OutlineOuter:
					own[3] *= v
					return c.over(own)
				case transform.OutlineInner:
					own[3] *= c[3] / 255 * (1 - v)
					return own.over(c)
				case transform.OutlineInnerFill:
					own[3] *= c[3] / 255 * v
					return own.over(c)
				}
				own[3] *= v
				return own
			})
		}
	}
	var cases []opCase
	for _, mode := range []transform.OutlineMode{transform.OutlineOuter, transform.OutlineInner, transform.OutlineInnerFill, transform.OutlineFill} {
		for _, size := range [][2]float64{{0.5, 0}, {3, 0}, {2.5, 2}} {
			c := opCase{name: string(mode), op: transform.OpOutline{Mode: mode, Width: size[0], Blur: size[1], Color: colour(ink)}, adds: true, off: 2, want: perPage(drawn(mode, size[0], size[1]))}
			if size[1] > 0 {
				c.off, c.mean = 8, 2
			}
			cases = append(cases, c)
		}
	}
	tryOps(t, cases)
}

func TestSharpenThreshold(t *testing.T) {
	t.Parallel()
	without := transform.OpSharpen{Sigma: 1.5, Amount: 1}
	const limit = 0.06
	with := without
	with.Threshold = limit
	for name, s := range map[string]sheet{"opaque": opaqueSheet(41, 34, 1), "alpha": alphaSheet(41, 34, 2), "grey": greySheet(41, 34, 3)} {
		all, _ := done(t, without, name == "grey", s)
		some, _ := done(t, with, name == "grey", s)
		kept, changed := 0, 0
		for i, c := range s.px {
			// What sharpening adds is what the blurred page differs by.
			far := math.Abs(all[0].px[i].luma() - c.luma())
			inside := c[0] > 60 && c[0] < 200 && c[1] > 60 && c[1] < 200 && c[2] > 60 && c[2] < 200 // not clipped
			switch {
			case some[0].px[i] == c && c != all[0].px[i]:
				kept++
				if inside && far > limit+0.01 {
					t.Fatalf("%s: %v stays, %v away", name, c, far)
				}
			case some[0].px[i] == all[0].px[i]:
				if c != all[0].px[i] {
					changed++
				}
				if inside && c[3] > 0 && c != all[0].px[i] && far < limit-0.01 {
					t.Fatalf("%s: %v changes, %v away", name, c, far)
				}
			default:
				t.Fatalf("%s: %v became %v, neither as it was nor %v", name, c, some[0].px[i], all[0].px[i])
			}
		}
		if kept < 50 || changed < 50 {
			t.Errorf("%s: %d kept, %d changed", name, kept, changed)
		}
	}
}

func TestShadow(t *testing.T) {
	t.Parallel()
	ink := rgba{10, 20, 120, 180}
	cast := func(dx, dy int, sigma float64) func(s sheet) sheet {
		return func(s sheet) sheet {
			const margin = 8 // of the page that the blur reaches beyond
			wide := sheet{s.w + 2*margin, s.h + 2*margin, make([]rgba, (s.w+2*margin)*(s.h+2*margin))}
			s.each(func(x, y int, c rgba) rgba {
				wide.px[(y+margin)*wide.w+x+margin] = c
				return c
			})
			a := spread(wide, 0, sigma, false)
			return s.each(func(x, y int, c rgba) rgba {
				own := ink
				own[3] = 0
				if u, v := x-dx+margin, y-dy+margin; u >= 0 && v >= 0 && u < wide.w && v < wide.h {
					own[3] = ink[3] * a[v*wide.w+u] / 255
				}
				return c.over(own)
			})
		}
	}
	tryOps(t, []opCase{
		{name: "hard", op: transform.OpShadow{X: 4, Y: 3, Color: colour(ink)}, adds: true, off: 2, want: perPage(cast(4, 3, 0))},
		{name: "soft", op: transform.OpShadow{X: -5, Y: 2, Sigma: 2, Color: colour(ink)}, adds: true, off: 8, mean: 2, want: perPage(cast(-5, 2, 2))},
		{name: "far off", op: transform.OpShadow{X: 1000, Y: -1000, Sigma: 30, Color: colour(ink)}, adds: true, off: 1.01, want: perPage(func(s sheet) sheet { return s })},
	})
}

// A plain colour stays what it is, and a step becomes the Gaussian's integral.
func TestBlurIsExact(t *testing.T) {
	t.Parallel()
	const w, h = 300, 60
	for _, sigma := range []float64{1, 2, 3, 4.9, 5, 8, 11, 13, 20, 40} {
		step := func(x, y float64) rgba {
			up := 0.5 + 0.5*math.Erf((x-w/2)/(sigma*math.Sqrt2))
			return rgba{151, 101, 20 + 200*up, 255}
		}
		page := func(x, y float64) rgba {
			if x < w/2 {
				return rgba{151, 101, 20, 255}
			}
			return rgba{151, 101, 220, 255}
		}
		plan := planFor(t, transform.PlanInput{Width: w, Height: h}, transform.PlanOutput{}, transform.OpBlur{Sigma: sigma})
		im := pixels(t, "pngload_buffer", rendered(t, "png", pngOf(t, field(page).image(w, h)), plan), nil)
		for x := range w {
			got, want := im.NRGBAAt(x, h/2), step(float64(x)+0.5, h/2)
			for i, v := range []uint8{got.R, got.G, got.B} {
				if d := math.Abs(float64(v) - want[i]); d > 4 || i < 2 && d > 1 {
					t.Errorf("sigma %v: channel %d at %d is %d, want %.1f", sigma, i, x, v, want[i])
				}
			}
		}
	}
}
