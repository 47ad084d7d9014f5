package engine

import (
	"fmt"
	"maps"
	"slices"

	"tintype/internal/engine/vips"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// load opens the source upright and in 8-bit sRGB or grey, and answers the
// operations that are left: a reduction that comes first is done here, since
// decoders that can shrink while they decode save most of the work. Of a
// drawing an enlargement is, too, which stays sharp by that.
func (p *picture) load(plan transform.Plan) ([]transform.Op, error) {
	in := plan.Input
	if p.pages > 1 && !p.src.pages || in.First > 0 && !p.src.pages {
		return nil, media.Errorf(media.Invalid, "%s files have one page", displayName(p.src.format))
	}
	if len(plan.Ops) > 0 && in.List == nil {
		if to, ok := plan.Ops[0].(transform.OpResize); ok {
			if !p.src.vector {
				to = transform.OpResize{Width: min(to.Width, in.Width), Height: min(to.Height, in.Height)}
			}
			head, err := p.src.open(p.scope, 1)
			if err != nil {
				return nil, p.src.damaged(err)
			}
			if p.src.vector || shrinksOnLoad(in, to, head) {
				p.look(plan, head)
				return plan.Ops, p.loadResized(in, to, head)
			}
		}
	}
	return plan.Ops, p.loadWhole(plan)
}

// look notes what of the source's header the result will need.
func (p *picture) look(plan transform.Plan, head *vips.Image) {
	p.meta = metadataOf(head, plan.Output.Metadata)
	if plan.Input.IgnoreOrientation && p.meta != nil {
		if o := head.Int("orientation", 1); o > 1 {
			p.meta["orientation"] = o
		}
	}
	if err := p.withExif(p.meta); err != nil {
		p.meta = nil // what cannot be written anew is not taken along
	}
	c := coloursFor(plan, head)
	p.inks = c.ink
	switch {
	case c.keep:
		p.profile = foreignProfile(head)
	case c.ink && plan.Output.Space != transform.SpaceUntagged:
		v, _ := head.Get(profileItem)
		p.profile, _ = v.([]byte)
	}
}

// asIs reports that colours are not converted while loading.
func (p *picture) asIs() bool { return p.profile != nil || p.inks }

// shrinksOnLoad reports that the library's thumbnail does a reduction well. It
// mixes the colour of what is transparent in where only one side changes.
func shrinksOnLoad(in transform.PlanInput, to transform.OpResize, head *vips.Image) bool {
	if head.HasAlpha() {
		return to.Width < in.Width && to.Height < in.Height
	}
	return to.Width < in.Width || to.Height < in.Height
}

// loadResized makes exactly the size asked for. head is the source's header.
func (p *picture) loadResized(in transform.PlanInput, to transform.OpResize, head *vips.Image) error {
	args := vips.Args{
		"buffer": p.src.data, "width": to.Width, "height": to.Height, "size": "force",
		"no_rotate": in.IgnoreOrientation, "fail_on": "none",
	}
	// With a number of pages libheif's loader takes the first item instead of the primary one.
	if p.src.pages && (p.pages > 1 || in.First > 0) {
		args["option_string"] = fmt.Sprintf("page=%d,n=%d", in.First, p.pages)
	}
	var im *vips.Image
	var err error
	if head.Has(profileItem) && !p.asIs() {
		im, err = p.scope.Make("thumbnail_buffer", withProfile(args))
	}
	// A broken profile is as good as none.
	if im == nil && (err == nil || isProfileError(err)) {
		im, err = p.scope.Make("thumbnail_buffer", args)
	}
	if err != nil {
		return p.src.damaged(err)
	}
	p.im = im
	p.readAnimation()
	if err := p.toBytes(); err != nil {
		return err
	}
	return p.exactly(to.Width, to.Height)
}

// withProfile asks thumbnail for conversion from the embedded profile.
func withProfile(args vips.Args) vips.Args {
	args = maps.Clone(args)
	if vips.HasArgument("thumbnail_buffer", "output_profile") {
		args["output_profile"] = "srgb"
	} else {
		args["export_profile"] = "srgb"
	}
	return args
}

// exactly cuts or repeats the last row and column, should the library's
// arithmetic have come out one pixel off.
func (p *picture) exactly(w, h int) error {
	if p.width() == w && p.height() == h && p.im.Height() == h*p.pages {
		return nil
	}
	return p.eachPage(func(page *vips.Image) (*vips.Image, error) {
		return p.scope.Apply(page, "embed", vips.Args{"x": 0, "y": 0, "width": w, "height": h, "extend": "copy"})
	})
}

// loadWhole decodes all of the picture.
func (p *picture) loadWhole(plan transform.Plan) error {
	in := plan.Input
	im, err := p.src.openAt(p.scope, in)
	if err != nil {
		return p.src.damaged(err)
	}
	p.im = im
	p.look(plan, im)
	p.readAnimation()
	if in.List != nil {
		if err := p.pick(in.List); err != nil {
			return fmt.Errorf("pick pages: %w", err)
		}
	}
	if !in.IgnoreOrientation && p.im.Int("orientation", 1) > 1 {
		if err := p.toMemory(); err != nil {
			return err
		}
		if err := p.apply("autorot", nil); err != nil {
			return fmt.Errorf("autorot: %w", err)
		}
	}
	if err := p.toStandard(); err != nil {
		return err
	}
	if p.width() != in.Width || p.height() != in.Height {
		return fmt.Errorf("source is %d x %d, the plan was made for %d x %d", p.width(), p.height(), in.Width, in.Height)
	}
	return nil
}

// open starts the decoder of the source, with rows from the top down.
func (s *source) open(scope *vips.Scope, pages int) (*vips.Image, error) {
	return s.openAt(scope, transform.PlanInput{Pages: pages})
}

// usualDensity is that at which drawings and documents are rendered when
// nothing is said.
const usualDensity = 72

// openAt is open for any pages at any density. Of a list it opens all from
// the first to the last that are named.
func (s *source) openAt(scope *vips.Scope, in transform.PlanInput) (*vips.Image, error) {
	args := vips.Args{"buffer": s.data, "access": "sequential", "fail_on": "none"}
	first, n := in.First, in.Pages
	if in.List != nil {
		first = slices.Min(in.List)
		n = slices.Max(in.List) - first + 1
	}
	if s.pages && n > 1 {
		args["n"] = n
	}
	if s.pages && first > 0 {
		args["page"] = first
	}
	if s.vector && in.Density > 0 {
		args["scale"] = in.Density / usualDensity
	}
	return scope.Make(s.op, args)
}

// pick puts the pages of a list, out of those that openAt opened for it, in
// the list's order.
func (p *picture) pick(list []int) error {
	if err := p.toMemory(); err != nil {
		return err
	}
	first := slices.Min(list)
	h := p.im.Height() / (slices.Max(list) - first + 1)
	pages := make([]*vips.Image, len(list))
	var delay []int
	for i, n := range list {
		var err error
		if pages[i], err = p.scope.Make("extract_area", vips.Args{"input": p.im, "left": 0, "top": (n - first) * h, "width": p.width(), "height": h}); err != nil {
			return err
		}
		if n-first < len(p.delay) {
			delay = append(delay, p.delay[n-first])
		}
	}
	im, err := p.scope.Make("arrayjoin", vips.Args{"in": pages, "across": 1})
	if err == nil {
		p.im, p.delay = im, delay
	}
	return err
}

// readAnimation notes timing before operations lose it.
func (p *picture) readAnimation() {
	if p.pages == 1 {
		return
	}
	if v, ok := p.im.Get("delay"); ok {
		p.delay, _ = v.([]int)
	}
	p.loop = p.im.Int("loop", 0)
}

// toStandard brings whatever a decoder left to 8-bit sRGB or grey, by the
// embedded profile where there is one.
func (p *picture) toStandard() error {
	if err := p.dropSurplusBands(); err != nil {
		return fmt.Errorf("bands: %w", err)
	}
	if p.inks {
		return nil
	}
	if p.im.Has(profileItem) && !p.asIs() {
		err := p.apply("icc_transform", vips.Args{"output_profile": "srgb", "embedded": true})
		if err != nil && !isProfileError(err) {
			return fmt.Errorf("colour profile: %w", err)
		}
	}
	return p.toBytes()
}

// dropSurplusBands leaves one, three or, for CMYK, four colours and perhaps alpha.
func (p *picture) dropSurplusBands() error {
	most := 4
	if p.im.Interpretation() == "cmyk" {
		most = 5
	}
	if p.im.Bands() <= most {
		return nil
	}
	return p.apply("extract_band", vips.Args{"band": 0, "n": most})
}

// toBytes converts the colour space without a profile's help.
func (p *picture) toBytes() error {
	want := "srgb"
	switch p.im.Interpretation() {
	case "b-w", "grey16":
		want = "b-w"
	case "multiband":
		if p.im.Bands() < 3 {
			want = "b-w"
		}
		if err := p.apply("copy", vips.Args{"interpretation": want}); err != nil {
			return err
		}
	}
	if p.im.Interpretation() != want {
		if err := p.apply("colourspace", vips.Args{"space": want}); err != nil {
			return fmt.Errorf("colour space: %w", err)
		}
	}
	if p.im.Format() != "uchar" {
		if err := p.apply("cast", vips.Args{"format": "uchar"}); err != nil {
			return err
		}
	}
	return nil
}

// toColour gives a grey picture three colours.
func (p *picture) toColour() error {
	if p.im.Interpretation() == "srgb" {
		return nil
	}
	return p.apply("colourspace", vips.Args{"space": "srgb"})
}
