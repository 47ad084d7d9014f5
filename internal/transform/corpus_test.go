package transform

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"tintype/internal/media"
)

var update = flag.Bool("update", false, "rewrite the plans (never the sizes or errors) of testdata/plans")

// picture is Facts of a made-up source.
type picture struct {
	info   media.Info
	focus  *Answer // nil: must not be asked
	faces  []Box4  // nil: must not be asked; empty: none
	trim   *Box4   // nil: must not be asked
	custom []Box4
	asked  int
	kinds  map[Question]int
}

func (p *picture) Info() media.Info { return p.info }

func (p *picture) Measure(_ context.Context, q Question) (Answer, error) {
	a, err := ParseQuestion(q)
	if err != nil || a.Question() != q {
		return Answer{}, fmt.Errorf("%q is not canonical: %v", q, err)
	}
	if a.On != nil {
		if err := a.On.Check(); err != nil {
			return Answer{}, err
		}
	}
	if p.kinds == nil {
		p.kinds = map[Question]int{}
	}
	if p.kinds[q]++; p.kinds[q] > 1 {
		return Answer{}, fmt.Errorf("%q is asked again", q)
	}
	switch {
	case a.What == WhatFocus && p.focus != nil:
		p.asked++
		return *p.focus, nil
	case a.What == WhatFaces && p.faces != nil:
		return Answer{Boxes: p.faces}, nil
	case a.What == WhatTrim && p.trim != nil:
		return Answer{Boxes: []Box4{*p.trim}}, nil
	case a.What == WhatText:
		// Every letter is half as wide as the text is high.
		lines := strings.Split(a.Text.Content, "\n")
		w := 0
		for _, l := range lines {
			w = max(w, len(l))
		}
		w = int(a.Text.Size * float64(w) / 2)
		if a.Text.Wrap > 0 {
			w = min(w, a.Text.Wrap)
		}
		return Answer{Width: max(w, 1), Height: max(int(a.Text.Size)*len(lines), 1)}, nil
	case a.What == WhatPage:
		return Answer{Width: p.info.Width + 10*a.Page, Height: p.info.Height}, nil
	case a.What == WhatIllustration:
		return Answer{Number: 0.25}, nil
	}
	return Answer{}, fmt.Errorf("nobody should ask for %q", q)
}

func (p *picture) Value(name string) (Value, bool) {
	switch name {
	case "tags":
		return ListOf([]string{"sale", "shoes"}), true
	case "context.alt text":
		return TextOf("A shoe"), true
	case "metadata.stock":
		return NumberOf(7), true
	case "page_names":
		return ListOf([]string{"cover", "logo"}), true
	}
	return Value{}, false
}

func (p *picture) Stored(kind Anchor, name string) []Box4 {
	switch {
	case kind == Custom:
		return p.custom
	case kind == Region && name == "hat":
		return []Box4{{0.5, 0, 0.25, 0.25}}
	}
	return nil
}

func (p *picture) Named(name string) (Transformation, bool) {
	texts := map[string]string{
		"small": "resize(fill,100x)|output(webp,q=70)", "double": "dpr(2)|resize(fill,30x)", "loop": "use(name='loop')",
		"outer": "use(name='small')|sepia(0.5)|output(q=60)", "bad": "blur(-1)", "a": "negate",
	}
	t, err := Parse(texts[name])
	return t, err == nil && texts[name] != ""
}

func (p *picture) Layer(_ context.Context, ref media.Ref) (Facts, error) {
	switch ref.Name {
	case "logo":
		return &picture{info: media.Info{Format: "png", Width: 100, Height: 50, Pages: 1, Alpha: true}, trim: &Box4{0.1, 0.2, 0.5, 0.5}}, nil
	case "turned":
		return &picture{info: media.Info{Format: "jpeg", Width: 80, Height: 120, Pages: 1, Orientation: 6}, faces: []Box4{{0.25, 0.25, 0.5, 0.5}}}, nil
	case "film":
		return &picture{info: media.Info{Format: "gif", Width: 60, Height: 60, Pages: 7, Animated: true}}, nil
	}
	return nil, media.Errorf(media.Invalid, "Unknown layer %s", ref.Name)
}

// planCase is one case of the corpus:
//
//	# remarks
//	640x427 jpeg [alpha] [animated] [pages=N] [orientation=N] [focus=X,Y]
//	[faces=none|X,Y,W,H;...] [trim=X,Y,W,H] [custom=X,Y,W,H] [side=|pixels=|frames=|steps=N]
//	text of the transformation, or - for the empty one
//	---
//	WxH, then the plan; or "error: " and the message
type planCase struct {
	line    int
	remarks []string
	source  string
	text    string
	want    string // size or error
	plan    string
}

func readCases(t *testing.T, file string) []planCase {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []planCase
	line := 1
	for block := range strings.SplitSeq(string(raw), "\n\n") {
		c := planCase{line: line}
		line += strings.Count(block, "\n") + 2
		lines := strings.Split(strings.Trim(block, "\n"), "\n")
		for len(lines) > 0 && strings.HasPrefix(lines[0], "#") {
			c.remarks, lines = append(c.remarks, lines[0]), lines[1:]
		}
		if len(lines) == 0 || lines[0] == "" {
			continue
		}
		if len(lines) < 4 || len(lines) > 5 || strings.Trim(lines[2], "-") != "" {
			t.Fatalf("%s:%d: not a case: %q", file, c.line, block)
		}
		c.source, c.text, c.want = lines[0], lines[1], lines[3]
		if len(lines) == 5 {
			c.plan = lines[4]
		}
		cases = append(cases, c)
	}
	return cases
}

func (c planCase) String() string {
	s := ""
	for _, r := range c.remarks {
		s += r + "\n"
	}
	s += c.source + "\n" + c.text + "\n---\n" + c.want + "\n"
	if c.plan != "" {
		s += c.plan + "\n"
	}
	return s
}

func parseSource(t *testing.T, s string) (*picture, Limits) {
	t.Helper()
	fields := strings.Fields(s)
	p := &picture{info: media.Info{Format: fields[1], Pages: 1}}
	var lim Limits
	if _, err := fmt.Sscanf(fields[0], "%dx%d", &p.info.Width, &p.info.Height); err != nil {
		t.Fatalf("source %q: %v", s, err)
	}
	numbers := map[string]*int{
		"pages": &p.info.Pages, "orientation": &p.info.Orientation,
		"side": &lim.Side, "pixels": &lim.Pixels, "frames": &lim.Frames, "steps": &lim.Steps,
	}
	for _, f := range fields[2:] {
		key, value, _ := strings.Cut(f, "=")
		var err error
		switch {
		case key == "alpha":
			p.info.Alpha = true
		case key == "animated":
			p.info.Animated = true
		case key == "focus":
			p.focus = &Answer{}
			_, err = fmt.Sscanf(value, "%g,%g", &p.focus.X, &p.focus.Y)
		case key == "faces":
			if p.faces = []Box4{}; value != "none" {
				p.faces = parseBoxes(t, value)
			}
		case key == "trim":
			p.trim = &parseBoxes(t, value)[0]
		case key == "custom":
			p.custom = parseBoxes(t, value)
		case numbers[key] != nil:
			*numbers[key], err = strconv.Atoi(value)
		default:
			err = errors.New("unknown")
		}
		if err != nil {
			t.Fatalf("source %q: %s: %v", s, f, err)
		}
	}
	return p, lim
}

func parseBoxes(t *testing.T, s string) (boxes []Box4) {
	t.Helper()
	for one := range strings.SplitSeq(s, ";") {
		var b Box4
		if _, err := fmt.Sscanf(one, "%g,%g,%g,%g", &b.X, &b.Y, &b.Width, &b.Height); err != nil {
			t.Fatalf("box %q: %v", one, err)
		}
		boxes = append(boxes, b)
	}
	return boxes
}

func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("testdata/plans/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	total := 0
	var plans strings.Builder
	for _, file := range files {
		cases := readCases(t, file)
		total += len(cases)
		var out []string
		for i := range cases {
			c := &cases[i]
			name := fmt.Sprintf("%s:%d", strings.TrimSuffix(filepath.Base(file), ".txt"), c.line)
			t.Run(name, func(t *testing.T) { c.run(t) })
			out = append(out, c.String())
			plans.WriteString(c.plan)
		}
		if *update {
			if err := os.WriteFile(file, []byte(strings.Join(out, "\n")), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, k := range opKinds() {
		if !strings.Contains(plans.String(), "| "+k.name) && !strings.Contains(plans.String(), "["+k.name) {
			t.Errorf("no case has the operation %s", k.name)
		}
	}
	if total < 320 {
		t.Errorf("corpus has %d cases, at least 320 were promised", total)
	}
}

func (c *planCase) run(t *testing.T) {
	text := c.text
	if text == "-" {
		text = ""
	}
	f, lim := parseSource(t, c.source)
	tr, err := Parse(text)
	var plan Plan
	if err == nil {
		plan, err = Resolve(t.Context(), tr, f, lim)
	}
	if want, isError := strings.CutPrefix(c.want, "error: "); isError {
		var e *media.Error
		if !errors.As(err, &e) || e.Message != want {
			t.Errorf("%s\n got error %v\nwant error %s", c.text, err, want)
		}
		return
	}
	if err != nil {
		t.Fatalf("%s: %v", c.text, err)
	}
	if got := fmt.Sprintf("%dx%d", plan.Width, plan.Height); got != c.want {
		t.Errorf("%s over %s\n got %s: %v\nwant %s", c.text, c.source, got, plan, c.want)
	}
	if *update {
		c.plan = plan.String()
	}
	if got := plan.String(); got != c.plan {
		t.Errorf("%s over %s\n got %s\nwant %s", c.text, c.source, got, c.plan)
	}
	if f.asked > 1 {
		t.Errorf("%s asked %d times", c.text, f.asked)
	}
	checkPlan(t, tr, plan, f, lim)
}

// checkPlan holds what is true of every plan.
func checkPlan(t *testing.T, tr Transformation, plan Plan, f Facts, lim Limits) {
	t.Helper()
	if err := plan.Check(); err != nil {
		t.Errorf("%v: %v: %v", tr, plan, err)
	}
	if err := plan.Within(lim); err != nil {
		t.Errorf("%v: %v: %v", tr, plan, err)
	}
	raw, err := json.Marshal(plan)
	if err != nil {
		t.Fatalf("%v: %v", tr, err)
	}
	var back Plan
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatalf("%v: %v in %s", tr, err, raw)
	}
	if !reflect.DeepEqual(back, plan) {
		t.Errorf("%v: plan came back as\n%v, was\n%v", tr, back, plan)
	}
	canonical, err := Parse(tr.String())
	if err != nil {
		t.Fatalf("%v does not parse: %v", tr, err)
	}
	if p, ok := f.(*picture); ok {
		p.kinds = nil
	}
	again, err := Resolve(t.Context(), canonical, f, lim)
	if err != nil || !reflect.DeepEqual(again, plan) {
		t.Errorf("%v: canonical text gives %v, %v, not\n%v", tr, again, err, plan)
	}
}
