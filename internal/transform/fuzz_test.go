package transform

import (
	"errors"
	"math"
	"reflect"
	"testing"

	"tintype/internal/media"
)

func photo() *picture {
	return &picture{info: media.Info{Format: "jpeg", Width: 640, Height: 427, Pages: 1}, focus: &Answer{X: 0.3, Y: 0.6}}
}

// dice draws values from fuzzed bytes; spent bytes are zero.
type dice struct {
	b    []byte
	deep int  // of steps
	last Step // of a Bind
}

func (d *dice) n(n int) int {
	if len(d.b) == 0 {
		return 0
	}
	v := int(d.b[0])
	d.b = d.b[1:]
	return v % n
}

func (d *dice) bool() bool { return d.n(2) == 1 }

var oddNumbers = []float64{
	0, 1, 2, 0.5, -1, 33.3, 90, 100, 150, 640, 1000, 0.1, 1.0 / 3, 359.9, 1e9, 1e300, -1e300, 5e-324,
	math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, 16384, 99999, 0.005, -90, 12,
}

// number is mostly harmless, at times odd.
func (d *dice) number() float64 {
	switch d.n(4) {
	case 0:
		return oddNumbers[d.n(len(oddNumbers))]
	case 1:
		return float64(d.n(256)) / 64
	}
	return float64(d.n(256) * (1 + d.n(8)))
}

func (d *dice) unit() float64 {
	if d.n(8) == 7 {
		return d.number()
	}
	return float64(d.n(256))/255*2 - 1
}

func (d *dice) rollLength() Length {
	switch d.n(8) {
	case 0, 1:
		return Length{}
	case 2:
		return Frac(math.Abs(d.unit()))
	case 3:
		return Frac(d.unit())
	case 4:
		return Px(-d.number())
	}
	return Px(d.number())
}

func (d *dice) rollBox() Box {
	b := Box{Width: d.rollLength(), Height: d.rollLength(), FreeRatio: d.bool()}
	if d.bool() {
		b.Ratio = d.number()
	}
	return b
}

var anchors = []Anchor{"", Center, North, NorthEast, East, SouthEast, South, SouthWest, West, NorthWest, AtPoint, Attention, AtPosition, Face, Faces, Custom, Region, "a|b"}

func (d *dice) rollGravity() Gravity {
	g := Gravity{Anchor: anchors[d.n(len(anchors))], X: d.rollLength(), Y: d.rollLength()}
	if g.Anchor == Region {
		g.Name = "R 1"
	}
	if g.Anchor.found() {
		g.Fallback = anchors[d.n(len(anchors))]
	}
	return g
}

func (d *dice) rollColor() Color {
	return Color{uint8(d.n(256)), uint8(d.n(256)), uint8(d.n(256)), []uint8{255, 0, 128}[d.n(3)]}
}

func (d *dice) background() *Color {
	if d.bool() {
		return nil
	}
	c := d.rollColor()
	return &c
}

func (d *dice) rollRadii() (r [4]Length) {
	for i := range r {
		r[i] = d.rollLength()
		if r[i].Value < 0 && d.n(4) > 0 {
			r[i].Value = -r[i].Value
		}
	}
	return r
}

func (d *dice) pick() Step {
	fits := []Fit{Fill, Inside, Outside, Cover, Contain, "", "x"}
	switch d.n(28) {
	case 0, 1, 2:
		return Resize{Fit: fits[d.n(len(fits))], Limit: Limit(d.n(4)), Box: d.rollBox(), Gravity: d.rollGravity(), Background: d.background()}
	case 3, 4:
		return Extract{Box: d.rollBox(), Gravity: d.rollGravity()}
	case 5:
		return Extend{Box: d.rollBox(), Gravity: d.rollGravity(), Background: d.background()}
	case 6:
		return Rotate{Degrees: d.number(), Background: d.background()}
	case 7:
		return Rotate{Degrees: float64(d.n(9)-4) * 90}
	case 8:
		return Flip{Vertical: d.bool()}
	case 9:
		return Round{Radii: d.rollRadii(), Ellipse: d.bool()}
	case 10:
		return Border{Width: d.rollLength(), Color: d.rollColor(), Radii: d.rollRadii(), Ellipse: d.bool()}
	case 11:
		return Opacity{d.unit()}
	case 12:
		return Flatten{d.rollColor()}
	case 13:
		return Grayscale{}
	case 14:
		return Sepia{d.unit()}
	case 15:
		return Brightness{d.unit()}
	case 16:
		return Contrast{d.unit()}
	case 17:
		return Saturation{d.unit()}
	case 18:
		return Blur{d.number()}
	}
	if d.n(9) == 0 {
		return Sharpen{Sigma: d.number(), Amount: d.number()}
	}
	p, value := kinds[d.n(len(kinds))].hold(nil)
	p.args(d)
	return value()
}

func (d *dice) transformation() Transformation {
	formats := []string{"", "jpeg", "png", "webp", "gif", "avif", "exe", "a,b", "pdf"}
	t := Transformation{
		Input:  Input{IgnoreOrientation: d.bool()},
		Output: Output{Format: formats[d.n(len(formats))], Frames: Frames(d.n(4) % 4 % 3), Progressive: d.bool()},
	}
	if d.bool() {
		t.Output.Quality = d.n(120)
	}
	if d.bool() {
		t.DPR = math.Abs(d.number())
	}
	for n := d.n(8); n > 0; n-- {
		t.Steps = append(t.Steps, d.roll())
	}
	return t
}

func (d *dice) picture() *picture {
	sides := []int{1, 2, 3, 7, 100, 427, 640, 1000, 4032, 20000, 0, 1 << 40}
	formats := []string{"jpeg", "png", "gif", "webp", "svg", "heic", "pdf", ""}
	return &picture{
		info: media.Info{
			Width: sides[d.n(len(sides))], Height: sides[d.n(len(sides))],
			Format: formats[d.n(len(formats))], Orientation: d.n(10), Pages: d.n(40),
			Animated: d.bool(), Alpha: d.bool(),
		},
		focus:  &Answer{X: d.number(), Y: d.unit()},
		faces:  d.boxes(),
		trim:   &Box4{d.unit(), d.unit(), d.unit(), d.unit()},
		custom: d.boxes(),
	}
}

func (d *dice) boxes() []Box4 {
	boxes := []Box4{}
	for n := d.n(4); n > 0; n-- {
		boxes = append(boxes, Box4{d.unit(), d.unit(), math.Abs(d.unit()), math.Abs(d.unit())})
	}
	return boxes
}

// FuzzString holds that text and Parse are inverse, and that the canonical
// form is a fixed point.
func FuzzString(f *testing.F) {
	f.Add([]byte("tintype"))
	f.Add([]byte{1, 2, 1, 1, 80, 1, 3, 3, 0, 5, 5, 100, 1, 6, 3, 90, 2, 1, 8, 1, 12, 3, 3, 3, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		tr := (&dice{b: b}).transformation()
		text := tr.String()
		if tr.Validate() != nil {
			return
		}
		back, err := Parse(text)
		if err != nil {
			t.Fatalf("%#v writes %s: %v", tr, text, err)
		}
		n := tr.Normalize()
		if !reflect.DeepEqual(back, n) {
			t.Fatalf("%s reads\n%#v, not\n%#v", text, back, n)
		}
		if again := n.Normalize(); !reflect.DeepEqual(again, n) || again.String() != text {
			t.Fatalf("%s is not final: %s", text, again)
		}
	})
}

// FuzzParse holds that whatever is read is written back with its meaning.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "resize(cover,200x300,gravity=north)|grayscale|output(webp,q=80)",
		"input(ignore-orientation)|dpr(1.5)|extract(50%x10,x=-3,y=2.5%)|rotate(-12.5,background=#01020304)",
		"border(3,#ff0000,radii=1:2:3:4%)|round(ellipse)|flip(vertical)|output(gif,frames=all,progressive=true)",
		"resize(inside,x10,free,limit=reduce)|sharpen(1,2)|opacity(0.5)|flatten(#ffffff)",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		tr, err := Parse(s)
		if err != nil {
			if media.CodeOf(err) != media.Invalid {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		text := tr.String()
		if tr.Validate() != nil {
			return
		}
		back, err := Parse(text)
		if err != nil || back.String() != text {
			t.Fatalf("%q becomes %q, then %q, %v", s, text, back, err)
		}
	})
}

// FuzzResolve holds what is true of every plan, and that whatever is refused
// is refused with a sentence.
func FuzzResolve(f *testing.F) {
	f.Add([]byte("tintype"), []byte("picture"))
	f.Add([]byte{0, 3, 0, 0, 1, 80, 0, 3, 0, 3, 0, 5, 5, 100, 1, 6, 3, 90, 2, 1, 8, 1, 12}, []byte{6, 5, 0, 6, 3, 0, 0, 1, 1})
	f.Fuzz(func(t *testing.T, b, p []byte) {
		tr, pic := (&dice{b: b}).transformation(), (&dice{b: p}).picture()
		plan, err := Resolve(t.Context(), tr, pic, Limits{})
		if pic.asked > 1 {
			t.Fatalf("%v asked %d times", tr, pic.asked)
		}
		if err != nil {
			var e *media.Error
			if !errors.As(err, &e) || e.Message == "" || (e.Code != media.Invalid && e.Code != media.Unsupported) {
				t.Fatalf("%v over %+v: %v", tr, pic.info, err)
			}
			return
		}
		checkPlan(t, tr, plan, pic, Limits{})
		_ = plan.String()
	})
}

// FuzzPlanJSON holds that no wire text makes decoding or checking panic, and
// that a plan that is accepted is written as it was read.
func FuzzPlanJSON(f *testing.F) {
	tr, err := Parse("resize(cover,200x100)|rotate(12)|border(3,#ff0000,radii=2)|sepia(0.5)|contrast(0.1)|blur(2)|sharpen(1,1)|flip(vertical)|extend(900x900)|round(9)|opacity(0.5)|flatten(#ffffff)|output(png)")
	if err != nil {
		f.Fatal(err)
	}
	plan, err := Resolve(f.Context(), tr, photo(), Limits{})
	if err != nil {
		f.Fatal(err)
	}
	raw, err := plan.MarshalJSON()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"Input":{"Width":1,"Height":1,"Pages":1},"Ops":[{"extract":{"X":9223372036854775807,"Y":-1,"Width":9223372036854775807,"Height":1}}],"Width":1,"Height":1}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var p, q Plan
		if p.UnmarshalJSON(raw) != nil || p.Check() != nil {
			return
		}
		out, err := p.MarshalJSON()
		if err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		if err := q.UnmarshalJSON(out); err != nil || !reflect.DeepEqual(p, q) {
			t.Fatalf("%s\ncame back as %s, %v", raw, out, err)
		}
	})
}
