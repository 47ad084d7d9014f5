package cloudinary

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	"tintype/internal/media"
	"tintype/internal/transform"
)

// picture is a source of which little more than the size is known: it has no
// faces, and what is not border begins a quarter of the way from each edge.
type picture struct {
	transform.Alone
	info media.Info
}

func (p picture) Info() media.Info { return p.info }

func (p picture) Measure(_ context.Context, q transform.Question) (transform.Answer, error) {
	ask, err := transform.ParseQuestion(q)
	if err != nil {
		return transform.Answer{}, err
	}
	switch ask.What {
	case transform.WhatFaces:
		return transform.Answer{}, nil
	case transform.WhatTrim:
		return transform.Answer{Boxes: []transform.Box4{{X: 0.25, Y: 0.25, Width: 0.5, Height: 0.5}}}, nil
	case transform.WhatText:
		// Letters half as wide as high, and no more of them in a line than fit.
		w, h := float64(len(ask.Text.Content))*ask.Text.Size/2, ask.Text.Size
		if wrap := float64(ask.Text.Wrap); wrap > 0 && w > wrap {
			w, h = wrap, h*math.Ceil(w/wrap)
		}
		return transform.Answer{Width: int(w), Height: int(h)}, nil
	}
	return transform.Answer{X: 0.5, Y: 0.5}, nil
}

// Layer knows "ov" of 200x100, "folder/logo" of 50x50 and what is remote, of 100x75.
func (p picture) Layer(_ context.Context, ref media.Ref) (transform.Facts, error) {
	size := map[string][2]int{"ov": {200, 100}, "folder/logo": {50, 50}}[ref.Name]
	if ref.URL != "" {
		size = [2]int{100, 75}
	}
	if size[0] == 0 {
		return nil, media.Errorf(media.NotFound, "Unknown or invalid referenced image %s of type upload", ref.Name)
	}
	return picture{info: media.Info{Format: "png", Pages: 1, Alpha: true, Width: size[0], Height: size[1]}}, nil
}

// TestGeometry resolves every row of testdata/geometry.txt: size of the
// source, transformation, size of the result or the error.
func TestGeometry(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/geometry.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		size, rest, _ := strings.Cut(line, " ")
		text, want, _ := strings.Cut(rest, " -> ")
		if got := resolvedSize(size, strings.TrimSpace(text)); got != strings.TrimSpace(want) {
			t.Errorf("line %d: %s %s gives %s, want %s", n, size, text, got, want)
		}
	}
}

func resolvedSize(size, text string) string {
	info := media.Info{Format: "jpeg", Pages: 1}
	if _, err := fmt.Sscanf(size, "%dx%d", &info.Width, &info.Height); err != nil {
		return err.Error()
	}
	c, err := parseChainText(text)
	if err != nil {
		return "error " + media.MessageOf(err)
	}
	if c.Output.Format == transform.Auto {
		c.Output.Format = "webp"
	}
	plan, err := transform.Resolve(context.Background(), c.Transformation, picture{info: info}, transform.Limits{})
	if err != nil {
		return "error " + media.MessageOf(err)
	}
	if err := plan.Check(); err != nil {
		return "plan: " + err.Error()
	}
	return fmt.Sprintf("%dx%d", plan.Width, plan.Height)
}

func TestParseChainText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                          "",
		"c_fit,w_10":                "resize(inside,10x)",
		"c_fit,w_10/jpg":            "resize(inside,10x)|output(jpeg)",
		"c_fit,w_10/f_png/jpg":      "resize(inside,10x)|output(png)",
		"/c_fit,w_10//h_5/":         "resize(inside,10x)|resize(inside,x5)",
		" w_10 ":                    "resize(inside,10x)",
		"jpg":                       "output(jpeg)",
		"f_auto":                    "output(auto)",
		"c_fit,w_10/xyz":            "error Invalid transformation component - xyz",
		"w_10,foo":                  "error Invalid transformation component - foo",
		"w_10,,h_5":                 "error Invalid transformation component - ",
		"w_10,zz_5":                 "error Invalid transformation component - zz_5",
		"w_":                        "error Invalid transformation component - w_",
		"bo_2px_solid_#112233":      "border(2,#112233)",
		"e_contrast:level_9%zz,w_5": "error Invalid effect in transformation: contrast:level_9%zz",
	} {
		c, err := parseChainText(text)
		got := c.String()
		if err != nil {
			got = "error " + media.MessageOf(err)
			checkError(t, err)
		}
		if got != want {
			t.Errorf("%q is read as %q, want %q", text, got, want)
		}
	}
}

func TestBuildChain(t *testing.T) {
	t.Parallel()
	red := transform.Color{R: 255, A: 255}
	for text, chain := range map[string]transform.Transformation{
		"": {},
		"c_fill,g_auto,h_100,w_0.5/dpr_2.0,f_webp,q_80": {
			Steps:  []transform.Step{transform.Resize{Fit: transform.Cover, Box: transform.Box{Width: transform.Frac(0.5), Height: transform.Px(100)}, Gravity: transform.Gravity{Anchor: transform.Attention}}},
			Output: transform.Output{Format: "webp", Quality: 80}, DPR: 2,
		},
		"a_ignore/a_90/a_12,b_rgb:ff0000/a_hflip/a_vflip": {
			Input: transform.Input{IgnoreOrientation: true},
			Steps: []transform.Step{transform.Rotate{Degrees: 90}, transform.Rotate{Degrees: 12, Background: &red}, transform.Flip{}, transform.Flip{Vertical: true}},
		},
		"ar_1.5,b_rgb:ff0000,c_pad,g_north,w_10,x_1,y_-2": {
			Steps: []transform.Step{transform.Resize{Fit: transform.Contain, Box: transform.Box{Width: transform.Px(10), Ratio: 1.5}, Gravity: transform.Gravity{Anchor: transform.North, X: transform.Px(1), Y: transform.Px(-2)}, Background: &red}},
		},
		"c_crop,h_1.0,w_5,x_0/c_mpad,w_9/c_scale,fl_ignore_aspect_ratio,w_5": {
			Steps: []transform.Step{
				transform.Extract{Box: transform.Box{Width: transform.Px(5), Height: transform.Frac(1)}, Gravity: transform.Gravity{X: transform.Px(0)}},
				transform.Extend{Box: transform.Box{Width: transform.Px(9)}},
				transform.Resize{Fit: transform.Fill, Box: transform.Box{Width: transform.Px(5), FreeRatio: true}},
			},
		},
		"r_5/r_1:2:3:4/r_max/bo_3px_solid_rgb:ff0000/bo_3px_solid_transparent,r_max": {
			Steps: []transform.Step{
				transform.Round{Radii: radii(5, 5, 5, 5)}, transform.Round{Radii: radii(1, 2, 3, 4)}, transform.Round{Ellipse: true},
				transform.Border{Width: transform.Px(3), Color: red}, transform.Border{Width: transform.Px(3), Ellipse: true},
			},
		},
		"o_29/b_rgb:ff0000/e_grayscale/e_sepia:29/e_brightness:-57/e_contrast:58/e_saturation:-7/e_blur:57/e_sharpen:2000/fl_animated.progressive": {
			Steps: []transform.Step{
				transform.Opacity{Factor: 0.29}, transform.Flatten{Color: red}, transform.Grayscale{}, transform.Sepia{Amount: 0.29},
				transform.Brightness{Amount: -0.57}, transform.Contrast{Amount: 0.58}, transform.Saturation{Amount: -0.07},
				transform.Blur{Sigma: 57.0 / 50}, transform.Sharpen{Sigma: 1, Amount: 20},
			},
			Output: transform.Output{Frames: transform.FramesAll, Progressive: true},
		},
		"a_0": {Steps: []transform.Step{transform.Rotate{}}},
		"l_a:b/c_scale,w_0.5,fl_relative/l_private:c/fl_layer_apply,g_face:center/e_screen,fl_layer_apply.no_overflow,g_south,x_0.1,y_-2/u_fetch:aHR0cDovL2V4LnRlc3QvYQ/fl_layer_apply.tiled": {
			Steps: []transform.Step{
				transform.Composite{Layer: transform.Layer{
					Ref: media.Ref{Kind: media.KindImage, Access: media.Public, Name: "a/b"}, Relative: transform.OfBase,
					Steps: []transform.Step{
						transform.Resize{Fit: transform.Fill, Box: transform.Box{Width: transform.Frac(0.5)}},
						transform.Composite{
							Layer:   transform.Layer{Ref: media.Ref{Kind: media.KindImage, Access: media.Private, Name: "c"}},
							Gravity: transform.Gravity{Anchor: transform.Face},
						},
					},
				}, Blend: transform.Screen, NoOverflow: true, Gravity: transform.Gravity{Anchor: transform.South, X: transform.Frac(0.1), Y: transform.Px(-2)}},
				transform.Composite{Layer: transform.Layer{Ref: media.Ref{Kind: media.KindImage, URL: "http://ex.test/a"}}, Blend: transform.Under, Tile: true},
			},
		},
		"c_thumb,g_face:auto,h_5,w_5,z_1.5/e_hue:40/e_gamma:-50/e_trim:15:0000ff/pg_2-5;7;10-/t_name/e_art:zorro/b_auto:border_gradient:4:vertical,c_pad,h_9,w_9/cs_no_cmyk,fl_png8.progressive,q_auto:eco": {
			Steps: []transform.Step{
				transform.Resize{Fit: transform.Closeup, Box: transform.Box{Width: transform.Px(5), Height: transform.Px(5)}, Zoom: 1.5,
					Gravity: transform.Gravity{Anchor: transform.Face, Fallback: transform.Attention}},
				transform.Hue{Degrees: 72}, transform.Gamma{Exponent: 0.5}, transform.Trim{Tolerance: 0.15, Color: &transform.Color{B: 255, A: 255}},
				transform.Page{Ranges: []transform.PageRange{{First: 2, Last: 5}, {First: 7, Last: 7}, {First: 10}}}, transform.Use{Name: "name"}, looks["zorro"],
				transform.Resize{Fit: transform.Contain, Box: transform.Box{Width: transform.Px(9), Height: transform.Px(9)},
					Backdrop: &transform.Backdrop{Kind: transform.BackdropBorder, Colors: 4, Direction: transform.Vertical}},
			},
			Output: transform.Output{Space: transform.SpaceNoCMYK, Level: transform.LevelEco, Depth: transform.DepthPalette, Progressive: true},
		},
	} {
		got, err := buildChain(chain)
		if err != nil || got != text {
			t.Errorf("%s is built as %q, %v, want %q", chain, got, err, text)
		}
		back, err := parseChainText(text)
		if err != nil || !reflect.DeepEqual(back.Transformation, chain) {
			t.Errorf("%q is read as %#v, %v, want %#v", text, back.Transformation, err, chain)
		}
	}
}

func radii(a, b, c, d float64) [4]transform.Length {
	return [4]transform.Length{transform.Px(a), transform.Px(b), transform.Px(c), transform.Px(d)}
}

func TestBuildChainRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []transform.Step{
		transform.Resize{Fit: transform.Outside, Box: transform.Box{Width: transform.Px(1)}},
		transform.Resize{Fit: transform.Fill, Limit: transform.ReduceOnly, Box: transform.Box{Width: transform.Px(1)}},
		transform.Resize{Fit: transform.Fill, Box: transform.Box{Width: transform.Px(1.5)}},
		transform.Rotate{Degrees: 0.5},
		transform.Opacity{Factor: 0.123},
		transform.Blur{Sigma: 0.333},
		transform.Blur{Sigma: 100},
		transform.Sharpen{Sigma: 3, Amount: 1},
		transform.Border{Width: transform.Frac(0.1)},
		transform.Round{Radii: [4]transform.Length{transform.Frac(0.5)}},
	} {
		text, err := buildChain(transform.Transformation{Steps: []transform.Step{s}})
		if media.CodeOf(err) != media.Unsupported {
			t.Errorf("%#v is built as %q, %v", s, text, err)
		}
	}
	for _, o := range []transform.Output{{Format: "heic"}, {Frames: transform.FramesFirst}} {
		if text, err := buildChain(transform.Transformation{Output: o}); media.CodeOf(err) != media.Unsupported {
			t.Errorf("%#v is built as %q, %v", o, text, err)
		}
	}
}

// TestOrder checks that the order of parameters in a component does not matter.
func TestOrder(t *testing.T) {
	t.Parallel()
	params := strings.Split("a_10,b_red,bo_2px_solid_blue,c_pad,e_sepia,f_png,g_north,h_50,o_50,q_5,r_3,w_60,x_1,y_2", ",")
	want, err := parseChainText(strings.Join(params, ","))
	if err != nil {
		t.Fatal(err)
	}
	for i := range params {
		turned := strings.Join(append(append([]string{}, params[i:]...), params[:i]...), ",")
		got, err := parseChainText(turned)
		if err != nil || got.String() != want.String() {
			t.Errorf("%s is read as %s, %v", turned, got, err)
		}
	}
}

func FuzzGrammar(f *testing.F) {
	for _, seed := range []string{
		"c_fill,g_auto,h_300,w_400/f_auto/q_auto", "a_12.hflip.ignore,b_rgb:1234,r_1:2:3", "c_crop,x_-0.5,y_00,w_iw,h_ih",
		"bo_5px_solid_rgb:ffaabbdd,r_max,o_5,co_red", "e_blur:99999/e_saturation:-7.5/e_contrast:1", "dpr_0.0001,ar_1:3,w_.7/png",
		"fl_attachment:a%252Eb.progressive:semi,fl_awebp", "q_0.29,f_tif/q_80:420", "c_mpad,b_none,w_5/c_lpad,b_#fff,h_3,g_south_east,x_2",
		"l_text:x/$a_5/if_w_gt_1", "$a_5,$b_!x y!,$c_$a_mul_iw/if_w_gt_$a_and_!a:b!_in_tags,e_$b:3/if_else/w_$c/if_end",
		"l_ov/c_scale,fl_relative,w_0.25/e_screen,fl_layer_apply,g_face,x_3", "u_a:b.png,w_5,g_north/l_text:Arial_20_bold:$(a)%2520b/fl_layer_apply",
		"e_tint:equalize:50:red:10p:blue:0f0,e_x/e_recolor:1:2:3:4:5:6:7:8:9/e_distort:arc:30/pg_2-5;7", "t_a.b/bl_c/l_lut:x.cube/l_fetch:aHR0cDovL2E",
		"e_shear:100:-5/e_gradient_fade:symmetric:3,x_-5/e_blur_region:5,x_1,w_0.5/e_trim:5:red/e_art:zorro/e_hue:33/e_gamma:-50",
		"c_fill_pad,g_auto,h_5,w_9,b_auto:border_gradient:4:vertical:palette_red_blue/a_auto_left,ar_2,c_thumb,g_custom:face,w_9,z_1.5/q_auto:eco:sensitive", "c_thumb,g_xy_center,x_0,y_-0/cs_srgb/p_x/a_360",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, err := parseChainText(text)
		if err != nil {
			checkError(t, err)
			return
		}
		if err := first.Validate(); err != nil {
			t.Fatalf("%q is read as something invalid: %v", text, err)
		}
		built, err := buildChain(first.Transformation)
		if err != nil {
			checkError(t, err)
			if media.CodeOf(err) != media.Unsupported {
				t.Fatalf("%q cannot be built again: %v", text, err)
			}
			return
		}
		second, err := parseChainText(built)
		if err != nil {
			var limit *media.LimitError
			if errors.As(err, &limit) {
				return // one component for each step
			}
			t.Fatalf("%q was built as %q: %v", text, built, err)
		}
		if !reflect.DeepEqual(steps(first), steps(second)) {
			t.Fatalf("%q was built as %q:\n%#v\n%#v", text, built, first.Transformation, second.Transformation)
		}
	})
}

// steps drops from a chain what the built text does not say again: steps
// that do nothing, and what a format alone asks for.
func steps(c parsedChain) transform.Transformation {
	t := c.Transformation
	t.Steps = nil
	for _, s := range c.Steps {
		if s != transform.Step(transform.Rotate{}) {
			t.Steps = append(t.Steps, s)
		}
	}
	return t
}
