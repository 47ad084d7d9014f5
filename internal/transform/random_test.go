package transform

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"

	"tintype/internal/media"
)

// TestEveryStep rolls each type of step until many of it are resolved: text
// and JSON come back, the plan passes its check, and what is refused is
// refused with a sentence.
func TestEveryStep(t *testing.T) {
	t.Parallel()
	for i, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			src := rand.New(rand.NewPCG(uint64(i), 7))
			resolved := 0
			for range 800 {
				b := make([]byte, 80)
				for j := range b {
					b[j] = byte(src.Uint32())
				}
				d := &dice{b: b}
				p, value := k.hold(nil)
				p.args(d)
				tr := Transformation{Steps: []Step{value()}, Output: Output{Format: "png"}}
				if d.bool() {
					tr.DPR = 1.5
				}
				if tr.Validate() != nil {
					continue
				}
				checkText(t, tr)
				pic := photo()
				pic.faces, pic.trim, pic.custom = d.boxes(), &Box4{0.1, 0.2, 0.5, 0.5}, d.boxes()
				plan, err := Resolve(t.Context(), tr, pic, Limits{})
				if err != nil {
					var e *media.Error
					if !errors.As(err, &e) || e.Message == "" {
						t.Fatalf("%v: %v", tr, err)
					}
					continue
				}
				resolved++
				checkPlan(t, tr, plan, pic, Limits{})
			}
			if resolved < 5 {
				t.Errorf("only %d were resolved", resolved)
			}
		})
	}
}

func checkText(t *testing.T, tr Transformation) {
	t.Helper()
	text := tr.String()
	back, err := Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	n := tr.Normalize()
	if !reflect.DeepEqual(back, n) || back.String() != text || !reflect.DeepEqual(n.Normalize(), n) {
		t.Fatalf("%s reads\n%#v, not\n%#v", text, back, n)
	}
}

// Nothing that a step points to may be shared with its normal form.
func TestNormalizeSharesNothing(t *testing.T) {
	t.Parallel()
	red := Color{255, 0, 0, 0}
	text := &Text{Content: "x", Weight: 400}
	back := &Backdrop{Kind: BackdropDominant, Colors: 1}
	steps := []Step{
		Composite{Layer: Layer{Text: text, Steps: []Step{Rotate{Degrees: 360}}}},
		Tint{Colors: []Color{red}}, Extend{Box: Box{Width: Px(9)}, Backdrop: back},
		Bind{Step: Blur{}, Values: []Binding{{"sigma", Num(3)}}},
	}
	_ = Transformation{DPR: 2, Steps: steps}.String()
	if text.Weight != 400 || back.Colors != 1 || len(steps[0].(Composite).Layer.Steps) != 1 || steps[1].(Tint).Colors[0] != red {
		t.Error("String changed its receiver")
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	nested := func(n int) Transformation {
		s := Step(Negate{})
		for range n {
			s = If{Cond: Num(1), Then: []Step{s}}
		}
		return Transformation{Steps: []Step{s}}
	}
	layers := func(n int) Transformation {
		var tr Transformation
		for range n {
			tr.Steps = append(tr.Steps, Composite{Layer: Layer{Self: true}})
		}
		return tr
	}
	sum := func(n int) Transformation {
		e := Num(0)
		for range n {
			e = Calc(ExprAdd, e, Num(1))
		}
		return Transformation{Steps: []Step{Let{Name: "a", Value: e}}}
	}
	for name, c := range map[string]struct {
		tr Transformation
		ok bool
	}{
		"depth 8": {nested(8), true}, "depth 9": {nested(9), false},
		"20 layers": {layers(20), true}, "21 layers": {layers(21), false},
		"99 sums": {sum(99), true}, "100 sums": {sum(100), false},
		"text": {Transformation{Steps: []Step{Composite{Layer: Layer{Text: &Text{Content: string(make([]byte, maxText+1))}}}}}, false},
	} {
		if err := c.tr.Validate(); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
		if c.ok {
			checkText(t, c.tr)
			if _, err := Resolve(t.Context(), c.tr, photo(), Limits{}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, err := Resolve(t.Context(), Transformation{Steps: []Step{If{Cond: Num(1), Then: make50()}}}, photo(), Limits{}); media.CodeOf(err) != media.Invalid {
		t.Errorf("nested steps do not count: %v", err)
	}
}

func make50() (steps []Step) {
	for range 50 {
		steps = append(steps, Negate{})
	}
	return steps
}

func TestQuestions(t *testing.T) {
	t.Parallel()
	for _, a := range []Ask{
		{What: WhatFocus}, {What: WhatFaces}, {What: WhatTrim, Tolerance: 0.1, Color: &White},
		{What: WhatText, Text: &PlanText{Content: "a@{b}", Size: 12}, Font: &media.Ref{Name: "x"}},
		{What: WhatTrim, On: &Picture{Input: PlanInput{Width: 3, Height: 4, Pages: 1}, Ops: Ops{OpFlip{}}, Width: 3, Height: 4}},
	} {
		back, err := ParseQuestion(a.Question())
		if err != nil || !reflect.DeepEqual(back, a) {
			t.Errorf("%s reads %+v, %v", a.Question(), back, err)
		}
	}
	if (Ask{What: WhatFocus}).Question() != FocusPoint || (Ask{What: WhatFaces}).Question() != FaceBoxes {
		t.Error("the fixed questions have other texts")
	}
	for _, bad := range []Question{"", "{}", "focus{", "focus@", `trim{"Extra":1}`, `trim{"Tolerance":1}x`, "trim@{} {}"} {
		if a, err := ParseQuestion(bad); err == nil {
			t.Errorf("%q is taken for %+v", bad, a)
		}
	}
}

func BenchmarkResolve(b *testing.B) {
	for _, text := range []string{
		"resize(cover,200x300,gravity=north)|sepia(0.5)|output(webp,q=80)",
		"let(add(width,10),name='w')|if(gt(width,300),then=[bind([resize(fill)],width=$w)])|grayscale",
		"resize(fill,300x)|composite(ref=(name='logo'),steps=[resize(fill,100x)],gravity=south-east,x=5)|output(webp)",
		"resize(fill,300x)|gamma(2)",
	} {
		b.Run(text[:12], func(b *testing.B) {
			tr, err := Parse(text)
			if err != nil {
				b.Fatal(err)
			}
			pic := photo()
			for b.Loop() {
				if _, err := Resolve(b.Context(), tr, pic, Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkString(b *testing.B) {
	tr, err := Parse("resize(cover,200x300,gravity=north)|sepia(0.5)|vibrance(0.2)|output(webp,q=80)")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		_ = tr.String()
	}
}
