package transform

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"tintype/internal/media"
)

// allOps is a plan with every operation.
func allOps() Plan {
	return Plan{
		Input: PlanInput{Width: 100, Height: 50, IgnoreOrientation: true, Pages: 3},
		Ops: []Op{
			OpResize{200, 80}, OpExtract{10, 0, 100, 80}, OpEmbed{X: 5, Y: 6, Width: 120, Height: 100, Background: Color{1, 2, 3, 4}},
			OpRotate{90, 100, 120, Transparent}, OpFlip{}, OpFlip{true}, OpRound{Radii: [4]float64{1, 2.5, 0, 50}},
			OpRound{Ellipse: true}, OpBorder{2, White, [4]float64{3, 3, 3, 3}, false}, OpBorder{1, Black, [4]float64{}, true},
			OpOpacity{0.5}, OpFlatten{White}, OpMatrix{grey}, OpSigmoid{-3}, OpBlur{1.5}, OpSharpen{Sigma: 1, Amount: 0.1},
		},
		Output: PlanOutput{Format: "webp", Quality: 77, Progressive: true, Background: White},
		Width:  106, Height: 126,
	}
}

func TestPlanText(t *testing.T) {
	t.Parallel()
	const want = "load 100x50 pages=3 as-stored | resize 200x80 | extract 100x80+10+0 | embed 120x100+5+6 #01020304" +
		" | rotate 90 100x120 #00000000 | flip horizontal | flip vertical | round 1:2.5:0:50 | round ellipse" +
		" | border 2 #ffffff round 3 | border 1 #000000 round ellipse | opacity 0.5 | flatten #ffffff" +
		" | matrix 0.2126 0.7152 0.0722 0; 0.2126 0.7152 0.0722 0; 0.2126 0.7152 0.0722 0" +
		" | sigmoid -3 | blur 1.5 | sharpen 1 0.1 | save webp q=77 progressive"
	if got := allOps().String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if err := allOps().Check(); err != nil {
		t.Error(err)
	}
}

func TestPlanJSON(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(allOps())
	if err != nil {
		t.Fatal(err)
	}
	var back Plan
	if err := json.Unmarshal(raw, &back); err != nil || !reflect.DeepEqual(back, allOps()) {
		t.Errorf("%s\ncame back as %v, %v", raw, back, err)
	}
	if !strings.Contains(string(raw), `{"embed":{"X":5,"Y":6,"Width":120,"Height":100,"Background":"#01020304"}}`) {
		t.Errorf("unexpected wire text: %s", raw)
	}
	for _, bad := range []string{
		``, `[]`, `{"Ops":[{}]}`, `{"Ops":[null]}`, `{"Ops":[{"zoom":{}}]}`, `{"Ops":[{"flip":{},"blur":{}}]}`,
		`{"Ops":[{"blur":{"Sigma":1,"Radius":2}}]}`, `{"Ops":[{"blur":{"Sigma":"1"}}]}`, `{"Extra":1}`,
		`{"Ops":[{"flatten":{"Color":"red"}}]}`, `{"Ops":[{"resize":{"Width":1.5}}]}`, `{} {}`,
	} {
		if err := json.Unmarshal([]byte(bad), &back); err == nil {
			t.Errorf("%s is taken for %v", bad, back)
		}
		if err := new(Plan).UnmarshalJSON([]byte(bad)); err == nil {
			t.Errorf("%s is taken for a plan", bad)
		}
	}
	for _, ops := range [][]Op{{nil}, {&OpBlur{1}}, {OpBlur{math.NaN()}}} {
		if raw, err := json.Marshal(Plan{Ops: ops}); err == nil {
			t.Errorf("%v is written as %s", ops, raw)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	base := func() Plan {
		return Plan{
			Input: PlanInput{Width: 100, Height: 50, Pages: 1}, Width: 100, Height: 50,
			Output: PlanOutput{Format: "png", Quality: 80},
		}
	}
	if err := base().Check(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Plan){
		"size":     func(p *Plan) { p.Width = 99 },
		"source":   func(p *Plan) { p.Input.Height = 0 },
		"huge":     func(p *Plan) { p.Input.Width, p.Width = 1<<40, 1<<40 },
		"pages":    func(p *Plan) { p.Input.Pages = 0 },
		"format":   func(p *Plan) { p.Output.Format = "" },
		"auto":     func(p *Plan) { p.Output.Format = Auto },
		"video":    func(p *Plan) { p.Output.Format = "mp4" },
		"quality":  func(p *Plan) { p.Output.Quality = 0 },
		"quality+": func(p *Plan) { p.Output.Quality = 101 },
	} {
		p := base()
		change(&p)
		if p.Check() == nil {
			t.Errorf("%s: %v passes", name, p)
		}
	}
	nan := math.NaN()
	for _, op := range []Op{
		nil, &OpFlip{}, OpResize{0, 50}, OpResize{100, -1}, OpResize{maxSide + 1, 1},
		OpExtract{1, 0, 100, 50}, OpExtract{-1, 0, 100, 50}, OpExtract{0, 0, 0, 50}, OpExtract{math.MaxInt, 0, 100, 50},
		OpExtract{1, 1, math.MaxInt, math.MaxInt}, OpExtract{0, 0, math.MinInt, 1},
		OpEmbed{X: 1, Y: 0, Width: 100, Height: 50, Background: White}, OpEmbed{X: 0, Y: 0, Width: 99, Height: 50, Background: White}, OpEmbed{X: -1, Y: 0, Width: 110, Height: 50, Background: White}, OpEmbed{X: math.MaxInt, Y: 0, Width: 110, Height: 50, Background: White},
		OpEmbed{X: 0, Y: 0, Width: math.MinInt, Height: 50, Background: White}, OpEmbed{X: 0, Y: 0, Width: math.MaxInt, Height: math.MaxInt, Background: White},
		OpRotate{90, 100, 50, White}, OpRotate{0, 100, 50, White}, OpRotate{360, 100, 50, White}, OpRotate{nan, 100, 50, White}, OpRotate{45, 1, 1, White},
		OpRound{Radii: [4]float64{26}}, OpRound{Radii: [4]float64{-1}}, OpRound{Radii: [4]float64{nan}}, OpRound{Radii: [4]float64{1}, Ellipse: true},
		OpBorder{Width: 0}, OpBorder{Width: -3}, OpBorder{Width: math.MaxInt}, OpBorder{Width: maxSide},
		OpOpacity{2}, OpOpacity{nan}, OpBlur{0}, OpBlur{1e9}, OpBlur{nan}, OpSharpen{Sigma: 1, Amount: nan}, OpSharpen{Sigma: 0, Amount: 1}, OpSharpen{Sigma: 1, Amount: 1e9},
		OpSigmoid{nan}, OpSigmoid{math.Inf(1)}, OpMatrix{[3][4]float64{{nan}}}, OpMatrix{[3][4]float64{2: {3: 1e300}}},
	} {
		p := base()
		p.Ops = []Op{op}
		// Whatever size the operation claims, the plan agrees.
		if to, err := after(op, size{100, 50}); err == nil {
			p.Width, p.Height = to.w, to.h
		}
		if p.Check() == nil {
			t.Errorf("%v passes", p)
		}
	}
}

func TestWithin(t *testing.T) {
	t.Parallel()
	p := allOps()
	if err := p.Within(Limits{}); err != nil {
		t.Error(err)
	}
	for what, lim := range map[string]Limits{"width": {Side: 199}, "pixels": {Pixels: 15_999}, "frames": {Frames: 47_999}} {
		var e *media.LimitError
		if err := p.Within(lim); !errors.As(err, &e) || e.What != what || media.CodeOf(err) != media.Invalid {
			t.Errorf("%s: %+v gives %v", what, lim, err)
		}
	}
	if err := p.Within(Limits{Side: 200, Pixels: 16_000, Frames: 48_000}); err != nil {
		t.Error(err)
	}
}

func TestHostileNumbers(t *testing.T) {
	t.Parallel()
	for _, v := range oddNumbers {
		for _, unit := range []Unit{Absent, Pixel, Fraction, 9} {
			l := Length{v, unit}
			for _, s := range []Step{
				Resize{Fit: Cover, Box: Box{Width: l, Height: l}}, Resize{Fit: Inside, Limit: ReduceOnly, Box: Box{Width: l, Height: Px(1)}},
				Resize{Fit: Contain, Box: Box{Width: l, Ratio: math.Abs(v)}}, Extend{Box: Box{Height: l, Ratio: v}, Gravity: Gravity{X: l}},
				Extract{Box: Box{Width: Px(10), Height: Px(10)}, Gravity: Gravity{X: l, Y: l}},
				Extract{Box: Box{Width: Px(10), Height: Px(10)}, Gravity: Gravity{Anchor: AtPoint, X: l, Y: l}},
				Extend{Box: Box{Width: Px(900)}, Gravity: Gravity{Anchor: AtPoint, X: l, Y: l}},
				Resize{Box: Box{Ratio: v}}, Rotate{Degrees: v}, Border{Width: l}, Round{Radii: [4]Length{l, l, l, l}},
				Blur{v}, Sharpen{Sigma: v, Amount: v}, Opacity{v}, Brightness{v}, Contrast{v}, Saturation{v}, Sepia{v},
			} {
				for _, dpr := range oddNumbers {
					tr := Transformation{Steps: []Step{s}, DPR: dpr}
					plan, err := Resolve(t.Context(), tr, photo(), Limits{})
					if err == nil {
						err = plan.Check()
					} else if media.CodeOf(err) == media.Invalid {
						err = nil
					}
					if err != nil {
						t.Fatalf("%#v: %v", tr, err)
					}
				}
			}
		}
	}
}

// TestErrors holds what callers read from an error beside its sentence.
func TestErrors(t *testing.T) {
	t.Parallel()
	_, err := Resolve(t.Context(), Transformation{Steps: []Step{Resize{Box: Box{Width: Px(99999)}}}}, photo(), Limits{})
	var limit *media.LimitError
	if !errors.As(err, &limit) || *limit != (media.LimitError{What: "width", Max: 16384, Got: 99999}) {
		t.Errorf("limit: %v", err)
	}
	_, err = Resolve(t.Context(), Transformation{Steps: make([]Step, 51)}, photo(), Limits{})
	if !errors.As(err, &limit) || *limit != (media.LimitError{What: "steps", Max: 50, Got: 51}) {
		t.Errorf("steps: %v", err)
	}
	_, err = Resolve(t.Context(), Transformation{Output: Output{Format: "svg"}}, photo(), Limits{})
	if media.CodeOf(err) != media.Unsupported {
		t.Errorf("svg: %v", err)
	}
	_, err = Resolve(t.Context(), Transformation{Output: Output{Format: Auto}}, photo(), Limits{})
	if err == nil || media.CodeOf(err) != media.Internal {
		t.Errorf("auto is the caller's mistake: %v", err)
	}
	busy := media.Errorf(media.Limited, "The server is busy")
	_, err = Resolve(t.Context(), attentive(t), failing{err: busy}, Limits{})
	if !errors.Is(err, busy) {
		t.Errorf("measure: %v", err)
	}
}

func attentive(t *testing.T) Transformation {
	t.Helper()
	tr, err := Parse("resize(cover,100x100,gravity=attention)")
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// failing cannot be measured.
type failing struct {
	Alone
	err error
}

func (failing) Info() media.Info { return photo().info }

func (f failing) Measure(context.Context, Question) (Answer, error) { return Answer{}, f.err }

// A focus that is outside, or not a number, is brought inside.
func TestFocusIsTamed(t *testing.T) {
	t.Parallel()
	for _, v := range oddNumbers {
		f := photo()
		f.focus = &Answer{X: v, Y: v}
		plan, err := Resolve(t.Context(), attentive(t), f, Limits{})
		if err != nil || plan.Check() != nil {
			t.Errorf("%v: %v, %v", v, plan, err)
		}
	}
}

func BenchmarkStringAndResolve(b *testing.B) {
	tr := Transformation{
		Steps: []Step{
			Resize{Fit: Cover, Box: Box{Width: Px(400), Height: Px(300)}, Gravity: Gravity{Anchor: North}},
			Round{Radii: [4]Length{Px(20), Px(20), Px(20), Px(20)}},
			Border{Width: Px(4), Color: Color{200, 10, 10, 255}},
		},
		Output: Output{Format: "webp", Quality: 75}, DPR: 2,
	}
	f := photo()
	b.ReportAllocs()
	for b.Loop() {
		if tr.String() == "" {
			b.Fatal("no text")
		}
		if _, err := Resolve(b.Context(), tr, f, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPlanJSON(b *testing.B) {
	p := allOps()
	b.ReportAllocs()
	for b.Loop() {
		raw, err := json.Marshal(p)
		if err != nil {
			b.Fatal(err)
		}
		var q Plan
		if err := json.Unmarshal(raw, &q); err != nil {
			b.Fatal(err)
		}
	}
}
