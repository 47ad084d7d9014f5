package transform

import (
	"context"
	"math"
	"testing"

	"tintype/internal/media"
)

func TestShown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		chain string
		want  Rect
	}{
		{"", Rect{0, 0, 640, 427}},
		{"resize(inside,100x)", Rect{0, 0, 640, 427}},
		{"resize(cover,200x200)", Rect{107, 0, 426, 427}},
		{"resize(cover,100x100,gravity=attention)", Rect{107, 0, 426, 427}},
		{"extract(100x50,gravity=north-west)", Rect{0, 0, 100, 50}},
		{"extract(100x50,gravity=south-east)|resize(inside,10x)", Rect{540, 377, 100, 50}},
		{"extract(100x50,gravity=south-east)|rotate(90)", Rect{540, 377, 100, 50}},
		{"extract(100x50,gravity=south-east)|flip(horizontal)|flip(vertical)", Rect{540, 377, 100, 50}},
		{"extend(1000x1000,background=#ff0000ff)", Rect{0, 0, 640, 427}},
	} {
		tr, err := Parse(c.chain)
		if err != nil {
			t.Errorf("%s: %v", c.chain, err)
			continue
		}
		p, err := Resolve(t.Context(), tr, viewFacts{info: media.Info{Format: "jpeg", Width: 640, Height: 427, Pages: 1}}, Limits{})
		if err != nil {
			t.Errorf("%s: %v", c.chain, err)
			continue
		}
		if got, ok := p.Shown(); !ok || got != c.want {
			t.Errorf("%s shows %v, %v, want %v", c.chain, got, ok, c.want)
		}
	}
}

// viewFacts look at the middle of every picture.
type viewFacts struct {
	Alone
	info media.Info
}

func (f viewFacts) Info() media.Info { return f.info }

func (f viewFacts) Measure(_ context.Context, q Question) (Answer, error) {
	return Answer{X: 0.5, Y: 0.5}, nil
}

func TestPlanPicture(t *testing.T) {
	t.Parallel()
	in := PlanInput{Width: 100, Height: 50, Pages: 1}
	if p, ok := (Plan{Input: in, Width: 100, Height: 50}).Picture(); p != nil || !ok {
		t.Errorf("the source as it is: %+v, %v", p, ok)
	}
	p, ok := (Plan{Input: PlanInput{Width: 100, Height: 50, Pages: 3, List: []int{4, 5, 6}}, Ops: []Op{OpFlip{}}, Width: 100, Height: 50}).Picture()
	if !ok || p == nil || p.Input.First != 4 || p.Input.List != nil || p.Input.Pages != 1 || p.Width != 100 || len(p.Ops) != 1 {
		t.Errorf("a page: %+v, %v", p, ok)
	}
	if err := p.Check(); err != nil {
		t.Errorf("a page: %v", err)
	}
	if _, ok := (Plan{Input: in, Sources: []PlanSource{{}}}).Picture(); ok {
		t.Error("a plan with layers is a picture of its own")
	}
}

func TestPlanAlpha(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ops          []Op
		source, want bool
	}{
		{nil, false, false}, {nil, true, true},
		{[]Op{OpOpacity{0.5}}, false, true},
		{[]Op{OpOpacity{0.5}, OpFlatten{White}}, true, false},
	} {
		if got := (Plan{Ops: c.ops}).Alpha(c.source); got != c.want {
			t.Errorf("%v of alpha %v: %v", c.ops, c.source, got)
		}
	}
}

func TestBoxIn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		box  Box4
		want Rect
	}{
		{Box4{0, 0, 1, 1}, Rect{0, 0, 101, 50}},
		{Box4{0.5, 0.5, 0.25, 0.25}, Rect{51, 25, 25, 13}},
		{Box4{-1, -1, 5, 5}, Rect{0, 0, 101, 50}},
		{Box4{1, 1, 0, 0}, Rect{100, 49, 1, 1}},
		{Box4{0.3, 0.3, 0, 0}, Rect{30, 15, 1, 1}},
	} {
		if got := c.box.In(101, 50); got != c.want {
			t.Errorf("%v: %v, want %v", c.box, got, c.want)
		}
	}
}

func TestInverse(t *testing.T) {
	t.Parallel()
	m := translation(3, -7).then(affine{0.5, -0.2, 4, 0.1, 2, -9}).then(motion(OpRotate{Degrees: 33}, size{40, 30}, size{50, 47}))
	back, ok := m.inverse()
	if !ok {
		t.Fatal("no inverse")
	}
	for _, p := range [][2]float64{{0, 0}, {12, 5}, {-3, 1000}} {
		x, y := back.apply(m.apply(p[0], p[1]))
		if math.Abs(x-p[0]) > 1e-6 || math.Abs(y-p[1]) > 1e-6 {
			t.Errorf("%v comes back as %v, %v", p, x, y)
		}
	}
	if _, ok := (affine{1, 2, 0, 2, 4, 0}).inverse(); ok {
		t.Error("a flattened plane has an inverse")
	}
}
