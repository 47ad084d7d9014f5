package imagekit

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"tintype/internal/media"
	"tintype/internal/transform"
)

// picture is a source of which the size is known, and whatever is asked.
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
	case transform.WhatFaces, transform.WhatTrim:
		return transform.Answer{Boxes: []transform.Box4{{X: 0, Y: 0, Width: 1, Height: 1}}}, nil
	case transform.WhatText:
		return transform.Answer{Width: 90, Height: 30}, nil
	}
	return transform.Answer{X: 0.5, Y: 0.5}, nil
}

func (p picture) Named(name string) (transform.Transformation, bool) {
	if name != "small_thumb" {
		return transform.Transformation{}, false
	}
	c, err := parseChain("tr:w-150,h-150,fo-center,cm-pad_resize")
	if err != nil {
		return transform.Transformation{}, false
	}
	r, err := readChain(c, hints{})
	return r.Transformation, err == nil
}

func (p picture) Layer(_ context.Context, ref media.Ref) (transform.Facts, error) {
	if ref.Name != "logo" {
		return nil, media.Errorf(media.NotFound, "There is no file %s", ref.Name)
	}
	return picture{info: media.Info{Format: "png", Width: 300, Height: 200, Pages: 1, Alpha: true}}, nil
}

// TestGeometry resolves every row of testdata/geometry.txt: size of the
// source, transformation, size of the result or an error, and perhaps a part
// of the plan.
func TestGeometry(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/geometry.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	rows := 0
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		rows++
		size, rest, _ := strings.Cut(line, " ")
		text, want, _ := strings.Cut(rest, " -> ")
		want, part, _ := strings.Cut(want, " ")
		plan, err := resolve(size, text)
		got := fmt.Sprintf("%dx%d", plan.Width, plan.Height)
		if err != nil {
			got = "error"
			if code := media.CodeOf(err); code == media.Internal {
				t.Errorf("line %d: %s: %v", n, text, err)
			}
		}
		if got != want || !strings.Contains(plan.String(), part) {
			t.Errorf("line %d: %s %s gives %s, %v, want %s %s\n%s", n, size, text, got, err, want, part, plan)
		}
	}
	if rows < 100 {
		t.Errorf("only %d rows", rows)
	}
}

func resolve(size, text string) (transform.Plan, error) {
	info := media.Info{Format: "jpeg", Pages: 1}
	if _, err := fmt.Sscanf(size, "%dx%d", &info.Width, &info.Height); err != nil {
		return transform.Plan{}, err
	}
	c, err := parseChain(text)
	if err != nil {
		return transform.Plan{}, err
	}
	r, err := readChain(c, hints{})
	if err != nil {
		return transform.Plan{}, err
	}
	if r.Original {
		return transform.Plan{Width: info.Width, Height: info.Height}, nil
	}
	if r.Output.Format == transform.Auto {
		r.Output.Format = "jpeg"
	}
	p := picture{info: info}
	t, err := transform.Expand(r.Transformation, p.Named)
	if err != nil {
		return transform.Plan{}, err
	}
	if t.Output.Format == transform.Auto {
		t.Output.Format = "jpeg"
	}
	plan, err := transform.Resolve(context.Background(), t, p, transform.Limits{})
	if err != nil {
		return plan, err
	}
	return plan, plan.Check()
}

// TestOrder checks that the order of parameters in a step does not matter.
func TestOrder(t *testing.T) {
	t.Parallel()
	tokens := strings.Split("w-60,h-50,cm-pad_resize,bg-red,fo-top,t-5,e-contrast,e-grayscale,e-sharpen,bl-2,o-50,r-3,b-2_blue,fl-h,rt-10,q-5,f-png", ",")
	want := describe(t, "/tr:"+strings.Join(tokens, ",")+"/a.jpg")
	for i := range tokens {
		turned := strings.Join(append(append([]string{}, tokens[i:]...), tokens[:i]...), ",")
		if got := describe(t, "/tr:"+turned+"/a.jpg"); got != want {
			t.Errorf("%s is read as %s", turned, got)
		}
	}
}

func TestExpressions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"5":                                 "5",
		"N40":                               "-40",
		"-1.5":                              "-1.5",
		"2_mul_3_add_4":                     "10",
		"4_add_2_mul_3":                     "10",
		"10_sub_4_sub_3":                    "3",
		"10_mod_4_add_3":                    "3",
		"2_pow_1_add_2":                     "8",
		"2_pow_3_pow_2":                     "64",
		"12_div_4_mul_3":                    "9",
		"iw_mul_2_add_3_sub_ih_div_4":       "sub(add(mul(source_width,2),3),div(source_height,4))",
		"3_mod_car_pow_2":                   "pow(mod(3,ratio),2)",
		"iw":                                "source_width",
		"":                                  "error",
		"_":                                 "error",
		"5_add":                             "error",
		"add_5":                             "error",
		"5_6":                               "error",
		"5_plus_6":                          "error",
		"bw":                                "error",
		"0_div_0":                           "error",
		"1e5":                               "error",
		"0x5":                               "error",
		"NN5":                               "error",
		"1.2.3":                             "error",
		"9_pow_999":                         "error",
		"123456789012345678901":             "error",
		"iw_mul_bw":                         "error",
		"iw_add_" + strings.Repeat("1_", 3): "error",
	} {
		v, ok := pictureScope.parseValue(text)
		got := "error"
		if ok {
			got = v.tree().String()
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestColors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"FF0000": "#ff0000", "ff0000": "#ff0000", "F0a": "#ff00aa", "red": "#ff0000", "rebeccapurple": "#663399",
		"FF000050": "#ff000080", "FF000000": "#ff000000", "FF000099": "#ff0000fc", "transparent": "#00000000",
		"FF0000AA": "", "FF00": "", "": "", "nored": "", "GG0000": "", "FF0000-1": "",
	} {
		c, _, ok := parseColor(text)
		if got := c.String(); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %s %v, want %s", text, got, ok, want)
		}
	}
}
