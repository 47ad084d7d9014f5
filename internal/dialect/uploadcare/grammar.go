package uploadcare

import (
	"slices"

	"tintype/internal/media"
	"tintype/internal/transform"
)

// limits bound a result whose size its URL states.
type limits struct{ side, jpegSide int }

// parsed is what the operations of a URL mean.
type parsed struct {
	transform.Transformation
	// Attachment asks for a download.
	Attachment bool
	// Matte lies under what is transparent where the format has no alpha.
	Matte transform.Color
	// Asked: a description is wanted in place of the file.
	Asked question
}

// builder carries out operations in the order of the URL. What is sticky
// holds for the operations that follow; what concerns the file counts
// wherever it stands, and the last one wins.
type builder struct {
	steps []transform.Step
	op    string // the operation at hand
	// picture: an operation on the picture was there, so that the answer is
	// a file of our making.
	picture bool
	asked   question
	size    known

	stretch string
	fill    *transform.Color
	text    textStyle

	format, quality           string
	progressive, raw, inline  string
	metadata                  transform.Metadata
	colours, profileThreshold string
}

// handler reads the arguments of one operation.
type handler func(b *builder, args []string) error

// handlers are the operations that are carried out; refused names the others.
var handlers = map[string]handler{
	"preview": preview, "resize": resize, "stretch": stretch, "smart_resize": smartResize,
	"crop": crop, "scale_crop": scaleCrop, "trim": trim, "border_radius": borderRadius,
	"setfill": setFill, "rotate": rotate, "autorotate": autorotate, "flip": flip, "mirror": mirror,
	"rasterize": rasterize,

	"brightness": brightness, "exposure": exposure, "gamma": gamma, "contrast": contrast,
	"saturation": saturation, "vibrance": vibrance, "warmth": warmth, "enhance": enhance,
	"grayscale": grayscale, "invert": invert, "filter": filter, "sharp": sharp, "blur": blur,
	"blur_region": blurRegion, "srgb": srgb, "max_icc_size": maxICCSize,

	"overlay": overlay, "rect": rect, "text": text, "text_align": textAlign, "font": font, "text_box": textBox,

	"format": format, "quality": quality, "progressive": progressive, "strip_meta": stripMeta, "inline": inline,

	"json": asks, "jsonp": asks, "main_colors": asks, "detect_faces": asks,
}

// apart are the operations that do not concern the picture.
var apart = map[string]bool{"inline": true, "json": true, "jsonp": true, "main_colors": true, "detect_faces": true}

// refused are operations of the vendor's that are not offered, and what they are.
var refused = map[string]string{
	"zoom_objects":   "enlarging what a picture shows",
	"gif2video":      "video from animations",
	"video":          "conversion of video",
	"document":       "conversion of documents",
	"adaptive_video": "adaptive video",
}

// analytics is the pseudo-operation that client libraries append.
const analytics = "@clib"

// parseOperations translates the operations of a URL. Errors are Invalid for
// what the language does not know, Unsupported for what is not offered.
func parseOperations(ops []operation, max limits) (parsed, error) {
	b := &builder{stretch: "on"}
	for _, op := range ops {
		if op.Name == analytics {
			continue
		}
		if what, ok := refused[op.Name]; ok {
			return parsed{}, media.Errorf(media.Unsupported, "Operation %s is not supported: %s", op.Name, what)
		}
		do, ok := handlers[op.Name]
		if !ok {
			return parsed{}, media.Errorf(media.Invalid, "Unknown operation: %s", quotable(op.Name))
		}
		b.op = op.Name
		b.picture = b.picture || !apart[op.Name]
		if err := do(b, op.Args); err != nil {
			return parsed{}, err
		}
	}
	p := parsed{Attachment: b.inline == "no", Asked: b.asked}
	p.Output.Info = b.asked.op != ""
	if !b.picture {
		return p, nil
	}
	if err := b.size.within(b.format, max); err != nil {
		return parsed{}, err
	}
	p.Transformation = b.finish()
	if b.fill != nil {
		p.Matte = *b.fill
	}
	return p, nil
}

func (b *builder) add(steps ...transform.Step) { b.steps = append(b.steps, steps...) }

// count refuses a wrong number of arguments.
func (b *builder) count(args []string, least, most int) error {
	if n := len(args); n < least || n > most {
		want := "no arguments"
		switch {
		case most == 1 && least == 1:
			want = "one argument"
		case most == 1 && least == 0:
			want = "at most one argument"
		case least == most && most > 0:
			want = digits(most) + " arguments"
		case most > least:
			want = digits(least) + " to " + digits(most) + " arguments"
		}
		return media.Errorf(media.Invalid, "Operation %s takes %s, not %d", b.op, want, n)
	}
	return nil
}

// bad is the error of an argument that is not what it should be.
func (b *builder) bad(arg, want string) error {
	return media.Errorf(media.Invalid, "Operation %s: %q is not %s", b.op, quotable(arg), want)
}

// oneOf reads the only argument, which must be one of words; missing it is
// the first of them, unless needed.
func (b *builder) oneOf(args []string, needed bool, words ...string) (string, error) {
	least := 0
	if needed {
		least = 1
	}
	if err := b.count(args, least, 1); err != nil {
		return "", err
	}
	if len(args) == 0 {
		return words[0], nil
	}
	if !slices.Contains(words, args[0]) {
		return "", b.bad(args[0], "one of "+list(words))
	}
	return args[0], nil
}

// integer reads a whole number from lo to hi.
func (b *builder) integer(arg string, lo, hi int) (int, error) {
	n, ok := whole(arg)
	if !ok || n < lo || n > hi {
		return 0, b.bad(arg, "a whole number from "+digits(lo)+" to "+digits(hi))
	}
	return n, nil
}

// amount reads the only argument, a number from lo to hi; missing it is def.
func (b *builder) amount(args []string, lo, hi, def int) (float64, error) {
	if err := b.count(args, 0, 1); err != nil {
		return 0, err
	}
	if len(args) == 0 {
		return float64(def), nil
	}
	n, err := b.integer(args[0], lo, hi)
	return float64(n), err
}
