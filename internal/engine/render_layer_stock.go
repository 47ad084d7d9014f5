package engine

import (
	"fmt"
	"os"

	"tintype/internal/engine/vips"
	"tintype/internal/media"
	"tintype/internal/transform"
)

// The formats of sources that are no pictures, on the wire.
const (
	formatFont = "font"
	formatLUT  = "lut"
)

// layersMax bounds the sources of a job beside the plan's own.
const layersMax = 20

// stock is what a job draws on: the plan's own source and the further ones,
// in the order of Plan.Sources, and the machine's fonts. A job that measures
// text may have no source at all.
type stock struct {
	sources []*source
	fonts   *shelf
	names   []string // of the further sources, for messages
}

// openStock maps the sources. The caller closes the stock when no image made
// from it is left.
func openStock(files []*os.File, formats []string, fonts *shelf) (*stock, error) {
	st := &stock{fonts: fonts}
	for i, format := range formats {
		s, err := openSource(files[i], format)
		if err != nil {
			st.close()
			return nil, err
		}
		st.sources = append(st.sources, s)
	}
	return st, nil
}

func (st *stock) close() {
	for _, s := range st.sources {
		s.close()
	}
}

// source answers source n, 0 being the plan's own, if it serves as a picture
// or as what else is wanted.
func (st *stock) source(n int, as transform.SourceUse) (*source, error) {
	if st == nil || n < 0 || n >= len(st.sources) {
		return nil, fmt.Errorf("source %d is missing", n)
	}
	s := st.sources[n]
	if s == nil {
		return nil, fmt.Errorf("source %d is missing", n)
	}
	use := transform.UsePicture
	switch s.format {
	case formatFont:
		use = transform.UseFont
	case formatLUT:
		use = transform.UseLUT
	}
	if use != as {
		return nil, fmt.Errorf("source %d is a %s, not a %s", n, use, as)
	}
	return s, nil
}

// name of source n for a message.
func (st *stock) name(n int) string {
	if n >= 1 && n <= len(st.names) && st.names[n-1] != "" {
		return st.names[n-1]
	}
	return "a further file"
}

// own is the plan's own source.
func (st *stock) own() (*source, error) { return st.source(0, transform.UsePicture) }

// layer makes a picture inside a plan: in colour with alpha, in memory.
func (st *stock) layer(scope *vips.Scope, l transform.Picture) (*picture, error) {
	p, err := st.make(scope, l)
	if err != nil {
		return nil, err
	}
	if err := p.toColour(); err != nil {
		return nil, fmt.Errorf("to colour: %w", err)
	}
	if err := p.addAlpha(); err != nil {
		return nil, err
	}
	return p, p.toMemory()
}

// make makes a picture inside a plan, whatever its bands.
func (st *stock) make(scope *vips.Scope, l transform.Picture) (*picture, error) {
	var p *picture
	var err error
	rest := []transform.Op(l.Ops)
	switch {
	case l.Canvas != nil:
		p, err = st.canvas(scope, *l.Canvas)
	case l.Text != nil:
		p, err = st.text(scope, l.Text)
	default:
		p, rest, err = st.load(scope, l.Source, transform.Plan{Input: l.Input, Ops: l.Ops})
	}
	if err != nil {
		return nil, err
	}
	for _, op := range rest {
		if err := p.do(op); err != nil {
			return nil, fmt.Errorf("%T: %w", op, err)
		}
	}
	if p.width() != l.Width || p.height() != l.Height {
		return nil, fmt.Errorf("made %d x %d instead of the planned %d x %d", p.width(), p.height(), l.Width, l.Height)
	}
	return p, nil
}

// load opens source n as the plan says and answers the operations that are left.
func (st *stock) load(scope *vips.Scope, n int, plan transform.Plan) (*picture, []transform.Op, error) {
	src, err := st.source(n, transform.UsePicture)
	if err != nil {
		return nil, nil, err
	}
	p := &picture{scope: scope, src: src, stock: st, pages: plan.Input.Pages}
	rest, err := p.load(plan)
	if err != nil {
		return nil, nil, err
	}
	if !greySafe(plan.Ops) {
		if err := p.toColour(); err != nil {
			return nil, nil, fmt.Errorf("to colour: %w", err)
		}
	}
	return p, rest, nil
}

// drawn is a picture that comes from no file.
func (st *stock) drawn(scope *vips.Scope, im *vips.Image) *picture {
	return &picture{scope: scope, src: &source{loader: loader{format: "layer"}}, stock: st, im: im, pages: 1, random: true}
}

func (st *stock) canvas(scope *vips.Scope, c transform.Canvas) (*picture, error) {
	px := []byte{c.Color.R, c.Color.G, c.Color.B, c.Color.A}
	if c.Color.A == 255 {
		px = px[:3]
	}
	one, err := scope.FromPixels(px, 1, 1, len(px), "uchar")
	if err != nil {
		return nil, err
	}
	p := st.drawn(scope, one)
	p.im, err = p.chain(one).
		do("copy", vips.Args{"interpretation": "srgb"}).
		do("embed", vips.Args{"x": 0, "y": 0, "width": c.Width, "height": c.Height, "extend": "copy"}).
		result()
	return p, err
}

// namesOf are what messages call the further sources.
func namesOf(sources []transform.PlanSource) []string {
	names := make([]string, len(sources))
	for i, s := range sources {
		names[i] = sourceName(s)
	}
	return names
}

func sourceName(s transform.PlanSource) string {
	for _, name := range []string{s.Ref.Name, s.Ref.URL, string(s.Ref.ID)} {
		if name != "" {
			return name
		}
	}
	return ""
}

// further looks at a source beside the plan's own and answers its format for
// the wire. The error names it.
func (p *Pool) further(src Source, s transform.PlanSource) (string, error) {
	name := sourceName(s)
	switch s.Use {
	case transform.UseFont:
		return formatFont, checkFont(src, name)
	case transform.UseLUT:
		if src.Size() == 0 || src.Size() > lutBytesMax {
			return "", media.Errorf(media.Invalid, "%s is not a colour table that can be used", name)
		}
		return formatLUT, nil
	case transform.UsePicture:
		h, err := p.picture(src)
		return h.Format, err
	}
	return "", fmt.Errorf("source used as %q", s.Use)
}
