package uploadcare

import (
	"tintype/internal/media"
	"tintype/internal/transform"
)

// known is what a URL states of the size at hand, in pixels; 0 is what only
// the picture knows.
type known struct{ w, h int }

// within refuses a result that is stated to be too large.
func (k known) within(format string, max limits) error {
	side, got := max.side, k.w
	if format == "jpeg" {
		side = max.jpegSide
	}
	what := "width"
	if k.h > got {
		what, got = "height", k.h
	}
	if got <= side {
		return nil
	}
	e := media.Errorf(media.Invalid, "The %s of the result is limited to %d pixels, requested %d", what, side, got)
	e.Err = &media.LimitError{What: what, Max: int64(side), Got: int64(got)}
	return e
}

// resized is the size after one or two sides were set; one that is missing
// follows from the ratio, where that is known.
func (k known) resized(d dimensions) known {
	to := known{int(d.w.Value), int(d.h.Value)}
	follow := func(n, to, from int) int {
		if from == 0 {
			return 0
		}
		return max(1, (2*n*to+from)/(2*from))
	}
	switch {
	case to.w == 0 && k.h > 0:
		to.w = follow(k.w, to.h, k.h)
	case to.h == 0 && k.w > 0:
		to.h = follow(k.h, to.w, k.w)
	}
	return to
}

func box(d dimensions) transform.Box { return transform.Box{Width: d.w, Height: d.h} }

func preview(b *builder, args []string) error {
	if err := b.count(args, 0, 1); err != nil {
		return err
	}
	d := dimensions{transform.Px(2048), transform.Px(2048)}
	if len(args) == 1 {
		var err error
		if d, err = b.pixelSize(args[0], false); err != nil {
			return err
		}
	}
	b.add(transform.Resize{Fit: transform.Inside, Limit: transform.ReduceOnly, Box: box(d)})
	if b.size.w > int(d.w.Value) || b.size.h > int(d.h.Value) || b.size.w == 0 || b.size.h == 0 {
		b.size = known{}
	}
	return nil
}

func stretch(b *builder, args []string) (err error) {
	b.stretch, err = b.oneOf(args, false, "on", "off", "fill")
	return err
}

func resize(b *builder, args []string) error {
	if err := b.count(args, 1, 1); err != nil {
		return err
	}
	d, err := b.pixelSize(args[0], true)
	if err != nil {
		return err
	}
	b.stretched(transform.Resize{Fit: transform.Fill, Box: box(d)}, d)
	return nil
}

// stretched adds a Resize that obeys the stretch setting.
func (b *builder) stretched(r transform.Resize, d dimensions) {
	if b.stretch != "on" {
		r.Limit = transform.ReduceOnly
	}
	b.add(r)
	b.size = b.size.resized(d)
	switch b.stretch {
	case "off":
		b.size = known{}
	case "fill":
		b.add(transform.Extend{Box: box(d), Background: b.fill})
	}
}

// smartResize keeps everything in view, and fills the rest with the colour of
// the picture's edge.
func smartResize(b *builder, args []string) error {
	if err := b.count(args, 1, 1); err != nil {
		return err
	}
	d, err := b.pixelSize(args[0], false)
	if err != nil {
		return err
	}
	b.add(transform.Resize{Fit: transform.Contain, Box: box(d), Backdrop: &transform.Backdrop{Kind: transform.BackdropBorder}})
	b.size = b.size.resized(d)
	return nil
}

// scaleTypes are the types of scale_crop. Where faces are looked for first,
// it is them, and what catches the eye where there are none; points and
// objects are what catches the eye.
var scaleTypes = map[string]transform.Gravity{
	"smart":                      {Anchor: transform.Faces, Fallback: transform.Attention},
	"smart_faces_objects_points": {Anchor: transform.Faces, Fallback: transform.Attention},
	"smart_faces_objects":        {Anchor: transform.Faces, Fallback: transform.Attention},
	"smart_faces_points":         {Anchor: transform.Faces, Fallback: transform.Attention},
	"smart_faces":                {Anchor: transform.Faces},
	"smart_objects_faces_points": {Anchor: transform.Attention},
	"smart_objects_faces":        {Anchor: transform.Attention},
	"smart_objects_points":       {Anchor: transform.Attention},
	"smart_objects":              {Anchor: transform.Attention},
	"smart_points":               {Anchor: transform.Attention},
}

func scaleCrop(b *builder, args []string) error {
	if err := b.count(args, 1, 3); err != nil {
		return err
	}
	d, err := b.pixelSize(args[0], false)
	if err != nil {
		return err
	}
	g, err := b.scaleGravity(args[1:])
	if err != nil {
		return err
	}
	b.stretched(transform.Resize{Fit: transform.Cover, Box: box(d), Gravity: g}, d)
	return nil
}

func (b *builder) scaleGravity(args []string) (transform.Gravity, error) {
	if len(args) == 0 {
		return transform.Gravity{Anchor: transform.NorthWest}, nil
	}
	smart, ok := scaleTypes[args[0]]
	if !ok {
		if len(args) == 2 {
			return smart, b.bad(args[0], "a type such as smart or smart_faces")
		}
		return b.percentPlace(args[0])
	}
	if len(args) == 1 {
		return smart, nil
	}
	g, err := b.percentPlace(args[1])
	if err != nil || smart.Anchor != transform.Faces || smart.Fallback != "" {
		return smart, err // what catches the eye is always found
	}
	if smart.Fallback = g.Anchor; g.Anchor == transform.AtPosition {
		if smart.Fallback, ok = compassPoint(g.X, g.Y); !ok {
			return smart, media.Errorf(media.Unsupported, "Operation %s: the position %s for pictures without faces is not supported, only alignments are",
				b.op, quotable(args[1]))
		}
	}
	return smart, nil
}

// compassPoint is the compass point of a position of 0, 50 or 100 percent.
func compassPoint(x, y transform.Length) (transform.Anchor, bool) {
	a, okX := middles[x.Value]
	c, okY := middles[y.Value]
	return anchors[[2]int{a, c}], okX && okY
}

var middles = map[float64]int{0: -1, 0.5: 0, 1: 1}

// percentPlace reads a place without pixels.
func (b *builder) percentPlace(arg string) (transform.Gravity, error) {
	g, ok := place(arg)
	pixels := func(l transform.Length) bool { return l.Unit == transform.Pixel && l.Value != 0 }
	if !ok || pixels(g.X) || pixels(g.Y) {
		return g, b.bad(arg, "an alignment such as center or top,left, or a position in percent such as 50p,80p")
	}
	return g, nil
}
