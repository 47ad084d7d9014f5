package uploadcare

import "tintype/internal/transform"

func format(b *builder, args []string) (err error) {
	b.format, err = b.oneOf(args, true, "auto", "preserve", "jpeg", "jpg", "png", "webp", "avif")
	if b.format == "jpg" {
		b.format = "jpeg"
	}
	return err
}

func quality(b *builder, args []string) (err error) {
	b.quality, err = b.oneOf(args, true, "normal", "better", "best", "lighter", "lightest", "smart", "smart_retina")
	return err
}

func progressive(b *builder, args []string) (err error) {
	b.progressive, err = b.oneOf(args, true, "yes", "no")
	return err
}

func inline(b *builder, args []string) (err error) {
	b.inline, err = b.oneOf(args, true, "yes", "no")
	return err
}

func stripMeta(b *builder, args []string) error {
	word, err := b.oneOf(args, false, "all", "none", "sensitive")
	b.metadata = map[string]transform.Metadata{"none": transform.MetadataKeep, "sensitive": transform.MetadataNoPlace}[word]
	return err
}

func srgb(b *builder, args []string) (err error) {
	b.colours, err = b.oneOf(args, true, "fast", "icc", "keep_profile")
	return err
}

// maxICCSize says from which size on a profile is not kept by srgb/fast.
// Profiles of RGB are taken for small ones; with 0 none is.
func maxICCSize(b *builder, args []string) error {
	if err := b.count(args, 1, 1); err != nil {
		return err
	}
	b.profileThreshold = args[0]
	_, err := b.integer(args[0], 0, 100_000)
	return err
}

// qualities are the steps of quality, from 45 to 90 where 70 is normal, on
// the scale that is common to all formats.
var qualities = map[string]int{"lightest": 45, "lighter": 60, "": 70, "normal": 70, "better": 80, "best": 90}

// levels are qualities by what can be seen. On a dense screen less of it can.
var levels = map[string]transform.Level{"smart": transform.LevelGood, "smart_retina": transform.LevelEco}

// finish makes a transformation of what the operations left.
func (b *builder) finish() transform.Transformation {
	t := transform.Transformation{Steps: b.steps}
	t.Input.IgnoreOrientation = b.raw == "no"
	o := &t.Output
	o.Info = b.asked.op != ""
	o.Format = b.format
	switch b.format {
	case "":
		o.Format = transform.Auto
	case "preserve":
		o.Format = ""
	}
	if o.Info && o.Format == transform.Auto {
		o.Format = "" // whoever asks in words accepts no format of pictures
	}
	if o.Format == "" || o.Format == transform.Auto || o.Format == "webp" {
		o.Frames = transform.FramesFirst
	}
	switch o.Level = levels[b.quality]; {
	case o.Format == "png":
		o.Level = "" // nothing is lost
	case o.Level == "":
		o.Quality = qualities[b.quality]
	}
	still := o.Format == "png" || o.Format == "webp" || o.Format == "avif" // progression is JPEG's alone
	o.Progressive = b.progressive == "yes" && !still
	o.Metadata = b.metadata
	o.Space = b.space()
	return t
}

// space is what srgb and max_icc_size come to.
func (b *builder) space() transform.Space {
	switch b.colours {
	case "icc":
		return transform.SpaceSRGB
	case "keep_profile":
		return transform.SpaceKeep
	case "fast":
		if n, _ := whole(b.profileThreshold); b.profileThreshold != "" && n == 0 {
			return transform.SpaceSRGB
		}
		return transform.SpaceNoCMYK
	}
	return ""
}
