package rendition

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/engine"
	"tintype/internal/media"
	"tintype/internal/transform"
)

const (
	// maxMembers bounds the pictures that one is made of.
	maxMembers = 500
	// composeTimeout bounds the making of one, its members' renditions included.
	composeTimeout = 2 * time.Minute
	// usualDelay is how long each picture of a sequence shows.
	usualDelay = 100 * time.Millisecond
)

// Layout says where the members of a sheet lie on it.
type Layout struct {
	Width, Height int
	Cells         []Cell
}

// Cell is the place of one member.
type Cell struct {
	Asset *media.Asset
	transform.Rect
}

// composition is one file that is to be made of members.
type composition struct {
	work
	members []work // the members' renditions, in their order
	spec    engine.Composition
}

// compose finds or makes a file of the members that a has now. t.Steps are
// done to each member, t.Output says how the whole is written.
func (s *Store) compose(ctx context.Context, a *media.Asset, t transform.Transformation, signed bool) (*Result, error) {
	c, err := s.composition(ctx, a, t, signed)
	if err != nil {
		return nil, err
	}
	if r, err := s.find(ctx, c.work); r != nil || err != nil {
		return r, err
	}
	return s.renders.do(ctx, c.key, func(ctx context.Context) (*Result, error) { return s.makeComposed(ctx, c) })
}

// Composable reports, by the errors of Get, why an asset with such details
// could not be composed, as far as that shows without touching pixels. The
// asset need not be stored.
func (s *Store) Composable(ctx context.Context, a *media.Asset, t transform.Transformation) error {
	_, err := s.composition(ctx, a, t, true)
	return err
}

// Sheet says where the members of a sheet lie, without making any of it.
func (s *Store) Sheet(ctx context.Context, a *media.Asset, t transform.Transformation, signed bool) (*Layout, []media.AssetID, error) {
	if a.Access != media.Sheet {
		return nil, nil, media.Errorf(media.Invalid, "%s is no sheet of pictures", a.Name)
	}
	c, err := s.composition(ctx, a, t, signed)
	if err != nil {
		return nil, nil, err
	}
	l := &Layout{Width: c.spec.Width, Height: c.spec.Height}
	for i, m := range c.members {
		l.Cells = append(l.Cells, Cell{m.asset, c.spec.Places[i]})
	}
	return l, c.layers, nil
}

// composition plans all members and where they lie, and names what it makes.
func (s *Store) composition(ctx context.Context, a *media.Asset, t transform.Transformation, signed bool) (*composition, error) {
	if a.Detail.Members == nil {
		return nil, fmt.Errorf("rendition: asset %s has no members", a.ID)
	}
	assets, err := s.members(ctx, a)
	if err != nil {
		return nil, err
	}
	frame, err := frameOf(a, t)
	if err != nil {
		return nil, err
	}
	c := &composition{work: work{asset: a, text: t.String(), spelled: spelling(ctx)}}
	ctx = context.WithValue(ctx, spelledKey{}, media.Spelling{}) // the words are about the whole
	parts := []any{a.Access, t.Output, a.Detail.Members.Format}
	for _, m := range assets {
		if open, _ := m.Readable(s.cfg.Now()); !open && !signed {
			return nil, media.Errorf(media.NotFound, "Resource not found - %s", m.Name)
		}
		w, err := s.plan(ctx, m, frame, signed)
		if err != nil {
			return nil, fmt.Errorf("plan member %s: %w", m.Name, err)
		}
		c.members = append(c.members, w)
		c.layers = append(append(c.layers, m.ID), w.layers...)
		parts = append(parts, w.key)
	}
	slices.Sort(c.layers)
	c.layers = slices.Compact(c.layers)
	c.spec = specOf(a, t, c.members)
	pages := pagesOf(c.spec)
	if pixels := int64(c.spec.Width) * int64(c.spec.Height) * int64(pages); c.spec.Output.Format != "pdf" && pixels > engine.MaxComposed {
		return nil, &media.Error{
			Code: media.Invalid, Op: "compose",
			Message: fmt.Sprintf("%d pictures make %d pages of %d x %d pixels, more than %d together", len(assets), pages, c.spec.Width, c.spec.Height, engine.MaxComposed),
			Err:     &media.LimitError{What: "pixels", Max: engine.MaxComposed, Got: pixels},
		}
	}
	raw, err := json.Marshal(parts)
	if err != nil {
		return nil, err
	}
	c.key = key(a.Account, a.Version.ID, raw)
	return c, nil
}

func pagesOf(c engine.Composition) int {
	if c.Play {
		return len(c.Places)
	}
	return 1
}

// members are the pictures that a is made of now.
func (s *Store) members(ctx context.Context, a *media.Asset) (list []*media.Asset, err error) {
	m := a.Detail.Members
	err = s.cfg.Catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		if m.Tag == "" {
			for _, ref := range m.Refs {
				one, err := tx.Asset(a.Account, ref)
				if err != nil {
					return err
				}
				list = append(list, one)
			}
			return nil
		}
		q := catalog.AssetQuery{Tag: m.Tag, Kind: media.KindImage, Access: media.Public, Order: catalog.ByName, Limit: maxMembers + 1}
		list, _, err = tx.Assets(a.Account, q)
		// Who tags one that may not be shown spoils nothing.
		list = slices.DeleteFunc(list, func(m *media.Asset) bool { return !m.Shown(s.cfg.Now()) })
		return err
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("find members: %w", err)
	case len(list) == 0:
		return nil, media.Errorf(media.NotFound, "Resource not found - no image has the tag %s", m.Tag)
	case len(list) > maxMembers:
		return nil, &media.Error{
			Code: media.Invalid, Op: "compose", Message: fmt.Sprintf("More than %d pictures cannot be put together", maxMembers),
			Err: &media.LimitError{What: "members", Max: maxMembers, Got: int64(len(list))},
		}
	}
	return list, nil
}

// formatOf is how the whole is written.
func formatOf(a *media.Asset, t transform.Transformation) string {
	for _, f := range []string{t.Output.Format, a.Detail.Members.Format} {
		if f != "" && f != transform.Auto {
			return f
		}
	}
	if a.Access == media.Sequence {
		return "gif"
	}
	return "png"
}

// frameOf is the transformation of each member: a still without loss, or what
// a document can hold.
func frameOf(a *media.Asset, t transform.Transformation) (transform.Transformation, error) {
	own, err := transform.Parse(a.Detail.Members.Chain)
	if err != nil {
		return t, fmt.Errorf("read the chain of asset %s: %w", a.ID, err)
	}
	format := formatOf(a, t)
	f, known := media.FormatByName(format)
	playing := []string{"gif", "webp", "png", "mp4", "webm", "pdf"}
	if !known || a.Access == media.Sequence && !slices.Contains(playing, format) {
		return t, media.Errorf(media.Unsupported, "Pictures that play cannot be written as %s", format)
	}
	if a.Access == media.Sheet && (f.Kind != media.KindImage || format == "pdf" || format == "svg") {
		return t, media.Errorf(media.Unsupported, "A sheet of pictures cannot be written as %s", format)
	}
	frame := transform.Transformation{Steps: append(slices.Clone(own.Steps), t.Steps...), Input: t.Input}
	if len(own.Steps) > 0 && t.Input == (transform.Input{}) {
		frame.Input = own.Input
	}
	frame.Output = transform.Output{Format: "png", Frames: transform.FramesFirst}
	if format == "pdf" {
		frame.Output = transform.Output{Format: "jpeg", Frames: transform.FramesFirst, Quality: t.Output.Quality, Space: transform.SpaceSRGB}
	}
	return frame, nil
}

// specOf says where the members lie and how the whole is written.
func specOf(a *media.Asset, t transform.Transformation, members []work) engine.Composition {
	c := engine.Composition{Play: a.Access == media.Sequence, Delay: usualDelay, Loop: max(t.Output.Loop, 0)}
	if t.Output.Delay > 0 {
		c.Delay = time.Duration(t.Output.Delay) * time.Millisecond
	}
	var sizes []transform.Rect
	for _, m := range members {
		sizes = append(sizes, transform.Rect{Width: m.plan.Width, Height: m.plan.Height})
	}
	if c.Play {
		for _, r := range sizes {
			c.Width, c.Height = max(c.Width, r.Width), max(c.Height, r.Height)
		}
		for i := range sizes {
			sizes[i].X, sizes[i].Y = (c.Width-sizes[i].Width)/2, (c.Height-sizes[i].Height)/2
		}
	} else {
		c.Width, c.Height = pack(sizes)
	}
	c.Places = sizes
	format := formatOf(a, t)
	f, _ := media.FormatByName(format)
	if !f.Alpha {
		c.Background = transform.White
	}
	quality := t.Output.Quality
	if quality == 0 {
		quality = 80
	}
	c.Output = transform.PlanOutput{Format: format, Quality: quality, Progressive: t.Output.Progressive, Background: transform.White}
	return c
}

// pack gives rectangles places on a page that is about as wide as high, and
// answers its size. Equal lists are packed alike.
func pack(list []transform.Rect) (width, height int) {
	area, widest := 0, 0
	for _, r := range list {
		area += (r.Width + gap) * (r.Height + gap)
		widest = max(widest, r.Width)
	}
	best := slices.Clone(list)
	for _, stretch := range []float64{1, 1.1, 1.2, 1.35, 1.5} {
		try := slices.Clone(list)
		w, h := packRows(try, max(widest, int(stretch*math.Sqrt(float64(area)))))
		if width == 0 || w*h < width*height {
			best, width, height = try, w, h
		}
	}
	copy(list, best)
	return width, height
}

// gap keeps pictures apart, so that a scaled one does not show its neighbour.
const gap = 1

// packRows places rectangles in rows of falling height that are not wider than most.
func packRows(list []transform.Rect, most int) (width, height int) {
	order := make([]int, len(list))
	for i := range list {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return list[b].Height - list[a].Height })
	x, y, row := 0, 0, 0
	for _, i := range order {
		r := &list[i]
		if x > 0 && x+r.Width > most {
			x, y, row = 0, y+row+gap, 0
		}
		r.X, r.Y = x, y
		x += r.Width + gap
		row = max(row, r.Height)
		width, height = max(width, r.X+r.Width), max(height, r.Y+r.Height)
	}
	return width, height
}

// makeComposed makes the members' renditions, puts them together, stores and
// records the result, and drops those of former members.
func (s *Store) makeComposed(ctx context.Context, c *composition) (*Result, error) {
	composer, ok := s.cfg.Engine.(engine.Composer)
	if !ok {
		return nil, media.Errorf(media.Unsupported, "This server puts no pictures together")
	}
	r, err := s.once(ctx, c.work, composeTimeout, func(ctx context.Context) ([]byte, media.Info, error) {
		sources, err := s.pictures(ctx, c.members)
		if err != nil {
			return nil, media.Info{}, err
		}
		buf := &bounded{max: s.cfg.MaxBytes}
		info, err := composer.Compose(ctx, sources, c.spec, buf)
		body, err := buf.take(err)
		if err != nil {
			return nil, info, fmt.Errorf("compose %s of asset %s: %w", c.text, c.asset.ID, err)
		}
		info.Bytes = int64(len(body))
		return body, info, nil
	})
	if err == nil && r.Fresh && r.Stored {
		s.outdate(ctx, r)
	}
	return r, err
}

// stored is a rendition that is read when it is its turn, and let go of at
// its end: many together need not fit into memory. For one goroutine.
type stored struct {
	size int64
	load func() ([]byte, error)
	body []byte
}

// Size implements engine.Source.
func (s *stored) Size() int64 { return s.size }

// ReadAt implements engine.Source.
func (s *stored) ReadAt(p []byte, off int64) (int, error) {
	if s.body == nil {
		var err error
		if s.body, err = s.load(); err != nil {
			return 0, err
		}
	}
	n, err := bytes.NewReader(s.body).ReadAt(p, off)
	if off+int64(n) >= s.size {
		s.body = nil
	}
	return n, err
}

// pictures finds or makes the members' renditions, some at a time, as sources
// that may be read as long as ctx lasts.
func (s *Store) pictures(ctx context.Context, members []work) ([]engine.Source, error) {
	reading := ctx
	ctx, cancel := context.WithCancelCause(engine.Patient(ctx, composeTimeout))
	defer cancel(nil)
	opened := make([]engine.Source, len(members))
	slots := make(chan struct{}, 4)
	var wg sync.WaitGroup
	for i, m := range members {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if ctx.Err() != nil {
				return
			}
			p, err := s.picture(ctx, reading, m)
			if err != nil {
				cancel(fmt.Errorf("member %s: %w", m.asset.Name, err))
				return
			}
			opened[i] = p
		})
	}
	wg.Wait()
	return opened, context.Cause(ctx)
}

func (s *Store) picture(ctx, reading context.Context, w work) (engine.Source, error) {
	r, err := s.obtain(ctx, w)
	if err != nil {
		return nil, err
	}
	if r.Body == nil {
		return &stored{size: r.Info.Bytes, load: func() ([]byte, error) { return s.read(reading, &r.Rendition) }}, nil
	}
	return bytes.NewReader(r.Body), nil
}

// outdate removes what was made of former members in the same form.
func (s *Store) outdate(ctx context.Context, r *Result) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	err := s.cfg.Catalog.Reclaim(ctx, func(tx *catalog.Tx) error {
		all, _, err := tx.Renditions(r.Account, r.Asset, "", 1000)
		if err != nil {
			return err
		}
		var old []string
		for _, other := range all {
			if other.Key != r.Key && other.Transformation == r.Transformation && other.Info.Format == r.Info.Format {
				old = append(old, other.Key)
			}
		}
		gone, err := tx.DeleteRenditionsOf(r.Account, r.Asset, old)
		if err != nil || len(gone) == 0 {
			return err
		}
		keys := make([]string, len(gone))
		for i, g := range gone {
			keys[i] = g.Blob
		}
		return tx.Enqueue(catalog.Job{Kind: JobDeleteBlobs, Args: BlobDeletion{r.Account, keys}, RunAt: s.cfg.Now().Add(dropGrace)})
	})
	if err != nil {
		s.cfg.Logger.Warn("pictures of former members stay", "account", r.Account, "asset", r.Asset, "err", err)
	}
}
